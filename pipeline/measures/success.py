"""A stated model of success: the share of travel over a border that is stopped.

It follows EASI (Estimate of Adversary Sequence Interruption; Garcia 2008, The Design and Evaluation
of Physical Protection Systems, 2nd edition). A person on foot is stopped if the person is detected
and the response arrives in time; both times have a standard deviation of 30 % of their mean. At a
post a person is stopped with a given chance; on an unwatched informal way, never. Ways are chosen
by a logit over minutes, with a price on the risk of being stopped.

A way is a leg to the line, an option to cross it, and a leg from there. The odds of the three are
multiplied, so that all pairs of places need only two products of matrices.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from pipeline.core import parameters
from pipeline.core.types import Bools, Floats
from pipeline.measures.success_ranges import Values

SCATTER = parameters.number("delay_scatter")
MOST_CHANCE = parameters.number("most_chance")


@dataclass(frozen=True)
class Legs:
    """Ways by road between places (rows) and options to cross the line (columns).

    Attributes
    ----------
    minutes : ndarray of float, shape (n_places, n_options)
        Minutes of the fastest way; infinite if there is none.
    posts : ndarray of float, shape (n_places, n_options)
        Number of posts away from the line on that way.
    clean_minutes : ndarray of float, shape (n_places, n_options)
        Minutes of the fastest way without such a post; infinite if there is none.
    """

    minutes: Floats
    posts: Floats
    clean_minutes: Floats


@dataclass(frozen=True)
class Options:
    """The options to cross the line; one value for each, shape (n_options,).

    Attributes
    ----------
    guarded, informal, afoot : ndarray of bool
        Whether it has a post; whether it is informal, so that not everybody knows it; whether it is
        on foot (then `informal` is not used).
    wait_minutes : ndarray of float
        Minutes at a post.
    flat_minutes, slope_minutes : ndarray of float
        Minutes of walking from road to road on level ground, and additional minutes by slopes; 0 by
        road.
    river, fenced : ndarray of float
        Share of the line there that is a river, and share that is fenced; 0 by road.
    response_minutes : ndarray of float
        Minutes from the nearest post to the line there.
    """

    guarded: Bools
    informal: Bools
    afoot: Bools
    wait_minutes: Floats
    flat_minutes: Floats
    slope_minutes: Floats
    river: Floats
    fenced: Floats
    response_minutes: Floats


@dataclass(frozen=True)
class Ways:
    """All ways over a border.

    Attributes
    ----------
    to : Legs
        Legs from origins to the line.
    on : Legs
        Legs from the line to destinations (rows).
    options : Options
        The options to cross the line.
    weight : ndarray of float, shape (n_origins, n_destinations)
        Demand of each pair.
    """

    to: Legs
    on: Legs
    options: Options
    weight: Floats


@dataclass(frozen=True)
class Outcome:
    """The outcome of the model.

    Attributes
    ----------
    stopped : float
        Share of demand that is stopped; NaN if no pair has a way.
    share : ndarray of float, shape (n_options,)
        Share of demand that chooses each option, including those who are stopped.
    walk_minutes : ndarray of float, shape (n_options,)
        Minutes on foot at each option.
    """

    stopped: float
    share: Floats
    walk_minutes: Floats


def outcome(ways: Ways, value: Values) -> Outcome:
    """Share of demand stopped, and the choice of options, for given values of the parameters.

    Parameters
    ----------
    ways : Ways
        All ways over a border.
    value : dict of str to float
        Value of each of success_ranges.PARAMETERS.

    Returns
    -------
    Outcome
    """
    rate = value["minutes_weight"]
    to, to_past = _odds(ways.to, value)
    on, on_past = _odds(ways.on, value)
    walk = walk_minutes(ways.options, value)
    chance = chances(ways.options, value)
    # An option that only some know is chosen less often.
    few = ways.options.informal | ways.options.afoot
    odds = np.where(few, value["known_share"], 1.0) * np.exp(
        -rate * (ways.options.wait_minutes + walk)
        + rate * value["risk_minutes"] * np.log1p(-chance)
    )
    chosen = (to * odds) @ on.T
    past = (to_past * (odds * (1 - chance))) @ on_past.T
    served = chosen > 0
    if not (ways.weight * served).sum() > 0:
        return Outcome(float("nan"), np.zeros(len(odds)), walk)
    weight = np.where(served, ways.weight, 0.0)
    weight = weight / weight.sum()
    per_odds = np.divide(weight, chosen, out=np.zeros_like(weight), where=served)
    share = odds * (to * (per_odds @ on)).sum(axis=0)
    return Outcome(float(1.0 - (per_odds * past).sum()), share, walk)


def walk_minutes(options: Options, value: Values) -> Floats:
    """Minutes on foot from road to road, with the delay by slopes and obstacles; 0 by road.

    Parameters
    ----------
    options
        The options to cross the line.
    value
        Values of the parameters, by name.

    Returns
    -------
    ndarray of float
        (n_options,) minutes.
    """
    return np.where(
        options.afoot,
        options.flat_minutes
        + value["slope_share"] * options.slope_minutes
        + value["river_minutes"] * options.river
        + value["fence_minutes"] * options.fenced,
        0.0,
    )


def chances(options: Options, value: Values) -> Floats:
    """Chance to be stopped at the line, for each option.

    Parameters
    ----------
    options
        The options to cross the line.
    value
        Values of the parameters, by name.

    Returns
    -------
    ndarray of float
        (n_options,) probabilities, at most MOST_CHANCE.
    """
    delay = walk_minutes(options, value) + value["pursuit_minutes"]
    # With twice as many posts along a line, the nearest one is half as far.
    driving = options.response_minutes / (value["response_speed"] * value["posts_factor"])
    response = value["alarm_minutes"] + driving
    known = np.isfinite(response)
    response = np.where(known, response, 0.0)
    in_time = ndtr((delay - response) / (SCATTER * np.hypot(delay, response)))
    caught = np.where(known, value["detection_chance"] * in_time, 0.0)
    at_post = np.where(options.guarded, value["post_chance"], 0.0)
    return np.minimum(np.where(options.afoot, caught, at_post), MOST_CHANCE)


def _odds(legs: Legs, value: Values) -> tuple[Floats, Floats]:
    """Odds of the legs (fastest, and without posts), and these times the chance to get through.

    The odds of a row are relative to its fastest leg, which does not change any share of a pair.
    """
    rate = value["minutes_weight"]
    met = -np.log1p(-min(value["post_chance"], MOST_CHANCE)) * value["posts_factor"] * legs.posts
    fastest = np.minimum(legs.minutes, legs.clean_minutes).min(
        axis=1, keepdims=True, initial=np.inf
    )
    fastest = np.where(np.isfinite(fastest), fastest, 0.0)
    straight = np.exp(-rate * (legs.minutes - fastest + value["risk_minutes"] * met))
    # If the fastest way meets no post, both ways are the same.
    round_it = np.exp(-rate * (legs.clean_minutes - fastest)) * (legs.posts > 0)
    return straight + round_it, straight * np.exp(-met) + round_it
