"""Figures on the line, its crossings, and the closing of one of them, as rows to compare."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.core.frames import Row
from pipeline.core.modes import MODES, VEHICLE_MODES
from pipeline.measures.choices import NEAR_SITES, SITES
from pipeline.measures.claims import Claims
from pipeline.measures.crossing_merge import sites_of
from pipeline.network.access import VEHICLES
from pipeline.network.line import RULER, RULER_COLUMN

OPEN = ("official", "informal", "unmarked")


def lengths(line: pd.Series, official_km: dict[str, float]) -> Iterator[Row]:
    """The length of the line by both rulers, and the published length.

    Parameters
    ----------
    line : pandas.Series
        The row of layer border.
    official_km : dict of str to float
        Published lengths by border.

    Yields
    ------
    dict
        A figure with the choices that it rests on.
    """
    lengths = {RULER: line[RULER_COLUMN], "as drawn": line["length_km"]}
    if line["border"] in official_km:
        lengths["official"] = official_km[line["border"]]
    for ruler, value in lengths.items():
        yield {"measure": "length", "ruler": ruler, "value": value, "unit": "km"}


def counts(crossings: pd.DataFrame) -> Iterator[Row]:
    """Counted crossings (no grazes) by mode and status; restricted ones only where stated.

    Parameters
    ----------
    crossings : pandas.DataFrame
        Layer crossings.

    Yields
    ------
    dict
        A figure with the choices that it rests on.
    """
    for mode in MODES:
        here = crossings[crossings["counted"] & (crossings["mode"] == mode)]
        yield from _passages(mode, here[here["status"].isin(OPEN)])
        for status, chosen in by_status(here).items():
            rows = here[chosen]
            least = totals(rows[rows["certain"].astype(bool)])
            for count, value in totals(rows).items():
                yield {"measure": "crossings", "mode": mode, "status": status, "count": count,
                       "value": value, "unit": count, **_range(least[count], value)}  # fmt: skip


def by_status(crossings: pd.DataFrame) -> dict[str, pd.Series]:
    """Which crossings are counted for each choice of status.

    Parameters
    ----------
    crossings : pandas.DataFrame
        Layer crossings, or rows of it.

    Returns
    -------
    dict of str to pandas.Series
        Booleans by row: each status without restricted crossings; `restricted`; `open`, which a
        private car may pass; and `open or restricted`.
    """
    usable = crossings["status"].isin(OPEN)
    restricted = usable & (crossings["class"] == "restricted")
    found = {status: crossings["status"].eq(status) & ~restricted for status in OPEN}
    found |= {"closed": crossings["status"].eq("closed"), "restricted": restricted}
    return found | {"open": usable & ~restricted, "open or restricted": usable}


def totals(rows: pd.DataFrame) -> dict[str, float]:
    """The number of crossings, links, lanes and sites.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of layer crossings, of one mode.

    Returns
    -------
    dict of str to float
        Numbers by what is counted.
    """
    return {
        "crossings": len(rows),
        "links": rows["n_links"].sum(),
        "lanes": rows["lanes"].sum(),
        SITES: len(np.unique(sites_of(rows))),
    }


def _range(least: float, value: float) -> dict[str, float]:
    """The range of a count, from the certain ones where data end; None if all are certain."""
    return {} if least == value else {"low": least, "high": value}


def _passages(mode: str, usable: pd.DataFrame) -> Iterator[Row]:
    """How many can be passed only at some hours, at any time, and by each kind of vehicle."""
    restricted = usable["class"] == "restricted"
    by_hours = usable["by_hours"].astype(bool)
    chosen = {"open by hours": ~restricted & by_hours, "open at all hours": ~restricted & ~by_hours}
    if mode == "road":
        may = usable["vehicles"].fillna("").str.split(", ")
        for vehicle in VEHICLES:
            chosen[f"open to {vehicle}"] = may.map(lambda names, own=vehicle: own in names)
    sure = usable["certain"].astype(bool)
    for status, rows in chosen.items():
        least, value = int((rows & sure).sum()), int(rows.sum())
        yield {"measure": "crossings", "mode": mode, "status": status, "count": "crossings",
               "value": value, "unit": "crossings", **_range(least, value)}  # fmt: skip
    near = usable.loc[~restricted, "site_250m"]
    yield {"measure": "crossings", "mode": mode, "status": "open", "count": NEAR_SITES,
           "value": near.nunique(), "unit": NEAR_SITES,
           **_range(near[sure].nunique(), near.nunique())}  # fmt: skip


def inventories(border: str, asked: Claims) -> Iterator[Row]:
    """Crossings that inventories count on this border, independent of the data.

    Parameters
    ----------
    border : str
        Name of the border.
    asked : Claims
        The claims, which contain the inventories.

    Yields
    ------
    dict
        A figure with the choices that it rests on.
    """
    for one in asked.inventories:
        if one.border == border:
            yield {"measure": "crossings", "mode": one.mode, "status": f"{one.status} inventory",
                   "count": "crossings", "value": one.crossings, "unit": "crossings"}  # fmt: skip


def closings(crossings: pd.DataFrame, bypasses: pd.DataFrame) -> Iterator[Row]:
    """The effect of closing one crossing, weighted by the demand that uses it.

    Parameters
    ----------
    crossings, bypasses : pandas.DataFrame
        Layers crossings and bypasses, the latter with the kind of each chokepoint.

    Yields
    ------
    dict
        A figure with the choices that it rests on.
    """
    for mode in VEHICLE_MODES:
        served = crossings[(crossings["mode"] == mode) & crossings["logit_share"].notna()]
        share = served["logit_share"]
        known = served["extra_minutes"].notna() & (share > 0)
        weight = share[known].sum()
        closed = bypasses[(bypasses["mode"] == mode) & (bypasses["kind"] == "crossing")]
        cut_off = int(closed["cut_off"].sum())
        nobody = "no demand passes a crossing" if share.sum() == 0 else ""
        alone = nobody or "no closing leaves another way"
        none = "no crossing was closed"
        values = {
            "extra_minutes": (
                (share[known] * served["extra_minutes"][known]).sum() / weight if weight else None,
                "minutes",
                alone,
            ),
            "first_two_share": (None if nobody else share.nlargest(2).sum(), "share", nobody),
            "cut_off_crossings": (cut_off if len(closed) else None, "crossings", none),
            "cut_off_share": (cut_off / len(closed) if len(closed) else None, "share", none),
        }
        for measure, (value, unit, why) in values.items():
            yield {"measure": measure, "mode": mode, "value": value, "unit": unit,
                   "why_absent": why if value is None else ""}  # fmt: skip
