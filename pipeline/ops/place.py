"""Where n posts stop most at one depth, or see most: one answer, printed for every border."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.errors import InputError
from pipeline.core.numbers import counted
from pipeline.core.terminal import printable
from pipeline.graph import coverage, placement_programs, placement_rounding
from pipeline.graph import placement as best
from pipeline.graph import placement_curve as curves
from pipeline.graph.placement_programs import Programme
from pipeline.measures import observing, placement
from pipeline.measures.placement import Between
from pipeline.network import zones
from pipeline.ops import scenario
from pipeline.ops.scenario import Scenario
from pipeline.travel import tables as travelled

CHANCE = parameters.numbers("placement_chances")[-1]
MOST_BRANCHES = parameters.whole("most_branches")
MOST_ENTRIES = parameters.whole("most_entries")
AIMS = ("stop", "observe")


def place(
    source_dir: str,
    borders_dir: str,
    data_dir: str,
    n_posts: str,
    depth_km: str,
    *borders: str,
    aim: str = "stop",
    standing: str = "",
) -> None:
    """Print where `n_posts` posts go at a signed depth, by road: moving unpredictably, and fixed.

    With and without walks, and beside the posts that are mapped; `standing` is the chance that one
    of these stops whom it meets, where it differs from that of a new one. With `aim` observe: where
    posts see most of through demand, at any depth. Raises InputError where a number cannot be read,
    or a border file holds no such depth.
    """
    if aim not in AIMS:
        raise InputError(f"AIM={aim}: expected one of {', '.join(AIMS)}")
    chance = _number("STANDING", standing) if standing.strip() else None
    if chance is not None and not 0 <= chance <= 1:
        raise InputError(f"STANDING={standing}: expected a chance from 0 to 1")
    posts, depth = _number("N", n_posts), _number("DEPTH", depth_km)
    if posts != round(posts) or not 1 <= posts <= 1000:
        raise InputError(f"N={n_posts}: expected a whole number of posts from 1 to 1000")
    for name in borders:
        one = scenario.read(source_dir, borders_dir, data_dir, name)
        told = (
            _observed(one, round(posts))
            if aim == "observe"
            else _told(one, round(posts), depth, chance)
        )
        for line in told:
            sys.stdout.write(f"{printable(line)}\n")


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError(f"{name}={text}: expected a number") from error


def _observed(one: Scenario, n_posts: int) -> Iterator[str]:
    """Where posts that only count see most of through demand by road."""
    posts = counted(n_posts, "posts")
    yield f"{one.border.name} ({one.border.border}), {posts} for counting, by road"
    folders = [str(one.folder / stage) for stage in ("travel", "network", "crossings")]
    network = travelled.network(folders[0], "road", *folders[1:])
    chosen = travelled.choice(folders[0], "road", "through")
    if not len(chosen.weight):
        yield "  not stated: no pair has a way"
        return
    ways = observing.passing(network, chosen)
    found = coverage.best(ways.passes, ways.weight, n_posts, MOST_ENTRIES, MOST_BRANCHES)
    most = min(found.bound + ways.left_out, 1.0)
    yield f"  they see {found.value:.1%} of through demand; no such number sees over {most:.1%}"
    ids = network.links["link_id"].iloc[found.places]
    names = one.tables["links"].set_index("link_id")[["name", "ref"]]
    for link_id in sorted(set(ids)):
        name, ref = names.loc[link_id] if link_id in names.index else (None, None)
        yield f"    {link_id}  {name or ref or 'no name'}"


def _told(one: Scenario, n_posts: int, depth_km: float, standing: float | None) -> Iterator[str]:
    pairs = scenario.zones_of(one)
    if depth_km not in pairs:
        known = ", ".join(f"{km:g}" for km in sorted(pairs))
        raise InputError(f"DEPTH={depth_km:g}: expected one of {known} km ({one.border.border})")
    nodes = gpd.GeoDataFrame(one.tables["nodes"])
    sides = (one.border.from_, one.border.to)
    asked = counted(n_posts, "posts")
    yield f"{one.border.name} ({one.border.border}), {depth_km:+g} km, {asked}, by road"
    for walking in (False, True):
        ways = placement.network(
            nodes, one.tables["links"], one.tables["placement_links"], sides, "road",
            walking=walking,
        )  # fmt: skip
        why = zones.why_absent(pairs[depth_km], ways.held, "road", one.border.reach_km)
        if why:
            yield f"  not stated: {why}"
            return
        for existing in ("none", "mapped"):
            posts = one.tables["posts"] if existing == "mapped" else None
            found = placement.between(nodes, ways, pairs[depth_km], posts)
            walks = "with walks through the line" if walking else "roads alone"
            stand = "posts mapped stand" if existing == "mapped" else "no other post stands"
            yield f"  {walks}, {stand}"
            yield from (f"    {line}" for line in _answers(found, n_posts))
            if existing == "mapped" and standing is not None:
                yield from (f"    {line}" for line in _unlike(found, n_posts, standing))


def _answers(found: Between, n_posts: int) -> Iterator[str]:
    curve = curves.curve(found.field, 1.0, n_posts)
    if not len(curve.ways):
        if np.isinf(curve.most):
            yield "no way leads from zone to zone"
        else:
            posts = counted(curve.most, "posts")
            yield f"every way left has {posts} standing already: none can be added on it"
        return
    enough = min(n_posts, curves.enough(curve, 1.0))
    moved = best.randomised(found.field, curve, [enough])[0]
    yield (
        f"moving unpredictably: {moved.value:.1%} meet one on the best way; the traveller "
        f"spreads over {counted(len(moved.ways), 'ways')}"
    )
    yield from (f"  {share:.2f} {name}" for share, name in _named(found, moved))
    alike = best.fixed(found.field, curve, [n_posts])[0]
    stopped = 1 - (1 - CHANCE) ** alike.value
    yield (
        f"fixed and seen: the best way meets {alike.value:g}, {stopped:.1%} are stopped if a post "
        f"stops {CHANCE:.0%}; {counted(len(alike.ways), 'ways')} "
        f"{'meets' if len(alike.ways) == 1 else 'meet'} no more"
    )
    yield from (f"  {name}" for _, name in _named(found, alike))
    before = placement_programs.least_met(found.field, found.field.chance > 0)
    yield f"without them the best way meets {before:g}"


def _unlike(found: Between, n_posts: int, standing: float) -> Iterator[str]:
    """Fixed posts where those that stand stop otherwise than new ones: a program tells.

    It has an entry for either end of an arc and one for its post.
    """
    field = replace(found.field, chance=np.where(found.field.chance > 0, standing, 0.0))
    if not np.isfinite(placement_programs.least_met(field, field.chance > 0)):
        return
    small = 3 * len(field.tail) <= MOST_ENTRIES
    solved = (
        placement_programs.fixed(field, CHANCE, n_posts, MOST_BRANCHES)
        if small
        else placement_rounding.fixed(field, CHANCE, n_posts)
    )
    yield (
        f"fixed and seen, a post that stands stopping {standing:.0%} and a new one {CHANCE:.0%}: "
        f"{solved.value:.1%} are stopped on the best way, and no such number stops over "
        f"{solved.bound:.1%}"
    )
    yield from (f"  {name}" for _, name in _named(found, solved))


def _named(found: Between, answer: best.Placement | Programme) -> list[tuple[float, str]]:
    links: pd.DataFrame = found.links.iloc[answer.links]
    names = links["name"].fillna("no name").astype(str)
    return list(zip(answer.share.tolist(), links["link_id"] + "  " + names, strict=True))
