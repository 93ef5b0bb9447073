"""Stage 1, by extracts: clip them to a border's corridor, in five readings of each.

Relations; ways by their tags; nodes of the border line and points; nodes on the ground round the
line; nodes of what is kept. What must look at every element is osmium's, in compiled code.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import osmium
from tqdm import tqdm

from pipeline.core import borderfile
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.files import sha256
from pipeline.core.progress import warn
from pipeline.sources.collect import collect
from pipeline.sources.outlines import border_lines
from pipeline.sources.record import put, record_of
from pipeline.sources.survey import FileSurvey, UnsortedError, survey
from pipeline.sources.trim import write
from pipeline.sources.wanted import ground


def clip(border_toml: str, extracts: str, out: str) -> None:
    """Write what is wanted of the border's extracts in the folder `extracts` to the file `out`.

    Each element comes once; where extracts overlap the newer one counts. A record is written
    beside. Raises InputError where an extract is missing or not readable, or holds no border.
    """
    border = borderfile.read(border_toml)
    target = Path(out)
    paths = _paths(border, Path(extracts))
    began = datetime.now(UTC)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".clip-") as name:
        scratch = Path(name)
        files = surveyed(paths, scratch)
        cut(files, border.extracts, border, target, scratch, began)


def surveyed(
    paths: Sequence[Path], scratch: Path, territories: Mapping[int, str] | None = None
) -> list[FileSurvey]:
    """The first three readings of each file; one that is not sorted is sorted first.

    Raises InputError for a file that cannot be read, or a disk that is too full.
    """
    refuse_full_disk(scratch, paths)
    found = []
    for number, path in enumerate(tqdm(paths, unit="extract", disable=None)):
        folder = scratch / f"{number}"
        try:
            found.append(survey(path, folder, territories))
        except UnsortedError:
            warn(f"{path}: not sorted by type and id, expected so; it is sorted in memory")
            copy = scratch / f"sorted-{number}" / path.name
            found.append(survey(_sorted(path, copy), folder, territories))
    return found


def cut(
    files: Sequence[FileSurvey],
    names: Sequence[str],
    border: BorderFile,
    target: Path,
    scratch: Path,
    began: datetime,
) -> None:
    """The last two readings: write the border's raw file and its record to their places.

    `names` are those of the files, for the record.
    """
    lines = border_lines(files, (border.from_, border.to))
    area = ground(lines, border.big_roads_km)
    elements = collect(list(files), area, scratch / "collected")
    time = min(file.time for file in files)
    aside = scratch / target.name
    counts = write(elements, area, (border.from_, border.to), aside, time)
    record = record_of(aside, began, time, counts, asked(border, files, names))
    put(aside, target, border.border, record)


def asked(
    border: BorderFile, files: Sequence[FileSurvey], names: Sequence[str]
) -> dict[str, object]:
    """Where the raw file came from: each extract with its own time and sum."""
    extracts = []
    for file, extract in zip(files, names, strict=True):
        path = file.blobs.path
        base_url = header_of(path).get("osmosis_replication_base_url", "")
        extracts.append(
            f"{extract} {file.time or 'of unknown time'} "
            f"{path.stat().st_size} bytes sha256 {sha256(path)} {base_url}".strip()
        )
    return {"url": "extracts", "extracts": extracts, "big_roads_km": border.big_roads_km}


def header_of(path: Path) -> dict[str, str]:
    """What the header of an OSM file says of its time and of where its updates are."""
    header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    names = [f"osmosis_replication_{name}" for name in ("timestamp", "base_url", "sequence_number")]
    return {name: header.get(name) for name in names if header.get(name)}


def refuse_full_disk(scratch: Path, paths: Sequence[Path]) -> None:
    """Ways by their tags take at most half of a PBF once more as text and arrays."""
    needed = sum(path.stat().st_size for path in paths if path.is_file()) * 3 // 2
    free = shutil.disk_usage(scratch).free
    if free < needed:
        raise InputError(
            f"{scratch.parent}: {free / 1e9:.1f} GB free, expected {needed / 1e9:.1f} GB to clip"
        )


def _paths(border: BorderFile, extracts: Path) -> list[Path]:
    if not border.extracts:
        raise InputError(f"{border.border}.toml: key extracts is missing, expected some names")
    paths = [extracts / f"{name}.osm.pbf" for name in border.extracts]
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: no such file, expected an extract")
    return paths


def _sorted(path: Path, out: Path) -> Path:
    """A sorted copy of a file; osmium takes all of it into memory."""
    out.parent.mkdir(parents=True)
    header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    every = osmium.MergeInputReader()
    every.add_file(str(path))
    with osmium.SimpleWriter(str(out), header=header) as writer:
        every.apply(writer, simplify=False)
    return out
