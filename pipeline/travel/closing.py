"""The effect of closing a set of crossings on demand."""

import numpy as np

from pipeline.core import parameters
from pipeline.core.types import Floats, Ints
from pipeline.travel import choice
from pipeline.travel.choice import Choice
from pipeline.travel.limits import DETOUR_LIMIT

LOST_MINUTES = parameters.number("lost_minutes")


def effect(chosen: Choice, closed: Ints) -> dict[str, float | None]:
    """Shares stopped (no way within DETOUR_LIMIT) and cut off, and mean minutes lost.

    Parameters
    ----------
    chosen : Choice
        Demand and its ways.
    closed : ndarray of int
        Rows of crossings that are closed.

    Returns
    -------
    dict of str to float or None
        `demand_stopped_share` and `cut_off_share` of demand, and `mean_extra_minutes`.
    """
    before = choice.by(chosen, chosen.minutes, chosen.first)
    after = choice.fastest(chosen, closed.tolist())
    lost = ~np.isfinite(after)
    # Only for pairs that are cut off: all ways of all pairs are a hundred times as many.
    ways = chosen.minutes[:, lost]
    slowest = np.where(np.isfinite(ways), ways, -np.inf).max(axis=0, initial=0.0)
    counted = after.copy()
    counted[lost] = slowest + LOST_MINUTES
    return {
        "demand_stopped_share": float(chosen.weight[after > DETOUR_LIMIT * before].sum()),
        "cut_off_share": float(chosen.weight[lost].sum()),
        "mean_extra_minutes": choice.mean(counted - before, chosen.weight),
    }


def delayed(chosen: Choice, closed: Ints, minutes: float) -> float | None:
    """Mean minutes lost if these crossings take longer instead, and demand may choose others.

    Parameters
    ----------
    chosen : Choice
        Demand and its ways.
    closed : ndarray of int
        Rows of crossings that take longer.
    minutes : float
        Additional minutes at each of them.

    Returns
    -------
    float or None
        Mean minutes lost; None if there is no demand.
    """
    slower: Floats = chosen.minutes.copy()
    slower[closed] += minutes
    return choice.mean(slower.min(axis=0, initial=np.inf) - choice.fastest(chosen), chosen.weight)


def screened(chosen: Choice, posts: Ints, probability: float) -> float:
    """Share stopped if each of these crossings stops those who pass it with a probability.

    Demand takes its fastest way and passes one crossing.

    Parameters
    ----------
    chosen : Choice
        Demand and its ways.
    posts : ndarray of int
        Rows of crossings with a post.
    probability : float
        Chance that a post stops those who pass it.

    Returns
    -------
    float
        Share of demand.
    """
    return float(chosen.weight[np.isin(chosen.first, posts)].sum() * probability)
