"""Stage 1, by extracts: bring the regional extracts that a border needs up to date.

An existing extract whose header names its server is updated by the differences that the server
publishes (https://wiki.openstreetmap.org/wiki/Planet.osm/diffs). Otherwise it is downloaded whole
if it has changed. The extracts are kept whole, because a clipped file cannot be updated.
"""

import os
from pathlib import Path

from pipeline.core import borderfile, files
from pipeline.core.errors import InputError
from pipeline.sources.extracts import download, replication

SERVER = "https://download.geofabrik.de"  # unless GEOFABRIK_URL names another


def geofabrik(border_toml: str, extracts: str) -> None:
    """Bring the border's extracts in the folder `extracts` up to date.

    An extract that a user put there is used as it is, and no server is asked about it. If two
    borders need the same extract, the second waits for the first. Raises InputError if an extract
    cannot be downloaded whole; the earlier file then stays.
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
    """The path of an extract in the folder of extracts."""
    return extracts / f"{name}.osm.pbf"


def bring_up_to_date(target: Path, url: str, mirror: tuple[str, str]) -> None:
    """Update an extract by differences; if it does not exist or this fails, download it whole.

    Differences are requested from the address in the header; if that lies below `mirror[0]`,
    `mirror[1]` replaces this part.
    """
    if target.is_file() and replication.update(target, mirror):
        download.forget(target)
        return
    download.fetch(url, target)
    replication.refuse_unreadable(target)
