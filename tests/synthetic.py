"""Generated borders of any size with known minimum cuts: two road grids with towns.

A straight line along the equator; on either side a grid of roads a kilometre apart, thinned, partly
one-way, with towns and dead ends; a few roads lead over the line. Behind it, on the `to` side, a
strip is left in which only some of these roads go on: the planted cut.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import osmium
import pandas as pd
import shapely
from osmium.osm.mutable import Node, Relation, Way

from pipeline.core import schema
from pipeline.core.types import Floats, Ints

EVERYBODY = "car, goods, bus, bicycle, foot"
KM_PER_LON, KM_PER_LAT = 111.3195, 110.5743  # on the equator, WGS84
THINNED = 0.15  # share of grid roads left out
ONEWAY = 0.2  # share of those left that are one-way
DEAD_ENDS = 0.05  # dead ends per junction
JITTER_KM = 0.2  # junctions lie off their place in the grid by as much, along the border
TOWN_BLOCKS, TOWN_KM = 8, 0.07  # streets each way in a town, and how far apart they are
SHAPE_NODES = 2  # nodes between the ends of a way in a PBF
CLASSES = np.array(["secondary", "unclassified", "residential"], dtype=object)


@dataclass(frozen=True)
class Synthetic:
    """A border and its roads. Nodes have km along the line and signed depth; links join rows of
    these, with an index of CLASSES and a mark for one-way; places are rows with inhabitants.

    `crossings` roads pass the line, `cut_links` of them go on past `cut_depth_km`.
    """

    crossings: int
    cut_links: int
    cut_depth_km: float
    width_km: float
    deep_km: float
    along_km: Floats
    depth_km: Floats
    start: Ints
    end: Ints
    klass: Ints
    oneway: npt.NDArray[np.bool_]
    place: Ints
    population: Ints


def synthetic(
    *,
    width_km: int = 40,
    deep_km: int = 30,
    crossings: int = 6,
    cut_links: int = 3,
    cut_depth_km: float = 20.0,
    towns: int = 8,
    seed: int = 1,
) -> Synthetic:
    """A border `width_km` long with roads to `deep_km` on either side, the same for equal input.

    `cut_links` is at most `crossings`, and these at most `width_km`; `cut_depth_km` is whole.
    """
    rng = np.random.default_rng(seed)
    columns = width_km
    # Roads run at half kilometres of depth, so that none lies on the line or a depth in use.
    depths = np.concatenate([-np.arange(deep_km)[::-1] - 0.5, np.arange(deep_km) + 0.5])
    node = np.arange(columns * len(depths)).reshape(len(depths), columns)
    along_km = np.tile(np.arange(columns) + 0.5, len(depths))
    along_km = along_km + rng.uniform(-JITTER_KM, JITTER_KM, len(along_km))
    spine = np.unique(np.linspace(0, columns - 1, crossings + 2).round().astype(np.int64)[1:-1])
    narrow = spine[np.linspace(0, len(spine) - 1, cut_links).round().astype(np.int64)]
    # Roads away from the line, by column and the depth that their middle has; then those along it.
    column = np.tile(np.arange(columns), len(depths) - 1)
    middle_km = np.repeat((depths[:-1] + depths[1:]) / 2, columns)
    through = np.isin(column, spine)
    kept = through | ((middle_km != 0) & (rng.random(len(column)) > THINNED))
    kept &= (middle_km != cut_depth_km) | np.isin(column, narrow)
    kept_along = rng.random((len(depths), columns - 1)) > THINNED
    start = np.concatenate([node[:-1].ravel()[kept], node[:, :-1][kept_along]])
    end = np.concatenate([node[1:].ravel()[kept], node[:, 1:][kept_along]])
    fixed = np.concatenate([through[kept], np.zeros(kept_along.sum(), dtype=bool)])
    oneway = ~fixed & (rng.random(len(start)) < ONEWAY)
    turned = oneway & (rng.random(len(start)) < 0.5)
    start, end = np.where(turned, end, start), np.where(turned, start, end)
    made = Synthetic(
        crossings=len(spine),
        cut_links=len(narrow),
        cut_depth_km=cut_depth_km,
        width_km=float(width_km),
        deep_km=float(deep_km),
        along_km=along_km,
        depth_km=np.repeat(depths, columns),
        start=start,
        end=end,
        klass=np.where(fixed, 0, 1),
        oneway=oneway,
        place=np.empty(0, np.int64),
        population=np.empty(0, np.int64),
    )
    return _with_towns(_with_dead_ends(made, rng), towns, rng)


def _with_dead_ends(made: Synthetic, rng: np.random.Generator) -> Synthetic:
    """Short streets that end, from junctions drawn at random; they pass no row of the grid."""
    at = np.flatnonzero(rng.random(len(made.along_km)) < DEAD_ENDS)
    away_km = rng.uniform(0.1, 0.4, (2, len(at)))
    return _joined(
        made,
        along_km=made.along_km[at] + away_km[0],
        depth_km=made.depth_km[at] + away_km[1],
        start=at,
        end=len(made.along_km) + np.arange(len(at)),
    )


def _with_towns(made: Synthetic, towns: int, rng: np.random.Generator) -> Synthetic:
    """Blocks of streets in cells of the grid drawn at random, joined to two of its corners.

    No town lies in the cells that the line or the planted cut runs through.
    """
    columns, rows = int(made.width_km), 2 * int(made.deep_km)
    low_km = np.arange(rows - 1) + 0.5 - made.deep_km
    free = np.flatnonzero((low_km + 0.5 != 0) & (low_km + 0.5 != made.cut_depth_km))
    cell = rng.choice(len(free) * (columns - 1), size=towns, replace=False)
    row, column = free[cell // (columns - 1)], cell % (columns - 1)
    block = np.arange(TOWN_BLOCKS**2).reshape(TOWN_BLOCKS, TOWN_BLOCKS)
    within = np.concatenate([
        np.column_stack([block[:, :-1].ravel(), block[:, 1:].ravel()]),
        np.column_stack([block[:-1].ravel(), block[1:].ravel()]),
    ])  # fmt: skip
    first = len(made.along_km) + TOWN_BLOCKS**2 * np.arange(towns)
    streets = (within + first[:, None, None]).reshape(-1, 2)
    corner = row * columns + column
    ways_in = np.concatenate([
        np.column_stack([corner, first]),
        np.column_stack([first + TOWN_BLOCKS**2 - 1, corner + columns + 1]),
    ])  # fmt: skip
    north, east = np.divmod(np.arange(TOWN_BLOCKS**2), TOWN_BLOCKS)
    along_km = (made.along_km[corner][:, None] + 0.25 + TOWN_KM * east).ravel()
    joined = _joined(
        made,
        along_km=along_km + rng.uniform(-0.02, 0.02, len(along_km)),
        depth_km=(low_km[row][:, None] + 0.25 + TOWN_KM * north).ravel(),
        start=np.concatenate([streets[:, 0], ways_in[:, 0]]),
        end=np.concatenate([streets[:, 1], ways_in[:, 1]]),
    )
    population = rng.integers(1, 100, towns) * 1000
    return replace(joined, place=first, population=population)


def _joined(
    made: Synthetic, along_km: Floats, depth_km: Floats, start: Ints, end: Ints
) -> Synthetic:
    """The border with further nodes and residential streets."""
    return replace(
        made,
        along_km=np.concatenate([made.along_km, along_km]),
        depth_km=np.concatenate([made.depth_km, depth_km]),
        start=np.concatenate([made.start, start]),
        end=np.concatenate([made.end, end]),
        klass=np.concatenate([made.klass, np.full(len(start), 2)]),
        oneway=np.concatenate([made.oneway, np.zeros(len(start), dtype=bool)]),
    )


def min_cut_links(made: Synthetic, depth_km: float, origin_km: float = 10.0) -> int:
    """F(D) as planted."""
    reached_km = depth_km if depth_km > 0 else origin_km
    return made.cut_links if made.cut_depth_km <= reached_km else made.crossings


def tables(
    made: Synthetic, depths_km: tuple[float, ...]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Nodes, links and places as the network stage hands them on, cut at the line and depths."""
    start, end, link = made.start, made.end, np.arange(len(made.start))
    along, depth = made.along_km, made.depth_km
    kind = np.full(len(along), "junction", dtype=object)
    for at in sorted({0.0, *depths_km, *(-km for km in depths_km)}):
        passes = np.flatnonzero((depth[start] - at) * (depth[end] - at) < 0)
        a, b = start[passes], end[passes]
        share = (at - depth[a]) / (depth[b] - depth[a])
        new = len(along) + np.arange(len(passes))
        along = np.concatenate([along, along[a] + share * (along[b] - along[a])])
        depth = np.concatenate([depth, np.full(len(passes), at)])
        kind = np.concatenate([kind, np.full(len(passes), "border" if at == 0 else "depth")])
        start, end = np.concatenate([start, new]), np.concatenate([end, b])
        end[passes] = new
        link = np.concatenate([link, link[passes]])
    order = np.argsort(link, kind="stable")
    start, end, link = start[order], end[order], link[order]
    part = np.arange(len(link)) - np.searchsorted(link, link)
    point = np.asarray(shapely.points(along / KM_PER_LON, depth / KM_PER_LAT))
    node_id = np.array([f"n{row}" for row in range(len(along))], dtype=object)
    nodes = pd.DataFrame(
        {
            "node_id": node_id,
            "mode": "road",
            "kind": kind,
            "side": _side(depth),
            "depth_km": depth,
            "border_km": along,
            "open_ended": False,
            "geometry": point,
        }
    )
    length_km = np.hypot(along[end] - along[start], depth[end] - depth[start])
    ends = np.stack([shapely.get_coordinates(point[rows]) for rows in (start, end)], axis=1)
    oneway = made.oneway[link]
    links = pd.DataFrame(
        {
            "link_id": [f"w{row}.{number}" for row, number in zip(link, part, strict=True)],
            "mode": "road",
            "walkable": True,
            "class": CLASSES[made.klass[link]],
            "state": "open",
            "informal": False,
            "form": "way",
            "vehicles": EVERYBODY,
            "at_all_times": EVERYBODY,
            "hours": None,
            "gauge": None,
            "name": None,
            "ref": None,
            "from_node": node_id[start],
            "to_node": node_id[end],
            "oneway": oneway,
            "lanes": None,
            "lanes_forward": 1,
            "lanes_backward": np.where(oneway, 0, 1),
            "length_m": 1000 * length_km,
            "minutes": length_km,
            "trucks": "yes",
            "truck_minutes": length_km,
            "side": _side((depth[start] + depth[end]) / 2),
            "depth_min_km": np.minimum(depth[start], depth[end]),
            "depth_max_km": np.maximum(depth[start], depth[end]),
            "open_ended": False,
            "geometry": shapely.linestrings(ends),
        }
    )
    places = pd.DataFrame(
        {
            "place_id": node_id[made.place],
            "name": [f"Town {number}" for number in range(len(made.place))],
            "kind": "town",
            "population": made.population.astype(np.float64),
            "side": _side(made.depth_km[made.place]),
            "depth_km": made.depth_km[made.place],
            "geometry": point[made.place],
        }
    )
    return (
        schema.conform(nodes, "nodes"),
        schema.conform(links, "links"),
        schema.conform(places, "places"),
    )


