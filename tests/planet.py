"""A generated planet: countries in rows like bricks, roads between them, and known cuts.

Countries are made of square cells with a road junction in each; neighbouring junctions are joined,
but over a border only by the roads that are planted: as many links close it. One country may lie
inside another. Tags, names and what nobody asks for are as in OpenStreetMap.
"""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
from osmium.osm.mutable import Node, Relation, Way

KM_PER_LAT = 111.0
IDS = 1_000_000  # of a kind of nodes, where a planet is small
ADMIN = {"boundary": "administrative", "admin_level": "2"}
CLASSES = ("secondary", "tertiary", "unclassified")
TIME = "2026-01-01T00:00:00Z"
Cell = tuple[int, int]
Pair = tuple[str, str]
Tags = dict[str, str]


@dataclass(frozen=True)
class Planet:
    """Elements by id, countries' relations, and the planted cut of each pair of countries."""

    nodes: dict[int, tuple[tuple[float, float], Tags]]
    ways: dict[int, tuple[list[int], Tags]]
    relations: dict[int, tuple[str, list[tuple[int, str]]]]
    owner: dict[int, str]
    planted: dict[Pair, int]


def planet(
    rows: Sequence[Sequence[int]],
    *,
    cell_km: float = 5.0,
    height: int = 6,
    enclave: Collection[Cell] = (),
    at: tuple[float, float] = (20.0, 10.0),
    most_crossings: int = 4,
    seed: int = 1,
) -> Planet:
    """Rows of countries from south to north, each given by the widths of its countries in cells.

    Parameters
    ----------
    rows
        Widths in cells; rows begin at the same western edge.
    cell_km
        Side of a cell.
    height
        Cells of a row from south to north.
    enclave
        Cells of one more country inside another.
    at
        Longitude and latitude of the south-western corner.
    most_crossings
        Most roads over one border; each has between one and as many.
    seed
        Equal seeds give equal planets.
    """
    rng = np.random.default_rng(seed)
    owner = _owners(rows, height, enclave)
    nodes: dict[int, tuple[tuple[float, float], Tags]] = {}
    ways: dict[int, tuple[list[int], Tags]] = {}
    of_node: dict[int, str] = {}
    columns = 1 + max(x for x, _ in owner)
    ids = IDS if len(owner) < IDS // 10 else 10 * IDS

    def place(x_km: float, y_km: float) -> tuple[float, float]:
        lat = at[1] + y_km / KM_PER_LAT
        lon = at[0] + x_km / (KM_PER_LAT * np.cos(np.radians(at[1])))
        return round((lon + 180) % 360 - 180, 7), round(lat, 7)

    def junction(cell: Cell) -> int:
        return 1 + cell[1] * columns + cell[0]

    for cell, code in owner.items():
        jitter = rng.uniform(-0.1, 0.1, 2) * cell_km
        x, y = (part + 0.5 for part in cell)
        nodes[junction(cell)] = (place(x * cell_km + jitter[0], y * cell_km + jitter[1]), {})
        of_node[junction(cell)] = code
    crossings: dict[Pair, list[tuple[Cell, Cell]]] = {}
    for (x, y), code in owner.items():
        for other in ((x + 1, y), (x, y + 1)):
            if owner.get(other) == code:
                _road(ways, [junction((x, y)), junction(other)], rng)
            elif other in owner:
                crossings.setdefault(_pair(code, owner[other]), []).append(((x, y), other))
    planted: dict[Pair, int] = {}
    for pair, found in sorted(crossings.items()):
        planted[pair] = int(rng.integers(1, min(most_crossings, len(found)) + 1))
        spread = np.linspace(0, len(found) - 1, planted[pair] + 2).round().astype(int)[1:-1]
        chosen = sorted(
            {*spread.tolist(), *range(planted[pair])}, key=lambda row: row not in spread
        )
        for number, row in enumerate(chosen[: planted[pair]]):
            a, b = (junction(cell) for cell in found[row])
            control = ids + len(ways)
            where = _between(nodes[a][0], nodes[b][0], 0.45)
            tags = {"barrier": "border_control", "name": "Zoll & Grenze"} if number == 0 else {}
            nodes[control] = (where, tags)
            of_node[control] = pair[0]
            ways[1 + len(ways)] = ([a, control, b], {"highway": "primary", "ref": f"N {len(ways)}"})
    _towns(nodes, of_node, owner, place, cell_km, 2 * ids)
    relations = _borders(nodes, ways, owner, place, cell_km, 3 * ids)
    return Planet(nodes, ways, relations, of_node, planted)


