"""The minimum cut of a whole country extract by another route: raw ways, nothing contracted.

A witness that shares no code with the pipeline: osmium reads the ways, shapely and pyproj tell side
and depth, SciPy finds the flow. Every stretch between two nodes of a way is an edge of its own, and
what it says of access and direction is its own reading of the OpenStreetMap wiki.
"""

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import shapely
from osmium.osm import NODE, RELATION, WAY
from pyproj import Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

ROADS = {
    *("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential"),
    *("motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link", "road"),
    *("living_street", "service", "track"),
}
RAILS = {"rail", "light_rail", "narrow_gauge", "tram", "preserved"}
KEPT_OUT = {
    *("no", "private", "permit", "agricultural", "forestry", "delivery", "military", "restricted"),
    *("emergency", "employees", "staff", "residents", "none"),
}
IMPASSABLE = {
    *("block", "bollard", "cycle_barrier", "stile", "kissing_gate", "chain", "debris", "log"),
}
KEYS = ("highway", "railway", "boundary", "barrier", "access", "vehicle", "motor_vehicle",
        "motorcar")  # fmt: skip
# A bare node with one of these is a thing beside the road, not a ban on it.
ABOUT = {
    *(
        "highway",
        "railway",
        "amenity",
        "entrance",
        "building",
        "tourism",
        "shop",
        "place",
        "natural",
    ),
    *("leisure", "public_transport", "door", "emergency"),
}
NO_LIMIT = 1_000_000
Tags = dict[str, str]


@dataclass(frozen=True)
class Raw:
    """Roads of an extract beside a border: nodes with side and depth, and stretches between them.

    `side` is the country within whose outline a node lies, the neighbour of the border outside it,
    or empty where another neighbour is nearer. `stretches` are (from row, to row, both ways).
    """

    ids: list[int]
    side: np.ndarray
    depth_km: np.ndarray
    lon_lat: np.ndarray
    stretches: list[tuple[int, int, bool]]


def read(path: Path, inner: str, outer: str, mode: str = "road") -> Raw:
    """The roads (or railways) beside the border of a whole country, `inner`, with a neighbour."""
    members = _members(path)
    line_ids = members[inner] & members[outer]
    others = {code: members[inner] & ids for code, ids in members.items() if code != inner}
    ways, courses, at, closed = _elements(path, members[inner], mode)
    lon, lat = np.array(list(at.values())).T
    plane = Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lon_0={np.median(lon)} +lat_0={np.median(lat)}", always_xy=True
    )
    drawn = {way: shapely.LineString(np.column_stack(plane.transform(*np.array(course).T)))
             for way, course in courses.items()}  # fmt: skip
    outline = shapely.union_all(shapely.get_parts(shapely.polygonize(list(drawn.values()))))
    line = shapely.union_all([drawn[way] for way in line_ids if way in drawn])
    rest = [drawn[way] for code in others.keys() - {outer} for way in others[code] & drawn.keys()]
    ids, degrees, stretches = _stretches(ways, at, closed)
    points = shapely.points(np.column_stack(plane.transform(*degrees.T)))
    shapely.prepare(outline)
    inside = shapely.contains(outline, points)
    away_km = np.asarray(shapely.distance(points, line) / 1000)
    nearer = shapely.distance(points, shapely.union_all(rest)) / 1000 < away_km if rest else False
    side = np.where(inside, inner, np.where(nearer, "", outer))
    return Raw(ids, side, away_km, degrees, stretches)


def without_border(path: Path, *, barriers: bool) -> Raw:
    """The roads of a file that holds no border, all of one side and of no depth."""
    ways, _, at, closed = _elements(path, set(), "road")
    ids, degrees, stretches = _stretches(ways, at, closed if barriers else set())
    return Raw(ids, np.full(len(ids), "here"), np.full(len(ids), np.nan), degrees, stretches)


def _stretches(
    ways: list[tuple[list[int], int]], at: dict[int, tuple[float, float]], closed: set[int]
) -> tuple[list[int], np.ndarray, list[tuple[int, int, bool]]]:
    """Ids of the nodes, their places in degrees, and what lies between two of them."""
    ids = sorted({node for refs, _ in ways for node in refs if node in at})
    row = {node: number for number, node in enumerate(ids)}
    stretches = [
        (*((row[a], row[b]) if ahead >= 0 else (row[b], row[a])), ahead == 0)
        for refs, ahead in ways
        for a, b in itertools.pairwise(refs)
        if a in row and b in row and not {a, b} & closed and a != b
    ]
    return ids, np.array([at[node] for node in ids]), stretches


