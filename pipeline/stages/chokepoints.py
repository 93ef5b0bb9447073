"""Chokepoints: the fewest links to close at every depth, with proof, and every kind of chokepoint.

Cuts are computed for each depth D and mode, and for each combination of two choices: one-way tags
obeyed or not, transit through third countries excluded or allowed. The headline is directed and
excludes third countries.
"""

from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters, schema, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.modes import MODES
from pipeline.core.progress import progress
from pipeline.core.types import Ints
from pipeline.measures.chokepoint_kinds import (
    Chokepoints,
    crossings_to_close,
    cut_edges_to_close,
    cuts_to_close,
    posts_to_close,
)
from pipeline.measures.cut_sites import SITE_M, sites
from pipeline.measures.depth import Found, Variant, network, profile
from pipeline.measures.depth_variants import guarded, second_line, sensitivity, unguarded
from pipeline.network import link_arcs, reach, standing_posts, zones
from pipeline.network.zones import ZonePair

OTHER_SITES_M = parameters.numbers("other_merges_m")

Profiles = dict[Variant, list[Found]]


def chokepoints(
    network_dir: str, crossings_dir: str, border_toml: str, out: str, data_toml: str | None = None
) -> None:
    """Write cordons, cuts, witness paths and chokepoints of every mode to the folder `out`.

    `network_dir` and `crossings_dir` are the folders of these stages; `data_toml` is the settings
    file of the data. Raises InputError where a table is missing or wrong.
    """
    border = reach.settled(network_dir, border_toml, data_toml)
    nodes, links = store.read(network_dir, "nodes"), store.read(network_dir, "links")
    places, posts = store.read(network_dir, "places"), standing_posts.read(network_dir)
    crossings = store.read(crossings_dir, "crossings")
    crossing_links = store.read(crossings_dir, "crossing_links")
    pairs = zones.zone_pairs(nodes, links, border)
    # The links for the flows: the same rows with fewer columns.
    points, ways = link_arcs.numbered(nodes, links)
    profiles = all_profiles(points, ways, pairs, border)
    routes = unguarded(points, ways[~guarded(links, posts)], pairs, border)
    second = second_line(points, ways, pairs, border)
    sides = (border.from_, border.to)
    found = [
        *crossings_to_close(crossings, crossing_links, nodes, links),
        *cuts_to_close(profiles, links),
        *cut_edges_to_close(nodes, links, places, crossings, crossing_links, sides),
        *posts_to_close(posts, links),
    ]
    excluded = {variant: found for variant, found in profiles.items() if not variant.third_open}
    steps, clean = witness_links(excluded, links), witness_links(routes, links)
    store.write(
        out,
        {
            "cordons": cordons(profiles, routes, second, links),
            "cut_links": cut_links(excluded, links),
            "witness_links": steps.drop(columns="row"),
            "witness_paths": witness_paths(steps, links),
            "unguarded_paths": unguarded_paths(clean, links),
            "sensitivity": sensitivity(points, ways, pairs, border),
            "site_merges": site_merges(excluded, links),
            "chokepoints": chokepoint_table(found, links),
            "chokepoint_links": chokepoint_links(found, links),
            "link_cuts": link_cuts(excluded, found, links),
        },
    )


def all_profiles(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    pairs: list[ZonePair],
    border: BorderFile,
) -> Profiles:
    """F(D) of every mode, directed and undirected, third countries excluded and allowed.

    A choice that changes nothing (no one-way link, no way through a third country) is not computed
    twice.
    """
    profiles: Profiles = {}
    choices = list(product(MODES, (True, False), (False, True)))
    for mode, directed, third_open in progress(choices, "cuts"):
        variant = Variant(mode, directed, third_open)
        used = network(nodes, links, (border.from_, border.to), variant)
        like = Variant(mode, directed, False)
        if third_open and len(used) == len(network(nodes, links, (border.from_, border.to), like)):
            profiles[variant] = profiles[like]
        elif not directed and not used["oneway"].any():
            profiles[variant] = profiles[Variant(mode, True, third_open)]
        else:
            reach = zones.reach_of(border, mode)
            profiles[variant] = profile(nodes, used, pairs, reach, variant)
    return profiles


