"""A stated model of success: the share of travel over a border that is stopped.

It follows EASI (Estimate of Adversary Sequence Interruption; Garcia 2008, The Design and Evaluation
of Physical Protection Systems, 2nd edition): someone on foot is stopped if he is noticed and those
who respond arrive before he is gone, with times that scatter by 30 % of their mean. At a post he is
stopped with a chance; on an unwatched informal way, with none. Ways are chosen by a logit
over minutes, with a price on the risk to be stopped.

A way is a leg to the line, an option to pass it, and a leg on. Odds of the three multiply, so that
all pairs of places are two products of matrices.
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
    """Ways between places (rows) and options to pass the line (columns), by road.

    Attributes
    ----------
    minutes : ndarray of float, shape (n_places, n_options)
        Of the fastest way; infinite where there is none.
    posts : ndarray of float, shape (n_places, n_options)
        Posts away from the line that it meets.
    clean_minutes : ndarray of float, shape (n_places, n_options)
        Of the fastest way that meets none; infinite where there is none.
    """

    minutes: Floats
    posts: Floats
    clean_minutes: Floats


@dataclass(frozen=True)
class Options:
    """Where the line can be passed; one value each, shape (n_options,).

    Attributes
    ----------
    guarded, informal, afoot : ndarray of bool
        A post stands there; not everybody knows of it (on foot the distinction is not needed).
    wait_minutes : ndarray of float
        Minutes at a post.
    flat_minutes, slope_minutes : ndarray of float
        Walking from road to road on level ground, and what slopes add; 0 by road.
    river, fenced : ndarray of float
        Share of the line there that is a river, and that is fenced; 0 by road.
    response_minutes : ndarray of float
        From the nearest post to the line there.
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
        From origins to the line.
    on : Legs
        From the line to destinations (rows).
    options : Options
        Where the line is passed.
    weight : ndarray of float, shape (n_origins, n_destinations)
        Demand of each pair.
    """

    to: Legs
    on: Legs
    options: Options
    weight: Floats


@dataclass(frozen=True)
class Outcome:
    """What the model says.

    Attributes
    ----------
    stopped : float
        Share of demand that is stopped; NaN where no pair has a way.
    share : ndarray of float, shape (n_options,)
        Share of demand that sets out by each option.
    walk_minutes : ndarray of float, shape (n_options,)
        Minutes on foot there.
    """

    stopped: float
    share: Floats
    walk_minutes: Floats


def outcome(ways: Ways, value: Values) -> Outcome:
    """Share of demand stopped, and where it sets out, at these values of the parameters.

    Parameters
    ----------
    ways : Ways
        All ways over a border.
    value : dict of str to float
        Of each of success_ranges.PARAMETERS.

    Returns
    -------
    Outcome
    """
    rate = value["minutes_weight"]
    to, to_past = _odds(ways.to, value)
    on, on_past = _odds(ways.on, value)
    walk = walk_minutes(ways.options, value)
    chance = chances(ways.options, value)
    # What is known to few is chosen by fewer.
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
    """Minutes on foot from road to road: the delay by slopes and obstacles; 0 by road.

    Parameters
    ----------
    options
        Where the line can be passed.
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
    """Chance to be stopped at the line, by option.

    Parameters
    ----------
    options
        Where the line can be passed.
    value
        Values of the parameters, by name.

    Returns
    -------
    ndarray of float
        (n_options,) probabilities, at most MOST_CHANCE.
    """
    delay = walk_minutes(options, value) + value["pursuit_minutes"]
    # With twice the posts along a line the nearest one is half as far.
    driving = options.response_minutes / (value["response_speed"] * value["posts_factor"])
    response = value["alarm_minutes"] + driving
    known = np.isfinite(response)
    response = np.where(known, response, 0.0)
    in_time = ndtr((delay - response) / (SCATTER * np.hypot(delay, response)))
    caught = np.where(known, value["detection_chance"] * in_time, 0.0)
    at_post = np.where(options.guarded, value["post_chance"], 0.0)
    return np.minimum(np.where(options.afoot, caught, at_post), MOST_CHANCE)


def _odds(legs: Legs, value: Values) -> tuple[Floats, Floats]:
    """Odds of the legs, of either way, and of these times the chance to get through.

    A row's odds are relative to its fastest leg's, which changes no share of a pair.
    """
    rate = value["minutes_weight"]
    met = -np.log1p(-min(value["post_chance"], MOST_CHANCE)) * value["posts_factor"] * legs.posts
    fastest = np.minimum(legs.minutes, legs.clean_minutes).min(
        axis=1, keepdims=True, initial=np.inf
    )
    fastest = np.where(np.isfinite(fastest), fastest, 0.0)
    straight = np.exp(-rate * (legs.minutes - fastest + value["risk_minutes"] * met))
    # Where the fastest way meets no post, the other is the same way.
    round_it = np.exp(-rate * (legs.clean_minutes - fastest)) * (legs.posts > 0)
    return straight + round_it, straight * np.exp(-met) + round_it