def _owners(
    rows: Sequence[Sequence[int]], height: int, enclave: Collection[Cell]
) -> dict[Cell, str]:
    owner: dict[Cell, str] = {}
    for number, widths in enumerate(rows):
        edges = np.cumsum([0, *widths])
        for column, (west, east) in enumerate(itertools.pairwise(edges.tolist())):
            code = "ABCDEFGHIJ"[number] + "KLMNOPQRST"[column]
            cells = [
                (x, y)
                for x in range(west, east)
                for y in range(number * height, (number + 1) * height)
            ]
            owner |= dict.fromkeys(cells, code)
    return owner | dict.fromkeys(enclave, "ZZ")


def _pair(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


def _between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    """A place on the short way from one to another, also over the antimeridian."""
    onward = (b[0] - a[0] + 180) % 360 - 180
    lon = (a[0] + share * onward + 180) % 360 - 180
    return round(lon, 7), round(a[1] + share * (b[1] - a[1]), 7)


def _road(
    ways: dict[int, tuple[list[int], Tags]], refs: list[int], rng: np.random.Generator
) -> None:
    number = 1 + len(ways)
    tags = {"highway": CLASSES[int(rng.integers(len(CLASSES)))], "name": f"Straße {number} – Süd"}
    if rng.random() < 0.5:
        tags["maxspeed"] = "50 mph" if rng.random() < 0.2 else "80"
    ways[number] = (refs, tags)


def _towns(
    nodes: dict[int, tuple[tuple[float, float], Tags]],
    of_node: dict[int, str],
    owner: Mapping[Cell, str],
    place: Callable[[float, float], tuple[float, float]],
    cell_km: float,
    first: int,
) -> None:
    """A capital in each country, and trees, which are not wanted."""
    for number, code in enumerate(sorted(set(owner.values()))):
        cells = sorted(cell for cell, one in owner.items() if one == code)
        x, y = cells[len(cells) // 2]
        tags = {"place": "city", "name": f"{code}ville", "population": "250 000", "capital": "yes"}
        nodes[first + number] = (place((x + 0.45) * cell_km, (y + 0.45) * cell_km), tags)
        tree = {"natural": "tree", "addr:street": "Straße"}
        nodes[first + IDS // 10 + number] = (place((x + 0.4) * cell_km, (y + 0.4) * cell_km), tree)
        of_node |= {first + number: code, first + IDS // 10 + number: code}


def _borders(
    nodes: dict[int, tuple[tuple[float, float], Tags]],
    ways: dict[int, tuple[list[int], Tags]],
    owner: Mapping[Cell, str],
    place: Callable[[float, float], tuple[float, float]],
    cell_km: float,
    first: int,
) -> dict[int, tuple[str, list[tuple[int, str]]]]:
    """A way for each side of a cell that separates two countries, or a country from the sea."""
    members: dict[str, list[tuple[int, str]]] = {}
    columns = 2 + max(x for x, _ in owner)

    def corner(x: int, y: int) -> int:
        number = first + y * columns + x
        nodes.setdefault(number, (place(x * cell_km, y * cell_km), {}))
        return number

    for (x, y), code in sorted(owner.items()):
        for other, ends in (
            ((x - 1, y), ((x, y), (x, y + 1))),
            ((x + 1, y), ((x + 1, y), (x + 1, y + 1))),
            ((x, y - 1), ((x, y), (x + 1, y))),
            ((x, y + 1), ((x, y + 1), (x + 1, y + 1))),
        ):
            beyond = owner.get(other)
            if beyond == code or (beyond is not None and beyond < code):
                continue
            number = 1 + len(ways)
            tags = dict(ADMIN) if beyond else ADMIN | {"maritime": "yes"}
            ways[number] = ([corner(*end) for end in ends], tags)
            inner = "ZZ" in (code, beyond)
            for one in filter(None, (code, beyond)):
                role = "inner" if inner and one != "ZZ" else "outer"
                members.setdefault(one, []).append((number, role))
    return {
        number: (code, found) for number, (code, found) in enumerate(sorted(members.items()), 1)
    }


def write(
    made: Planet,
    path: Path,
    *,
    countries: Collection[str] | None = None,
    codes: Mapping[str, str] | None = None,
    shuffled: int | None = None,
) -> Path:
    """Write the planet, or of it some countries as regional extracts are cut, as an OSM PBF.

    `codes` gives countries other codes; `shuffled` is a seed of another order of the elements.
    """
    ways = made.ways
    if countries is not None:
        lines = {way for _, found in made.relations.values() for way, _ in found}
        own = {w for _, (c, f) in made.relations.items() if c in countries for w, _ in f}
        ways = {
            way: one
            for way, one in ways.items()
            if way in own
            or (way not in lines and any(made.owner.get(n) in countries for n in one[0]))
        }
    used = {ref for refs, _ in ways.values() for ref in refs}
    nodes = {
        osm_id: one
        for osm_id, one in made.nodes.items()
        if osm_id in used or countries is None or made.owner.get(osm_id) in countries
    }
    rng = np.random.default_rng(shuffled)

    def ordered(ids: Collection[int]) -> list[int]:
        found = sorted(ids)
        return found if shuffled is None else [found[row] for row in rng.permutation(len(found))]

    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", TIME)
    if shuffled is None:
        header.set("sorting", "Type_then_ID")
    path.parent.mkdir(parents=True, exist_ok=True)
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        for osm_id in ordered(nodes):
            at, tags = nodes[osm_id]
            writer.add_node(Node(id=osm_id, version=1, location=at, tags=tags))
        for osm_id in ordered(ways):
            refs, tags = ways[osm_id]
            writer.add_way(Way(id=osm_id, version=1, nodes=refs, tags=tags))
        for osm_id in ordered(made.relations):
            code, found = made.relations[osm_id]
            code = (codes or {}).get(code, code)
            tags = ADMIN | {"type": "boundary", "ISO3166-1": code, "name": f"{code}land"}
            members = [("w", way, role) for way, role in found]
            writer.add_relation(Relation(id=osm_id, version=1, members=members, tags=tags))
    return path


def joined(one: Planet, other: Planet) -> Planet:
    """Two pieces of the same countries as one planet; planted cuts of both add up."""
    shift = 10_000_000
    nodes = one.nodes | {shift + osm_id: node for osm_id, node in other.nodes.items()}
    ways = one.ways | {
        shift + way: ([shift + ref for ref in refs], tags)
        for way, (refs, tags) in other.ways.items()
    }
    more = dict(other.relations.values())
    relations = {
        number: (code, found + [(shift + way, role) for way, role in more.get(code, [])])
        for number, (code, found) in one.relations.items()
    }
    owner = one.owner | {shift + osm_id: code for osm_id, code in other.owner.items()}
    pairs = one.planted.keys() | other.planted.keys()
    planted = {pair: one.planted.get(pair, 0) + other.planted.get(pair, 0) for pair in pairs}
    return Planet(nodes, ways, relations, owner, planted)


# Eight countries with twelve borders: three rows, and a country inside one of the middle.
ROWS = ((6, 6, 6), (9, 9), (6, 12))
ENCLAVE = tuple((x, y) for x in range(12, 16) for y in range(7, 11))


def small(**more: object) -> Planet:
    """Eight countries and twelve borders, one of them round a country inside another."""
    return planet(ROWS, enclave=ENCLAVE, **more)  # type: ignore[arg-type]


def large(links: int, **more: object) -> Planet:
    """Thirty-two countries, one of them inside another, and some 75 borders; about so many links.

    It is 1,000 km wide and lies across the antimeridian, whatever the number of links.
    """
    side = round((links / 2) ** 0.5)
    whole = np.linspace(0, side, 7).round().astype(int)
    halves = np.concatenate([[0], (whole[1:] + whole[:-1]) // 2, [side]])
    rows = [np.diff(halves if number % 2 else whole).tolist() for number in range(5)]
    begin, wide = side // 16, max(side // 25, 3)
    inner = [(begin + x, begin + y) for x in range(wide) for y in range(wide)]
    settings: dict[str, object] = {"cell_km": 1000 / side, "height": side // 5, "enclave": inner}
    return planet(rows, at=(176.0, 10.0), **(settings | more))  # type: ignore[arg-type]
