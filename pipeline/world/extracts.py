"""Which regional extracts contain a border: those on disk, otherwise those in the server's list.

The list is the index that the server publishes, with the countries of each extract by code:
https://download.geofabrik.de/technical.html
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.core import files, folders, http
from pipeline.core.borderfile import EXTRACT_NAME
from pipeline.core.errors import InputError
from pipeline.sources.extracts import download
from pipeline.sources.extracts.geofabrik import SERVER, bring_up_to_date, path_of
from pipeline.sources.survey import countries_of

INDEX = "index-v1-nogeom.json"
SUFFIX = ".osm.pbf"
CODES = "iso3166-1:alpha2"


def extracts_of(words: Sequence[str], folder: Path) -> list[str]:
    """Names of the extracts in `folder` that contain both countries; downloaded if there are none.

    Parameters
    ----------
    words
        ISO 3166-1 codes of the two, or ids of their relations.
    folder
        Folder of extracts. If some of them contain both countries, no server is asked.

    Returns
    -------
    list of str
        Names as in a border file, such as `europe/andorra`.

    Raises
    ------
    InputError
        If there is none, neither here nor in the server's list, or a download is incomplete.
    """
    names = list(_on_disk(words, folder))
    if names:
        return names
    server = (os.environ.get("GEOFABRIK_URL") or SERVER).rstrip("/")
    names = _listed(words, server)
    for name in names:
        target = path_of(folder, name)
        with files.locked(target.with_name(f".{target.name}.lock"), wait=True):
            bring_up_to_date(target, f"{server}/{name}-latest{SUFFIX}", (SERVER, server))
    return names


def _on_disk(words: Sequence[str], folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        if path.name.startswith("."):
            continue
        with folders.temporary("countries") as scratch:
            found = countries_of(path, scratch)
        known = {*found.values(), *map(str, found)}
        if all(word.upper() in known for word in words):
            yield path.relative_to(folder).as_posix().removesuffix(SUFFIX)


def _listed(words: Sequence[str], server: str) -> list[str]:
    """The smallest extract of each country in the server's list."""
    url = f"{server}/{INDEX}"
    public_url = http.without_secrets(url)
    answer = http.ask("GET", url, http.Patience(download.TRIES, download.WAIT_S))
    try:
        features: list[Mapping[str, Any]] = [one["properties"] for one in answer.json()["features"]]
        listed = [
            (one[CODES], str(one["id"]), str(one["urls"]["pbf"]))
            for one in features
            if CODES in one
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{public_url}: got something else than the list of extracts ({error})"
        ) from error
    names: dict[str, None] = {}
    for word in words:
        holding = sorted(
            (len(codes), name, pbf) for codes, name, pbf in listed if word.upper() in codes
        )
        if not holding:
            raise InputError(
                f"{public_url}: no extract of {word}, expected an ISO 3166-1 code of two letters "
                "that it lists; FILES= accepts any extracts"
            )
        url_of_extract = holding[0][2]
        path = url_of_extract.split("://", 1)[-1].split("/", 1)[-1]
        name = path.removesuffix(f"-latest{SUFFIX}")
        if not re.match(EXTRACT_NAME, name):
            raise InputError(
                f"{public_url}: got the address {url_of_extract!r} of an extract, expected one "
                f"such as {SERVER}/europe/austria-latest{SUFFIX}"
            )
        names[name] = None
    return list(names)
