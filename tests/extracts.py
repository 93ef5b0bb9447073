"""A small true extract for tests of fetching: Liechtenstein's roads, rails, lakes and borders."""

from pathlib import Path

import osmium
import pytest
from osmium.osm import NODE, RELATION, WAY

WHOLE = Path(__file__).parents[2] / "shared" / "data" / "osm-liechtenstein-2022.osm.pbf"
ROADS = {"motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary", "unclassified"}


def small_extract(target: Path) -> Path:
    """The extract thinned to what loads fast, with some buildings that nobody asks for."""
    if not WHOLE.is_file():
        pytest.skip(f"{WHOLE.name} is not there: the folder shared/data lies outside the checkout")
    kept = osmium.IdTracker()
    shores = set()
    for relation in osmium.FileProcessor(str(WHOLE), RELATION):
        if relation.tags.get("boundary") == "administrative":
            kept.add_relation(relation.id)
        elif relation.tags.get("natural") == "water":
            kept.add_relation(relation.id)
            shores |= {member.ref for member in relation.members if member.type == "w"}
    for way in osmium.FileProcessor(str(WHOLE), WAY):
        tags = dict(way.tags)
        chosen = tags.get("highway") in ROADS or "railway" in tags
        chosen |= (
            way.id in shores
            or tags.get("boundary") == "administrative"
            or tags.get("waterway") == "river"
        )
        if chosen or (way.id % 20 == 0 and ("highway" in tags or "building" in tags)):
            kept.add_way(way.id)
            kept.add_references(way)
    keys = osmium.filter.KeyFilter("place", "barrier", "amenity")
    for node in osmium.FileProcessor(str(WHOLE), NODE).with_filter(keys):
        kept.add_node(node.id)
    header = osmium.io.Reader(str(WHOLE), osmium.osm.NOTHING).header()
    # Sets of ids take memory, and the time to clear it, by the range that ids are spread over; they
    # rise, so that numbers in order stay sorted.
    number: dict[int, int] = {}
    with osmium.SimpleWriter(str(target), header=header, overwrite=True) as writer:
        for one in osmium.FileProcessor(str(WHOLE)).with_filter(kept.id_filter()):
            if one.is_node():
                number[one.id] = len(number) + 1
                writer.add_node(one.replace(id=number[one.id]))
            elif one.is_way():
                writer.add_way(one.replace(nodes=[number[node.ref] for node in one.nodes]))
            else:
                members = [(m.type, m.ref, m.role) for m in one.members if m.type != "n"]
                writer.add_relation(one.replace(members=members))
    return target
