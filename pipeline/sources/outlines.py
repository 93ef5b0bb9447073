"""Lines of countries' outlines from several files."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry import LineString

from pipeline.core.errors import InputError
from pipeline.sources.overlap import SCALE, countries, newest_first, ways_of
from pipeline.sources.survey import FileSurvey, Relation


def border_lines(files: Sequence[FileSurvey], pair: tuple[str, str]) -> list[LineString]:
    """The ways on land that two countries share, in degrees.

    Raises InputError if no file holds a way of the border with its nodes.
    """
    found = countries(newest_first(files))
    lines = outline(files, ways_of(found, pair[0]) & ways_of(found, pair[1]))
    if not lines:
        codes = sorted({code for code, _ in found.values()})
        raise InputError(
            f"{', '.join(file.blobs.path.name for file in files)}: no way of the border "
            f"{'–'.join(pair)}; countries found: {', '.join(codes) or 'none'}"
        )
    return lines


def outline(
    files: Sequence[FileSurvey], ways: set[int], *, maritime: bool = False
) -> list[LineString]:
    """Lines in degrees of these ways by rising id, each from the newest file that holds it."""
    lines: dict[int, LineString] = {}
    for file in reversed(newest_first(files)):
        kept = [
            way
            for way in ways & file.outlines.keys()
            if maritime or file.outlines[way][0].get("maritime") != "yes"
        ]
        lines |= _lines(file, kept)
    return [line for _, line in sorted(lines.items())]


def _lines(file: FileSurvey, ways: Sequence[int]) -> dict[int, LineString]:
    """Lines of these ways by id, of nodes that the file holds; none where all lie at one place."""
    if not len(file.locations) or not ways:
        return {}
    refs = [file.outlines[way][1] for way in ways]
    every = np.concatenate(refs)
    way = np.repeat(np.arange(len(ways)), [len(one) for one in refs])
    row = np.minimum(np.searchsorted(file.locations["id"], every), len(file.locations) - 1)
    found = file.locations["id"][row] == every
    way, row = way[found], row[found]
    at = np.column_stack([file.locations[axis][row] * SCALE for axis in ("x", "y")])
    first = np.searchsorted(way, way)  # of the nodes of the same way
    long = np.unique(way[(at != at[first]).any(axis=1)])
    inside = np.isin(way, long)
    numbers = np.searchsorted(long, way[inside])
    made = np.asarray(shapely.linestrings(np.round(at[inside], 7), indices=numbers))
    return {ways[number]: line for number, line in zip(long.tolist(), made, strict=True)}


def courses_of_pairs(
    files: Sequence[FileSurvey], found: Mapping[int, tuple[str, Relation]]
) -> dict[tuple[str, str], list[LineString]]:
    """The ways on land that two countries share, in degrees, by both codes (alphabetical)."""
    shared = _shared(found)
    courses = {pair: outline(files, ways) for pair, ways in sorted(shared.items())}
    return {pair: course for pair, course in courses.items() if course}


def held_ways(
    files: Sequence[FileSurvey], found: Mapping[int, tuple[str, Relation]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """How many ways that two countries share the files hold, and how many their relations name."""
    there = {way for file in files for way in file.outlines}
    return {pair: (len(ways & there), len(ways)) for pair, ways in _shared(found).items()}


def _shared(found: Mapping[int, tuple[str, Relation]]) -> dict[tuple[str, str], set[int]]:
    """Ways that the relations of two countries both name, by codes in alphabetical order."""
    owners: dict[int, set[str]] = {}
    for code, one in found.values():
        for way in one.ways:
            owners.setdefault(way, set()).add(code)
    shared: dict[tuple[str, str], set[int]] = {}
    for way, codes in owners.items():
        for a, b in itertools.combinations(sorted(codes), 2):
            shared.setdefault((a, b), set()).add(way)
    return shared
