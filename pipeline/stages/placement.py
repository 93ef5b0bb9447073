"""Placement: where n new posts stop most, what stays open, and what posts of given years do."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters, schema, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.progress import progress
from pipeline.measures import cost, placement_links
from pipeline.measures import placement as networks
from pipeline.measures.observing import observed_rows
from pipeline.measures.placement import Network
from pipeline.measures.placement_table import (
    CHANCES,
    Question,
    Rows,
    absent_rows,
    placement_rows,
    relabelled,
)
from pipeline.measures.programme import programme_rows
from pipeline.network import reach, standing_posts, zones
from pipeline.network.zones import ZonePair
from pipeline.terrain import kilometres
from pipeline.travel import tables as travelled

WALK_MINUTES = parameters.number("placement_walk_minutes")
TRANSFER_MINUTES = parameters.number("transfer_minutes")
NETWORKS = (
    *(("road", False), ("road", True), ("rail", False)),
    *(("combined", False), ("combined", True)),
)
EXISTING = ("none", "mapped")
WAY = {"road": "road", "rail": "railway", "combined": "road or railway"}


@dataclass(frozen=True)
class Scene:
    """A border: its network with the links that placement adds, its zones and existing posts."""

    border: BorderFile
    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    extra: gpd.GeoDataFrame
    shapes: gpd.GeoSeries
    pairs: dict[float, ZonePair]
    posts: gpd.GeoDataFrame
    musd: float


def placement(
    network_dir: str,
    crossings_dir: str,
    terrain_dir: str,
    travel_dir: str,
    border_toml: str,
    out_dir: str,
    data_toml: str | None = None,
) -> None:
    """Write placement_curve, placements, open_paths, placement_links and programme.

    Raises InputError where a table is missing or wrong.
    """
    border = reach.settled(network_dir, border_toml, data_toml)
    scene = _scene(network_dir, terrain_dir, travel_dir, border)
    observed = observed_rows(
        travelled.network(travel_dir, "road", network_dir, crossings_dir),
        travelled.choice(travel_dir, "road", "through"),
        scene.shapes,
        scene.links.set_index("link_id"),
        scene.musd,
    )
    found = [*_placed(scene), *_of_programme(scene), observed]
    store.write(out_dir, {**_tables(found), "placement_links": scene.extra})


def _scene(network_dir: str, terrain_dir: str, travel_dir: str, border: BorderFile) -> Scene:
    """Everything that placements are computed from."""
    nodes, links = (gpd.GeoDataFrame(store.read(network_dir, name)) for name in ("nodes", "links"))
    sides = (border.from_, border.to)
    extra = _extra_links(network_dir, terrain_dir, travel_dir, nodes, links, sides)
    return Scene(
        border=border,
        nodes=nodes,
        links=links,
        extra=extra,
        shapes=pd.concat([links, extra]).set_index("link_id").geometry,
        pairs={pair.depth_km: pair for pair in zones.zone_pairs(nodes, links, border)},
        posts=standing_posts.read(network_dir),
        musd=cost.post_musd("mid"),
    )


def _extra_links(
    network_dir: str,
    terrain_dir: str,
    travel_dir: str,
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    sides: tuple[str, str],
) -> gpd.GeoDataFrame:
    """Table placement_links: walks over the line, and changes between road and rail."""
    walk_km = store.read(terrain_dir, "walk_km")
    walk_km = walk_km[walk_km["walk_minutes"] <= WALK_MINUTES]
    border = gpd.GeoDataFrame(store.read(network_dir, "border"))
    plane = kilometres.plane(store.read(network_dir, "provenance"))
    middles = kilometres.middles(border, plane, walk_km["border_km"].to_numpy(float))
    joins = store.read(travel_dir, "transfers").set_index("station_id")["joins"]
    stations = gpd.GeoDataFrame(store.read(network_dir, "stations"))
    stations = stations[stations["station_id"].map(joins).eq(True)].reset_index(drop=True)
    found = [
        placement_links.walks(nodes, links, sides, middles, walk_km),
        placement_links.transfers(nodes, links, stations, TRANSFER_MINUTES),
    ]
    return gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=schema.CRS)


def _placed(scene: Scene) -> Iterator[Rows]:
    """Rows of new posts, by network, depth and existing posts.

    Questions on equal links have equal answers: a border without walks or without railways asks
    the same several times, and is answered once.
    """
    asked = networks.asked(scene.pairs, scene.border.reach_km.get(scene.border.to, np.inf))
    answered: dict[bytes, Rows] = {}
    for mode, walking in progress(NETWORKS, "placement"):
        ways = _ways(scene, mode, walking=walking)
        for pair in asked:
            why = zones.why_absent(pair, ways.held, WAY[mode], scene.border.reach_km)
            for existing in EXISTING:
                if why:
                    rows = absent_rows(mode, walking, pair, existing, why)
                else:
                    standing = scene.posts if existing == "mapped" else None
                    found = networks.between(scene.nodes, ways, pair, standing)
                    key = (mode, walking, pair.depth_km, existing, CHANCES)
                    question = Question(*key, found, scene.musd)
                    digest = networks.digest(found)
                    if digest not in answered:
                        answered[digest] = placement_rows(question, scene.shapes)
                    rows = relabelled(answered[digest], question)
                yield rows


def _of_programme(scene: Scene) -> Iterator[Rows]:
    """Rows of the posts of given years, by road and depth."""
    ways = _ways(scene, "road", walking=False)
    for pair in scene.pairs.values():
        why = zones.why_absent(pair, ways.held, WAY["road"], scene.border.reach_km)
        yield programme_rows(scene.nodes, ways, pair, scene.posts, scene.shapes, why)


def _ways(scene: Scene, mode: str, *, walking: bool) -> Network:
    """The links of a network, with those that placement adds."""
    sides = (scene.border.from_, scene.border.to)
    return networks.network(scene.nodes, scene.links, scene.extra, sides, mode, walking=walking)


def _tables(found: list[Rows]) -> dict[str, pd.DataFrame]:
    """All rows by table, in the order found."""
    rows: Rows = {name: [] for name in ("placement_curve", "placements", "open_paths", "programme")}
    for part in found:
        for name, more in part.items():
            rows[name] += more
    return {name: pd.DataFrame(table) for name, table in rows.items()}
