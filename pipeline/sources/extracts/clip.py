"""Stage 1, by extracts: clip extracts to a border's corridor; each is read three times.

The readings are: relations, ways by their tags, nodes. Osmium does all work on every element, in
compiled code.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core import borderfile
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.folders import temporary
from pipeline.sources.collect import collect
from pipeline.sources.extracts.opened import asked, origins, surveyed
from pipeline.sources.outlines import border_lines
from pipeline.sources.record import put, record_of
from pipeline.sources.survey import FileSurvey
from pipeline.sources.trim import write
from pipeline.sources.wanted import fetch_area


def clip(border_toml: str, extracts: str, out: str) -> None:
    """Clip the border's extracts in the folder `extracts` and write the result to `out`.

    Each element is written once; where extracts overlap, the newer one counts. A record is written
    next to `out`. Raises InputError if an extract is missing or not readable, or if the border is
    not in the extracts.
    """
    border = borderfile.read(border_toml)
    target = Path(out)
    paths = _paths(border, Path(extracts))
    began = datetime.now(UTC)
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary(".clip", target.parent) as scratch:
        territories = {relation: code for code, relation in border.relations.items()}
        files = surveyed(paths, scratch, territories)
        cut(files, border.extracts, border, target, scratch, began)


def cut(
    files: Sequence[FileSurvey],
    names: Sequence[str],
    border: BorderFile,
    target: Path,
    scratch: Path,
    began: datetime,
) -> None:
    """Write the border's raw file and its record to their places.

    `names` are the names of the files, for the record.
    """
    lines = border_lines(files, (border.from_, border.to))
    area = fetch_area(lines, border.big_roads_km)
    elements = collect(list(files), area)
    time = min(file.time for file in files)
    aside = scratch / target.name
    counts = write(elements, area, (border.from_, border.to), aside, time)
    record = record_of(aside, began, time, counts, asked(border, origins(files, names)))
    put(aside, target, border.border, record)


def _paths(border: BorderFile, extracts: Path) -> list[Path]:
    if not border.extracts:
        raise InputError(f"{border.border}.toml: key extracts is missing, expected some names")
    paths = [extracts / f"{name}.osm.pbf" for name in border.extracts]
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: no such file, expected an extract")
    return paths
