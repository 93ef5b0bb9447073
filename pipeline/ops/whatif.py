"""What if crossings were closed or opened, or posts added: answered for each border concerned.

It prints minimum cuts, travel, where posts would stop most, and the share stopped by the model of
success, before and after.
"""

import sys
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters, store
from pipeline.core.modes import VEHICLE_MODES
from pipeline.core.numbers import counted, is_absent, percent
from pipeline.core.terminal import printable
from pipeline.graph import placement_curve as best
from pipeline.graph import placement_field
from pipeline.measures import harm, placement, success_ranges, success_ways
from pipeline.measures.placement import Between
from pipeline.measures.success import Outcome, outcome
from pipeline.measures.success_ways import Line
from pipeline.network import link_arcs, zones
from pipeline.network.zones import ZonePair
from pipeline.ops import scenario
from pipeline.ops.scenario import Scenario
from pipeline.report import words
from pipeline.terrain import kilometres
from pipeline.travel import (
    assemble,
    choice,
    closing,
    demand,
    limits,
    mode_network,
    over_line,
    trucks,
)
from pipeline.travel import tables as travelled
from pipeline.travel.choice import Choice

DELAY_MINUTES = parameters.number("whatif_delay_minutes")
STOPPED = parameters.number("whatif_stopped_share")
WIDTH_KM = parameters.number("displacement_km")
POSTS = parameters.whole("drawn_posts")
LISTED_SHARE = parameters.number("moved_least_share")
MODE = "road"
# Demand of trucks, by what is assumed for roads without a tag for trucks.
READINGS = {
    trucks.DEMAND: "through",
    trucks.SURE: "through (only on roads known to allow trucks)",
}

Tables = dict[str, pd.DataFrame]


def whatif(
    source_dir: str,
    borders_dir: str,
    data_dir: str,
    close: str,
    opened: str,
    posts: str,
    *borders: str,
) -> None:
    """Print the effect of closing crossings, opening them and adding posts.

    `close` and `opened` name crossings, `posts` links, crossings or chokepoints, by id or name,
    separated by ; or by commas. `source_dir` has each border's stages, `data_dir` the settings of
    the data. Raises InputError if a word is unknown on all of these borders.
    """
    there = {name: scenario.read(source_dir, borders_dir, data_dir, name) for name in borders}
    for one in scenario.changed(there, close, opened, posts):
        for line in _changes(one):
            sys.stdout.write(f"{printable(line)}\n")


def _changes(one: Scenario) -> Iterator[str]:
    yield f"{one.border.name} ({one.border.border})"
    crossings = one.tables["crossings"].set_index("crossing_id")
    for word, ids in (("closed", one.closed), ("opened", one.opened)):
        for crossing_id, row in crossings.loc[sorted(ids)].iterrows():
            name = row["name"] or "no name"
            yield f"  {word}: {crossing_id}  {name}, {row['status']}, km {row['border_km']:.0f}"
            if row["mode"] not in VEHICLE_MODES or not row["counted"]:
                yield f"    no road or railway passes here: that it is {word} has no effect"
    if one.posted:
        yield f"  {counted(len(one.posted), 'posts')}, one on each of these links:"
        names = one.tables["links"].set_index("link_id")[["name", "ref"]]
        for link_id in sorted(one.posted):
            name = names["name"].fillna(names["ref"])[link_id]
            yield f"    {link_id}  {'no name' if is_absent(name) else name}"
    after = scenario.tables_after(one, cut=False)
    yield from (f"  {line}" for line in _cuts(one, scenario.tables_after(one, cut=True)))
    yield from (f"  {line}" for line in _travel(one, after))
    yield from (f"  {line}" for line in _trucks(one, after))
    yield from (f"  {line}" for line in _success(one, after))


def _cuts(one: Scenario, after: Tables) -> Iterator[str]:
    """Link-disjoint ways between zones, and the chance to meet a post, before and after."""
    yield "minimum cuts by road, before and after:"
    silent: dict[str, list[str]] = {}
    for depth_km, pair in scenario.zones_of(one).items():
        why = _why_absent(one, pair)
        if why:
            silent.setdefault(why, []).append(f"{depth_km:+g}")
            continue
        then, now = (_between(one, tables, pair) for tables in (one.tables, after))
        curves = [best.curve(found.field, 1.0, POSTS) for found in (then, now)]
        links = [int(curve.ways[0]) if len(curve.ways) else 0 for curve in curves]
        stopped = [min(best.value(curve, POSTS), 1.0) for curve in curves]
        line = f"  {depth_km:+g} km: {links[0]} to {links[1]} links; chance to meet one of {POSTS}"
        line += f" moving posts on the best way: {percent(stopped[0])} to {percent(stopped[1])}"
        if one.posted:
            left = _left(now, one.posted)
            ways, passing = counted(left, "ways"), "passes" if left == 1 else "pass"
            line += f"; {ways} without a common link {passing} none of the added posts"
        yield line
    for why, depths in silent.items():
        yield f"  {', '.join(depths)} km: not stated, {words.with_names(why, _names(one))}"


