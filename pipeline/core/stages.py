"""The table of stages (pipeline/stages.toml): names, modules, inputs in order, outputs.

Make's rules, the command line, the tests of the flow and the task graph of many borders read it
here. Standard library only: make uses this module before .venv exists.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from pipeline.core.errors import InputError

TABLE = Path(__file__).parents[1] / "stages.toml"
# Inputs that are not stages: their name in the usage text, and what they are.
GIVEN = {
    "raw": ("RAW", "the OSM file of the border"),
    "dem": ("DEM", "its elevation model, a GeoTIFF"),
    "border": ("BORDER_TOML", "the border file"),
    "name": ("BORDER", "the border's name"),
    "facts": ("FACTS_DIR", "the folder of the embedded tables of facts"),
    "extracts": ("EXTRACTS_DIR", "the folder of regional extracts"),
    "own": ("DATA_TOML", "the data's own file on their depth and reach"),
    "day": ("DATE", "the day of the map, as 2026-01-31"),
    "model": ("MODEL", "the elevation model, GLO-90 or GLO-30"),
    "changes": ("CHANGES_DIR", "the changes that a refresh found"),
    "against": ("--against=DIR", "results of another source, to see how complete this one is"),
}
# Files that a stage that makes raw files writes, in the folder of the source's raw files.
MADE = {"raw": "<border>.osm.pbf", "dem": "<border>.dem.tif", "extracts": "extracts"}
# Optional inputs: they are passed on only if the file exists, at any position.
SOMETIMES = {"changes", "own", "dem", "day", "model", "against"}


@dataclass(frozen=True)
class Stage:
    """An entry of the table; stages.toml says what each field means."""

    name: str
    module: str
    about: str
    inputs: tuple[str, ...]
    optional: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    per: Literal["border", "source"] = "border"
    sources: tuple[str, ...] = ()
    makes: Literal["raw", "dem", "extracts"] | None = None
    fetches: bool = False

    @property
    def writes_folder(self) -> bool:
        """Whether the output is a folder of tables with a stamp that is written last."""
        return not self.outputs and self.makes is None


@dataclass(frozen=True)
class Tool:
    """A command that is run by name and is not part of the flow."""

    name: str
    module: str
    about: str
    words: tuple[str, ...] = ()


def read(path: Path = TABLE) -> tuple[dict[str, Stage], dict[str, Tool]]:
    """Read stages and tools by name, in the order of the table, in which the stages can run.

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
        If a key is unknown or missing, or an input is neither an earlier stage nor a known input.
    """
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    stages: dict[str, Stage] = {}
    for name, entry in table["stages"].items():
        stages[name] = _stage(path, name, entry)
        for one in (*stages[name].inputs, *stages[name].optional):
            if one == name or one not in {*GIVEN, *stages}:
                expected = "an earlier stage or one of"
                raise InputError(f"{path}: {name}: input {one}, expected {expected} {list(GIVEN)}")
    tools = {
        name: Tool(**{"name": name, **entry, "words": tuple(entry.get("words", ()))})
        for name, entry in table["tools"].items()
    }
    return stages, tools


def _stage(path: Path, name: str, entry: Mapping[str, Any]) -> Stage:
    known = sorted({one.name for one in fields(Stage)} - {"name"})
    for key in {"about", "inputs"} - entry.keys():
        raise InputError(f"{path}: {name}: key {key} is missing, expected it to be there")
    for key in sorted(entry.keys() - set(known)):
        raise InputError(f"{path}: {name}: unknown key {key}, expected one of {known}")
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Stage(**{"name": name, "module": f"stages.{name}", **entry, **lists})


def function(module: str) -> str:
    """The name of the public function of a stage or tool: the same as that of its module.

    Parameters
    ----------
    module
        Dotted name of the module.

    Returns
    -------
    str
        Name of the function.
    """
    return module.rpartition(".")[2]


def arguments(
    stage: Stage, stages: Mapping[str, Stage], path: Callable[[str], list[str]]
) -> list[str]:
    """The words of a stage's command line: inputs in order, the output, then optional words.

    Parameters
    ----------
    stage
        The stage to run.
    stages
        All stages by name.
    path
        Gives the words for an input's name, or for `output`: none if an optional input does not
        exist, several if there is one for each border.

    Returns
    -------
    list of str
        The words in order.

    Raises
    ------
    InputError
        If an input is neither a stage nor a given file.
    """
    names = (*stage.inputs, "output", *stage.optional)
    unknown = [name for name in names if name not in {*stages, *GIVEN, "output"}]
    if unknown:
        raise InputError(f"stage {stage.name}: input {unknown[0]}, expected a stage")
    return [word for name in names for word in path(name)]


def usage(stage: Stage, stages: Mapping[str, Stage]) -> list[str]:
    """The words of a stage's usage text.

    Optional words are in brackets; a word that ends in `...` may be repeated.

    Parameters
    ----------
    stage
        The stage.
    stages
        All stages by name.

    Returns
    -------
    list of str
        Inputs in order, the output, then optional words.
    """
    out = "OUT_DIR"
    if stage.makes == "extracts":
        out = GIVEN["extracts"][0]
    elif stage.makes:
        out = MADE[stage.makes].replace("<border>", "OUT")
    elif len(stage.outputs) == 1:
        out = f"OUT{Path(stage.outputs[0]).suffix}"

    def word(name: str) -> list[str]:
        if name == "output":
            return [out]
        if name in SOMETIMES:
            return [f"[{GIVEN[name][0]}]"]
        if name in GIVEN:
            return [GIVEN[name][0]]
        if stages[name].writes_folder:
            return [f"{name.upper()}_DIR"]
        if stages[name].per == "border":
            return ["GPKG..."]
        return [one.upper().replace(".", "_") for one in stages[name].outputs]

    return arguments(stage, stages, word)


def expect(name: str, words: Sequence[object], wanted: Sequence[str]) -> None:
    """Refuse too few or too many words for a stage or tool.

    Parameters
    ----------
    name
        The command, for the message.
    words
        The words that were given, without options.
    wanted
        What it takes, as in `usage`.

    Raises
    ------
    InputError
        If a word is missing, or there are more than it can take.
    """
    needed = sum(not word.startswith("[") for word in wanted)
    many = any(word.endswith("...") for word in wanted)
    if len(words) < needed or (len(words) > len(wanted) and not many):
        raise InputError(f"{name}: got {len(words)} arguments, expected: {' '.join(wanted)}")


def manual(stage: Stage, stages: Mapping[str, Stage]) -> str:
    """The help text of a stage: its usage, what it does, and what each word means.

    Parameters
    ----------
    stage
        The stage.
    stages
        All stages by name.

    Returns
    -------
    str
        Several lines of text.
    """
    words = usage(stage, stages)
    meanings = []
    for name in (*stage.inputs, "output", *stage.optional):
        if name in stages and not stages[name].writes_folder and stages[name].per == "source":
            meanings += [f"{stages[name].name}: {stages[name].about}"] * len(stages[name].outputs)
        elif name in stages:
            meanings.append(f"{stages[name].name}: {stages[name].about}")
        elif name in GIVEN:
            optional = "; optional" if name in SOMETIMES else ""
            meanings.append(GIVEN[name][1] + optional)
        else:
            beside = "".join(f", and {one} beside it" for one in stage.beside)
            meanings.append(f"what it writes: {', '.join(stage.outputs) or 'its folder'}{beside}")
    width = max(map(len, words))
    lines = [f"  {word:{width}}  {one}" for word, one in zip(words, meanings, strict=True)]
    options = [f"  {option}" for option in stage.options]
    about = f"{stage.about[0].upper()}{stage.about[1:]}."
    return "\n".join(
        [f"Usage: pipeline {stage.name} {' '.join(words)}", "", about, "", *lines, *options, ""]
    )
