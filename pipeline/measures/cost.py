"""The cost of additional posts and fences on a border.

A scenario is a number of posts and km of fence to add. Its cost is the cost of building and
maintaining them over the stated years, at low, middle and high unit costs (parameters.toml).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import Row, records
from pipeline.core.modes import VEHICLE_MODES
from pipeline.core.numbers import is_absent, number
from pipeline.travel.limits import DETOUR_LIMIT, limit_name

LEVELS = ("low", "mid", "high")
OPEN = ("official", "informal", "unmarked")
DEPTH_KM = parameters.number("headline_depth_km")
SHARES = parameters.numbers("stopped_shares")
YEARS = parameters.number("cost_years")
EVERY, FENCE, LAND, BOTH = (
    "posts on every crossing",
    "fence where there is none",
    "fence on land",
    "fence and posts",
)
BEHIND = f"posts {DEPTH_KM:g} km behind"


def stopping(share: float) -> str:
    """Name of the scenario that stops a share of through demand.

    Parameters
    ----------
    share : float
        Share of demand.

    Returns
    -------
    str
        Such as `posts to stop 50%`.
    """
    return f"posts to stop {share:.0%}"


SCENARIOS = (EVERY, BEHIND, *map(stopping, SHARES), FENCE, LAND, BOTH)


@dataclass(frozen=True)
class Scenario:
    """Posts and km of fence to add, existing posts, or why these are not known."""

    name: str
    posts: float | None
    standing: float | None
    fence_km: float | None
    why: str | None = None


def post_musd(level: str, wages: float = 1.0) -> float:
    """The cost of one post over the stated years.

    Parameters
    ----------
    level : str
        low, mid or high unit costs.
    wages : float
        Wages at the place, relative to those of the United States; for a post they only change the
        cost of staff.

    Returns
    -------
    float
        Million USD.
    """
    at = LEVELS.index(level)
    officers = parameters.numbers("post_officers")[at]
    staff = officers * parameters.numbers("officer_musd_year")[at]
    return parameters.numbers("post_build")[at] + staff * wages * YEARS


def fence_musd_per_km(level: str, wages: float = 1.0) -> float:
    """The cost of a km of fence over the stated years: building and maintenance.

    Parameters
    ----------
    level : str
        low, mid or high unit costs.
    wages : float
        Wages at the place, relative to those of the United States; for a fence they change the cost
        of all work.

    Returns
    -------
    float
        Million USD per km.
    """
    at = LEVELS.index(level)
    upkeep = parameters.numbers("fence_upkeep_per_km_year")[at] * YEARS
    return (parameters.numbers("fence_build_per_km")[at] + upkeep) * wages


def used(crossings: pd.DataFrame) -> pd.DataFrame:
    """The counted road and railway crossings that are open.

    Parameters
    ----------
    crossings : pandas.DataFrame
        Table crossings.

    Returns
    -------
    pandas.DataFrame
        The rows of crossings that would need a post.
    """
    chosen = crossings["counted"] & crossings["mode"].isin(VEHICLE_MODES)
    chosen &= crossings["status"].isin(OPEN) & (crossings["class"] != "restricted")
    return crossings[chosen]


def scenarios(
    crossings: pd.DataFrame,
    cordons: pd.DataFrame,
    counts: pd.DataFrame,
    closures: pd.DataFrame,
    posture: pd.DataFrame,
) -> list[Scenario]:
    """The posts and km of fence that each scenario adds.

    Parameters
    ----------
    crossings : pandas.DataFrame
        Open crossings, as from `used`.
    cordons, counts, closures, posture : pandas.DataFrame
        Tables cordons, closure_counts, closures and posture.

    Returns
    -------
    list of Scenario
        Posts on every crossing without one; further checkpoints that close every way at the
        headline depth, G(D); a post at each of the fewest crossings that stop a share of through
        demand; a fence where there is none, on land only, and with posts on every crossing.
    """
    bare = posture[posture["measure"] == "unfenced_km"].set_index("of")["value"]
    fence_km, land_km = float(bare[""]), float(bare["land"])
    standing = float((crossings["status"] == "official").sum())
    added = len(crossings) - standing
    return [
        Scenario(EVERY, added, standing, 0.0),
        _behind(cordons),
        *(_stopping(share, counts, closures, crossings) for share in SHARES),
        Scenario(FENCE, 0.0, 0.0, fence_km),
        Scenario(LAND, 0.0, 0.0, land_km),
        Scenario(BOTH, added, standing, fence_km),
    ]


def _behind(cordons: pd.DataFrame) -> Scenario:
    """Posts that close every way at the headline depth: F(D) minus those that posts close."""
    headline = cordons["directed"] & ~cordons["third_open"] & (cordons["depth_km"] == DEPTH_KM)
    by_mode = {row["mode"]: row for row in records(cordons[headline])}
    links, further, lacking = 0.0, 0.0, []
    for mode in VEHICLE_MODES:
        row = by_mode.get(mode)
        if row is not None and not is_absent(row["min_cut_links"]):
            links += float(row["min_cut_links"])
            free = row["unguarded_links"]
            further += float(row["min_cut_links"] if is_absent(free) else free)
        elif mode == "road" or row is None or "no railway" not in str(row["why_absent"]):
            # If no railway lies that deep, none needs a post; any other missing value makes the sum
            # unknown.
            lacking.append(f"{mode}: {'no such depth' if row is None else row['why_absent']}")
    why = "; ".join(lacking) or None
    if why:
        return Scenario(BEHIND, None, None, 0.0, why)
    return Scenario(BEHIND, further, links - further, 0.0)


def _stopping(
    share: float, counts: pd.DataFrame, closures: pd.DataFrame, crossings: pd.DataFrame
) -> Scenario:
    """Posts at the fewest crossings of road and rail that stop a share of through demand."""
    headline = (
        counts["demand"].eq("through")
        & counts["unit"].eq("crossing")
        & counts["detour_limit"].eq(limit_name(DETOUR_LIMIT))
        & counts["stopped_share"].eq(share)
    )
    by_mode = {row["mode"]: row for row in records(counts[headline])}
    official = set(crossings.loc[crossings["status"] == "official", "crossing_id"])
    posts, standing, lacking = 0, 0, []
    for mode in VEHICLE_MODES:
        row = by_mode.get(mode)
        if row is not None and not is_absent(row["closings"]):
            best = closures["mode"].eq(mode) & closures["aim"].eq("stop")
            closed = closures.loc[best & closures["k"].eq(row["closings"]), "crossing_id"]
            posts += int(row["closings"])
            standing += len(official & set(closed))
        elif (crossings["mode"] == mode).any():
            lacking.append(f"{mode}: {'not counted' if row is None else row['why_absent']}")
    if lacking:
        return Scenario(stopping(share), None, None, 0.0, "; ".join(lacking))
    return Scenario(stopping(share), float(posts - standing), float(standing), 0.0)


def total_musd(scenario: Scenario, level: str, wages: float = 1.0) -> float | None:
    """The cost of a scenario over the stated years.

    Parameters
    ----------
    scenario : Scenario
        The posts and km of fence to add.
    level : str
        low, mid or high unit costs.
    wages : float
        Wages at the place, relative to those of the United States.

    Returns
    -------
    float or None
        Million USD; None if the number of posts or km is not known.
    """
    if scenario.posts is None or scenario.fence_km is None:
        return None
    fence = scenario.fence_km * fence_musd_per_km(level, wages)
    return scenario.posts * post_musd(level, wages) + fence


def costed(scenario: Scenario, country: str) -> Iterator[Row]:
    """Rows of table costs: a scenario at each level of unit costs, with equal and with local wages.

    Parameters
    ----------
    scenario : Scenario
        The posts and km of fence to add.
    country : str
        ISO 3166-1 code of the country in which the work is done.

    Yields
    ------
    dict
        A row of the table costs.
    """
    for wages in ("same", "own"):
        share = 1.0 if wages == "same" else parameters.table("wages").get(country)
        absent = scenario.why or (None if share else f"no wages of {country} in parameters.toml")
        for level in LEVELS:
            value = None
            if (
                not absent
                and share
                and scenario.posts is not None
                and scenario.fence_km is not None
            ):
                value = scenario.posts * post_musd(level, share)
                value += scenario.fence_km * fence_musd_per_km(level, share)
            yield {
                "scenario": scenario.name,
                "level": level,
                "wages": wages,
                "quantity": scenario.fence_km or scenario.posts,
                "unit": _unit(scenario),
                "posts": scenario.posts,
                "posts_standing": scenario.standing,
                "fence_km": scenario.fence_km,
                "cost_musd": value,
                "why_absent": absent,
            }


def _unit(scenario: Scenario) -> str:
    if not scenario.fence_km:
        return "posts"
    return f"km and {number(scenario.posts)} posts" if scenario.posts else "km"
