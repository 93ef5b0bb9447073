"""Placement: where n more posts stop most, what stays open, and what those of given years do."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import parameters, schema, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.progress import progress
from pipeline.core.types import Floats, Ints
from pipeline.graph import coverage, placement_programs
from pipeline.graph import placement as best
from pipeline.measures import cost, observing
from pipeline.measures import placement as networks
from pipeline.measures.depth_variants import guarded
from pipeline.measures.placement import Between
from pipeline.network import reach, zones
from pipeline.network.zones import Grounds
from pipeline.terrain import kilometres
from pipeline.travel import tables as travelled
from pipeline.travel.choice import Choice
from pipeline.travel.mode_network import Network

CHANCES = parameters.numbers("placement_chances")
POSTS = parameters.wholes("placement_posts")
MOST_POSTS = parameters.whole("most_placed_posts")
DEPTHS_KM = parameters.numbers("placement_depths_km")
WALK_MINUTES = parameters.number("placement_walk_minutes")
YEARS = parameters.wholes("programme_years")
TRANSFER_MINUTES = parameters.number("transfer_minutes")
MOST_BRANCHES = parameters.whole("most_branches")
MOST_ENTRIES = parameters.whole("most_entries")
DRAWN_POSTS = parameters.whole("drawn_posts")
NETWORKS = (
    *(("road", False), ("road", True), ("rail", False)),
    *(("combined", False), ("combined", True)),
)
EXISTING = ("none", "mapped")
WAY = {"road": "road", "rail": "railway", "combined": "road or railway"}
KEY = ("mode", "depth_km", "model", "walking", "existing", "chance")
NOTHING = dict.fromkeys(
    ("value", "value_bound", "open_ways", "cost_musd", "cost_per_point_musd", "why_absent")
)

Row = dict[str, object]
Rows = dict[str, list[Row]]


@dataclass(frozen=True)
class Question:
    """What is asked: a network and its zones, which posts stand, how well a post stops."""

    mode: str
    walking: bool
    depth_km: float
    existing: str
    chance: float
    found: Between
    post_musd: float

    def key(self, model: str) -> Row:
        """The columns that every table's key begins with."""
        return {name: getattr(self, name) for name in KEY if name != "model"} | {"model": model}


@dataclass(frozen=True)
class Answer:
    """Posts and their value, no placement being better than `bound`; arcs of the ways left."""

    value: float
    bound: float
    links: Ints
    share: Floats
    ways: list[Ints]


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
    sides = (border.from_, border.to)
    nodes, links, posts = (
        gpd.GeoDataFrame(store.read(network_dir, name)) for name in ("nodes", "links", "posts")
    )
    extra = extra_links(network_dir, terrain_dir, travel_dir, nodes, links, sides)
    pairs = {pair.depth_km: pair for pair in zones.grounds(nodes, links, border)}
    shapes = pd.concat([links, extra]).set_index("link_id").geometry
    musd = cost.post_musd("mid")
    rows: Rows = {name: [] for name in ("placement_curve", "placements", "open_paths", "programme")}
    for mode, walking in progress(NETWORKS, "placement"):
        ways = networks.network(nodes, links, extra, sides, mode, walking=walking)
        for pair in asked(pairs, border):
            why = why_absent(pair, nodes, ways, mode, border)
            for existing in EXISTING:
                standing = posts if existing == "mapped" else posts[:0]
                for chance in CHANCES:
                    if why:
                        rows["placement_curve"].append(
                            _absent(mode, walking, pair, existing, chance, why)
                        )
                        continue
                    found = networks.between(nodes, ways, pair, standing, chance)
                    question = Question(mode, walking, pair.depth_km, existing, chance, found, musd)
                    for name, told in _told(question, shapes).items():
                        rows[name] += told
    for pair in pairs.values():
        ways = networks.network(nodes, links, extra, sides, "road", walking=False)
        why = why_absent(pair, nodes, ways, "road", border)
        for name, told in _programme(nodes, ways, pair, posts, shapes, why).items():
            rows[name] += told
    observed = _observed(
        travelled.network(travel_dir, "road", network_dir, crossings_dir),
        travelled.choice(travel_dir, "road", "through"),
        shapes,
        links.set_index("link_id"),
        musd,
    )
    for name, told in observed.items():
        rows[name] += told
    tables = {name: pd.DataFrame(table) for name, table in rows.items()}
    for name in ("placements", "open_paths"):
        if len(tables[name]):
            tables[name] = gpd.GeoDataFrame(tables[name], geometry="geometry", crs=schema.CRS)
    store.write(out_dir, {**tables, "placement_links": extra})


