"""Stage 1, by extracts: bring the regional extracts that a border needs up to date.

What is there is updated by the differences that its server publishes, where its header says which
(https://wiki.openstreetmap.org/wiki/Planet.osm/diffs), else fetched whole if it has changed. The
extracts are kept whole: a clipped file could not be updated.
"""

import os
from pathlib import Path

from pipeline.core import borderfile, files
from pipeline.core.errors import InputError
from pipeline.sources.extracts import download, replication

SERVER = "https://download.geofabrik.de"  # unless GEOFABRIK_URL names another


def geofabrik(border_toml: str, extracts: str) -> None:
    """Bring the border's extracts in the folder `extracts` up to date.

    One that was put there by hand is used as it is, and no server is asked about it.
    Two borders may need the same one: the second waits for the first. Raises InputError where an
    extract cannot be had whole; what was there stays.
    """
    border = borderfile.read(border_toml)
    if not border.extracts:
        raise InputError(f"{border_toml}: key extracts is missing, expected names of extracts")
    server = (os.environ.get("GEOFABRIK_URL") or SERVER).rstrip("/")
    for name in border.extracts:
        target = path_of(Path(extracts), name)
        if target.is_file() and not download.is_ours(target):
            continue
        with files.locked(target.with_name(f".{target.name}.lock"), wait=True):
            bring_up_to_date(target, f"{server}/{name}-latest.osm.pbf", (SERVER, server))


def path_of(extracts: Path, name: str) -> Path:
    """Where an extract lies in the folder of extracts."""
    return extracts / f"{name}.osm.pbf"


def bring_up_to_date(target: Path, url: str, mirror: tuple[str, str]) -> None:
    """Update an extract by differences, or fetch it whole if there is none or these fail.

    Differences are asked for where the header says, at `mirror[1]` if that is below `mirror[0]`.
    """
    if target.is_file() and replication.update(target, mirror):
        download.forget(target)
        return
    download.fetch(url, target)
    replication.refuse_unreadable(target)
