"""Print the borders side by side, what this says about the claims, and where the files are."""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from pipeline.core import measures
from pipeline.core.frames import records
from pipeline.core.numbers import ABSENT
from pipeline.core.terminal import printable
from pipeline.measures.completeness import chapman, usable
from pipeline.measures.traffic_fit import USED
from pipeline.publish import comparison, layers
from pipeline.publish.comparison import Comparison
from pipeline.report import summary, words

WIDTH = 100  # columns of a terminal that is not narrow
NAME_WIDTH = 44  # of these for the name of a figure
ROWS = "situation_rows_"  # prefix of keys of provenance: rows by their standing
OUTPUTS = ("report.html", "borders.qgz", "comparison.csv", "claims.json")


def show(folder: str, *, against: str = "") -> None:
    """Print what compare wrote into `folder`: a table, the claims, notes, sources and paths.

    A range in brackets is that of the figure over the choices it depends on. `against` is the
    folder of results of another source, which show how complete these are. Raises InputError if a
    file is missing or not as compare writes it.
    """
    found = comparison.read(Path(folder) / "comparison.csv")
    packages = {border: Path(folder) / f"{border}.gpkg" for border in found.borders}
    others = comparison.other_packages(Path(folder), against, packages)
    lines = [
        *_table(found, packages),
        *_notes(packages),
        *_together(packages),
        *_held(packages),
        *_complete(packages, others),
        *_claims(Path(folder) / "claims.json"),
        *_situation(packages),
        *_sources(packages),
        *_paths(Path(folder), packages),
    ]
    sys.stdout.write("\n".join(map(printable, lines)) + "\n")


def _table(found: Comparison, packages: dict[str, Path]) -> Iterator[str]:
    """The figures by heading, a column for each border."""
    names = [str(layers.read(path, "border")["name"].iloc[0]) for path in packages.values()]
    yield from _lines("", names)
    shown = measures.arranged(((mode, key) for _, mode, key in found.rows), "show")
    for heading, figures in shown.items():
        rows = [
            (measure, [found.rows.get((border, mode, measure.key), {}) for border in packages])
            for mode, measure in figures
        ]
        stated = [(m, cells) for m, cells in rows if any(cell.get("value") for cell in cells)]
        if stated:
            yield heading
        for measure, cells in stated:
            texts = [measures.written(measure, cell) for cell in cells]
            yield from _lines(f"  {measure.label}", texts)


def _lines(name: str, cells: list[str]) -> Iterator[str]:
    """A row; a long name is wrapped above its cells."""
    indent = " " * (len(name) - len(name.lstrip()))
    wrapped = textwrap.wrap(
        name.strip(), NAME_WIDTH - 1, initial_indent=indent, subsequent_indent=f"{indent}  "
    )
    *above, last = wrapped or [""]
    yield from above
    width = (WIDTH - NAME_WIDTH) // max(len(cells), 1)
    yield (f"{last:<{NAME_WIDTH}}" + "".join(f"{cell:>{width}}" for cell in cells)).rstrip()


def _notes(packages: dict[str, Path]) -> Iterator[str]:
    """Why figures are absent, from the layers; depths with the same reason together."""
    notes = []
    for border, path in packages.items():
        cordons = layers.read(path, "cordons")
        headline = cordons["directed"] & ~cordons["third_open"] & cordons["mode"].ne("foot")
        absent = cordons[headline & cordons["min_cut_links"].isna()]
        countries = words.countries(layers.read(path, "border"))
        for (mode, why), rows in absent.groupby(["mode", "why_absent"], sort=True):
            depths = ", ".join(f"{depth:+g}" for depth in rows["depth_km"]).replace("-", "−")
            reason = words.with_names(str(why), countries)
            notes.append(f"{border}, {mode} F at {depths} km: {reason}")
        demand = layers.read(path, "demand")
        through = demand[demand["demand"].eq("through") & demand["mode"].eq("road")]
        notes += [
            f"{border}, closing one crossing: {words.with_names(why, countries)}"
            for why in through["why_absent"].dropna()
        ]
    if notes:
        yield ""
        yield f"{ABSENT} not stated, because"
        yield from (line for note in notes for line in _wrapped(note, "  "))


def _together(packages: dict[str, Path]) -> Iterator[str]:
    """What railways add to roads."""
    yield ""
    yield "Roads and railways together"
    for border, path in packages.items():
        known = layers.read(path, "intermodal").set_index("key")["value"]
        yield from _wrapped(f"{border}: {known.get('sentence', 'not stated')}", "  ")


