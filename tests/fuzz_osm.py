"""Hostile OpenStreetMap files: a drawn border and roads over it, harmed in seeded ways.

`written(folder, seed)` makes a file and its border file; the same seed makes the same bytes.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import osmium
from osmium.osm.mutable import Node, Relation, Way

from tests.world import border_toml, country_tags, degrees

Tags = dict[str, str]
MARKUP = "<script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\"'"
TEXTS = (
    (MARKUP * 5)[:255],
    "\x1b[2J\x1b[31mred\x07",
    "line\nbreak\r\ttab",
    "\u202eright to left\u200f",
    "=HYPERLINK(\"http://x\",\"y\")",
    "'; DROP TABLE links; --",
    "../../../../etc/passwd",
    "{{ 7 * 7 }}${7*7}%s%n",
    "\U0001f6a7" * 60,
    "\ufffe\uffff\ufeff",
    "e\u0301" * 127,
    ";;;;", " ", "", "NaN", "None", "null", "true", "-0", "%20%=,@ n1 x2", "a=b,c=d",
)  # fmt: skip
NUMBERS = (
    "1e308", "1e999", "-1", "0", "inf", "nan", "9" * 200, "0x10", "1,5", "1.5.2", "½", "٣", "1_000",
    "50 mph", "-50 mph", "999999 knots", "80;50", "none", "signals", "walk", "1e-320",
)  # fmt: skip
KEYS = (
    "name", "ref", "oneway", "lanes", "lanes:forward", "lanes:backward", "maxspeed", "access",
    "motor_vehicle", "foot", "opening_hours", "access:conditional", "oneway:conditional",
    "junction", "layer", "bridge", "tunnel", "width", "gauge", "barrier", "locked", "toll",
    "surface", "tracktype", "duration", "route", "ferry", "railway", "highway", "disused:railway",
    "construction", "area", "boundary", "admin_level", "maritime", "start_date", "place",
    "population", "height", "informal", "service", "ISO3166-1", "ISO3166-1:alpha2", "type",
)  # fmt: skip
HIGHWAYS = ("motorway", "motorway_link", "primary", "tertiary", "residential", "service", "track",
            "path", "steps", "ferry", "proposed", "escape", "road", "primary;path")  # fmt: skip
POSTS = ({"barrier": "border_control"}, {"barrier": "gate", "access": "no"},
         {"barrier": "gate", "locked": "yes"}, {"amenity": "customs"}, {"barrier": "toll_booth"},
         {"police": "checkpoint"}, {"military": "checkpoint"}, {"railway": "border"},
         {"place": "town", "population": "12000"}, {"highway": "checkpoint"})  # fmt: skip


@dataclass
class Drawn:
    """Elements in the order in which they are written; an id may come more than once."""

    choose: random.Random
    nodes: list[dict[str, Any]] = field(default_factory=list)
    ways: list[dict[str, Any]] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)
    shift: tuple[float, float] = (0.0, 0.0)
    next_id: int = 1

    def number(self) -> int:
        """An id that is not taken."""
        self.next_id += 1
        return self.next_id - 1

    def node(self, x_km: float, y_km: float, **tags: str) -> int:
        """A node at a drawn place."""
        lon, lat = degrees(f"{x_km},{y_km}")
        where = (lon + self.shift[0], lat + self.shift[1])
        self.nodes.append({"id": self.number(), "at": where, "tags": dict(tags), "version": 1})
        return int(self.nodes[-1]["id"])

    def way(self, nodes: list[int], **tags: str) -> dict[str, Any]:
        """A way of some nodes."""
        made = {"id": self.number(), "nodes": list(nodes), "tags": dict(tags), "version": 1}
        self.ways.append(made)
        return made

    def relation(self, members: list[tuple[str, int, str]], tags: Tags) -> dict[str, Any]:
        """A relation of some members."""
        made = {"id": self.number(), "members": members, "tags": dict(tags), "version": 1}
        self.relations.append(made)
        return made


def sound(choose: random.Random) -> Drawn:
    """A straight border of 80 km and a grid of roads over it, some of them gated, a railway."""
    made = Drawn(choose)
    line = [made.node(x, 0) for x in range(-40, 41, 20)]
    columns = sorted(choose.sample(range(-12, 13, 2), choose.randint(2, 6)))
    rows = [-16, -11, -4, -1, 1, 4, 11, 16]
    grid = [[made.node(x + choose.uniform(-0.5, 0.5), y) for y in rows] for x in columns]
    for column in grid:
        made.way(column, highway=choose.choice(HIGHWAYS[:8]), name=f"Road {made.next_id}")
    for level in choose.sample(range(len(rows)), 4):
        made.way([column[level] for column in grid], highway="secondary")
    if choose.random() < 0.4:
        made.way([made.node(14, y) for y in (-16, -3, 3, 16)], railway="rail")
    for row in choose.sample(range(len(made.nodes)), 3):
        made.nodes[row]["tags"] |= choose.choice(POSTS)
    border = made.way(line, boundary="administrative", admin_level="2")
    for code in ("AA", "BB"):
        made.relation([("w", border["id"], "outer")], country_tags(code))
    return made


def _any(made: Drawn) -> dict[str, Any]:
    return made.choose.choice([*made.nodes, *made.ways, *made.ways, *made.relations])


def broken_references(made: Drawn) -> None:
    """Nodes, ways and members that the file lacks."""
    for _ in range(made.choose.randint(1, 4)):
        way = made.choose.choice(made.ways)
        way["nodes"].insert(
            made.choose.randint(0, len(way["nodes"])), made.choose.randint(900, 999)
        )
    if made.choose.random() < 0.5:
        made.choose.choice(made.relations)["members"].append(("w", 998, "outer"))


def lost_nodes(made: Drawn) -> None:
    """Nodes that ways name and that are gone."""
    for _ in range(made.choose.randint(1, 3)):
        made.nodes.pop(made.choose.randrange(len(made.nodes)))


def twice(made: Drawn) -> None:
    """An element again: alike, older, newer, or another of the same version."""
    kind = made.choose.choice((made.nodes, made.ways, made.relations))
    one = dict(made.choose.choice(kind))
    one["version"] += made.choose.choice((-1, 0, 0, 1, 2**30))
    if made.choose.random() < 0.5:
        one["tags"] = one["tags"] | {"name": "another"}
    if "nodes" in one and made.choose.random() < 0.5:
        one["nodes"] = list(reversed(one["nodes"]))
    kind.insert(made.choose.randint(0, len(kind)), one)


def degenerate(made: Drawn) -> None:
    """Ways of no length, of one node and of none."""
    node = made.choose.choice(made.nodes)["id"]
    again = made.node(0, 0.5)
    for nodes in ([node], [], [node] * 5, [node, again, node, again, node]):
        made.way(nodes, highway="primary")


def knot(made: Drawn) -> None:
    """A way that crosses itself, closes, and passes its nodes again and again."""
    own = [made.node(made.choose.uniform(-3, 3), made.choose.uniform(-3, 3)) for _ in range(8)]
    made.way([made.choose.choice(own) for _ in range(40)], highway="primary")


def along_the_border(made: Drawn) -> None:
    """Roads exactly on the line: on its nodes, on others at the same places, on a part of it."""
    border = next((way for way in made.ways if "boundary" in way["tags"]), None)
    if border is None:
        return
    if made.choose.random() < 0.5:
        made.way(border["nodes"], highway="tertiary")
    else:
        on = [made.node(x, 0) for x in (-20, -7, 3, 20)]
        made.way([made.node(-20, -12), *on, made.node(20, 12)], highway="primary")


def border_is_a_road(made: Drawn) -> None:
    """The line is itself a road, a river, a railway."""
    for way in made.ways:
        if "boundary" in way["tags"]:
            way["tags"] |= made.choose.choice(
                ({"highway": "track"}, {"waterway": "river"}, {"railway": "rail"})
            )


def spiral(made: Drawn) -> None:
    """A road that winds round a point of the line, ever wider."""
    turns = [(0.05 * k * (1 if k % 4 < 2 else -1), 0.05 * k * (1 if k % 4 in (1, 2) else -1))
             for k in range(made.choose.choice((20, 200)))]  # fmt: skip
    made.way([made.node(x, y) for x, y in turns], highway="tertiary")


def zigzag(made: Drawn) -> None:
    """Hundreds of passages of the line within 250 m, of one road or of many."""
    count = made.choose.choice((50, 400))
    steps = [(0.25 * k / count, (-1) ** k * made.choose.choice((0.01, 2.0))) for k in range(count)]
    nodes = [made.node(x, y) for x, y in steps]
    if made.choose.random() < 0.5:
        made.way(nodes, highway="residential")
    else:
        for a, b in pairwise(nodes[:60]):
            made.way([a, b], highway="service")


def strange_relations(made: Drawn) -> None:
    """Relations within themselves and each other, empty ones, a country told twice."""
    own = made.relation([], country_tags(made.choose.choice(("AA", "BB", "CC"))))
    own["members"] = [("r", own["id"], ""), ("w", made.choose.choice(made.ways)["id"], "outer")]
    other = made.relation([("r", own["id"], "subarea")], {"type": "multipolygon"})
    own["members"].append(("r", other["id"], "subarea"))
    made.relation([], made.choose.choice(({}, {"type": "route", "route": "ferry"})))
    area = {"type": "multipolygon", "amenity": "customs"}
    made.relation([("w", way["id"], "outer") for way in made.ways[:2]] * 2, area)


def strange_tags(made: Drawn) -> None:
    """Texts of markup, control characters and formulas, and absurd numbers, in any key."""
    for _ in range(made.choose.randint(1, 12)):
        key = made.choose.choice(KEYS)
        value = made.choose.choice((*TEXTS, *NUMBERS, *HIGHWAYS))
        _any(made)["tags"][key] = value
    if made.choose.random() < 0.2:
        _any(made)["tags"][made.choose.choice(TEXTS)[:200]] = made.choose.choice(TEXTS)


def strange_places(made: Drawn) -> None:
    """Nodes at the ends of the world, all in one spot, or nearly on the line."""
    for _ in range(made.choose.randint(1, 5)):
        lon, lat = made.choose.choice(
            ((180.0, 90.0), (-180.0, -90.0), (0.0, 0.0), (0.0, 1e-7), (1e-7, -1e-7), (0.0, 12.0),
             (90.0, 0.0), (0.05, 0.0))
        )  # fmt: skip
        made.choose.choice(made.nodes)["at"] = (lon, lat)


def strange_ids(made: Drawn) -> None:
    """Ids that are huge or negative, and versions likewise."""
    one = _any(made)
    one["id"] = made.choose.choice((2**62, 2**40, -7, -(2**40), 0))
    _any(made)["version"] = made.choose.choice((2**31 - 1, 0))


def strange_line(made: Drawn) -> None:
    """A border in pieces, doubled, closed, folded back on itself, or with a loop."""
    border = next((way for way in made.ways if "boundary" in way["tags"]), None)
    if border is None:
        return
    nodes, way = border["nodes"], made.choose.randrange(5)
    if way == 0:
        border["nodes"] = [*nodes, nodes[0]]
    elif way == 1:
        border["nodes"] = [*nodes, *reversed(nodes)]
    elif way == 2:
        border["nodes"] = [nodes[0], nodes[2], nodes[1], nodes[3], nodes[4]][: len(nodes)]
    elif way == 3:
        own = [made.node(x, y) for x, y in ((2, 3), (-2, 3), (-2, -3), (2, -3))]
        border["nodes"] = [*nodes[:3], *own, *nodes[2:]]
    else:
        again = made.way(nodes, **border["tags"])
        for relation in made.relations[:2]:
            relation["members"].append(("w", again["id"], "outer"))


def long_way(made: Drawn, count: int = 3000) -> None:
    """A way of thousands of nodes."""
    nodes = [made.node(-10 + 20 * k / count, 2 + (k % 7) / 100) for k in range(count)]
    made.way(nodes, highway="track")


def elsewhere(made: Drawn) -> None:
    """All of it far north, or over the date line."""
    made.shift = made.choose.choice(((0.0, 62.0), (179.9, 0.0), (-100.0, 31.0)))
    for node in made.nodes:
        lon, lat = node["at"][0] + made.shift[0], node["at"][1] + made.shift[1]
        node["at"] = (lon - 360 if lon > 180 else lon, min(lat, 90.0))


def shuffled(made: Drawn) -> None:
    """Elements in any order."""
    for kind in (made.nodes, made.ways, made.relations):
        made.choose.shuffle(kind)


HARMS: tuple[Callable[[Drawn], None], ...] = (
    broken_references, lost_nodes, twice, degenerate, knot, along_the_border, border_is_a_road,
    spiral, zigzag, strange_relations, strange_tags, strange_tags, strange_places, strange_ids,
    strange_line, long_way, shuffled,
)  # fmt: skip


def written(
    folder: Path, seed: int, *harms: Callable[[Drawn], None], extract: bool = False
) -> tuple[Path, Path]:
    """A hostile file and the border file that goes with it; harms drawn by the seed if unnamed.

    An extract is a PBF, and named by the border file.
    """
    choose = random.Random(seed)
    made = sound(choose)
    for harm in harms or choose.sample(HARMS, choose.randint(1, 4)):
        harm(made)
    if not harms and choose.random() < 0.1:
        elsewhere(made)
    raw = folder / choose.choice(("hostile.osm", "hostile.osm.pbf"))
    raw = folder / "hostile.osm.pbf" if extract else raw
    (as_xml if raw.suffix == ".osm" else as_pbf)(made, raw)
    if not harms and choose.random() < 0.15:
        raw.write_bytes(spoilt(raw.read_bytes(), choose))
    lon, lat = made.shift

    def moved(x: float, y: float) -> list[float]:
        east = x + lon
        return [east - 360 if east > 180 else east, y + lat]

    where = {"target": moved(0.0, 0.45), "corridor_km": 30, "depths_km": [5, 15]}
    toml = border_toml(folder, **where)
    head = toml.read_text(encoding="utf-8").partition("[anchors]")[0]
    points = f"AA = [{moved(0.0, -0.05)}]\nBB = [{moved(0.0, 0.05)}]\n"
    named = 'extracts = ["hostile"]\n' if extract else ""
    toml.write_text(f"{head}{named}[anchors]\n{points}", encoding="utf-8")
    return raw, toml


def as_xml(made: Drawn, path: Path) -> None:
    """XML as a careless program writes it: what XML cannot hold is escaped, or left as it is."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for one in made.nodes:
        head = f'<node id="{one["id"]}" version="{one["version"]}"'
        lines.append(f'{head} lon="{one["at"][0]:.7f}" lat="{one["at"][1]:.7f}">')
        lines += [*_tags(one["tags"]), "</node>"]
    for one in made.ways:
        lines.append(f'<way id="{one["id"]}" version="{one["version"]}">')
        lines += [*(f'<nd ref="{ref}"/>' for ref in one["nodes"]), *_tags(one["tags"]), "</way>"]
    kinds = {"n": "node", "w": "way", "r": "relation"}
    for one in made.relations:
        lines.append(f'<relation id="{one["id"]}" version="{one["version"]}">')
        lines += [f'<member type="{kinds[k]}" ref="{n}" role="{role}"/>'
                  for k, n, role in one["members"]]  # fmt: skip
        lines += [*_tags(one["tags"]), "</relation>"]
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8", errors="surrogatepass")