def cut(raw: Raw, origin: np.ndarray, destination: np.ndarray, *, directed: bool) -> int:
    """The most ways from one zone to the other of which no two share a stretch."""
    held = [one for one in raw.stretches if raw.side[one[0]] and raw.side[one[1]]]
    size = len(raw.ids)
    tails, heads = [], []
    for a, b, both in held:
        tails.append(a)
        heads.append(b)
        if both or not directed:
            tails.append(b)
            heads.append(a)
    begins, ends = np.flatnonzero(origin), np.flatnonzero(destination)
    rows = np.concatenate([tails, np.full(len(begins), size), ends]).astype(np.int32)
    columns = np.concatenate([heads, begins, np.full(len(ends), size + 1)]).astype(np.int32)
    most = np.concatenate([np.ones(len(tails)), np.full(len(begins) + len(ends), NO_LIMIT)])
    graph = coo_array((most.astype(np.int32), (rows, columns)), shape=(size + 2, size + 2)).tocsr()
    return int(maximum_flow(graph, size, size + 1).flow_value)


def dead_ends(raw: Raw) -> np.ndarray:
    """Which nodes only one stretch meets."""
    met = Counter(end for a, b, _ in raw.stretches for end in (a, b))
    return np.array([met[row] == 1 for row in range(len(raw.ids))])


def _members(path: Path) -> dict[str, set[int]]:
    """Ways of each country's relation, by its code."""
    found: dict[str, set[int]] = defaultdict(set)
    for relation in osmium.FileProcessor(str(path), RELATION):
        tags = dict(relation.tags)
        if (tags.get("admin_level"), tags.get("boundary")) == ("2", "administrative"):
            code = str(tags.get("ISO3166-1", tags.get("ISO3166-1:alpha2", "")))
            found[code] |= {m.ref for m in relation.members if m.type == "w"}
    found.pop("", None)
    return dict(found)


def _elements(
    path: Path, borders: set[int], mode: str
) -> tuple[
    list[tuple[list[int], int]],
    dict[int, list[tuple[float, float]]],
    dict[int, tuple[float, float]],
    set[int],
]:
    """Ways with their direction, border courses, where nodes lie, and which stop a car."""
    ways: list[tuple[list[int], int]] = []
    courses: dict[int, list[tuple[float, float]]] = {}
    at: dict[int, tuple[float, float]] = {}
    closed: set[int] = set()
    every = osmium.FileProcessor(str(path), NODE | WAY).with_locations()
    for one in every.with_filter(osmium.filter.KeyFilter(*KEYS)):
        if one.is_node():
            if mode == "road" and _stops(dict(one.tags)):
                closed.add(one.id)
            continue
        tags = dict(one.tags)
        wanted = _is_road(tags) if mode == "road" else _is_rail(tags)
        if not (wanted or one.id in borders):
            continue
        places = {n.ref: (n.lon, n.lat) for n in one.nodes if n.location.valid()}
        if one.id in borders:
            courses[one.id] = [places[n.ref] for n in one.nodes if n.ref in places]
        if wanted:
            at |= places
            ways.append(([n.ref for n in one.nodes], _direction(tags) if mode == "road" else 0))
    return ways, courses, at, closed


def _is_road(tags: Tags) -> bool:
    """Whether a private car may use a way."""
    kind = tags.get("highway")
    explicit = any(tags.get(key) in ("yes", "designated", "permissive", "destination")
                   for key in ("motor_vehicle", "motorcar", "vehicle"))  # fmt: skip
    if kind not in ROADS and not (explicit and kind in ("path", "pedestrian", "footway")):
        return False
    if tags.get("disused") == "yes" or tags.get("abandoned") == "yes":
        return False
    return _car_may(tags)


def _is_rail(tags: Tags) -> bool:
    return tags.get("railway") in RAILS and "yes" not in (
        tags.get("disused"),
        tags.get("abandoned"),
    )


def _car_may(tags: Tags) -> bool:
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            values = set(tags[key].split(";"))
            return bool(values - KEPT_OUT - {"bus", "psv", "hgv"}) or bool(
                {"yes", "destination"} & {part.split("@")[0].strip() for part in
                                          tags.get(f"{key}:conditional", "").split(";")}
            )  # fmt: skip
    return True


def _stops(tags: Tags) -> bool:
    """Whether a node stops a car: a barrier by its kind or tags, or a bare ban."""
    access_keys = {"motorcar", "motor_vehicle", "vehicle", "access"} & tags.keys()
    if "barrier" not in tags:
        return bool(access_keys) and not ABOUT & tags.keys() and not _car_may(tags)
    if access_keys:
        return not _car_may(tags)
    return tags["barrier"] in IMPASSABLE or tags.get("locked") == "yes"


def _direction(tags: Tags) -> int:
    oneway = tags.get("oneway")
    if oneway in ("yes", "true", "1"):
        return 1
    if oneway in ("-1", "reverse"):
        return -1
    implied = tags.get("junction") == "roundabout" or tags.get("highway") == "motorway"
    return 1 if oneway is None and implied else 0
