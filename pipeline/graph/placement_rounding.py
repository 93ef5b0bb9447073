"""Fixed posts that differ from existing posts, if a program would be too large.

In units of a new post's −ln(1 − p), the linear program of fixed posts equals that of randomised
posts (module `placement_curve`); its value is an upper bound for every set of whole posts. A whole
post is placed on a link if the level of the best placement passes a threshold on it; thresholds are
one post apart. Averaged over the position of the first threshold, the sets need exactly the given
number of posts, so that some sets need no more. The best of these sets is a lower bound.
"""

from dataclasses import replace

import numpy as np

from pipeline.core.types import Floats, Ints
from pipeline.graph import placement, placement_curve
from pipeline.graph.placement_field import UNIT, Field
from pipeline.graph.placement_programs import Programme, least, log_weight

POST = round(1 / UNIT)
MOST_TRIED = 32


def fixed(field: Field, stop: float, n_posts: int) -> Programme:
    """Visible whole posts, and an upper bound for any set of this number of posts.

    Parameters
    ----------
    field : Field
        The arcs; there must be a way from SOURCE to SINK.
    stop : float
        Chance that a new post stops a traveller who passes it; at most 0.99 is used.
    n_posts : int
        New posts.

    Returns
    -------
    Programme
        The result; the chance along a way is 1 − Π(1 − p), and `value` is the chance with posts on
        these links.
    """
    new = float(log_weight(np.array(stop)))
    counted = replace(field, chance=log_weight(field.chance) / new)
    curve = placement_curve.curve(counted, 1.0, n_posts)
    none = np.empty(0, np.int64)
    best, most = (least(counted, counted.chance), none), placement_curve.value(curve, n_posts)
    if len(curve.ways):
        for links in _sets(field, placement.levels(counted, curve, n_posts), n_posts):
            met = least(counted, counted.chance + np.isin(field.link, links) * field.takes)
            best = max(best, (met, links), key=lambda found: found[0])
    value, bound = (1.0 - float(np.exp(-new * met)) for met in (best[0], max(best[0], most)))
    return Programme(value, bound, best[1])


def _sets(field: Field, level: Floats, n_posts: int) -> list[Ints]:
    """Sets of at most `n_posts` links whose ends lie on either side of a threshold."""
    units = np.round(level / UNIT).astype(np.int64)
    rises = field.takes & (units[field.head] > units[field.tail])
    tail, head, link = units[field.tail[rises]], units[field.head[rises]], field.link[rises]
    if not len(link):
        return []
    firsts = np.unique(head % POST)
    tried = firsts[np.unique(np.linspace(0, len(firsts) - 1, MOST_TRIED).round().astype(np.int64))]
    # A threshold exactly at the level of a link's head belongs to the link, one at its tail does
    # not.
    sets = [np.unique(link[(head - at) // POST > (tail - at) // POST]) for at in tried.tolist()]
    return [links for links in sets if len(links) <= n_posts]
