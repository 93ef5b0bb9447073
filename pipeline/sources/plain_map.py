"""Whether an OpenStreetMap file is a plain map; files that are no map are refused with a remedy.

A plain map holds each element once, in its present state. Other files hold deleted elements,
several versions, negative ids of editors, or changes instead of a map. Such files are recognised by
their first bytes, their text or their ids.
"""

import bz2
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import osmium

from pipeline.core.errors import InputError, quoted

PIECE = 1 << 20  # bytes that are searched together
OVERLAP = 4096  # pieces overlap, so that text across two of them is found
CHANGES = re.compile(rb"""<osmChange[\s>]|<action\s+type=""")
REMARK = re.compile(rb"<remark>\s*(.*?)\s*</remark>", re.DOTALL)
ELEMENT = re.compile(rb"""<(node|way|relation)\s[^<>]*?\bid=["'](-?\d+)""")
# Coordinates in the members of relations, as Overpass writes them with `out geom`.
PLACED = re.compile(rb"<member\s[^<>]*[^<>/]>")
UNUSUAL = re.compile(rb"""\s(?:visible=["']false|action=["']delete|id=["']-\d)""")
WEB_PAGE = "a web page, expected a map: a server sent a message; open it, then ask again"
# Files that people save instead of a map, by their first bytes: what it is, and what to do.
NO_MAPS = {
    b"{": "JSON, expected XML or PBF: ask Overpass with [out:xml], or convert it",
    b"<html": WEB_PAGE,
    b"<!doctype": WEB_PAGE,
}


def is_plain(path: Path) -> bool:
    """Whether the file can be read unchanged, by its header and its text.

    Parameters
    ----------
    path
        An OpenStreetMap file in any form that osmium reads.

    Returns
    -------
    bool
        False for a history, and for XML with deleted elements or ids of an editor. Ids that occur
        twice or out of order are found later, when the elements are read.

    Raises
    ------
    InputError
        For a change file, a web page, JSON, and for a server's answer that says it is not whole.
    """
    start = _start(path)
    for bytes_, what in NO_MAPS.items():
        if start.startswith(bytes_):
            raise InputError(f"{path}: holds {what}")
    if not start.startswith(b"<"):
        return not _holds_versions(path)
    plain = True
    for piece in pieces(path):
        if CHANGES.search(piece):
            raise InputError(
                f"{path}: holds changes (osmChange), expected a map; apply them to the map they "
                f"belong to: osmium apply-changes MAP {path.name} -o {path.stem}.osm.pbf"
            )
        found = REMARK.search(piece)
        if found:
            remark = quoted(" ".join(found[1].decode("utf-8", "replace").split()))
            raise InputError(
                f"{path}: the server says that its answer is not whole: {remark}; ask it again "
                "with a longer timeout or for a smaller area, expected an answer without a remark"
            )
        plain = plain and not (UNUSUAL.search(piece) or PLACED.search(piece))
    return plain and not _holds_versions(path)


def _holds_versions(path: Path) -> bool:
    """Whether the header says that there may be several versions of an element."""
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        return bool(reader.header().has_multiple_object_versions)


def is_in_order(path: Path) -> bool:
    """Whether elements rise by kind and id; only XML, which people may edit, is checked."""
    if not is_xml(path):
        return True
    last = (0, 0)
    order = {b"node": 1, b"way": 2, b"relation": 3}
    with opened(path) as file:
        for line in file:
            for kind, osm_id in ELEMENT.findall(line):
                here = (order[kind], int(osm_id))
                if here <= last:
                    return False
                last = here
    return True


def is_xml(path: Path) -> bool:
    """Whether the content begins as XML does."""
    return _start(path).startswith(b"<")


def _start(path: Path) -> bytes:
    """The first bytes of the content in small letters, without leading marks and spaces."""
    with opened(path) as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").lower()


def opened(path: Path) -> IO[bytes]:
    """The content of a file that may be compressed by gzip or bzip2, open to be read."""
    with path.open("rb") as file:
        start = file.read(3)
    if start[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return bz2.open(path, "rb") if start == b"BZh" else path.open("rb")


def pieces(path: Path) -> Iterator[bytes]:
    """The file's content in pieces that overlap."""
    with opened(path) as file:
        before = b""
        while piece := file.read(PIECE):
            yield before + piece
            before = piece[-OVERLAP:]
