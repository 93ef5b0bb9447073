"""Collect from surveyed files what lies in the area.

Several files are combined: for an element in more than one file, the newest file counts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.core import opl
from pipeline.core.spread import Spread, in_turn
from pipeline.core.types import Bools, Floats, Ints
from pipeline.sources import overlap, text_lines
from pipeline.sources.selected import DEEP, NEAR, Selected, selected
from pipeline.sources.survey import FileSurvey, Relation, ways_of_several
from pipeline.sources.text_lines import TextLines
from pipeline.sources.wanted import Area


@dataclass(frozen=True)
class Elements:
    """The elements that are kept from the files, each once.

    `nodes` (LOCATION) by rising id; `tagged` their lines where they have tags. Ways by rising id:
    line, `deep` if wanted in the deep area, `near` if wanted in the near area; way k has the nodes
    `refs[start[k]:start[k + 1]]`, -1 in `row` where one is missing, else its row of `nodes`, and
    lies within `boxes[:, k]` (west, south, east, north in units of SCALE). `points` are lines of
    tagged nodes by id, `places` their longitude and latitude, in that order. `countries` are code
    and relation, `groups` relations.
    """

    nodes: npt.NDArray[np.void]
    tagged: dict[int, str]
    points: dict[int, str]
    places: Floats
    way_ids: Ints
    way_lines: TextLines
    near: Bools
    deep: Bools
    start: Ints
    refs: Ints
    row: npt.NDArray[np.int32]
    boxes: npt.NDArray[np.int32]
    countries: dict[int, tuple[str, Relation]]
    groups: dict[int, Relation]


def collect(files: list[FileSurvey], area: Area, spread: Spread = in_turn) -> Elements:
    """Collect what may be wanted in the area: whole ways with a node in or near it, points, groups.

    Parameters
    ----------
    files
        Results of the first readings.
    area
        Which elements to keep where; for several borders the union of their areas.
    spread
        Who works on the pieces of the files; what is kept is the same.

    Returns
    -------
    Elements
        Each element once. For an element in several files, the newest file counts. An element that
        a newer file covers but no longer holds is left out.
    """
    ordered = overlap.newest_first(files)
    countries = overlap.countries(ordered)
    several = ways_of_several([set(one.ways) for _, one in countries.values()])
    kept = [selected(file, several, area, spread) for file in ordered]
    return _elements(ordered, kept, countries, several)


def _elements(
    files: list[FileSurvey],
    kept: list[Selected],
    countries: dict[int, tuple[str, Relation]],
    several: set[int],
) -> Elements:
    """The combined elements of the files, given with the newest first."""
    gone = overlap.gone(files, kept)
    at = np.concatenate([one.way_ids for one in kept])
    lines = text_lines.joined([one.way_lines for one in kept])
    order = overlap.chosen(files, [one.way_ids for one in kept], lines)
    order = order[~np.isin(at[order], gone.ways)]
    counts = np.concatenate([one.counts for one in kept])
    refs = np.concatenate([one.refs for one in kept])
    begin = np.cumsum(counts) - counts
    taken = counts[order]
    step = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
    nodes = overlap.first(np.concatenate([one.nodes for one in kept]))
    tagged: dict[int, str] = {}
    points: dict[int, str] = {}
    for file, one in zip(reversed(files), reversed(kept), strict=True):
        for node in set(one.nodes["id"].tolist()) & tagged.keys() if tagged else ():
            del tagged[node]
        tagged |= one.tagged
        points |= file.points
    for node in gone.points:
        points.pop(node, None)
    shared = np.isin(at[order], np.array(sorted(several), dtype=np.int64))
    bits = np.concatenate([one.wanted for one in kept])[order]
    groups: dict[int, Relation] = {}
    for file in reversed(files):
        groups |= file.groups
    start = np.concatenate([[0], np.cumsum(taken)]).astype(np.int64)
    refs = refs[np.repeat(begin[order], taken) + step]
    row = _rows(nodes["id"], refs)
    return Elements(
        nodes=nodes,
        tagged=tagged,
        points=points,
        places=_places(points),
        way_ids=at[order],
        way_lines=text_lines.taken(lines, order),
        near=(bits & NEAR > 0) | shared,
        deep=(bits & DEEP > 0) | shared,
        start=start,
        refs=refs,
        row=row,
        boxes=_boxes(nodes, start, row),
        countries=countries,
        groups=groups,
    )


def _rows(ids: Ints, refs: Ints) -> npt.NDArray[np.int32]:
    """Rows of the refs among rising ids, -1 where one is missing."""
    row = np.minimum(np.searchsorted(ids, refs), max(len(ids) - 1, 0)).astype(np.int32)
    return np.where(ids[row] == refs, row, np.int32(-1)) if len(ids) else row - 1


def _boxes(
    nodes: npt.NDArray[np.void], start: Ints, row: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """West, south, east and north of each way; without nodes, a box that meets nothing."""
    least, most = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    found = np.repeat(np.array([[most], [most], [least], [least]], np.int32), len(start) - 1, 1)
    some = np.flatnonzero(np.diff(start))
    for side, axis, last, reduced in (
        (0, "x", most, np.minimum), (1, "y", most, np.minimum),
        (2, "x", least, np.maximum), (3, "y", least, np.maximum),
    ):  # fmt: skip
        # Row -1, of a node that is missing, is the last.
        at = np.append(nodes[axis], np.int32(last))[row]
        found[side, some] = reduced.reduceat(at, start[:-1][some]) if len(some) else at
    return found


def _places(points: dict[int, str]) -> Floats:
    """Longitude and latitude of lines of nodes; NaN where a line has none."""
    at = [(opl.field(line, "x"), opl.field(line, "y")) for line in points.values()]
    return np.array([(float(x), float(y)) if x and y else (np.nan, np.nan) for x, y in at]).reshape(
        -1, 2
    )