def write_pbf(made: Synthetic, path: Path) -> None:
    """The border as an OSM file: every link a way with SHAPE_NODES nodes between its ends."""
    share = np.arange(1, SHAPE_NODES + 1) / (SHAPE_NODES + 1)
    lon, lat = made.along_km / KM_PER_LON, made.depth_km / KM_PER_LAT
    a, b = made.start, made.end
    shape_lon = lon[a][:, None] + share * (lon[b] - lon[a])[:, None]
    shape_lat = lat[a][:, None] + share * (lat[b] - lat[a])[:, None]
    first_shape = 1 + len(lon)
    edge = np.arange(-1, made.width_km + 2, 10.0)
    first_edge = first_shape + shape_lon.size
    towns = dict(zip(made.place.tolist(), made.population.tolist(), strict=True))
    inner = first_shape + np.arange(shape_lon.size).reshape(shape_lon.shape)
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for row, where in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
            tags = {}
            if row in towns:
                tags = {"place": "town", "name": f"Town {row}", "population": str(towns[row])}
            writer.add_node(Node(id=1 + row, location=where, tags=tags))
        shapes = zip(shape_lon.ravel().tolist(), shape_lat.ravel().tolist(), strict=True)
        for number, where in enumerate(shapes, start=first_shape):
            writer.add_node(Node(id=number, location=where))
        for number, km in enumerate(edge.tolist(), start=first_edge):
            writer.add_node(Node(id=number, location=(km / KM_PER_LON, 0.0)))
        refs = np.column_stack([1 + a, inner, 1 + b]).tolist()
        classes, oneway = CLASSES[made.klass].tolist(), made.oneway.tolist()
        for number, (nodes, name, one) in enumerate(zip(refs, classes, oneway, strict=True), 1):
            tags = {"highway": name, "name": f"Road {number}"} | ({"oneway": "yes"} if one else {})
            writer.add_way(Way(id=number, nodes=nodes, tags=tags))
        line = 1 + len(refs)
        nodes = list(range(first_edge, first_edge + len(edge)))
        tags = {"boundary": "administrative", "admin_level": "2"}
        writer.add_way(Way(id=line, nodes=nodes, tags=tags))
        for number, code in enumerate(("AA", "BB"), start=1):
            more = {"type": "boundary", "ISO3166-1": code, "name": code}
            members = [("w", line, "outer")]
            writer.add_relation(Relation(id=number, members=members, tags=tags | more))


def border_toml(made: Synthetic, depths_km: tuple[float, ...]) -> str:
    """The border file that goes with it."""
    lon, lat = made.width_km / 2 / KM_PER_LON, made.deep_km / 2 / KM_PER_LAT
    return "\n".join(
        [
            'name = "Synthetic"',
            'from = "AA"',
            'to = "BB"',
            f"corridor_km = {made.deep_km + 1}",
            f"depths_km = {list(depths_km)}",
            f"target = [{lon}, {lat}]",
            "[anchors]",
            f"AA = [[{lon}, {-lat}]]",
            f"BB = [[{lon}, {lat}]]",
            "",
        ]
    )


def _side(depth_km: Floats) -> npt.NDArray[np.object_]:
    return np.where(depth_km < 0, "AA", np.where(depth_km > 0, "BB", "border")).astype(object)
