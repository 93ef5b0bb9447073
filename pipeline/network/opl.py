"""Elements of OpenStreetMap in OPL, a line for each (https://osmcode.org/opl-file-format/)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline.core.country import country_code
from pipeline.core.errors import InputError

ESCAPED = re.compile(r"%([0-9a-f]+)%")


@dataclass(frozen=True)
class Point:
    """A tagged node, or a tagged building at the middle of its vertices (`element` n or w)."""

    element: str
    osm_id: int
    lon: float
    lat: float
    tags: dict[str, str]


class Way(NamedTuple):
    """A way as read; `refs` are its nodes in OPL: `n12,n13`."""

    osm_id: int
    tags: dict[str, str]
    refs: str


class Elements(NamedTuple):
    """The elements that matter."""

    ways: list[Way]
    points: list[Point]
    countries: dict[str, set[int]]


def parsed(path: Path, lines: Iterable[str], territories: Mapping[int, str]) -> Elements:
    """Ways, tagged nodes, and the ways of each country's relation.

    Parameters
    ----------
    path
        The file that they come from, for messages.
    lines
        Their lines of OPL.
    territories
        Codes of relations that count as countries whatever their tags, by id.

    Raises
    ------
    InputError
        For a tagged node with no place.
    """
    found = Elements([], [], {})
    known: dict[str, str] = {}
    for line in lines:
        fields = line.rstrip("\n").split(" ")
        osm_id, tags = int(fields[0][1:]), _tags(fields[1][1:], known)
        if line[0] == "w":
            found.ways.append(Way(osm_id, tags, fields[2][1:]))
        elif line[0] == "n":
            found.points.append(_point(path, osm_id, tags, fields[2][1:], fields[3][1:]))
        elif (code := country_code(tags, osm_id, territories)) is not None:
            members = [member.split("@")[0] for member in fields[2][1:].split(",")]
            ways = {int(member[1:]) for member in members if member.startswith("w")}
            found.countries.setdefault(code, set()).update(ways)
    return found


def _tags(text: str, known: dict[str, str]) -> dict[str, str]:
    """Tags from OPL; `known` holds texts met before, since most are met by the thousand."""
    tags = {}
    for pair in text.split(",") if text else ():
        key, value = pair.split("=")
        if "%" in pair:
            key, value = (ESCAPED.sub(_character, part) for part in (key, value))
        tags[known.setdefault(key, key)] = known.setdefault(value, value)
    return tags


def _character(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))


def _point(path: Path, osm_id: int, tags: dict[str, str], lon: str, lat: str) -> Point:
    if not (lon and lat and abs(float(lon)) <= 180 and abs(float(lat)) <= 90):
        raise InputError(
            f"{path}: node {osm_id} has no valid coordinates, expected degrees within ±180 and ±90"
        )
    return Point("n", osm_id, float(lon), float(lat), tags)
