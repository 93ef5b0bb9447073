"""One of many borders that are cut together: its draft and area, then its raw and border file.

Each function works on one border alone, in any process of this machine: what all borders share
is in a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import msgspec
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core import borderfile
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.sources import stored
from pipeline.sources.part import Part, part_of
from pipeline.sources.trim import write
from pipeline.sources.wanted import Area, fetch_area
from pipeline.world import draft
from pipeline.world.draft import Known

Codes = tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """A border to cut: name, codes of its countries in order, depth, file written by hand if any.

    `known` is where `put_known` wrote what the files contain about countries.
    """

    border: str
    codes: Codes
    corridor_km: float
    by_hand: Path | None
    known: Path


@dataclass(frozen=True)
class Drafted:
    """A border file before the cut and the area to keep, or why there is none."""

    found: tuple[BorderFile, Area] | None
    error: str = ""


@dataclass(frozen=True)
class Corridor:
    """A border to write to `raw`, the part of the elements in a folder that it may need.

    `time` is that of the data.
    """

    border: BorderFile
    area: Area
    part: Part
    elements: Path
    by_hand: Path | None
    known: Path
    raw: Path
    time: str


@dataclass(frozen=True)
class Finished:
    """How many elements were written, and the text of the border file; or why there are none."""

    counts: Mapping[str, int]
    text: str
    error: str = ""


def put_known(knowledge: Known, path: Path) -> None:
    """Write what the files contain about countries, for the functions that work on one border."""
    path.write_bytes(msgspec.msgpack.encode(knowledge, enc_hook=shapely.to_wkb))


def drafted(one: Asked) -> Drafted:
    """The border file written by hand, otherwise a draft, and the area to keep."""
    knowledge = _known(one.known)
    try:
        if one.by_hand is None:
            border = draft.draft(one.codes, one.border, knowledge, one.corridor_km)
        else:
            border = borderfile.read(one.by_hand)
            if _codes_of(border) != one.codes:
                raise InputError(
                    f"{one.by_hand}: goes from {border.from_} to {border.to}, expected a border of "
                    f"{' and '.join(one.codes)}, as its name says"
                )
        area = fetch_area(knowledge.courses[one.codes], border.big_roads_km)
        return Drafted((border, area))
    except InputError as error:
        return Drafted(None, str(error))


def finished(one: Corridor) -> Finished:
    """Write the raw file of a border, and make the text of its border file."""
    try:
        pair = (one.border.from_, one.border.to)
        elements = part_of(stored.at(one.elements), one.part)
        counts = write(elements, one.area, pair, one.raw, one.time)
        if one.by_hand is not None:
            return Finished(counts, one.by_hand.read_text(encoding="utf-8"))
        made = draft.finished(one.border, _known(one.known), str(one.raw))
        return Finished(counts, draft.text(made, [], "Made by `make world`."))
    except InputError as error:
        return Finished({}, "", str(error))


def _codes_of(border: BorderFile) -> Codes:
    """Codes of its countries in alphabetical order."""
    a, b = sorted((border.from_, border.to))
    return a, b


@lru_cache(maxsize=1)
def _known(path: Path) -> Known:
    return msgspec.msgpack.decode(path.read_bytes(), type=Known, dec_hook=_geometry)


def _geometry(_: type, wkb: bytes) -> BaseGeometry:
    return shapely.from_wkb(wkb)