def cordons(
    profiles: Profiles,
    routes: Profiles,
    second: dict[Variant, dict[float, int | None]],
    links: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Table `cordons`: F(D) and C(D) of every profile; for the headline, also G(D) and H(D)."""
    rows = []
    for variant, depths in profiles.items():
        beside = {found.depth_km: found.min_cut_links or 0 for found in routes.get(variant, [])}
        behind = second.get(variant, {})
        for found in depths:
            stated = found.min_cut_links is not None
            cut_sites = sites(links.iloc[found.cut_from]).max(initial=-1) + 1
            rows.append(
                vars(variant)
                | {
                    "depth_km": found.depth_km,
                    "cordon_links": found.cordon_links,
                    "min_cut_links": found.min_cut_links,
                    "min_cut_lanes": found.min_cut_lanes,
                    "min_cut_sites": int(cut_sites) if stated else None,
                    "unguarded_links": beside.get(found.depth_km) if stated else None,
                    "second_line_links": behind.get(found.depth_km),
                    "is_upper_bound": found.is_upper_bound,
                    "why_absent": found.why_absent,
                }
            )
    return pd.DataFrame(rows)


def cut_links(profiles: Profiles, links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Table `cut_links`: the cuts nearest to each of the two interiors."""
    parts = [
        _keyed(variant, found, links.iloc[cut][["link_id"]]).assign(end=end)
        for variant, depths in profiles.items()
        for found in depths
        for end, cut in (("from", found.cut_from), ("to", found.cut_to))
    ]
    return pd.concat(parts, ignore_index=True)


def witness_links(profiles: Profiles, links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Table `witness_links`, and column `row`: the link's row in `links`."""
    parts = [
        _keyed(variant, found, _steps(found))
        for variant, depths in profiles.items()
        for found in depths
    ]
    steps = pd.concat(parts, ignore_index=True)
    return steps.assign(link_id=links["link_id"].to_numpy()[steps["row"].to_numpy()])


def witness_paths(steps: pd.DataFrame, links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Table `witness_paths`: each path as one line, in the direction of travel."""
    if steps.empty:
        return schema.empty("witness_paths")
    begins = (steps["seq"] == 1).to_numpy()
    path = np.cumsum(begins) - 1
    rows = steps["row"].to_numpy()
    lines = links.geometry.to_numpy()[rows]
    lines = np.where(steps["forward"], lines, shapely.reverse(lines))
    points, step = shapely.get_coordinates(lines, return_index=True)
    along = path[step]
    # Links share their end points: repeated points are removed, but a line keeps its two ends.
    new = np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))
    kept = new | (np.diff(along, prepend=-1) != 0) | (np.diff(along, append=-1) != 0)
    drawn = shapely.linestrings(points[kept], indices=along[kept])
    return gpd.GeoDataFrame(
        steps.loc[begins, ["mode", "directed", "depth_km", "path_no"]].assign(
            length_m=np.bincount(path, weights=links["length_m"].to_numpy()[rows])
        ),
        geometry=shapely.multilinestrings(drawn[:, None]),
        crs=schema.CRS,
    )


def unguarded_paths(steps: pd.DataFrame, links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Table `unguarded_paths`: as `witness_paths`, with the links in order."""
    if steps.empty:
        return schema.empty("unguarded_paths")
    key = ["mode", "depth_km", "path_no"]
    paths = witness_paths(steps, links).drop(columns="directed")
    link_ids = steps.groupby(key)["link_id"].agg(" ".join).rename("link_ids")
    return paths.merge(link_ids.reset_index(), on=key)


def site_merges(profiles: Profiles, links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Table `site_merges`: of directed profiles."""
    rows = []
    for variant, depths in profiles.items():
        for found, site_m in product(depths if variant.directed else [], (SITE_M, *OTHER_SITES_M)):
            count = int(sites(links.iloc[found.cut_from], site_m).max(initial=-1) + 1)
            stated = None if found.min_cut_links is None else count
            rows.append((variant.mode, found.depth_km, site_m, stated))
    return pd.DataFrame(rows, columns=["mode", "depth_km", "merge_m", "min_cut_sites"])


def chokepoint_table(found: Chokepoints, links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Table `chokepoints`."""
    if not found:
        return schema.empty("chokepoints")
    ids = links["link_id"].to_numpy()
    table = pd.DataFrame(found).drop(columns=["rows", "geometry"])
    return gpd.GeoDataFrame(
        table.assign(link_ids=[" ".join(sorted(ids[row["rows"]])) for row in found]),
        geometry=[shapely.multipoints(row["geometry"]) for row in found],
        crs=schema.CRS,
    )


def chokepoint_links(found: Chokepoints, links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Table `chokepoint_links`."""
    rows = pd.DataFrame(
        [(row["chokepoint_id"], link) for row in found for link in row["rows"].tolist()],
        columns=["chokepoint_id", "row"],
    )
    link_id = links["link_id"].to_numpy()[rows["row"].to_numpy(int)]
    return rows.drop(columns="row").assign(link_id=link_id).drop_duplicates()


def link_cuts(profiles: Profiles, found: Chokepoints, links: gpd.GeoDataFrame) -> pd.DataFrame:
    """Table `link_cuts`: a link counts in the directed profile of its own mode."""
    in_min_cut = np.zeros(len(links), dtype=bool)
    own = links["mode"].replace("foot_only", "foot").to_numpy()
    for variant, depths in profiles.items():
        for depth in depths if variant.directed else []:
            rows = depth.in_some_cut
            in_min_cut[rows[own[rows] == variant.mode]] = True
    edges = [row["rows"][0] for row in found if row["kind"] == "cut_edge"]
    return pd.DataFrame(
        {
            "link_id": links["link_id"],
            "in_min_cut": in_min_cut,
            "is_cut_edge": np.isin(np.arange(len(links)), edges),
        }
    )


def _keyed(variant: Variant, found: Found, frame: pd.DataFrame) -> pd.DataFrame:
    key: dict[str, Any] = {
        "mode": variant.mode,
        "directed": variant.directed,
        "depth_km": found.depth_km,
    }
    return frame.assign(**key)


def _steps(found: Found) -> pd.DataFrame:
    lengths = [len(rows) for rows, _ in found.paths]
    numbers = np.repeat(np.arange(1, 1 + len(lengths)), lengths)
    none: list[Ints] = [np.empty(0, np.int64)]
    return pd.DataFrame(
        {
            "path_no": numbers,
            "seq": np.concatenate(none + [np.arange(1, 1 + n) for n in lengths]),
            "row": np.concatenate(none + [rows for rows, _ in found.paths]),
            "forward": np.concatenate([[], *(forward for _, forward in found.paths)]).astype(bool),
        }
    )