def extra_links(
    network_dir: str,
    terrain_dir: str,
    travel_dir: str,
    nodes: gpd.GeoDataFrame,
    links: gpd.GeoDataFrame,
    sides: tuple[str, str],
) -> gpd.GeoDataFrame:
    """Table placement_links: the walks through the line, and the changes of road and rail."""
    walk_km = store.read(terrain_dir, "walk_km")
    walk_km = walk_km[walk_km["walk_minutes"] <= WALK_MINUTES]
    border = gpd.GeoDataFrame(store.read(network_dir, "border"))
    plane = kilometres.plane(store.read(network_dir, "provenance"))
    middles = kilometres.middles(border, plane, walk_km["border_km"].to_numpy(float))
    joins = store.read(travel_dir, "transfers").set_index("station_id")["joins"]
    stations = gpd.GeoDataFrame(store.read(network_dir, "stations"))
    stations = stations[stations["station_id"].map(joins).eq(True)].reset_index(drop=True)
    found = [
        networks.walks(nodes, links, sides, middles, walk_km),
        networks.transfers(nodes, links, stations, TRANSFER_MINUTES),
    ]
    return gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=schema.CRS)


def asked(pairs: dict[float, Grounds], border: BorderFile) -> list[Grounds]:
    """The zones of the depths that placements are looked for at.

    The last of the depths stands for the deepest behind the line that the data reach; the first is
    asked before it, too.
    """
    *given, last = DEPTHS_KM
    reach_km = border.reach_km.get(border.to, np.inf)
    deepest = max((km for km in pairs if 0 < km <= min(last, reach_km)), default=last)
    wanted = {-given[0], *given, deepest}
    return [pairs[km] for km in sorted(wanted) if km in pairs]


def why_absent(
    pair: Grounds, nodes: gpd.GeoDataFrame, ways: pd.DataFrame, mode: str, border: BorderFile
) -> str | None:
    """Why nothing can be said at a depth; None where F(D) is stated and is not 0."""
    held = nodes["node_id"].isin({*ways["from_node"], *ways["to_node"]}).to_numpy()
    return zones.why_absent(pair, held, WAY[mode], border.reach_km)


def _absent(mode: str, walking: bool, pair: Grounds, existing: str, chance: float, why: str) -> Row:
    row: Row = {
        "mode": mode, "walking": walking, "depth_km": pair.depth_km, "existing": existing,
        "chance": chance, "model": "randomised", "n_posts": 1, "exact": False,
    }  # fmt: skip
    return row | NOTHING | {"why_absent": why}


def _told(question: Question, shapes: "pd.Series[object]") -> Rows:
    """Rows of every table for one question: posts moved about unseen, and fixed ones."""
    rows: Rows = {"placement_curve": [], "placements": [], "open_paths": []}
    field = question.found.field
    curve = best.curve(field, question.chance, MOST_POSTS)
    if not len(curve.ways):
        why = (
            "no way leads from zone to zone"
            if np.isinf(curve.most)
            else ("ways lead round all links that can take a post")
        )
        rows["placement_curve"].append(
            question.key("randomised") | NOTHING | {"n_posts": 1, "exact": False, "why_absent": why}
        )
        return rows
    before = best.value(curve, 0)
    for n_posts in range(MOST_POSTS + 1):
        value = min(best.value(curve, n_posts), 1.0)
        corner = int(np.argmin((curve.cost + curve.stop * n_posts) / curve.ways))
        rows["placement_curve"].append(
            _value(question, "randomised", n_posts, value, value, before)
            | {"open_ways": int(curve.ways[corner])}
        )
        if value >= min(curve.most, 1.0) - best.SAME:
            break
    for n_posts in POSTS:
        # Who is stopped for sure cannot be stopped more: posts beyond that stand nowhere.
        found = best.randomised(field, curve, min(n_posts, best.enough(curve, 1.0)))
        answer = Answer(found.value, found.value, found.links, found.share, found.ways)
        _add(rows, question, "randomised", n_posts, answer, shapes)
    for n_posts, answer in _fixed(question):
        before = today(question)
        rows["placement_curve"].append(
            _value(question, "fixed", n_posts, answer.value, answer.bound, before)
            | {"open_ways": len(answer.ways) or None}
        )
        _add(rows, question, "fixed", n_posts, answer, shapes)
    return rows


def _fixed(question: Question) -> Iterator[tuple[int, Answer]]:
    """Fixed posts: by the flow, as new and standing ones stop alike.

    A post that stops all who meet it leaves no second chance to look at: 0.99 is taken for it.
    """
    field = question.found.field
    chance = min(question.chance, placement_programs.MOST_CHANCE)
    counted = replace(field, chance=(field.chance > 0).astype(np.float64))
    curve = best.curve(counted, 1.0, max(POSTS))
    for n_posts in POSTS:
        found = best.fixed(counted, curve, n_posts)
        value = 1.0 - (1.0 - chance) ** found.value
        yield n_posts, Answer(value, value, found.links, found.share, found.ways)


def today(question: Question) -> float:
    """Chance to be stopped on the best way with the posts that stand, which all can see."""
    field = question.found.field
    chance = min(question.chance, placement_programs.MOST_CHANCE)
    met = placement_programs.least_met(field, field.chance > 0)
    return 1.0 - float(np.power(1.0 - chance, met))


