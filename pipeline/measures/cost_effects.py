"""What the scenarios of cost stop, with and without walking round, and the cost per point."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pipeline.core import parameters
from pipeline.measures import cost
from pipeline.measures.cost import Scenario

WALKS = (0, *parameters.wholes("walk_minutes"))
MODE = "road"  # people walk from roads to roads

Row = dict[str, Any]


def walking(minutes: float) -> str:
    """How tables name that people walk round a closed crossing if it takes no longer than this.

    Parameters
    ----------
    minutes : float
        Minutes; zero where no one walks.

    Returns
    -------
    str
        Such as `walking 60 minutes`, or `no walking`.
    """
    return f"walking {minutes:g} minutes" if minutes else "no walking"


def effects(
    scenarios: list[Scenario], closures: pd.DataFrame, on_foot: pd.DataFrame
) -> Iterator[Row]:
    """Rows of table cost_effects: the share of through demand by road that each scenario stops.

    Parameters
    ----------
    scenarios : list of Scenario
        What is added.
    closures, on_foot : pandas.DataFrame
        Tables closures and closures_on_foot: what closing the best k crossings stops.

    Yields
    ------
    dict
        A row for each scenario and each time that people would walk. A fence closes no crossing,
        so that alone it stops no one who travels by them; with posts on every crossing it leaves
        no way on foot either.
    """
    best = closures[closures["mode"].eq(MODE) & closures["aim"].eq("stop")]
    alone = best.groupby("k")["demand_stopped_share"].first()
    walked = on_foot[on_foot["mode"] == MODE].set_index(["k", "within_minutes"])
    walked_share = walked["demand_stopped_share"]
    for scenario in scenarios:
        for minutes in WALKS:
            share, why = _stopped(scenario, minutes, alone, walked_share)
            yield {
                "scenario": scenario.name,
                "demand": "through",
                "walking": walking(minutes),
                "stopped_share": share,
                "cost_per_point_musd": _per_point(scenario, share),
                "why_absent": why,
            }


def _stopped(
    scenario: Scenario, minutes: int, alone: pd.Series, walked: pd.Series
) -> tuple[float | None, str | None]:
    """The share stopped, or why it is not known."""
    why = scenario.why
    if scenario.name == cost.BEHIND:
        why = why or "demand that ends before these posts is not counted apart"
    elif alone.empty:
        why = why or "no through demand by road, or no crossing"
    if why:
        return None, why
    if scenario.name in (cost.FENCE, cost.LAND):
        return 0.0, None
    k = _closed(scenario, alone)
    if scenario.name == cost.BOTH or not minutes:
        return float(alone[k]), None
    known = (k, minutes) in walked.index
    return (float(walked[k, minutes]), None) if known else (None, "no elevation model")


def _closed(scenario: Scenario, alone: pd.Series) -> int:
    """How many crossings the scenario closes: all, or the fewest that stop its share."""
    shares = {cost.stopping(share): share for share in cost.SHARES}
    enough = alone[alone >= shares.get(scenario.name, 2.0) - 1e-9]
    return int(enough.index.min() if len(enough) else alone.index.max())


def _per_point(scenario: Scenario, share: float | None) -> float | None:
    """Million USD per 1 % of demand stopped, at middle unit costs and equal wages."""
    total = cost.total_musd(scenario, "mid")
    return total / (100 * share) if share and total is not None else None
