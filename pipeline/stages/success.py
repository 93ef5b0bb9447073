"""Success: the share of demand stopped, what it depends on, and the effect of added posts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.frames import records
from pipeline.core.progress import progress
from pipeline.core.types import Bools, Floats
from pipeline.measures import fact_tables, harm, placement, shapley, success_ranges, success_ways
from pipeline.measures.success import Outcome, Ways, outcome
from pipeline.measures.success_ranges import FACTORS, Range, Values
from pipeline.measures.success_ways import Line
from pipeline.network import reach, standing_posts
from pipeline.terrain import kilometres
from pipeline.travel import over_line
from pipeline.travel.demand import STOPPED
from pipeline.travel.over_line import Landings

SAMPLES = parameters.whole("success_samples")
DRAWS = parameters.whole("bootstrap_draws")
WIDTH_KM = parameters.number("displacement_km")
YEARS = parameters.wholes("programme_years")
QUANTILES = (0.05, 0.5, 0.95)
FACTS = {
    "reference": ("border", "quantity", "value", "year", "source"),
    "sources": ("source", "name"),
}
REPORTED = {
    "detentions_january_april": "detentions from January to April {year}",
    "new_routes_after_2014": "new routes after 2014, counted in {year}",
}
# The placement to compare with the posts of the programme.
PLACED: dict[str, object] = {
    **{"mode": "road", "model": "fixed", "existing": "mapped", "walking": False},
    **{"n_posts": parameters.whole("drawn_posts")},
    "chance": parameters.numbers("placement_chances")[-1],
}

Row = dict[str, object]


@dataclass(frozen=True)
class Scene:
    """A border with the options to cross the line, and the existing and added posts."""

    border: BorderFile
    found: Landings
    line: Line
    remote_minutes: Floats
    posts: gpd.GeoDataFrame
    placed: pd.DataFrame
    reported: str | None


def success(
    network_dir: str,
    crossings_dir: str,
    terrain_dir: str,
    posture_dir: str,
    placement_dir: str,
    facts_dir: str,
    border_toml: str,
    out_dir: str,
    data_toml: str | None = None,
) -> None:
    """Write success, success_parameters, displacement and harm, for through and irregular demand.

    Ways on foot need an elevation model: without one there is no figure, and tables say so. Raises
    InputError where a table is missing or wrong.
    """
    border = reach.settled(network_dir, border_toml, data_toml)
    ranges = success_ranges.read()
    tables = {name: store.read(network_dir, name) for name in ("nodes", "links", "places")}
    tables |= {name: store.read(crossings_dir, name) for name in ("crossings", "crossing_links")}
    km = store.read(posture_dir, "border_km").merge(store.read(terrain_dir, "walk_km"), how="left")
    walks = success_ways.stretches(km, tables["nodes"])
    found = over_line.with_landings(tables, border, _middles(network_dir, walks))
    on_line = success_ways.line(found, walks)
    scene = Scene(
        border=border,
        found=found,
        line=on_line,
        remote_minutes=harm.remote_minutes(on_line, km),
        posts=standing_posts.read(network_dir),
        placed=store.read(placement_dir, "placements"),
        reported=_reported(Path(facts_dir), border.border),
    )
    why = None if len(walks) else "no elevation model: ways on foot are not known"
    rows: dict[str, list[Row]] = {
        name: [] for name in ("success", "success_parameters", "displacement", "harm")
    }
    for model in progress(STOPPED, "success"):
        for name, found_rows in _of_demand(scene, model, ranges, why).items():
            rows[name] += found_rows
    store.write(out_dir, {name: pd.DataFrame(table) for name, table in rows.items()})


def _middles(network_dir: str, walks: pd.DataFrame) -> gpd.GeoSeries:
    """Middle of the km of the line where each walk leads over it."""
    border = gpd.GeoDataFrame(store.read(network_dir, "border"))
    plane = kilometres.plane(store.read(network_dir, "provenance"))
    return kilometres.middles(border, plane, walks["border_km"].to_numpy(float))


def _reported(folder: Path, border: str) -> str | None:
    """What was reported to move after the posts of the programme were added, and by whom."""
    facts, named = (fact_tables.read(folder, name, columns) for name, columns in FACTS.items())
    facts = facts[(facts["border"] == border) & facts["quantity"].isin(REPORTED)]
    figures = [
        f"{REPORTED[row['quantity']].format(year=int(row['year']))}: {float(row['value']):,.0f}"
        for row in records(facts)
    ]
    names = dict(zip(named["source"], named["name"], strict=True))
    sources = "; ".join(sorted({names.get(one, one) for one in facts["source"]}))
    return f"{'; '.join(figures)} ({sources})" if figures else None


def _of_demand(
    scene: Scene, model: str, ranges: list[Range], why: str | None
) -> dict[str, list[Row]]:
    """Rows of every table for one demand."""
    wanted = success_ways.whose(scene.found, scene.border, model)
    why = why or (None if len(wanted.weight) else str(wanted.facts["why_absent"] or "no demand"))
    stands = success_ways.posts_met(scene.found, scene.posts, set())

    def ways_past(meets: Bools) -> Ways:
        return success_ways.ways(scene.found, scene.line, wanted, meets)

    ways = None if why else ways_past(stands)
    if ways is not None and np.isnan(outcome(ways, success_ranges.middle(ranges)).stopped):
        ways, why = None, "no pair has a way"
    key: Row = {"border": scene.border.border, "demand": model}
    rows: dict[str, list[Row]] = {
        "success": list(_factors(key, ways, ranges, why)),
        "success_parameters": [_parameter(key, ways, one, ranges) for one in ranges],
        "displacement": [],
        "harm": [],
    }
    for scenario, before, after, n_posts, absent in _scenarios(scene):
        rows["harm"].append({"scenario": scenario, "demand": model, "n_posts": n_posts})
        reported = scene.reported if scenario.startswith("posts since") else None
        if ways is None or absent:
            rows["harm"][-1] |= _harm(scene, None, None) | {
                "reported": reported, "why_absent": why or absent,
            }  # fmt: skip
            continue
        middle = success_ranges.middle(ranges)
        then, now = (outcome(ways_past(meets), middle) for meets in (before, after))
        rows["harm"][-1] |= _harm(scene, then, now) | {"reported": reported, "why_absent": None}
        rows["displacement"] += _moved(scene, scenario, model, then, now)
    return rows


def _factors(key: Row, ways: Ways | None, ranges: list[Range], why: str | None) -> Iterator[Row]:
    """Rows of success: the share itself over the ranges, and each factor."""
    empty = dict.fromkeys(
        ("s_low", "s_mid", "s_high", "swing", "shapley", "shapley_low", "shapley_high")
    )
    if ways is None:
        yield from (
            key | {"factor": name} | empty | {"why_absent": why} for name in ("all", *FACTORS)
        )
        return
    effects = shapley.effects(
        lambda shares: np.array(
            [outcome(ways, success_ranges.drawn(ranges, share)).stopped for share in shares]
        ),
        success_ranges.factor_of(ranges), SAMPLES, DRAWS,
    )  # fmt: skip
    low, middle, high = np.quantile(effects.outcome, QUANTILES).tolist()
    found = {"s_low": low, "s_mid": middle, "s_high": high, "swing": high - low}
    yield key | {"factor": "all"} | empty | found | {"why_absent": None}
    middle = outcome(ways, success_ranges.middle(ranges)).stopped
    for number, name in enumerate(FACTORS):
        ends = _ends(ways, ranges, name, {})
        yield {
            **key,
            "factor": name,
            "s_low": ends[0],
            "s_mid": middle,
            "s_high": ends[1],
            "swing": abs(ends[1] - ends[0]),
            "shapley": effects.effect[number],
            "shapley_low": effects.low[number],
            "shapley_high": effects.high[number],
            "why_absent": None,
        }


def _ends(ways: Ways, ranges: list[Range], factor: str, held: Values) -> list[float]:
    """Share stopped at the low and high end of a factor; `held`: values of other parameters."""
    return [
        outcome(ways, success_ranges.at_end(ranges, end, factor=factor) | held).stopped
        for end in ("low", "high")
    ]


def _parameter(key: Row, ways: Ways | None, one: Range, ranges: list[Range]) -> Row:
    """Row of success_parameters: its own effect, and its effect on the swing of other factors."""
    ends: dict[str, float | None] = {"low": None, "high": None}
    swings: Row = {f"{factor}_swing_{end}": None for factor in FACTORS for end in ends}
    if ways is not None:
        for end in ends:
            ends[end] = outcome(ways, success_ranges.at_end(ranges, end, name=one.name)).stopped
            for factor in set(FACTORS) - {one.factor}:
                first, last = _ends(ways, ranges, factor, {one.name: getattr(one, end)})
                swings[f"{factor}_swing_{end}"] = abs(last - first)
    return {
        **key,
        "parameter": one.name,
        "factor": one.factor,
        **{name: getattr(one, name) for name in ("low", "mid", "high", "unit", "source")},
        "s_low": ends["low"],
        "s_high": ends["high"],
        **swings,
    }


def _scenarios(scene: Scene) -> Iterator[tuple[str, Bools, Bools, int, str | None]]:
    """Name, posts by arc before and after, how many are added, and the reason if there are none."""
    added = scene.posts["post_id"].isin(placement.of_years(scene.posts, YEARS)["post_id"])
    standing = success_ways.posts_met(scene.found, scene.posts, set())
    without = success_ways.posts_met(scene.found, scene.posts[~added.to_numpy()], set())
    span = " or ".join(map(str, YEARS))
    absent = None if added.any() else f"no mapped post away from the line dates from {span}"
    n_posts = int(scene.posts.loc[added, "post_id"].nunique())
    yield f"posts since {span}", without, standing, n_posts, absent
    chosen = scene.placed
    for column, value in PLACED.items():
        chosen = chosen[chosen[column] == value]
    for depth_km, links in chosen.groupby("depth_km")["link_id"]:
        after = success_ways.posts_met(scene.found, scene.posts, set(links))
        yield f"{len(links)} more posts at {depth_km:+g} km", standing, after, len(links), None


def _harm(scene: Scene, then: Outcome | None, now: Outcome | None) -> Row:
    """Figures of harm before and after; no share that moves if one of them is unknown."""
    row: Row = {"moved_share": None}
    for when, found in (("before", then), ("after", now)):
        figures: dict[str, float | None] = dict.fromkeys(harm.FIGURES)
        if found is not None:
            figures = harm.figures(found, scene.line, scene.remote_minutes)
        row |= {f"{name}_{when}": value for name, value in figures.items()}
    if then is not None and now is not None:
        _, moved = success_ways.by_stretch(scene.line.border_km, now.share - then.share, WIDTH_KM)
        row["moved_share"] = float(np.abs(moved).sum() / 2)
    return row


def _moved(scene: Scene, scenario: str, model: str, then: Outcome, now: Outcome) -> Iterator[Row]:
    """Rows of displacement."""
    columns = {}
    for when, found in (("before", then), ("after", now)):
        afoot = np.where(scene.line.options.afoot, found.share, 0.0)
        for name, share in (("share", found.share), ("on_foot", afoot)):
            begins, columns[f"{name}_{when}"] = success_ways.by_stretch(
                scene.line.border_km, share, WIDTH_KM
            )
    for row, begin in enumerate(begins.tolist()):
        yield {
            "scenario": scenario,
            "demand": model,
            "from_km": begin,
            "to_km": begin + round(WIDTH_KM),
            **{name: float(values[row]) for name, values in columns.items()},
        }