def _value(
    question: Question, model: str, n_posts: int, value: float, bound: float, before: float
) -> Row:
    """Row of placement_curve."""
    gained = value - before
    musd = question.post_musd * n_posts
    return question.key(model) | {
        "n_posts": n_posts,
        "value": value,
        "value_bound": bound,
        "exact": bound - value <= best.SAME,
        "cost_musd": musd,
        "cost_per_point_musd": musd / (100 * gained) if gained > best.SAME else None,
        "why_absent": None,
    }


def _add(
    rows: Rows,
    question: Question,
    model: str,
    n_posts: int,
    answer: Answer,
    shapes: "pd.Series[object]",
) -> None:
    """Rows of placements, and of open_paths for the number of posts that these are drawn for."""
    key = question.key(model) | {"n_posts": n_posts}
    links = question.found.links.iloc[answer.links]
    lines = shapes.loc[links["link_id"]].to_numpy()
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    for link_id, name, share, middle in zip(
        links["link_id"], links["name"], answer.share.tolist(), middles, strict=True
    ):
        rows["placements"].append(
            key
            | {"link_id": link_id, "name": name, "share": share, "value": answer.value}
            | {"geometry": middle}
        )
    # Where posts that stand stop all already, none is placed, and no way is left to draw.
    if not len(links) or n_posts != DRAWN_POSTS or question.chance != CHANCES[0]:
        return
    told = networks.paths(question.found, answer.ways, shapes)
    for number, path in enumerate(told, start=1):
        rows["open_paths"].append(
            key
            | {"path_no": number, "share": 1 / len(told), "stopped": min(answer.value, 1.0)}
            | path
        )


def _programme(
    nodes: gpd.GeoDataFrame,
    ways: pd.DataFrame,
    pair: Grounds,
    posts: gpd.GeoDataFrame,
    shapes: "pd.Series[object]",
    why: str | None,
) -> Rows:
    """Rows of programme, and the ways that the posts of its years leave open."""
    added = networks.of_years(posts, YEARS)
    key: Row = {"mode": "road", "depth_km": pair.depth_km}
    row = key | {
        "years": " ".join(map(str, YEARS)),
        "posts": len(added),
        "posts_mapped": networks.standing_between(nodes, ways, pair, posts),
        **dict.fromkeys(("ways", "ways_left", "ways_left_all")),
        "why_absent": why,
    }
    if why is not None:
        return {"programme": [row]}
    left: list[dict[str, object]] = []
    for column, closing in (("ways", posts[:0]), ("ways_left", added), ("ways_left_all", posts)):
        open_ways = ways[~guarded(ways, closing)].reset_index(drop=True)
        found = networks.between(nodes, open_ways, pair, posts[:0], 0.0)
        curve = best.curve(found.field, 1.0, 1)
        row[column] = int(curve.ways[0]) if len(curve.ways) else 0
        if column == "ways_left" and len(curve.ways) and len(added):
            left = networks.paths(found, best.randomised(found.field, curve, 0).ways, shapes)
    more: Row = {"model": "programme", "walking": False, "existing": "none", "chance": 1.0}
    return {
        "programme": [row],
        "open_paths": [
            key | more | {"n_posts": len(added), "path_no": number, "share": 1 / len(left)}
            | {"stopped": 0.0} | path
            for number, path in enumerate(left, start=1)
        ],
    }  # fmt: skip


def _observed(
    network: Network,
    chosen: Choice,
    shapes: "pd.Series[object]",
    links: pd.DataFrame,
    musd: float,
) -> Rows:
    """Rows of placement_curve and placements for posts that only count through demand."""
    key: Row = {
        "mode": "road", "depth_km": 0.0, "model": "observing", "walking": False,
        "existing": "none", "chance": 1.0,
    }  # fmt: skip
    rows: Rows = {"placement_curve": [], "placements": []}
    if not len(chosen.weight):
        absent: Row = {"n_posts": 1, "exact": False, "why_absent": "no pair has a way"}
        rows["placement_curve"].append(key | NOTHING | absent)
        return rows
    ways = observing.passing(network, chosen)
    for n_posts in POSTS:
        found = coverage.best(ways.passes, ways.weight, n_posts, MOST_ENTRIES, MOST_BRANCHES)
        bound = min(found.bound + ways.left_out, 1.0)
        rows["placement_curve"].append(
            key
            | NOTHING
            | {"n_posts": n_posts, "value": found.value, "value_bound": bound}
            | {"exact": bound - found.value <= best.SAME, "cost_musd": musd * n_posts}
            | {"cost_per_point_musd": musd * n_posts / (100 * found.value)}
        )
        for link_id in sorted(set(network.links["link_id"].iloc[found.places])):
            name = links["name"].get(link_id) or links["ref"].get(link_id)
            middle = shapely.line_interpolate_point(shapes.loc[link_id], 0.5, normalized=True)
            rows["placements"].append(
                key
                | {"n_posts": n_posts, "link_id": link_id, "name": name, "share": 1.0}
                | {"value": found.value, "geometry": middle}
            )
    return rows
