"""An existing border file: it is used unchanged if it is for the requested border."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.core import borderfile
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.terminal import printable

FETCH = ("geofabrik", "overpass")
FILES_EMPTY = (
    "FILES is empty, expected one .osm.pbf or several that hold the border, or "
    "SOURCE=geofabrik or SOURCE=overpass, which fetch"
)
REMEDY = "FORCE=1 writes it anew, NAME= another beside it"


def kept(
    path: Path,
    pair: tuple[str, str],
    corridor_km: float | None,
    anchors: Mapping[str, Sequence[tuple[float, float]]],
) -> BorderFile | None:
    """The border file at `path`, and a line that says so; None where there is none.

    Parameters
    ----------
    path
        Where it would be.
    pair
        Codes of the two countries that are asked for, `from` first.
    corridor_km, anchors
        What else was asked for, if anything; points by country code.

    Raises
    ------
    InputError
        If it is for other countries, differs from the request, or cannot be read.
    """
    if not path.exists():
        return None
    try:
        found = borderfile.read(path)
    except InputError as error:
        raise InputError(f"{error}; {REMEDY}") from error
    if (found.from_, found.to) != pair:
        raise InputError(
            f"{path} is there already and goes from {found.from_} to {found.to}, expected "
            f"from {pair[0]} to {pair[1]}: {REMEDY}"
        )
    if corridor_km not in (None, found.corridor_km):
        raise InputError(
            f"{path} is there already: key corridor_km: got {found.corridor_km:g}, expected "
            f"{corridor_km:g} as CORRIDOR= says: {REMEDY}"
        )
    for code, points in anchors.items():
        if found.anchors.get(code) != tuple(points):
            raise InputError(
                f"{path} is there already: key anchors: expected the points of {code} that "
                f"ANCHORS= names: {REMEDY}"
            )
    sys.stderr.write(f"{printable(str(path))} is used as it stands; FORCE=1 writes it anew\n")
    return found


def refuse_unfetched(border: BorderFile, path: Path, source: str) -> None:
    """InputError if a source cannot fetch what the border file requires."""
    if source not in FETCH:
        raise InputError(FILES_EMPTY)
    if source == "geofabrik" and not border.extracts:
        raise InputError(
            f"{path}: key extracts is missing, expected names of extracts to fetch: FILES= names "
            "files instead, FORCE=1 writes it anew"
        )
