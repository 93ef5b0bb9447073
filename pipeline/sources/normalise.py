"""Convert OpenStreetMap files that are not plain maps: sorted, each element once, by osmium.

What a plain map is, and which files are refused, is in `plain_map`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import osmium

from pipeline.core import files, folders
from pipeline.core.errors import InputError
from pipeline.sources import osm_writer, plain_map

# Editors give new elements ids from -1 downwards; no real id of OpenStreetMap is near this number.
NEW_IDS = 1 << 42
DELETED = re.compile(rb"""<(node|way|relation)((?:\s[^<>]*)?\saction=["']delete["'][^<>]*)>""")
ID = re.compile(rb"""\sid=["'](-?\d+)""")
# Members of relations with coordinates inside, which osmium does not read.
PLACED_MEMBER = re.compile(rb"<member(\s[^<>]*[^<>/])>.*?</member>", re.DOTALL)


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
        If there is no such file, and in the cases of `plain_map.is_plain` and `rewritten`.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected OpenStreetMap data")
    if plain_map.is_plain(path) and not (in_order and not plain_map.is_in_order(path)):
        yield path
        return
    with folders.temporary("osm") as scratch:
        yield rewritten(path, scratch / "newest.osm.pbf")


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
    xml = plain_map.is_xml(path)
    deleted = _deleted_in_editor(path) if xml else set()
    merged = osmium.MergeInputReader()
    placed = xml and any(plain_map.PLACED.search(piece) for piece in plain_map.pieces(path))
    source = _without_places(path, out.with_name(f"bare.{out.name}.osm")) if placed else path
    merged.add_file(str(source))
    if places := _placed_nodes(source):
        merged.add_buffer(places, "opl")
    stated = {} if header is None else {"header": header}
    with osm_writer.written(str(out), overwrite=True, **stated) as writer:
        newest = _Newest(path, writer, deleted)
        merged.apply(newest, simplify=False)
        newest.flush()
    if newest.is_renumbered:
        unsorted = out.with_name(f"unsorted.{out.name}")
        files.put(out, unsorted)
        again = osmium.MergeInputReader()
        again.add_file(str(unsorted))
        with osm_writer.written(str(out), overwrite=True, **stated) as writer:
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
    with plain_map.opened(path) as file:
        out.write_bytes(PLACED_MEMBER.sub(rb"<member\1/>", file.read()))
    return out


def _deleted_in_editor(path: Path) -> set[tuple[str, int]]:
    """Elements that an editor marked as deleted; osmium ignores these marks."""
    found = set()
    for piece in plain_map.pieces(path):
        for kind, attributes in DELETED.findall(piece):
            osm_id = ID.search(attributes)
            if osm_id:
                found.add((kind.decode(), int(osm_id[1])))
    return found
