"""Open regional extracts: first readings, contents of headers, check of free disk space."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import osmium
from tqdm import tqdm

from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.files import sha256
from pipeline.core.progress import warn
from pipeline.core.spread import Spread, in_turn
from pipeline.sources import osm_writer
from pipeline.sources.lines import UnsortedError
from pipeline.sources.normalise import rewritten
from pipeline.sources.survey import FileSurvey, survey


def surveyed(
    paths: Sequence[Path],
    scratch: Path,
    territories: Mapping[int, str] | None = None,
    spread: Spread = in_turn,
) -> list[FileSurvey]:
    """Read each file three times; a file that is not sorted is sorted first.

    Raises InputError if a file cannot be read, or if the disk is too full.
    """
    refuse_full_disk(scratch, paths)
    found = []
    for number, path in enumerate(tqdm(paths, unit="extract", disable=None)):
        folder = scratch / f"{number}"
        try:
            found.append(survey(path, folder, territories, spread))
        except UnsortedError:
            warn(
                f"{path}: not sorted by type and id, or an element stands there twice, expected "
                "one version of each in order; it is sorted in memory, and the newest taken"
            )
            copy = scratch / f"sorted-{number}" / path.name
            found.append(_surveyed_anew(path, copy, folder, territories, spread))
    return found


def _surveyed_anew(
    path: Path, copy: Path, folder: Path, territories: Mapping[int, str] | None, spread: Spread
) -> FileSurvey:
    """The readings of a sorted copy; if that is not enough, of its newest versions.

    Osmium sorts in compiled code; to find the newest versions, Python looks at each element.
    """
    try:
        return survey(_sorted(path, copy), folder, territories, spread)
    except UnsortedError:
        header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
        newest = copy.with_name(f"newest-{copy.name}")
        return survey(rewritten(path, newest, header), folder, territories, spread)


def asked(border: BorderFile, extracts: Sequence[str]) -> dict[str, object]:
    """Where the raw file came from: each extract as `origins` has it.

    The depth of the clip is not recorded as reach: how deep the extracts reach is measured.
    """
    return {"url": "extracts", "extracts": list(extracts), "cut_to_km": border.big_roads_km}


def origins(files: Sequence[FileSurvey], names: Sequence[str]) -> list[str]:
    """A line on each extract: name, time of its data, size, SHA-256 and server."""
    extracts = []
    for file, extract in zip(files, names, strict=True):
        path = file.blobs.path
        base_url = header_of(path).get("osmosis_replication_base_url", "")
        extracts.append(
            f"{extract} {file.time or 'of unknown time'} "
            f"{path.stat().st_size} bytes sha256 {sha256(path)} {base_url}".strip()
        )
    return extracts


def header_of(path: Path) -> dict[str, str]:
    """The time of the data and the address of updates in the header of an OSM file."""
    header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    names = [f"osmosis_replication_{name}" for name in ("timestamp", "base_url", "sequence_number")]
    return {name: header.get(name) for name in names if header.get(name)}


def refuse_full_disk(scratch: Path, paths: Sequence[Path]) -> None:
    """Refuse a disk with too little free space for scratch files: four times the PBF files."""
    needed = sum(path.stat().st_size for path in paths if path.is_file()) * 4
    free = shutil.disk_usage(scratch).free
    if free < needed:
        raise InputError(
            f"{scratch.parent}: {free / 1e9:.1f} GB free, expected {needed / 1e9:.1f} GB to clip"
        )


def _sorted(path: Path, out: Path) -> Path:
    """A sorted copy of a file; osmium takes all of it into memory."""
    out.parent.mkdir(parents=True)
    header = osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    every = osmium.MergeInputReader()
    every.add_file(str(path))
    with osm_writer.written(str(out), header=header) as writer:
        every.apply(writer, simplify=False)
    return out
