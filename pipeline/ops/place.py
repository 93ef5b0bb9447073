"""Where n posts stop most at one depth, or count most: one answer, printed for every border."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from msgspec import Meta

from pipeline.core import config, parameters
from pipeline.core.config import Number
from pipeline.core.errors import InputError
from pipeline.core.numbers import counted, is_absent, percent
from pipeline.core.terminal import printable
from pipeline.graph import coverage, placement_programs, placement_rounding
from pipeline.graph import placement as best
from pipeline.graph import placement_curve as curves
from pipeline.graph.placement_curve import Curve
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
MOST_POSTS = 1000  # that may be asked for
# What each setting must be; one that is empty is None.
ASKED: dict[str, Any] = {
    "AIM": Literal["stop", "observe"],
    "STANDING": Annotated[float, Meta(ge=0, le=1, description="a probability from 0 to 1")] | None,
    "N": Annotated[
        float,
        Meta(ge=1, le=MOST_POSTS, multiple_of=1,
             description=f"a whole number of posts from 1 to {MOST_POSTS}"),
    ],
    "DEPTH": Number,
}  # fmt: skip
WALK = "walk."


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

    With and without walking, and with and without the mapped posts; `standing` is the probability
    that one of these stops a traveller, if it differs from that of a new post. With `aim` observe:
    where posts count most of through demand, at any depth. Raises InputError if a number cannot be
    read, or a border file has no such depth.
    """
    asked = {"AIM": aim, "STANDING": standing.strip(), "N": n_posts, "DEPTH": depth_km}
    given = {key: config.cell(key, text, ASKED[key]) for key, text in asked.items()}
    posts, depth, chance = int(given["N"]), given["DEPTH"], given["STANDING"]
    for name in borders:
        one = scenario.read(source_dir, borders_dir, data_dir, name)
        lines = _observed(one, posts) if aim == "observe" else _stopped(one, posts, depth, chance)
        for line in lines:
            sys.stdout.write(f"{printable(line)}\n")


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
    yield (
        f"  they see {percent(found.value, 1)} of through demand; so many posts can see "
        f"{percent(most, 1)} at most ({percent(ways.left_out, 1)} is on ways too small to follow)"
    )
    ids = network.links["link_id"].iloc[found.places]
    known = one.tables["links"].set_index("link_id")
    there = known.reindex(sorted(set(ids)))
    places = _places(there["name"].fillna(there["ref"]), there.geometry)
    yield from (f"    {place}" for place in places)


def _stopped(one: Scenario, n_posts: int, depth_km: float, standing: float | None) -> Iterator[str]:
    pairs = scenario.zones_of(one)
    if depth_km not in pairs:
        known = ", ".join(f"{km:g}" for km in sorted(pairs))
        raise InputError(f"DEPTH={depth_km:g}: expected one of {known} km ({one.border.border})")
    nodes, extra = gpd.GeoDataFrame(one.tables["nodes"]), one.tables["placement_links"]
    sides = (one.border.from_, one.border.to)
    shapes = pd.concat(
        [table.set_index("link_id").geometry for table in (one.tables["links"], extra)]
    )
    asked = counted(n_posts, "posts")
    yield f"{one.border.name} ({one.border.border}), {depth_km:+g} km, {asked}, by road"
    for walking in (False, True):
        ways = placement.network(
            nodes, one.tables["links"], extra, sides, "road", walking=walking
        )  # fmt: skip
        why = zones.why_absent(pairs[depth_km], ways.held, "road", one.border.reach_km)
        if why:
            yield f"  not stated: {why}"
            return
        for existing in ("none", "mapped"):
            posts = one.tables["posts"] if existing == "mapped" else None
            found = placement.between(nodes, ways, pairs[depth_km], posts)
            walks = "with walking over the line" if walking else "roads alone"
            stand = "with mapped posts" if existing == "mapped" else "without mapped posts"
            yield f"  {walks}, {stand}"
            yield from (f"    {line}" for line in _answers(found, n_posts, shapes))
            if existing == "mapped" and standing is not None:
                lines = _unlike(found, n_posts, standing, shapes)
                yield from (f"    {line}" for line in lines)


