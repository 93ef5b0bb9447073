"""Effects of posts on travellers by the model of success: how many walk, and how far from posts."""

import numpy as np
import pandas as pd

from pipeline.core.types import Floats
from pipeline.measures.success import Outcome
from pipeline.measures.success_ways import Line

FIGURES = ("stopped", "on_foot", "walk_minutes", "remote_minutes")


def remote_minutes(on_line: Line, border_km: pd.DataFrame) -> Floats:
    """Minutes from the nearest post to the km of the line, for each option.

    Parameters
    ----------
    on_line : Line
        The options to cross the line.
    border_km : DataFrame
        Table border_km.

    Returns
    -------
    ndarray of float, shape (n_options,)
        NaN if no post reaches it.
    """
    known = border_km.set_index("border_km")["post_minutes"].astype(float)
    there = known.reindex(np.floor(on_line.border_km).astype(np.int64))
    return np.asarray(there, dtype=np.float64)


def figures(found: Outcome, on_line: Line, remote: Floats) -> dict[str, float | None]:
    """Figures of harm of one outcome, over all demand.

    Parameters
    ----------
    found : Outcome
        The outcome of the model.
    on_line : Line
        The options of that outcome.
    remote : ndarray of float, shape (n_options,)
        Minutes from the nearest post, as from `remote_minutes`.

    Returns
    -------
    dict of str to float or None
        By FIGURES: shares of demand stopped and on foot, mean minutes walked, and mean minutes from
        the nearest post to the places where people cross; None if no post reaches any of these
        places.
    """
    known = np.isfinite(remote) & (found.share > 0)
    return {
        "stopped": found.stopped,
        "on_foot": float(found.share[on_line.options.afoot].sum()),
        "walk_minutes": float(found.share @ found.walk_minutes),
        "remote_minutes": float(np.average(remote[known], weights=found.share[known]))
        if known.any()
        else None,
    }
