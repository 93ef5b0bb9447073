"""Where n posts stop most at one depth: one answer, printed for every border."""

import sys
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.errors import InputError
from pipeline.core.terminal import printable
from pipeline.graph import placement as best
from pipeline.graph import placement_programs
from pipeline.measures import placement
from pipeline.measures.placement import Between
from pipeline.network import zones
from pipeline.ops import scenario
from pipeline.ops.scenario import Scenario

CHANCE = parameters.numbers("placement_chances")[-1]


def place(
    source_dir: str, borders_dir: str, data_dir: str, n_posts: str, depth_km: str, *borders: str
) -> None:
    """Print where `n_posts` posts go at a signed depth, by road, moved about unseen and fixed.

    With and without walks, and beside the posts that are mapped. Raises InputError where a number
    cannot be read, or a border file holds no such depth.
    """
    posts, depth = _number("N", n_posts), _number("DEPTH", depth_km)
    if posts != round(posts) or not 1 <= posts <= 1000:
        raise InputError(f"N={n_posts}: expected a whole number of posts from 1 to 1000")
    for name in borders:
        one = scenario.read(source_dir, borders_dir, data_dir, name)
        for line in _told(one, round(posts), depth):
            sys.stdout.write(f"{printable(line)}\n")


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"{name}={text}: expected a number") from error


def _told(one: Scenario, n_posts: int, depth_km: float) -> Iterator[str]:
    pairs = scenario.zones_of(one)
    if depth_km not in pairs:
        known = ", ".join(f"{km:g}" for km in sorted(pairs))
        raise InputError(f"DEPTH={depth_km:g}: expected one of {known} km ({one.border.border})")
    nodes = gpd.GeoDataFrame(one.tables["nodes"])
    sides = (one.border.from_, one.border.to)
    yield f"{one.border.name} ({one.border.border}), {depth_km:+g} km, {n_posts} posts, by road"
    for walking in (False, True):
        ways = placement.network(
            nodes, one.tables["links"], one.tables["placement_links"], sides, "road",
            walking=walking,
        )  # fmt: skip
        held = nodes["node_id"].isin({*ways["from_node"], *ways["to_node"]}).to_numpy()
        why = zones.why_absent(pairs[depth_km], held, "road", one.border.reach_km)
        if why:
            yield f"  not stated: {why}"
            return
        for existing in ("none", "mapped"):
            posts = one.tables["posts"] if existing == "mapped" else one.tables["posts"].iloc[:0]
            found = placement.between(nodes, ways, pairs[depth_km], posts, 1.0)
            walks = "with walks through the line" if walking else "roads alone"
            stand = "posts mapped stand" if existing == "mapped" else "no other post stands"
            yield f"  {walks}, {stand}"
            yield from (f"    {line}" for line in _answers(found, n_posts))


def _answers(found: Between, n_posts: int) -> Iterator[str]:
    curve = best.curve(found.field, 1.0, n_posts)
    if not len(curve.ways):
        if np.isinf(curve.most):
            yield "no way leads from zone to zone"
        else:
            yield f"every way left meets {curve.most:g} posts that stand: none can be added on it"
        return
    moved = best.randomised(found.field, curve, min(n_posts, best.enough(curve, 1.0)))
    yield (
        f"moved about unseen: {moved.value:.1%} meet one on the best way; the traveller "
        f"spreads over {len(moved.ways)} ways"
    )
    yield from (f"  {share:.2f} {name}" for share, name in _named(found, moved))
    alike = best.fixed(found.field, curve, n_posts)
    stopped = 1 - (1 - CHANCE) ** alike.value
    yield (
        f"fixed and seen: the best way meets {alike.value:g}, {stopped:.1%} are stopped if a post "
        f"stops {CHANCE:.0%}; {len(alike.ways)} ways meet no more"
    )
    yield from (f"  {name}" for _, name in _named(found, alike))
    before = placement_programs.least_met(found.field, found.field.chance > 0)
    yield f"without them the best way meets {before:g}"


def _named(found: Between, answer: best.Placement) -> list[tuple[float, str]]:
    links: pd.DataFrame = found.links.iloc[answer.links]
    names = links["name"].fillna("no name").astype(str)
    return list(zip(answer.share.tolist(), links["link_id"] + "  " + names, strict=True))
