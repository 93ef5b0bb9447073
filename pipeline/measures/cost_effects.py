"""Demand that the scenarios of cost stop, with and without walking round, and cost per point."""

from collections.abc import Iterator
from itertools import product

import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import Row
from pipeline.measures import cost
from pipeline.measures.cost import Scenario
from pipeline.travel.demand import STOPPED

WALKS = (0, *parameters.wholes("walk_minutes"))
MODE = "road"  # people walk from roads to roads

SAME = 1e-9  # shares that differ by less count as equal

# Share stopped, or why it is not known, by demand, number of closed crossings, and minutes of
# walking.
Closed = dict[tuple[str, int, int], tuple[float, str | None]]


def walking(minutes: float) -> str:
    """The name in tables for the time up to which people walk round a closed crossing.

    Parameters
    ----------
    minutes : float
        Minutes; zero if nobody walks.

    Returns
    -------
    str
        Such as `walking 60 minutes`, or `no walking`.
    """
    return f"walking {minutes:g} minutes" if minutes else "no walking"


def effects(scenarios: list[Scenario], on_foot: pd.DataFrame) -> Iterator[Row]:
    """Rows of table cost_effects: the share of each demand by road that each scenario stops.

    Parameters
    ----------
    scenarios : list of Scenario
        What is added.
    on_foot : pandas.DataFrame
        Table closures_on_foot: the share of each demand that closing the best k crossings stops.

    Yields
    ------
    dict
        A row for each scenario, each demand and each time of walking. All demands meet the same
        posts and fence: posts that stop a share of through demand close the best crossings for
        that. A fence does not close a crossing, so a fence alone stops nobody who uses crossings;
        together with posts on every crossing it also leaves no way on foot.
    """
    road = on_foot[on_foot["mode"] == MODE]
    keys = zip(road["demand"], road["k"], road["within_minutes"], strict=True)
    shares_and_reasons = zip(road["demand_stopped_share"], road["why_absent"], strict=True)
    closed: Closed = dict(zip(keys, shares_and_reasons, strict=True))
    for scenario, demand, minutes in product(scenarios, STOPPED, WALKS):
        share, why = _stopped(scenario, demand, minutes, closed)
        yield {
            "scenario": scenario.name,
            "demand": demand,
            "walking": walking(minutes),
            "stopped_share": share,
            "cost_per_point_musd": _per_point(scenario, share),
            "why_absent": why,
        }


def _stopped(
    scenario: Scenario, demand: str, minutes: int, closed: Closed
) -> tuple[float | None, str | None]:
    """The share of a demand that is stopped, or why it is not known."""
    why = scenario.why
    if scenario.name == cost.BEHIND:
        why = why or "demand that ends before these posts is not counted separately"
    elif not closed:
        why = why or "no through demand by road, or no crossing"
    if why:
        return None, why
    # A fence closes no crossing and leaves no walk, so that elevation does not matter.
    fenced = scenario.name in (cost.FENCE, cost.LAND, cost.BOTH)
    share, why = closed[demand, _closings(scenario, closed), 0 if fenced else minutes]
    if isinstance(why, str):
        return None, why
    return 0.0 if scenario.name in (cost.FENCE, cost.LAND) else float(share), None


def _closings(scenario: Scenario, closed: Closed) -> int:
    """The number of crossings that the scenario closes: all, or the fewest that stop its share."""
    alone = {
        k: share
        for (demand, k, minutes), (share, _) in closed.items()
        if demand == "through" and not minutes
    }
    shares = {cost.stopping(share): share for share in cost.SHARES}
    asked = shares.get(scenario.name, 2.0)
    return min((k for k, share in alone.items() if share >= asked - SAME), default=max(alone))


def _per_point(scenario: Scenario, share: float | None) -> float | None:
    """Million USD per 1 % of demand stopped, at middle unit costs and equal wages."""
    total = cost.total_musd(scenario, "mid")
    return total / (100 * share) if share and total is not None else None
