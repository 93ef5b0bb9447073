"""Stage 7, posture: barriers and posts along each km of the border, and how near posts are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import MultiLineString

from pipeline.core import parameters, schema, store
from pipeline.core.geo import Projection
from pipeline.core.modes import MODES, NOT_PASSED, VEHICLE_MODES
from pipeline.core.types import Floats
from pipeline.network import standing_posts
from pipeline.network.line import RULER_COLUMN
from pipeline.terrain import kilometres, post_reach, walk_around
from pipeline.terrain.kilometres import Samples
from pipeline.terrain.post_reach import Shapes

SPACING_M = parameters.number("line_share_spacing_m")
RIVER_M = parameters.number("river_width_m")
FENCE_M = parameters.number("fence_m")
LEVEE_M = 1000 * parameters.number("levee_fence_km")
PEOPLE_PER_KM2 = parameters.number("people_per_km2")
POST_M = 1000 * parameters.number("post_near_km")
POST_MINUTES = parameters.number("post_near_minutes")
REACH_MINUTES = parameters.numbers("post_reach_minutes")
WALK_MINUTES = parameters.numbers("walk_minutes")
STEEPER = "steeper"  # if slopes are steeper than a coarse elevation model shows


@dataclass(frozen=True)
class Tables:
    """The tables of the stages before, and the projection for distances."""

    border: gpd.GeoDataFrame
    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    posts: gpd.GeoDataFrame
    standing: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    crossing_links: pd.DataFrame
    chokepoints: gpd.GeoDataFrame
    chokepoint_links: pd.DataFrame
    bypasses: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    walk_km: pd.DataFrame
    passes: gpd.GeoDataFrame
    post_bypasses: gpd.GeoDataFrame
    plane: Projection


def posture(*folders: str) -> None:
    """Write the tables border_km and posture to the folder named last.

    The other folders are of network, crossings, chokepoints, bypass, obstacles and terrain. Raises
    InputError for bad input.
    """
    *inputs, out = folders
    found = _read(inputs)
    line = kilometres.along(found.border, found.plane, SPACING_M)
    guard = post_reach.guards(found.nodes, found.links, found.standing, found.crossings,
                          found.crossing_links, found.plane)  # fmt: skip
    border_km = _border_km(found, line, guard)
    figures = [
        *_post_counts(found),
        *_line_shares(found, border_km),
        *_near_posts(found, guard),
        *_walks_round(found),
    ]
    columns = [column.name for column in schema.TABLES["posture"].columns]
    table = pd.DataFrame(figures).reindex(columns=columns)
    store.write(out, {"border_km": border_km, "posture": table})


def _read(folders: list[str]) -> Tables:
    network, crossings, chokepoints, bypass, obstacles, terrain = folders
    return Tables(
        **{name: store.read(network, name) for name in ("border", "nodes", "links", "places")},
        posts=store.read(network, "posts"),
        standing=standing_posts.read(network),
        **{name: store.read(crossings, name) for name in ("crossings", "crossing_links")},
        **{name: store.read(chokepoints, name) for name in ("chokepoints", "chokepoint_links")},
        bypasses=store.read(bypass, "bypasses"),
        barriers=store.read(obstacles, "barriers"),
        **{name: store.read(terrain, name) for name in ("walk_km", "passes", "post_bypasses")},
        plane=kilometres.plane(store.read(network, "provenance")),
    )


def _border_km(found: Tables, line: Samples, guard: post_reach.Guards) -> gpd.GeoDataFrame:
    """The table border_km; a point between two km belongs to the second."""
    km = np.minimum(np.floor(line.km), np.ceil(line.km[-1]) - 1).astype(np.int64)
    points: Shapes = np.asarray(shapely.points(line.plane))
    kinds = found.barriers["kind"]
    barriers = kilometres.flat(found.barriers.geometry, found.plane)
    river = _within(points, barriers[kinds == "river"].to_numpy(), RIVER_M)
    fence, against_cars = (
        barriers[kinds.isin(among)].to_numpy() for among in (["fence", "wall"], ["vehicle_barrier"])
    )
    off_m = np.where(river, LEVEE_M, FENCE_M)
    near = {
        "river": river,
        "fenced": kilometres.run_along(line, fence, off_m),
        "vehicle_barrier": kilometres.run_along(line, against_cars, off_m),
        "built_up": _within(points, _settled(found.places, found.plane), 0.0),
    }
    shares = pd.DataFrame(near).groupby(km).mean()
    shapes = _pieces(line, km, shares.index)
    middle = [int(np.argmin(np.abs(line.km - one - 0.5))) for one in shares.index]
    minutes = [post_reach.from_posts(guard, side, points[middle]) for side in guard.sides]
    least = np.minimum(*minutes)
    return gpd.GeoDataFrame(
        {
            "border_km": shares.index,
            "kind": np.where(shares["river"] > 0.5, "river", "land"),
            "fenced_share": shares["fenced"],
            "vehicle_barrier_share": shares["vehicle_barrier"],
            "built_up_share": shares["built_up"],
            "post_minutes": _stated(least),
            "from_post_minutes": _stated(minutes[0]),
            "to_post_minutes": _stated(minutes[1]),
        },
        geometry=shapes,
        crs=schema.CRS,
    )


def _within(points: Shapes, shapes: Shapes, metres: float) -> Any:
    near = np.zeros(len(points), dtype=bool)
    if len(shapes):
        near[shapely.STRtree(shapes).query(points, predicate="dwithin", distance=metres)[0]] = True
    return near


def _settled(places: gpd.GeoDataFrame, plane: Projection) -> Shapes:
    """Planar discs of the settlements whose inhabitants are known."""
    known = places[places["population"].notna()]
    radius_m = np.sqrt(known["population"].to_numpy(float) / PEOPLE_PER_KM2 / np.pi) * 1000
    return np.asarray(shapely.buffer(kilometres.flat(known.geometry, plane).to_numpy(), radius_m))


def _pieces(line: Samples, km: Any, kept: pd.Index) -> list[MultiLineString]:
    """The line of each km, up to the first point of the next; gaps between pieces left out."""
    joined = np.diff(line.km) > 0
    segments = np.stack([line.degrees[:-1], line.degrees[1:]], axis=1)
    return [MultiLineString(list(segments[joined & (km[:-1] == one)])) for one in kept]


def _stated(minutes: Floats) -> Any:
    return np.where(np.isfinite(minutes), minutes, np.nan)


Figure = dict[str, Any]


def _figure(measure: str, value: float | None, unit: str, of: str = "", mode: str = "",
            why: str | None = None, within: str = "", slopes: str = "") -> Figure:  # fmt: skip
    none = value is None or not np.isfinite(value)
    known = None if none else float(value or 0)
    why = (why or "nothing to count") if none else None
    return {"measure": measure, "mode": mode, "of": of, "within": within, "slopes": slopes,
            "value": known, "unit": unit, "why_absent": why}  # fmt: skip


def _post_counts(found: Tables) -> Iterator[Figure]:
    """Posts on the network by kind, and per 100 km of line measured with the common ruler."""
    standing = found.posts[found.posts["mode"].notna()]
    length_km = float(found.border[RULER_COLUMN].iloc[0])
    official = found.crossings["counted"] & (found.crossings["status"] == "official")
    counts = {"all": len(standing), "official crossing": int(official.sum())}
    checking = standing_posts.checking(standing)
    inland = ~checking["kind"].isin(["border_control", "customs"])
    counts["inland checkpoint"] = int(inland.sum())
    counts |= {str(kind): int(n) for kind, n in standing["kind"].value_counts().items()}
    for kind, count in counts.items():
        yield _figure("posts", count, "posts", kind)
        yield _figure("posts_per_100_km", count / length_km * 100, "posts per 100 km", kind)


def _line_shares(found: Tables, border_km: gpd.GeoDataFrame) -> Iterator[Figure]:
    """Shares of the line by its barriers, and by the distance of posts and roads."""
    weight = np.ones(len(border_km))
    total_km = float(found.border["length_km"].iloc[0])
    weight[-1] = total_km - (len(border_km) - 1)  # the last km is shorter
    share = {name: float(border_km[f"{name}_share"] @ weight / total_km)
             for name in ("fenced", "vehicle_barrier", "built_up")}  # fmt: skip
    river = border_km["kind"].eq("river").to_numpy() @ weight / total_km
    yield _figure("line_share", float(river), "share", "river")
    for name, value in share.items():
        yield _figure("line_share", value, "share", name)
    land = border_km["kind"].eq("land").to_numpy()
    bare = (1 - border_km["fenced_share"].to_numpy()) * weight
    yield _figure("unfenced_km", float(bare.sum()), "km")
    yield _figure("unfenced_km", float(bare[land].sum()), "km", "land")
    for side in ("", "from_", "to_"):
        posted = border_km[f"{side}post_minutes"].fillna(np.inf).to_numpy()
        of = {"": "either side", "from_": "from side", "to_": "to side"}[side]
        yield _figure("post_minutes_median", float(np.median(posted)), "minutes", of,
                      why="no post can reach half of the line")  # fmt: skip
        for limit in REACH_MINUTES:
            within = float((posted <= limit) @ weight / total_km)
            yield _figure("post_share", within, "share", of, within=f"{limit:g} minutes")
    names = {"": "stated", "_open": "none", "_closed": "impassable"}
    if found.walk_km["walk_minutes_steep"].notna().any():
        names["_steep"] = "stated"
    for suffix, of in names.items():
        slopes = STEEPER if suffix == "_steep" else ""
        walks = found.walk_km[f"walk_minutes{suffix}"].fillna(np.inf).to_numpy()
        why = (
            "no elevation model"
            if not len(walks)
            else "for half of the line it takes longer than a day"
        )
        median = float(np.median(walks)) if len(walks) else None
        yield _figure("walk_minutes_median", median, "minutes", of, "foot", why, slopes=slopes)
        for limit in WALK_MINUTES:
            part = float((walks <= limit).mean()) if len(walks) else None
            minutes = f"{limit:g} minutes"
            yield _figure("walk_share", part, "share", of, "foot", why, minutes, slopes)


def _near_posts(found: Tables, guard: post_reach.Guards) -> Iterator[Figure]:
    """Share of crossings, cuts and bypasses near a post, by distance and by road."""
    crossings = found.crossings[
        found.crossings["counted"] & ~found.crossings["status"].isin(NOT_PASSED)
    ]
    cuts = found.chokepoints[found.chokepoints["kind"] == "cut"]
    at_crossings = found.crossing_links[["crossing_id", "link_id"]].set_axis(
        ["id", "link_id"], axis=1
    )
    at_cuts = found.chokepoint_links.set_axis(["id", "link_id"], axis=1)
    for mode in MODES:
        groups = {
            "crossings": (crossings[crossings["mode"] == mode], "crossing_id", at_crossings),
            "cut sites": (cuts[cuts["mode"] == mode], "chokepoint_id", at_cuts),
        }
        for of, (rows, key, joins) in groups.items():
            near = post_reach.near(guard, rows.geometry, POST_M)
            minutes = post_reach.by_links(guard, rows[key], joins)
            yield from _near_post(near, minutes, of, mode)
        drawn = found.bypasses[(found.bypasses["mode"] == mode) & ~found.bypasses.geometry.is_empty]
        near = post_reach.near(guard, drawn.geometry, POST_M)
        minutes = post_reach.by_ways(guard, drawn.geometry, found.nodes)
        yield from _near_post(near, minutes, "bypasses", mode)


def _near_post(near: Any, minutes: Floats, of: str, mode: str) -> Iterator[Figure]:
    """Shares near a post, in a straight line and by road."""
    yield _share("near_post_share", near, of, mode, f"{POST_M / 1000:g} km")
    driven = minutes <= POST_MINUTES if mode == "road" else np.zeros(0, dtype=bool)
    why = "only roads lead to posts" if mode != "road" else None
    yield _share("near_post_share", driven, of, mode, "15 minutes", why)


def _share(measure: str, hits: Any, of: str, mode: str, within: str,
           why: str | None = None, slopes: str = "") -> Figure:  # fmt: skip
    value = float(np.mean(hits)) if len(hits) else None
    why = why or f"no {of} by {mode}"
    return _figure(measure, value, "share", of, mode, why, within, slopes)


def _walks_round(found: Tables) -> Iterator[Figure]:
    """How many crossings and posts people can walk round within given times."""
    open_ones = found.crossings[
        found.crossings["counted"] & ~found.crossings["status"].isin(NOT_PASSED)
    ]
    steep = found.walk_km.assign(walk_minutes=found.walk_km["walk_minutes_steep"])
    walked = {"": found.walk_km, STEEPER: steep[steep["walk_minutes"].notna()]}
    for mode, (slopes, walk_km) in product(VEHICLE_MODES, walked.items()):
        if slopes and not len(walk_km):
            continue
        km = open_ones.loc[open_ones["mode"] == mode, "border_km"]
        least = walk_around.minutes(km, found.nodes, walk_km)
        why = None if len(walk_km) else "no elevation model"
        for limit in WALK_MINUTES:
            hits = least <= limit if len(walk_km) else np.zeros(0)
            yield _share("walked_round_share", hits, "crossings", mode, f"{limit:g} minutes",
                         why, slopes)  # fmt: skip
    for slopes, column in (("", "minutes"), (STEEPER, "minutes_steep")):
        if slopes and found.post_bypasses[column].isna().all():
            continue
        walked = found.post_bypasses[column].fillna(np.inf).to_numpy()
        for limit in WALK_MINUTES:
            yield _share("walked_round_share", walked <= limit, "posts", "road",
                         f"{limit:g} minutes", slopes=slopes)  # fmt: skip
