"""Maximum coverage: the n places that see the largest share of travel, exact or with bounds.

Each further place adds less, the more places there are (coverage is submodular). So the greedy
choice of one best place after the other reaches at least 63 % of the optimum (Nemhauser, Wolsey &
Fisher 1978), and mostly far more; the remaining gains give an upper bound. Small problems are
solved exactly (Church & ReVelle 1974).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from pipeline.core.types import Floats, Ints


@dataclass(frozen=True)
class Coverage:
    """The chosen places, the weight that they see, and an upper bound for this number of places."""

    places: Ints
    value: float
    bound: float


def best(
    passes: csr_array, weight: Floats, n_places: int, most_entries: int, most_branches: int
) -> Coverage:
    """The places that see the greatest weight.

    Parameters
    ----------
    passes : csr_array, shape (n_ways, n_places)
        1 where a way passes a place.
    weight : ndarray of float, shape (n_ways,)
        Weight of each way.
    n_places : int
        Number of places to choose.
    most_entries : int
        Greatest number of entries of `passes` for which a program is solved.
    most_branches : int
        Greatest number of branches to search; not a time limit, so that equal input gives equal
        output.

    Returns
    -------
    Coverage
    """
    found = greedy(passes, weight, n_places)
    if found.bound - found.value <= 1e-9 or passes.nnz > most_entries:
        return found
    ways, places = passes.shape
    solved = milp(
        np.concatenate([np.zeros(places), -weight]),
        constraints=[
            LinearConstraint(hstack([-passes, eye_array(ways)]), -np.inf, 0),
            LinearConstraint(
                np.concatenate([np.ones(places), np.zeros(ways)])[None, :], -np.inf, n_places
            ),
        ],
        integrality=np.concatenate([np.ones(places), np.zeros(ways)]),
        bounds=Bounds(0, 1),
        options={"node_limit": most_branches, "mip_rel_gap": 0.0},
    )
    bound = found.bound
    if solved.mip_dual_bound is not None:
        bound = min(bound, -float(solved.mip_dual_bound))
    if solved.x is not None and -float(solved.fun) > found.value:
        chosen = np.flatnonzero(solved.x[:places] > 0.5)
        seen = float(weight[passes[:, chosen].sum(axis=1) > 0].sum())
        found = Coverage(chosen, seen, bound)
    return Coverage(found.places, found.value, max(bound, found.value))


def greedy(passes: csr_array, weight: Floats, n_places: int) -> Coverage:
    """The best place, then the best one in addition, and so on; of equal ones the first.

    Parameters
    ----------
    passes, weight, n_places
        As for `best`.

    Returns
    -------
    Coverage
    """
    unseen, chosen, seen, bound = weight.astype(np.float64), [], 0.0, np.inf
    for number in range(n_places + 1):
        gain = np.asarray(passes.T @ unseen)
        bound = min(bound, seen + float(np.sort(gain)[::-1][:n_places].sum()))
        place = int(np.argmax(gain)) if len(gain) else -1
        if number == n_places or place < 0 or gain[place] <= 0:
            break
        chosen.append(place)
        seen += float(gain[place])
        unseen = np.where(np.asarray(passes[:, [place]].todense()).ravel() > 0, 0.0, unseen)
    return Coverage(
        np.sort(np.array(chosen, dtype=np.int64)), seen, max(min(bound, float(weight.sum())), seen)
    )
