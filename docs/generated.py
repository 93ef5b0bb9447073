"""Pages of the documentation that are made of the project's own tables when the site is built."""

import html
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.core import measures, parameters  # noqa: E402
from pipeline.core import stages as flow  # noqa: E402
from pipeline.measures import claims  # noqa: E402
from pipeline.publish import layers  # noqa: E402


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those that lie in the folder."""
    pages = {
        "reference/commands.md": commands(),
        "reference/tables.md": tables(),
        "reference/parameters.md": parameter_page(),
        "reference/measures.md": measure_page(),
        "reference/use.md": (ROOT / "USE.md").read_text(encoding="utf-8"),
    }
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """The choices made after results, where a page asks for them."""
    points = "\n".join(f"- {cell(line)}" for line in claims.read().after_results)
    return markdown.replace("<!-- after results -->", points)


def commands() -> str:
    """Every stage and tool, with what it reads and writes."""
    stages, tools = flow.read()
    lines = [
        "# Commands",
        "",
        "`make help` lists the goals of make. A stage or tool runs by itself as",
        "`pipeline COMMAND`; `pipeline COMMAND --help` says more.",
        "",
        "## Stages, in the order in which they run",
        "",
        *table(
            ("command", "what it does", "reads, and writes last"),
            (
                (f"`{one.name}`", one.about, f"`{' '.join(flow.usage(one, stages))}`")
                for one in stages.values()
            ),
        ),
        "",
        "## Tools",
        "",
        *table(("command", "what it does"), ((f"`{t.name}`", t.about) for t in tools.values())),
    ]
    return "\n".join(lines) + "\n"


def tables() -> str:
    """Every published layer with its columns."""
    lines = [
        "# Tables and layers",
        "",
        "The results of a border stand in `<border>.gpkg`, the evidence in",
        "`<border>-evidence.gpkg`. *Local* marks what the public profile leaves out.",
    ]
    for name in (*layers.RESULTS, *layers.EVIDENCE):
        one = layers.LAYERS[name]
        where = "results" if name in layers.RESULTS else "evidence"
        geometry = one.geometry or "no geometry"
        local = "; local" if one.withheld else ""
        lines += [
            "",
            f"## {name}",
            "",
            f"**{cell(layers.title(name))}** ({where}; {geometry}; key: "
            f"`{', '.join(one.key)}`{local}). {cell(layers.about(name))}",
            "",
            *table(
                ("column", "name", "type", "meaning"),
                (
                    (
                        f"`{column.name}`",
                        layers.alias(column.name),
                        column.kind + (", may be empty" if column.nullable else ""),
                        column.meaning + (" (local)" if column.withheld else ""),
                    )
                    for column in one.columns
                ),
            ),
        ]
    return "\n".join(lines) + "\n"


def parameter_page() -> str:
    """Every parameter with its value, unit, reason and source."""
    rows = (
        (f"`{name}`", str(one.value), one.unit, one.reason, one.source)
        for name, one in parameters.entries().items()
    )
    head = "# Parameters\n\nEvery threshold, speed, weight and price that figures rest on.\n\n"
    return head + "\n".join(table(("name", "value", "unit", "reason", "source"), rows)) + "\n"


def measure_page() -> str:
    """Every published figure with its label and unit."""
    rows = ((f"`{key}`", one.label, one.unit) for key, one in measures.entries().items())
    head = (
        "# Measures\n\nThe figures of `comparison.csv`, each with its range over the choices.\n\n"
    )
    return head + "\n".join(table(("key", "label", "unit"), rows)) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(map(cell, row))} |" for row in rows]


def cell(text: str) -> str:
    """Text that no renderer takes for markup; code in backticks stays as it is."""
    plain = " ".join(str(text).split()).replace("|", "\\|")
    if plain.startswith("`"):
        return plain
    return html.escape(plain, quote=False).replace("*", "\\*").replace("[", "\\[")