def _held(packages: dict[str, Path]) -> Iterator[str]:
    """How well modelled demand ranks what is counted, and where a baseline is better."""
    lines = [
        f"{border}, {line}"
        for border, path in packages.items()
        for line in [
            *winners(layers.read(path, "traffic_fit")),
            *by_sector(layers.read(path, "sector_fit")),
        ]
    ]
    if lines:
        yield ""
        yield "Rank correlation with what is counted: entries (hold-out half), people caught"
        yield from (line for one in lines for line in _wrapped(one, "  "))


def winners(fits: pd.DataFrame) -> Iterator[str]:
    """A line for each count of table traffic_fit: demand as used, the best model and baseline."""
    for measure, rows in fits[fits["half"] == "east"].groupby("measure", sort=True):
        rank = rows.set_index("guess")["rank_correlation"]
        used = f"{USED} {rank[USED]:.2f}, " if USED in rank else ""
        best = {kind: _best(rows[rows["kind"] == kind]) for kind in ("model", "baseline")}
        (model, ours), (baseline, theirs) = best["model"], best["baseline"]
        wins = "a baseline ranks better" if theirs > ours else "the model ranks better"
        named = str(measure).replace("_", " ")
        best_two = f"best model {model} {ours:.2f}, best baseline {baseline} {theirs:.2f}"
        yield f"{named}: {used}{best_two}; {wins}"


def by_sector(fits: pd.DataFrame) -> Iterator[str]:
    """A line for each year of table sector_fit, with all estimates."""
    for year, rows in fits.groupby("year", sort=True):
        estimates = ", ".join(
            f"{row['guess']} {row['rank_correlation']:.2f}"
            for row in records(rows.sort_values("rank_correlation", ascending=False))
        )
        yield f"people caught in {year}, by {rows['sectors'].iloc[0]} sectors: {estimates}"


def _best(rows: pd.DataFrame) -> tuple[str, float]:
    """The estimate that ranks best, and its rank correlation; the first of equals."""
    if not len(rows):
        return "none", -1.0
    row = rows.sort_values(["rank_correlation", "guess"], ascending=[False, True]).iloc[0]
    return str(row["guess"]), float(row["rank_correlation"])


def _complete(packages: dict[str, Path], others: dict[str, Path]) -> Iterator[str]:
    """How many road crossings there may be in all, if another source covers a border."""
    lines = []
    for border, other in others.items():
        both = (packages[border], other)
        found = chapman(*(usable(layers.read(one, "crossings")) for one in both))
        lines.append(
            f"{border}: {found.first} road crossings here, {found.second} in "
            f"{other.parent.name}, {found.both} in both; Chapman's estimate of all is "
            f"{found.all:.0f} ({found.low:.0f} to {found.high:.0f})"
        )
    if lines:
        yield ""
        yield "Completeness, by two sources"
        yield from (line for one in lines for line in _wrapped(one, "  "))


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")


def _claims(path: Path) -> Iterator[str]:
    """The claims with their verdicts; none if these are not the borders of the claims."""
    claims = comparison.answers(path)
    if not summary.is_measured(claims):
        return
    yield ""
    yield "The claims"
    for claim in claims:
        yield from _wrapped(f"{claim['claim']:<4}{claim['statement']}", "  ")
        yield from _wrapped(f"{claim['verdict'].upper()}: {claim['why']}", "      ")


def _situation(packages: dict[str, Path]) -> Iterator[str]:
    """How many statements were applied to the map, if a situation file is used."""
    lines = []
    for border, path in packages.items():
        known = layers.read(path, "provenance").set_index("key")["value"]
        if "situation_day" in known:
            rows = {key: int(known[key]) for key in known.index if key.startswith(ROWS)}
            in_force = rows.pop(f"{ROWS}in_force", 0)
            counts = [f"{in_force} {'row' if in_force == 1 else 'rows'} in force"]
            counts += [
                f"{n} {key.removeprefix(ROWS).replace('_', ' ')}" for key, n in rows.items() if n
            ]
            file = known["situation_file"]
            lines.append(f"{border}, as of {known['situation_day']}: {', '.join(counts)} ({file})")
    if lines:
        yield ""
        yield "Statements about crossings, applied to the map"
        yield from (line for one in lines for line in _wrapped(one, "  "))


def _sources(packages: dict[str, Path]) -> Iterator[str]:
    yield ""
    yield "Made from"
    for border, path in packages.items():
        known = layers.read(path, "provenance").set_index("key")["value"]
        credit_lines = [known[key] for key in ("source", "attribution") if key in known]
        yield from _wrapped(f"{border}: {'; '.join(credit_lines) or 'not stated'}", "  ")


def _paths(folder: Path, packages: dict[str, Path]) -> Iterator[str]:
    yield ""
    yield "Written"
    names = [folder / name for name in OUTPUTS]
    yield from (f"  {path}" for path in (*packages.values(), *names) if path.is_file())
