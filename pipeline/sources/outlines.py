"""Lines of countries' outlines, from whichever of several files hold them."""

from collections.abc import Sequence

import numpy as np
from shapely.geometry import LineString

from pipeline.core.errors import InputError
from pipeline.sources.overlap import SCALE, countries, newest_first, ways_of
from pipeline.sources.survey import FileSurvey


def border_lines(files: Sequence[FileSurvey], pair: tuple[str, str]) -> list[LineString]:
    """The ways on land that two countries share, in degrees.

    Raises InputError where no file holds a way of the border with its nodes.
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
    """Lines in degrees of these ways by rising id, each of the newest file that holds it."""
    lines: dict[int, LineString] = {}
    for file in reversed(newest_first(files)):
        for way in ways & file.outlines.keys():
            tags, refs = file.outlines[way]
            if not maritime and tags.get("maritime") == "yes":
                continue
            row = np.minimum(
                np.searchsorted(file.locations["id"], refs), max(len(file.locations) - 1, 0)
            )
            found = row[file.locations["id"][row] == refs] if len(file.locations) else row[:0]
            at = np.column_stack([file.locations[axis][found] * SCALE for axis in ("x", "y")])
            if len(np.unique(at, axis=0)) > 1:
                lines[way] = LineString(np.round(at, 7))
    return [line for _, line in sorted(lines.items())]
