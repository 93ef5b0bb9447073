"""The relevant elements of an OpenStreetMap file, parsed from lines of OPL (see `core.opl`)."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline.core import opl
from pipeline.core.country import country_code
from pipeline.core.errors import InputError
from pipeline.network import point_kinds

DRAWN = ("multipolygon", "boundary", "site")  # types of relations that draw an object
# Fields of a line: `w5 v1 dV t2021-03-05T07:19:13Z Thighway=path Nn12,n13`.
VERSION, TIME, TAGS = 1, 3, 4
DAY = len("2021-03-05")


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


class Group(NamedTuple):
    """A relation whose ways are one object: its id, its tags and the ids of its ways."""

    osm_id: int
    tags: dict[str, str]
    ways: list[int]


class Elements(NamedTuple):
    """The relevant elements; groups are ferry lines, and posts drawn by several ways.

    `versions` and `days` of the last edit (such as 2021-03-05) belong to `ways`, in their order; 0
    and empty if the file does not state them.
    """

    ways: list[Way]
    points: list[Point]
    countries: dict[str, set[int]]
    groups: list[Group]
    versions: "array[int]"
    days: list[str]


def parsed(path: Path, lines: Iterable[str], territories: Mapping[int, str]) -> Elements:
    """Parse ways, tagged nodes, and the ways of each country's relation.

    Parameters
    ----------
    path
        The file of the elements, for messages.
    lines
        Lines of OPL, with version and time of each element.
    territories
        Codes of relations that count as countries whatever their tags, by id.

    Returns
    -------
    Elements
        Ways, points (degrees), ways of each country by its code, and groups.

    Raises
    ------
    InputError
        If a tagged node has no coordinates.
    """
    found = Elements([], [], {}, [], array("i"), [])
    known: dict[str, str] = {}
    for line in lines:
        fields = line.rstrip("\n").split(" ")
        osm_id, tags = int(fields[0][1:]), opl.tags(fields[TAGS][1:], known)
        if line[0] == "w":
            found.ways.append(Way(osm_id, tags, fields[TAGS + 1][1:]))
            found.versions.append(int(fields[VERSION][1:]))
            day = fields[TIME][1 : 1 + DAY]
            found.days.append(known.setdefault(day, day))
        elif line[0] == "n":
            place = fields[TAGS + 1][1:], fields[TAGS + 2][1:]
            found.points.append(_point(path, osm_id, tags, *place))
        elif (code := country_code(tags, osm_id, territories)) is not None:
            found.countries.setdefault(code, set()).update(_member_ways(fields))
        elif _is_group(tags):
            found.groups.append(Group(osm_id, tags, _member_ways(fields)))
    return found


def _is_group(tags: dict[str, str]) -> bool:
    """Whether a relation is a ferry line, or a post drawn by several ways."""
    if tags.get("type") == "route":
        return tags.get("route") == "ferry"
    return tags.get("type") in DRAWN and point_kinds.post_kind(tags) is not None


def _member_ways(fields: list[str]) -> list[int]:
    """Ids of the ways of a relation, in order, from its fields of OPL."""
    named = [member.split("@")[0] for member in fields[TAGS + 1][1:].split(",")]
    return [int(member[1:]) for member in named if member.startswith("w")]


def _point(path: Path, osm_id: int, tags: dict[str, str], lon: str, lat: str) -> Point:
    if not (lon and lat and abs(float(lon)) <= 180 and abs(float(lat)) <= 90):
        raise InputError(
            f"{path}: node {osm_id} has no valid coordinates, expected degrees within ±180 and ±90"
        )
    return Point("n", osm_id, float(lon), float(lat), tags)
