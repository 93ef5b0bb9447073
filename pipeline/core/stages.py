"""The table of stages (pipeline/stages.toml): names, modules, inputs in order, outputs.

Make's rules, the command line, the tests of the flow and the task graph of many borders read it
here. Standard library only: make asks before .venv is there.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.core.errors import InputError

TABLE = Path(__file__).parents[1] / "stages.toml"
# Inputs that are no stages, and what the usage text calls them.
GIVEN = {
    "raw": "RAW",
    "dem": "DEM",
    "border": "BORDER_TOML",
    "name": "BORDER",
    "facts": "FACTS_DIR",
    "extracts": "EXTRACTS_DIR",
    "own": "DATA_TOML",
    "day": "DATE",
    "model": "MODEL",
    "changes": "CHANGES_DIR",
}
# What a stage that makes raw files leaves behind, in the folder of the source's raw files.
MADE = {"raw": "<border>.osm.pbf", "dem": "<border>.dem.tif", "extracts": "extracts"}
# Inputs that are handed over only where they are there, wherever they stand.
SOMETIMES = {"changes", "own", "dem", "day", "model"}


@dataclass(frozen=True)
class Stage:
    """An entry of the table; stages.toml says what each field means."""

    name: str
    module: str
    about: str
    inputs: tuple[str, ...]
    optional: tuple[str, ...]
    outputs: tuple[str, ...]
    facts: tuple[str, ...]
    per: Literal["border", "source"]
    sources: tuple[str, ...]
    makes: Literal["raw", "dem", "extracts"] | None
    fetches: bool

    @property
    def writes_folder(self) -> bool:
        """Whether the output is a folder of tables, with a stamp that is written last."""
        return not self.outputs and self.makes is None


@dataclass(frozen=True)
class Tool:
    """A command that is run by name and is no part of the flow."""

    name: str
    module: str
    about: str


def read(path: Path = TABLE) -> tuple[dict[str, Stage], dict[str, Tool]]:
    """Stages in the order of the table, which is one they can run in, and tools, by name.

    Parameters
    ----------
    path
        The table, TOML.

    Returns
    -------
    tuple
        Stages by name, and tools by name.

    Raises
    ------
    InputError
        Where a key is unknown or missing, or an input is neither an earlier stage nor known.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    stages: dict[str, Stage] = {}
    for name, entry in table["stages"].items():
        stages[name] = _stage(path, name, entry)
        for one in (*stages[name].inputs, *stages[name].optional):
            if one == name or one not in {*GIVEN, *stages}:
                expected = "an earlier stage or one of"
                raise InputError(f"{path}: {name}: input {one}, expected {expected} {list(GIVEN)}")
    tools = {name: Tool(name=name, **entry) for name, entry in table["tools"].items()}
    return stages, tools


def _stage(path: Path, name: str, entry: Mapping[str, object]) -> Stage:
    lists = {"inputs", "optional", "outputs", "facts", "sources"}
    known = {"about", "module", "per", "makes", "fetches", *lists}
    for key in {"about", "inputs"} - entry.keys():
        raise InputError(f"{path}: {name}: key {key} is missing, expected it to be there")
    for key in sorted(entry.keys() - known):
        raise InputError(f"{path}: {name}: unknown key {key}, expected one of {sorted(known)}")
    defaults = {"module": f"stages.{name}", "per": "border", "makes": None, "fetches": False}
    values = defaults | dict.fromkeys(lists, ()) | dict(entry)
    for key in lists:
        values[key] = tuple(values[key])  # type: ignore[arg-type]
    return Stage(name=name, **values)  # type: ignore[arg-type]


def arguments(
    stage: Stage, stages: Mapping[str, Stage], path: Callable[[str], list[str]]
) -> list[str]:
    """The words of a stage's command line: inputs in order, the output, what is optional.

    Parameters
    ----------
    stage
        The stage to run.
    stages
        All stages by name.
    path
        What stands for an input's name, or for `output`: no word where a given input is not
        there, several where there is one a border.

    Returns
    -------
    list of str
        The words in order.

    Raises
    ------
    InputError
        Where an input is neither a stage nor a given file.
    """
    names = (*stage.inputs, "output", *stage.optional)
    unknown = [name for name in names if name not in {*stages, *GIVEN, "output"}]
    if unknown:
        raise InputError(f"stage {stage.name}: input {unknown[0]}, expected a stage")
    return [word for name in names for word in path(name)]


def usage(stage: Stage, stages: Mapping[str, Stage]) -> list[str]:
    """The words that the usage text of a stage consists of.

    What may be missing stands in brackets; a word that ends in `...` may stand several times.

    Parameters
    ----------
    stage
        The stage.
    stages
        All stages by name.

    Returns
    -------
    list of str
        Inputs in order, the output, what is optional.
    """
    out = "OUT_DIR"
    if stage.makes == "extracts":
        out = GIVEN["extracts"]
    elif stage.makes:
        out = MADE[stage.makes].replace("<border>", "OUT")
    elif len(stage.outputs) == 1:
        out = f"OUT{Path(stage.outputs[0]).suffix}"

    def word(name: str) -> list[str]:
        if name == "output":
            return [out]
        if name in SOMETIMES:
            return [f"[{GIVEN[name]}]"]
        if name in GIVEN:
            return [GIVEN[name]]
        if stages[name].writes_folder:
            return [f"{name.upper()}_DIR"]
        if stages[name].per == "border":
            return ["GPKG..."]
        return [one.upper().replace(".", "_") for one in stages[name].outputs]

    return arguments(stage, stages, word)
