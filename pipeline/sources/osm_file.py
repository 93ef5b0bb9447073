"""Write OSM elements to a PBF file, sorted and with ids made from their keys."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

from pipeline.core import files
from pipeline.core.errors import InputError
from pipeline.sources import osm_writer
from pipeline.sources.drawing import Drawing, Tags


def write(out: Path, drawing: Drawing) -> dict[str, object]:
    """Write the elements to `out`; return what was written: counts, bytes and SHA-256.

    The id of an element is made from its key alone, so that it stays when other elements are added
    or removed. Elements are sorted by id, and the header has no time: equal drawings give equal
    bytes.
    """
    nodes, ways, relations = drawing.nodes, drawing.ways, drawing.relations
    node_ids, way_ids = _numbers("node", nodes), _numbers("way", ways)
    header = osmium.io.Header()
    header.set("generator", "gazetteer")
    try:
        with (
            files.whole(out) as aside,
            osm_writer.written(str(aside), header=header, overwrite=True) as writer,
        ):
            for key, number in node_ids.items():
                point, tags = nodes[key]
                writer.add_node(Node(id=number, version=1, location=point, tags=_sorted(tags)))
            for key, number in way_ids.items():
                keys, tags = ways[key]
                refs = [node_ids[node] for node in keys]
                writer.add_way(Way(id=number, version=1, nodes=refs, tags=_sorted(tags)))
            for key, number in _numbers("relation", relations).items():
                keys, tags = relations[key]
                members = [("w", way_ids[way], "outer") for way in keys]
                writer.add_relation(
                    Relation(id=number, version=1, members=members, tags=_sorted(tags))
                )
    except RuntimeError as error:
        raise InputError(f"{out}: cannot be written ({error})") from error
    return {
        "nodes": len(nodes),
        "ways": len(ways),
        "relations": len(relations),
        "bytes": out.stat().st_size,
        "sha256": files.sha256(out),
    }


def write_record(out: Path, name: str, record: dict[str, object]) -> None:
    """Write `<name>.record.json` next to `out`."""
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    files.write_text(out.with_name(f"{name}.record.json"), text)


def _numbers(kind: str, keys: Iterable[str]) -> dict[str, int]:
    """An id for each key, in rising order: 40 bits of the key's hash, checked to be unique."""
    hashed = {key: hashlib.sha256(f"{kind} {key}".encode()).digest()[:5] for key in keys}
    numbers = {key: 1 + int.from_bytes(digest) for key, digest in hashed.items()}
    result = dict(sorted(numbers.items(), key=lambda item: item[1]))
    for one, other in zip(result, list(result)[1:], strict=False):
        if result[one] == result[other]:
            raise InputError(f"{kind}s {one!r} and {other!r} got one number, expected two")
    return result


def _sorted(tags: Tags) -> Tags:
    return dict(sorted(tags.items()))