def _answers(found: Between, n_posts: int, shapes: gpd.GeoSeries) -> Iterator[str]:
    curve = curves.curve(found.field, 1.0, MOST_POSTS)
    if not len(curve.ways):
        if np.isinf(curve.most):
            yield "no way leads from one zone to the other"
        else:
            posts = counted(curve.most, "posts")
            yield f"every way left already has {posts}: no post can be added on it"
        return
    enough = min(n_posts, curves.enough(curve, 1.0))
    moved = best.randomised(found.field, curve, [enough])[0]
    spread = counted(len(moved.ways), "ways")
    yield (
        f"moving unpredictably: {percent(moved.value, 1)} chance to meet one on the best way; the "
        f"traveller spreads over {spread}"
    )
    if len(moved.links):
        yield "  share of the time that a post is on each:"
    else:
        yield "  existing posts are enough for that: no new one is placed"
    places = _named(found, moved, shapes)
    yield from (f"  {share:.2f} {place}" for share, place in zip(moved.share, places, strict=True))
    alike = best.fixed(found.field, curve, [n_posts])[0]
    before = placement_programs.least_met(found.field, found.field.chance > 0)
    stopped = percent(1 - (1 - CHANCE) ** alike.value, 1)
    yield (
        f"fixed and known: the best way meets {_met(alike.value)} ({_met(before)} without the new "
        f"ones); {stopped} are stopped on it if a post stops {percent(CHANCE)}; "
        f"{counted(len(alike.ways), 'ways')} {'meets' if len(alike.ways) == 1 else 'meet'} no more"
    )
    yield from (f"  {place}" for place in _named(found, alike, shapes))
    yield _needed(curve, alike.value + 1)


def _met(posts: float) -> str:
    return counted(posts, "posts") if posts else "none"


def _needed(curve: Curve, met: float) -> str:
    """How many posts are needed so that every way meets this many."""
    if met > curve.most:
        return f"no number of posts makes every way meet {met:g}"
    needed = curves.enough(curve, met)
    if needed > MOST_POSTS:
        return f"over {MOST_POSTS} posts are needed so that every way meets {met:g}"
    return f"{counted(round(needed), 'posts')} are needed so that every way meets {met:g}"


def _unlike(found: Between, n_posts: int, standing: float, shapes: gpd.GeoSeries) -> Iterator[str]:
    """Fixed posts if existing posts stop with another chance than new ones, by a program.

    The program has an entry for each end of an arc and one for its post.
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
        f"fixed and known, an existing post stopping {percent(standing)} and a new one "
        f"{percent(CHANCE)}: {percent(solved.value, 1)} are stopped on the best way; so many posts "
        f"can stop {percent(solved.bound, 1)} at most"
    )
    yield from (f"  {place}" for place in _named(found, solved, shapes))


def _named(found: Between, answer: best.Placement | Programme, shapes: gpd.GeoSeries) -> list[str]:
    """Links with their names, and where their middles are."""
    names: pd.Series[str] = found.links.iloc[answer.links].set_index("link_id")["name"]
    return _places(names, shapes.loc[names.index])


def _places(names: "pd.Series[str]", shapes: gpd.GeoSeries) -> list[str]:
    middles = shapely.line_interpolate_point(shapes.to_numpy(), 0.5, normalized=True)
    return [
        f"{link_id}  {_name(str(link_id), name)}, {_degrees(at.y, 'NS')} {_degrees(at.x, 'EW')}"
        for (link_id, name), at in zip(names.items(), middles, strict=True)
    ]


def _name(link_id: str, name: object) -> str:
    """A link's name; one of placement_links is a walk, by the km of the line."""
    if link_id.startswith(WALK):
        return f"walk through the line at km {link_id.removeprefix(WALK)}"
    return "no name" if is_absent(name) else str(name)


def _degrees(value: float, names: str) -> str:
    return f"{abs(value):.3f}° {names[value < 0]}"
