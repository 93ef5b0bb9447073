"""OpenStreetMap files that are not plain maps: refuse them with a remedy, or convert them.

A plain map holds each element once, in its present state. Other files hold deleted elements,
several versions, negative ids of editors, or changes instead of a map. Such files are recognised by
their first bytes, their text or their ids. Osmium rewrites them sorted and with one version of each
element.
"""

import bz2
import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import osmium

from pipeline.core import files, folders
from pipeline.core.errors import InputError
from pipeline.sources import osm_writer

PIECE = 1 << 20  # bytes that are searched together
OVERLAP = 4096  # pieces overlap, so that text across two of them is found
# Editors give new elements ids from -1 downwards; no real id of OpenStreetMap is near this number.
NEW_IDS = 1 << 42
CHANGES = re.compile(rb"""<osmChange[\s>]|<action\s+type=""")
REMARK = re.compile(rb"<remark>\s*(.*?)\s*</remark>", re.DOTALL)
ELEMENT = re.compile(rb"""<(node|way|relation)\s[^<>]*?\bid=["'](-?\d+)""")
DELETED = re.compile(rb"""<(node|way|relation)((?:\s[^<>]*)?\saction=["']delete["'][^<>]*)>""")
ID = re.compile(rb"""\sid=["'](-?\d+)""")
# Coordinates in the members of relations, as Overpass writes them with `out geom`.
PLACED = re.compile(rb"<member\s[^<>]*[^<>/]>")
PLACED_MEMBER = re.compile(rb"<member(\s[^<>]*[^<>/])>.*?</member>", re.DOTALL)
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
    for piece in _pieces(path):
        if CHANGES.search(piece):
            raise InputError(
                f"{path}: holds changes (osmChange), expected a map; apply them to the map they "
                f"belong to: osmium apply-changes MAP {path.name} -o {path.stem}.osm.pbf"
            )
        found = REMARK.search(piece)
        if found:
            remark = " ".join(found[1].decode("utf-8", "replace").split())
            raise InputError(
                f"{path}: the server says that its answer is not whole: {remark!r}; ask it again "
                "with a longer timeout or for a smaller area, expected an answer without a remark"
            )
        plain = plain and not (UNUSUAL.search(piece) or PLACED.search(piece))
    return plain and not _holds_versions(path)


def _holds_versions(path: Path) -> bool:
    """Whether the header says that there may be several versions of an element."""
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        return bool(reader.header().has_multiple_object_versions)