def _tags(tags: Tags) -> list[str]:
    def quoted(text: str) -> str:
        breaks = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
        return escape(text, breaks).replace("\x1b", "").replace("\x07", "")

    return [f'<tag k="{quoted(k)}" v="{quoted(v)}"/>' for k, v in tags.items()]


def as_pbf(made: Drawn, path: Path) -> None:
    """PBF by osmium's own writer, which lets every text through."""
    path.unlink(missing_ok=True)
    with osmium.SimpleWriter(str(path)) as writer:
        for one in made.nodes:
            writer.add_node(
                Node(id=one["id"], location=one["at"], tags=one["tags"], version=one["version"])
            )
        for one in made.ways:
            writer.add_way(
                Way(id=one["id"], nodes=one["nodes"], tags=one["tags"], version=one["version"])
            )
        for one in made.relations:
            members, version = one["members"], one["version"]
            writer.add_relation(
                Relation(id=one["id"], members=members, tags=one["tags"], version=version)
            )


def spoilt(content: bytes, choose: random.Random) -> bytes:
    """The file with bytes lost, changed, doubled or declared to be in another encoding."""
    way = choose.randrange(6)
    if way == 0:
        return content[: choose.randrange(len(content))]
    if way == 1:
        found = bytearray(content)
        for _ in range(choose.randint(1, 20)):
            found[choose.randrange(len(found))] = choose.randrange(256)
        return bytes(found)
    if way == 2:
        return content.replace(b"UTF-8", choose.choice((b"UTF-16", b"latin1", b"EBCDIC", b"")))
    if way == 3:
        return b"\xef\xbb\xbf" + content
    if way == 4:
        laughs = b'<!DOCTYPE osm [<!ENTITY a "' + b"ha" * 500 + b'">' + b"".join(
            b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 50) for k in range(6)
        )  # fmt: skip
        return content.replace(b"<osm ", laughs + b"]><osm ", 1).replace(b"Road", b"&g;")
    at = choose.randrange(len(content))
    return content[:at] + content[: choose.randrange(400)] + content[at:]
