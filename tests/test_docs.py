"""The documentation builds without a warning, holds what there is, and loads nothing outside."""

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

import pipeline
from pipeline.core import measures, parameters
from pipeline.core import stages as table
from pipeline.publish import layers

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does."""
    out = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(out),
    ]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def text(site: Path, page: str) -> str:
    return unescape((site / page / "index.html").read_text(encoding="utf-8"))


def test_reference_pages_hold_every_entry_of_the_tables(site: Path) -> None:
    stages, tools = table.read()
    for page, names in (
        ("reference/commands", [*stages, *tools]),
        ("reference/tables", [c.name for t in layers.LAYERS.values() for c in t.columns]),
        ("reference/parameters", list(parameters.entries())),
        ("reference/measures", list(measures.entries())),
    ):
        shown = text(site, page)
        assert not [name for name in names if f"<code>{name}</code>" not in shown], page
    assert not [
        name for name in layers.LAYERS if f'id="{name}"' not in text(site, "reference/tables")
    ]
    shown = text(site, "reference/api")
    assert not [
        one for one in pipeline.__all__ if not re.search(rf'id="pipeline\.api\.\w+\.{one}"', shown)
    ]


def test_no_page_loads_anything_from_outside(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]+)"', found)
        loaded += re.findall(r'<link[^>]* rel="(?:stylesheet|preconnect|icon)"[^>]*', found)
        assert not [one for one in loaded if "//" in one], page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_goals_and_commands_that_a_page_names_are_there(page: Path) -> None:
    stages, tools = table.read()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    goals = set(re.findall(r"^([a-z-]+):.*##", makefile, re.M))
    code = "\n".join("".join(one) for one in re.findall(r"```\n(.*?)```|`([^`\n]+)`",
                                                        page.read_text("utf-8"), re.S))  # fmt: skip
    for goal in re.findall(r"^\s*make ([a-z-]+)\b", code, re.M):
        assert goal in goals, goal
    for command in re.findall(r"(?:^|-m )pipeline ([a-z]+)\b", code, re.M):
        assert command in stages | tools, command


def test_the_page_of_the_code_names_files_and_functions_that_are_there() -> None:
    page = (ROOT / "docs/reference/code.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./]+?)(?:::(\w+))?`", page)
    assert len(named) > 30
    for path, function in named:
        assert (ROOT / path).exists(), path
        defined = (ROOT / path).read_text(encoding="utf-8") if function else ""
        assert not function or re.search(rf"^def {function}\(", defined, re.M), path