@contextmanager
def newest(path: Path, *, in_order: bool = False) -> Iterator[Path]:
    """Yield a file with the newest state of the file at `path`: `path` itself if it is a plain map.

    Parameters
    ----------
    path
        An OpenStreetMap file.
    in_order
        Whether its elements must be sorted by kind and id, as the assembly of areas needs them.

    Yields
    ------
    Path
        The file, or a temporary one that exists as long as the context.

    Raises
    ------
    InputError
        If there is no such file, and in the cases of `is_plain` and `rewritten`.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    if is_plain(path) and not (in_order and not _in_order(path)):
        yield path
        return
    with folders.temporary("osm") as scratch:
        yield rewritten(path, scratch / "newest.osm.pbf")


def _in_order(path: Path) -> bool:
    """Whether elements rise by kind and id; only XML, which people may edit, is checked."""
    if not _is_xml(path):
        return True
    last = (0, 0)
    order = {b"node": 1, b"way": 2, b"relation": 3}
    with _opened(path) as file:
        for line in file:
            for kind, osm_id in ELEMENT.findall(line):
                here = (order[kind], int(osm_id))
                if here <= last:
                    return False
                last = here
    return True


def rewritten(path: Path, out: Path, header: osmium.io.Header | None = None) -> Path:
    """The file's newest state, sorted, written to `out`.

    Of several versions of an element only the newest is kept; if that is deleted, none is kept. Ids
    of an editor become large positive ids. All elements are held in memory while they are sorted.

    Parameters
    ----------
    path
        The file.
    out
        Where to write, in the form that its name says.
    header
        What the header of `out` says; None for nothing.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    InputError
        If two versions of an element differ and nothing says which is newer.
    """
    xml = _is_xml(path)
    deleted = _deleted_in_editor(path) if xml else set()
    merged = osmium.MergeInputReader()
    placed = xml and any(PLACED.search(piece) for piece in _pieces(path))
    source = _without_places(path, out.with_name(f"bare.{out.name}.osm")) if placed else path
    merged.add_file(str(source))
    if places := _placed_nodes(source):
        merged.add_buffer(places, "opl")
    said = {} if header is None else {"header": header}
    with osm_writer.written(str(out), overwrite=True, **said) as writer:
        newest = _Newest(path, writer, deleted)
        merged.apply(newest, simplify=False)
        newest.flush()
    if newest.is_renumbered:
        unsorted = out.with_name(f"unsorted.{out.name}")
        files.put(out, unsorted)
        again = osmium.MergeInputReader()
        again.add_file(str(unsorted))
        with osm_writer.written(str(out), overwrite=True, **said) as writer:
            again.apply(writer, simplify=False)
    return out


def _placed_nodes(path: Path) -> bytes:
    """Nodes in OPL that the file lacks but whose coordinates are stored in its ways."""
    found: dict[int, str] = {}
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
        for node in way.nodes:
            if node.location.valid():
                found.setdefault(node.ref, f"n{node.ref} x{node.lon:.7f} y{node.lat:.7f}\n")
    if found:
        for one in osmium.FileProcessor(str(path), osmium.osm.NODE):
            found.pop(one.id, None)
    return "".join(found.values()).encode()


class _Newest(osmium.SimpleHandler):
    """Write the newest version of each element, unless that is deleted, with positive ids.

    Elements must come sorted by kind, id and version.
    """

    def __init__(
        self, path: Path, writer: osmium.SimpleWriter, deleted: set[tuple[str, int]]
    ) -> None:
        super().__init__()
        self.path = path
        self.writer = writer
        self.deleted = deleted
        self.newest: tuple[str, int, int, bool, Any] | None = None
        self.is_renumbered = False

    def node(self, one: Any) -> None:
        """Take a version of a node."""
        self._follow("node", one, (one.location.x, one.location.y))

    def way(self, one: Any) -> None:
        """Take a version of a way."""
        self._follow("way", one, tuple(node.ref for node in one.nodes))

    def relation(self, one: Any) -> None:
        """Take a version of a relation."""
        self._follow("relation", one, tuple((m.type, m.ref, m.role) for m in one.members))

    def _follow(self, kind: str, one: Any, content: tuple[Any, ...]) -> None:
        whole = (content, tuple((tag.k, tag.v) for tag in one.tags))
        known = self.newest
        if known is not None and known[:2] == (kind, one.id):
            if known[2] == one.version and known[3] and one.visible and known[4][1] != whole:
                raise InputError(
                    f"{self.path}: {kind} {one.id} occurs twice with different content and the "
                    "same version, expected one, or versions that show which is newer"
                )
        else:
            self.flush()
        self.newest = (kind, one.id, one.version, bool(one.visible), (_copied(one), whole))
        self.is_renumbered |= one.id < 0

    def flush(self) -> None:
        """Write the last element."""
        if self.newest is None:
            return
        kind, osm_id, _, visible, (one, _) = self.newest
        self.newest = None
        if visible and (kind, osm_id) not in self.deleted:
            getattr(self.writer, f"add_{kind}")(one)


def _copied(one: Any) -> Any:
    """A copy that stays valid when osmium continues, with positive ids."""
    changes: dict[str, Any] = {"id": _positive(one.id), "tags": dict(one.tags)}
    if one.is_node():
        changes["location"] = (one.location.lon, one.location.lat) if one.location.valid() else None
    elif one.is_way():
        changes["nodes"] = [_positive(node.ref) for node in one.nodes]
    else:
        changes["members"] = [(m.type, _positive(m.ref), m.role) for m in one.members]
    return one.replace(**changes)


def _positive(osm_id: int) -> int:
    return osm_id if osm_id >= 0 else NEW_IDS - osm_id


def _without_places(path: Path, out: Path) -> Path:
    """Write the file to `out` without the content of relation members, as osmium can read it."""
    with _opened(path) as file:
        out.write_bytes(PLACED_MEMBER.sub(rb"<member\1/>", file.read()))
    return out


def _is_xml(path: Path) -> bool:
    return _start(path).startswith(b"<")


def _start(path: Path) -> bytes:
    """The first bytes of the content in small letters, without leading marks and spaces."""
    with _opened(path) as file:
        return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").lower()


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        start = file.read(3)
    if start[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.open(path, "rb"))
    return bz2.open(path, "rb") if start == b"BZh" else path.open("rb")


def _pieces(path: Path) -> Iterator[bytes]:
    """The file's content in pieces that overlap."""
    with _opened(path) as file:
        before = b""
        while piece := file.read(PIECE):
            yield before + piece
            before = piece[-OVERLAP:]


def _deleted_in_editor(path: Path) -> set[tuple[str, int]]:
    """Elements that an editor marked as deleted; osmium ignores these marks."""
    found = set()
    for piece in _pieces(path):
        for kind, attributes in DELETED.findall(piece):
            osm_id = ID.search(attributes)
            if osm_id:
                found.add((kind.decode(), int(osm_id[1])))
    return found
