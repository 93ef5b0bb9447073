"""Collected elements in a folder, from which other processes read only what they need."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core.types import Bools, Ints
from pipeline.sources.collect import Elements
from pipeline.sources.text_lines import TextLines, from_texts

WAY_LINES, TAGGED_LINES = "way-lines", "tagged-lines"


@dataclass(frozen=True)
class Stored:
    """Arrays of `Elements`; of tagged nodes ids that rise, and their lines in that order."""

    nodes: npt.NDArray[np.void]
    tagged: Ints
    way_ids: Ints
    near: Bools
    deep: Bools
    start: Ints
    refs: Ints
    row: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.int32]
    way_lines: TextLines
    tagged_lines: TextLines


def put(elements: Elements, folder: Path) -> None:
    """Write the arrays of elements to a new folder."""
    folder.mkdir()
    tagged = sorted(elements.tagged)
    for name in _arrays():
        array = np.array(tagged, np.int64) if name == "tagged" else getattr(elements, name)
        np.save(folder / f"{name}.npy", array)
    tagged_lines = from_texts(elements.tagged[node] for node in tagged)
    for name, lines in ((WAY_LINES, elements.way_lines), (TAGGED_LINES, tagged_lines)):
        np.save(folder / f"{name}.npy", lines.text)
        np.save(folder / f"{name}-start.npy", lines.start)


def at(folder: Path) -> Stored:
    """The elements in a folder; a part of a file is read where it is looked at."""
    found = {name: _mapped(folder, name) for name in _arrays()}
    way_lines, tagged_lines = (
        TextLines(_mapped(folder, name), _mapped(folder, f"{name}-start"))
        for name in (WAY_LINES, TAGGED_LINES)
    )
    return Stored(**found, way_lines=way_lines, tagged_lines=tagged_lines)


def _arrays() -> list[str]:
    return [field.name for field in fields(Stored) if not field.name.endswith("lines")]


def _mapped(folder: Path, name: str) -> npt.NDArray[Any]:
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
