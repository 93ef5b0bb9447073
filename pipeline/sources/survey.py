"""OSM files read three times: relations, ways by their tags, nodes; each once.

Osmium filters by tag in compiled code, one piece of the file at a time, and writes the selected
elements as lines of text, so that Python handles only these. Ways and the locations of all nodes
are kept on disk until the wanted area is known.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
from osmium.osm import RELATION

from pipeline.core import opl
from pipeline.core.country import CODE_KEYS, country_code
from pipeline.core.errors import InputError
from pipeline.core.spread import Spread, in_turn
from pipeline.core.types import Ints
from pipeline.sources.blobs import Blobs, Piece, blobs, opened, pieces
from pipeline.sources.id_set import distinct
from pipeline.sources.lines import Chunk, lines_of, osm_id, version
from pipeline.sources.survey_nodes import nodes_of
from pipeline.sources.survey_ways import ways_of
from pipeline.sources.wanted import NEAR_GROUPS, is_group

GROUP_KEYS = dict.fromkeys(key for tags in NEAR_GROUPS.values() for key in tags)


@dataclass(frozen=True)
class Relation:
    """A country, or a group of ways that is one object; members are ways with their roles."""

    osm_id: int
    version: int
    text: str
    tags: dict[str, str]
    ways: dict[int, str]


@dataclass(frozen=True)
class FileSurvey:
    """Content of a file: its time, countries and groups by relation id, ways, tagged nodes.

    Pieces of ways and nodes are on disk, in the folder `scratch`.
    """

    blobs: Blobs
    scratch: Path
    time: str
    countries: dict[int, tuple[str, Relation]]
    groups: dict[int, Relation]
    chunks: list[Chunk]
    outlines: dict[int, tuple[dict[str, str], Ints]]
    locations: npt.NDArray[np.void]
    points: dict[int, str]
    nodes: list[Chunk]


def survey(
    path: Path,
    scratch: Path,
    territories: Mapping[int, str] | None = None,
    spread: Spread = in_turn,
) -> FileSurvey:
    """Read relations, then ways, then nodes of the countries' outlines and tagged nodes.

    Parameters
    ----------
    path
        An .osm.pbf file, sorted by type and id.
    scratch
        A folder for data that do not fit in memory; it must exist as long as the result is used.
    territories
        Codes, by relation id, of relations that count as countries beside those with
        `admin_level=2`.
    spread
        How the pieces of the file are read, in this process or on workers; the result is the same.

    Raises
    ------
    InputError
        If the file cannot be read.
    UnsortedError
        If elements do not rise by type and id.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    found = blobs(path)
    try:
        countries, groups = _relations(found, scratch, territories or {}, spread)
        members = {way for _, one in countries.values() for way in one.ways}
        parts = {way for one in groups.values() for way in one.ways}
        chunks, outlines = ways_of(found, scratch, members, parts, spread)
        refs = [refs for _, refs in outlines.values()]
        wanted = distinct(np.concatenate([np.empty(0, np.int64), *refs]))
        locations, points, nodes = nodes_of(found, scratch, wanted, spread)
        header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    except RuntimeError as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    return FileSurvey(
        blobs=found,
        scratch=scratch,
        time=header.get("osmosis_replication_timestamp", "") or header.get("timestamp", ""),
        countries=countries,
        groups=groups,
        chunks=chunks,
        outlines=outlines,
        locations=locations,
        points=points,
        nodes=nodes,
    )


def _relations(
    found: Blobs, scratch: Path, territories: Mapping[int, str], spread: Spread
) -> tuple[dict[int, tuple[str, Relation]], dict[int, Relation]]:
    """Countries with their codes, and groups of ways, by id."""
    countries: dict[int, tuple[str, Relation]] = {}
    groups: dict[int, Relation] = {}
    work = partial(_relations_of, scratch=scratch, territories=territories)
    for some in spread(work, enumerate(pieces(found, RELATION))):
        for code, one in some:
            if code is not None:
                countries[one.osm_id] = (code, one)
            else:
                groups[one.osm_id] = one
    return countries, groups


def _relations_of(
    numbered: tuple[int, Piece], scratch: Path, territories: Mapping[int, str]
) -> list[tuple[str | None, Relation]]:
    """The countries of a piece, each with its code, and its groups of ways, without one."""
    number, piece = numbered
    keys = osmium.filter.KeyFilter(*CODE_KEYS, *GROUP_KEYS, *(("type",) if territories else ()))
    found: list[tuple[str | None, Relation]] = []
    for line in lines_of(opened(piece), RELATION, scratch / f"relations-{number}.opl", keys):
        tags = opl.tags(opl.field(line, "T"), {})
        code = country_code(tags, osm_id(line), territories)
        if code is not None or is_group(tags, NEAR_GROUPS):
            ways = {ref: role for one, ref, role in _members(line) if one == "w"}
            one = Relation(osm_id(line), version(line), opl.field(line, "T"), tags, ways)
            found.append((code, one))
    return found


def _members(line: str) -> list[opl.Member]:
    return opl.members(opl.field(line, "M"))


def countries_of(path: Path, scratch: Path) -> dict[int, str]:
    """Codes of the countries whose relations a file holds, by relation id; the file is read once.

    Raises InputError if the file cannot be read.
    """
    try:
        found, _ = _relations(blobs(path), scratch, {}, in_turn)
    except RuntimeError as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error
    return {relation: code for relation, (code, _) in found.items()}


def ways_of_several(countries: Collection[set[int]]) -> set[int]:
    """Ways that are in more than one of the sets."""
    seen: set[int] = set()
    several: set[int] = set()
    for ways in countries:
        several |= seen & ways
        seen |= ways
    return several