def _names(one: Scenario) -> dict[str, str]:
    """The two countries by code."""
    border = one.border
    row = {"name": [border.name], "from_country": [border.from_], "to_country": [border.to]}
    return words.countries(pd.DataFrame(row))


def _why_absent(one: Scenario, pair: ZonePair) -> str | None:
    nodes = one.tables["nodes"]
    ways = link_arcs.of_mode(one.tables["links"], MODE)
    held = nodes["node_id"].isin({*ways["from_node"], *ways["to_node"]}).to_numpy()
    return zones.why_absent(pair, held, MODE, one.border.reach_km)


def _between(one: Scenario, tables: Tables, pair: ZonePair) -> Between:
    """The placement field of a depth by road, without posts."""
    sides = (one.border.from_, one.border.to)
    nodes, extra = tables["nodes"], tables["placement_links"]
    ways = placement.network(nodes, tables["links"], extra, sides, MODE, walking=False)
    return placement.between(nodes, ways, pair)


def _left(found: Between, posted: set[str]) -> int:
    """Number of link-disjoint ways that pass none of these links."""
    rest = placement_field.without(found.field, found.links["link_id"].isin(posted).to_numpy())
    curve = best.curve(rest, 1.0, 1)
    return int(curve.ways[0]) if len(curve.ways) else 0


def _travel(one: Scenario, after: Tables) -> Iterator[str]:
    for mode in VEHICLE_MODES:
        served = travelled.crossings(
            str(one.folder / "travel"), mode, str(one.folder / "crossings")
        )
        closed = np.flatnonzero(served["crossing_id"].isin(one.closed))
        opening = one.tables["crossings"].set_index("crossing_id")["mode"].loc[sorted(one.opened)]
        if not len(closed) and not opening.eq(mode).any():
            continue
        yield f"travel by {mode}: {len(closed)} of {len(served)} crossings closed"
        opened = assemble.travel(
            after, mode, one.border, mode_network.usable(after["links"], mode)
        ) if opening.eq(mode).any() else None  # fmt: skip
        for model in demand.MODELS:
            chosen = travelled.choice(str(one.folder / "travel"), mode, model)
            if not len(chosen.weight) and opened is None:
                yield f"  {model} demand: none has a way"
                continue
            if opened is not None:
                wanted = demand.demand(opened.settled, opened.network, one.border, model)
                yield _with_openings(model, chosen, choice.choose(opened.network, wanted))
                continue
            yield from (f"  {line}" for line in _with_closings(model, chosen, closed))


def _trucks(one: Scenario, after: Tables) -> Iterator[str]:
    """The same for trucks, for both readings of missing tags."""
    served = travelled.crossings(
        str(one.folder / "travel"), trucks.NAME, str(one.folder / "crossings")
    )
    closed = np.flatnonzero(served["crossing_id"].isin(one.closed))
    opening = one.tables["crossings"].set_index("crossing_id")["mode"].loc[sorted(one.opened)]
    if not len(closed) and not opening.eq(MODE).any():
        return
    yield f"travel by truck: {len(closed)} of {len(served)} crossings closed"
    opened = trucks.travel(after, one.border) if opening.eq(MODE).any() else None
    for name, reading in READINGS.items():
        chosen = travelled.choice(str(one.folder / "travel"), trucks.NAME, name)
        if opened is not None:
            network = opened.network if name == trucks.DEMAND else trucks.sure(opened.network)
            wanted = demand.demand(opened.settled, opened.network, one.border, "through")
            yield _with_openings(reading, chosen, choice.choose(network, wanted))
        elif not len(chosen.weight):
            yield f"  {reading} demand: none has a way"
        else:
            yield from (f"  {line}" for line in _with_closings(reading, chosen, closed))


