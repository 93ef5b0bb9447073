"""Bridges that opened between two counts: predicted and observed traffic."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.core.types import Floats, Ints
from pipeline.measures.traffic_fit import Fit
from pipeline.travel.choice import Choice, logit_shares

Row = dict[str, object]


def openings(chosen: Choice, fit: Fit, here: pd.DataFrame, counts: pd.DataFrame) -> Iterator[Row]:
    """Rows of traffic_openings: bridges opened between two counts of single bridges.

    The new bridge gets the model's share. The others divide the rest as counted before, each
    changed by the same factor as in the model (pivot-point analysis, Ben-Akiva & Lerman 1985).

    Parameters
    ----------
    chosen : Choice
        Ways of through demand over the crossings.
    fit : Fit
        The rate, and sizes of crossings.
    here : pandas.DataFrame
        Known crossings with `crossing`, a row of the network's.
    counts : pandas.DataFrame
        Counts of one measure: scope, code, year, value.

    Yields
    ------
    dict
        A row of the table.
    """
    single = counts[counts["scope"] == "crossing"]
    table = single.pivot_table(index="code", columns="year", values="value").fillna(0.0)
    years = sorted(int(year) for year in table.columns)
    opened = here.set_index("id")["opened_year"]
    row_of = here.set_index("id")["crossing"]
    counted = [code for code in table.index if code in row_of.index]
    for bridge in sorted(opened.index[opened > min(years, default=9999)]):
        # A bridge that opens late in the year appears in the next count.
        before = max(year for year in years if year < opened[bridge])
        after = min((year for year in years if year > opened[bridge]), default=None)
        if after is None or bridge not in counted or not table.loc[bridge, after]:
            continue
        later = opened.index[opened > after]
        compared = [code for code in counted if code not in set(later) and code != bridge]
        rows = row_of[[*compared, bridge]].to_numpy()
        closed_then = row_of[[code for code in later if code != bridge]].to_numpy()
        without, with_it = (
            among(chosen, fit, closed, rows)
            for closed in (np.append(closed_then, row_of[bridge]), closed_then)
        )
        seen = [table.loc[[*compared, bridge], year].to_numpy() for year in (before, after)]
        seen = [values / values.sum() for values in seen]
        predicted = pivoted(seen[0], without, with_it)
        change, guess = seen[1] - seen[0], predicted - seen[0]
        yield {
            "bridge": bridge,
            "opened": int(opened[bridge]),
            "before": before,
            "after": after,
            "bridges": len(rows),
            "predicted_share": float(predicted[-1]),
            "observed_share": float(seen[1][-1]),
            "predicted_change": float(guess[-1]),
            "observed_change": float(change[-1]),
            "mean_error": float(np.abs(guess - change).mean()),
            "no_change_error": float(np.abs(change).mean()),
        }


def pivoted(seen: Floats, without: Floats, with_it: Floats) -> Floats:
    """Shares after the last bridge opened: counted shares before, changed as in the model.

    Parameters
    ----------
    seen : numpy.ndarray
        Counted shares before.
    without, with_it : numpy.ndarray
        Shares of the model without the last bridge and with it.

    Returns
    -------
    numpy.ndarray
        Shares that sum to 1.
    """
    grown = np.divide(with_it, without, out=np.ones(len(seen)), where=without > 0)
    others = (seen * grown)[:-1]
    total = others.sum()
    left = others * (1 - with_it[-1]) / total if total > 0 else others
    return np.append(left, with_it[-1])


def among(chosen: Choice, fit: Fit, closed: Ints, rows: Ints) -> Floats:
    """Logit shares of some crossings relative to each other when others are closed.

    Parameters
    ----------
    chosen : Choice
        Ways of through demand over the crossings.
    fit : Fit
        The rate, and sizes of crossings.
    closed, rows : numpy.ndarray
        Rows of closed crossings, and of the crossings whose shares are computed.

    Returns
    -------
    numpy.ndarray
        Shares that sum to 1.
    """
    size = fit.size.copy()
    size[closed.astype(np.int64)] = 0.0
    share = logit_shares(chosen, size, fit.rate)[rows]
    return np.asarray(share / share.sum())