def _with_openings(model: str, before: Choice, after: Choice) -> str:
    """Mean minutes of the fastest ways, before and after, if crossings were opened."""
    texts = []
    for each in (before, after):
        mean = choice.mean(choice.fastest(each), each.weight)
        lost = each.unreachable_share
        reached = "none has a way" if mean is None else f"{mean:.1f} minutes on average"
        texts.append(reached if lost is None else f"{reached}, {percent(lost, 1)} has no way")
    return f"  {model} demand: before {texts[0]}; after {texts[1]}"


def _with_closings(
    model: str, chosen: Choice, closed: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> Iterator[str]:
    lost = closing.effect(chosen, closed)
    share = float(chosen.weight[np.isin(chosen.first, closed)].sum())
    yield (
        f"{model} demand: {percent(share, 1)} used them; "
        f"{percent(lost['demand_stopped_share'], 1)} has "
        f"no way within {limits.DETOUR_LIMIT:g} times its fastest, "
        f"{percent(lost['cut_off_share'], 1)} none at all; on average "
        f"{lost['mean_extra_minutes']:.1f} minutes lost"
    )
    delayed = closing.delayed(chosen, closed, DELAY_MINUTES)
    stopped = closing.screened(chosen, closed, STOPPED)
    yield (
        f"  {DELAY_MINUTES:g} minutes of waiting there instead: {delayed:.1f} minutes "
        f"lost; one in two turned back there instead: {percent(stopped, 1)} stopped"
    )


def _success(one: Scenario, after: Tables) -> Iterator[str]:
    """Share stopped by the model of success, all parameters in the middle, before and after."""
    walk_km = store.read(one.folder / "terrain", "walk_km")
    km = store.read(one.folder / "posture", "border_km").merge(walk_km, how="left")
    walks = success_ways.stretches(km, one.tables["nodes"])
    if not len(walks):
        yield "success: not stated, no elevation model: ways on foot are not known"
        return
    outcomes = [_outcome(one, tables, walks, posted)
            for tables, posted in ((one.tables, set()), (after, one.posted))]  # fmt: skip
    (then, line), (now, line_after) = outcomes
    if np.isnan(then.stopped) or np.isnan(now.stopped):
        yield "success: not stated, no pair has a way"
        return
    shares = [
        success_ways.by_stretch(each.border_km, found.share, WIDTH_KM)[1]
        for found, each in ((then, line), (now, line_after))
    ]
    n = max(map(len, shares))
    before, behind = (np.pad(share, (0, n - len(share))) for share in shares)
    first, last = (
        harm.figures(found, each, harm.remote_minutes(each, km))
        for found, each in ((then, line), (now, line_after))
    )
    yield (
        "success, by the stated model with all its settings in the middle, of through demand: "
        f"{percent(then.stopped, 1)} to {percent(now.stopped, 1)} stopped; "
        f"{percent(np.abs(behind - before).sum() / 2, 1)} moves to another {WIDTH_KM:g} km of "
        f"border; "
        f"{percent(first['on_foot'], 1)} to {percent(last['on_foot'], 1)} passes on foot; "
        f"{first['walk_minutes']:.1f} to {last['walk_minutes']:.1f} minutes walked on average"
    )
    if first["remote_minutes"] is not None and last["remote_minutes"] is not None:
        yield (
            f"  {first['remote_minutes']:.1f} to {last['remote_minutes']:.1f} minutes from the "
            "nearest post, on average, where people pass"
        )
    if one.posted and now.stopped < then.stopped:
        yield "  fewer are stopped: people go round the posts by ways on which fewer are stopped"
    for at in np.flatnonzero(np.abs(behind - before) >= LISTED_SHARE).tolist():
        km_from, km_to = at * WIDTH_KM, (at + 1) * WIDTH_KM
        moved = f"{percent(before[at], 1)} to {percent(behind[at], 1)}"
        yield f"  km {km_from:.0f} to {km_to:.0f}: {moved} of demand"


def _outcome(
    one: Scenario, tables: Tables, walks: pd.DataFrame, posted: set[str]
) -> tuple[Outcome, Line]:
    plane = kilometres.plane(tables["provenance"])
    line = gpd.GeoDataFrame(tables["border"])
    middles = kilometres.middles(line, plane, walks["border_km"].to_numpy(float))
    found = over_line.with_landings(tables, one.border, middles)
    on_line = success_ways.line(found, walks)
    wanted = success_ways.whose(found, one.border, "through")
    meets = success_ways.posts_met(found, gpd.GeoDataFrame(tables["posts"]), posted)
    ways = success_ways.ways(found, on_line, wanted, meets)
    return outcome(ways, success_ranges.middle(success_ranges.read())), on_line
