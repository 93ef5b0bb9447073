"""Apply a situation file to crossings: what is known for each vehicle on a day.

A statement overrides tags while it is valid. Of several statements on one vehicle the newest
counts; on the same day, the one for the vehicle counts before the one for all vehicles. If the
statement that counts has expired, the crossing is unknown for that vehicle; it is not assumed to be
open.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.core import schema
from pipeline.core.frames import Row, records
from pipeline.core.numbers import is_absent
from pipeline.core.situationfile import EVERY
from pipeline.measures.crossing_table import NO_HEADLINE, STATED
from pipeline.measures.statements import MAY_CARRY, TRAIN

UNKNOWN, CLOSED, OPEN = "unknown", "closed", "open"


def carried(crossing: Mapping[str, Any]) -> tuple[str, ...]:
    """The vehicles that may pass a crossing as mapped.

    Parameters
    ----------
    crossing : mapping
        A row of table crossings.

    Returns
    -------
    tuple of str
        Some of car, goods, bus, bicycle, foot; train for a railway; empty if it is closed.
    """
    if crossing["status"] == CLOSED:
        return ()
    if crossing["mode"] == "rail":
        return (TRAIN,)
    return tuple(filter(None, str(crossing["vehicles"]).split(", ")))


def governing(situations: pd.DataFrame, crossing: Mapping[str, Any]) -> dict[str, Row]:
    """The statement that counts, for each vehicle that has a statement.

    Parameters
    ----------
    situations : DataFrame
        Table situations.
    crossing : mapping
        A row of table crossings.

    Returns
    -------
    dict of str to dict
        Rows of table situations by vehicle: statements in force, and expired ones.
    """
    if not len(situations):
        return {}
    here = situations[situations["crossing_id"].eq(crossing["crossing_id"])]
    here = here[here["standing"].isin(["in force", "expired"])]
    found: dict[str, Row] = {}
    order = here.assign(own=here["vehicle"] != EVERY).sort_values(["since", "own"], kind="stable")
    for row in records(order):
        among = MAY_CARRY[str(crossing["mode"])]
        if row["vehicle"] == EVERY:
            # "Open to all" means the vehicles that may pass as mapped, or all vehicles if it was
            # closed.
            among = (carried(crossing) or among) if row["state"] == OPEN else among
        else:
            among = (row["vehicle"],)
        found |= dict.fromkeys(among, row)
    return found


def by_vehicle(situations: pd.DataFrame, crossing: Mapping[str, Any]) -> dict[str, str]:
    """The state of a crossing for each vehicle: open, closed, restricted or unknown.

    Parameters
    ----------
    situations : DataFrame
        Table situations.
    crossing : mapping
        A row of table crossings.

    Returns
    -------
    dict of str to str
        The state by vehicle, for all vehicles of the crossing's mode; without a statement, as
        mapped.
    """
    as_mapped = carried(crossing)
    found = {
        vehicle: OPEN if vehicle in as_mapped else CLOSED
        for vehicle in MAY_CARRY[str(crossing["mode"])]
    }
    for vehicle, row in governing(situations, crossing).items():
        found[vehicle] = row["state"] if row["standing"] == "in force" else UNKNOWN
    return found


def waits(situations: pd.DataFrame, crossing: Mapping[str, Any]) -> dict[str, float]:
    """Minutes of waiting by vehicle, from statements in force.

    Parameters
    ----------
    situations : DataFrame
        Table situations.
    crossing : mapping
        A row of table crossings.

    Returns
    -------
    dict of str to float
        Minutes, only for vehicles with a stated wait.
    """
    return {
        vehicle: float(row["wait_minutes"])
        for vehicle, row in governing(situations, crossing).items()
        if row["standing"] == "in force" and not is_absent(row["wait_minutes"])
    }


def laid_over(crossings: pd.DataFrame, situations: pd.DataFrame) -> pd.DataFrame:
    """The crossings with the situation applied.

    Parameters
    ----------
    crossings : GeoDataFrame
        Table crossings, as mapped.
    situations : DataFrame
        Table situations of the same border.

    Returns
    -------
    GeoDataFrame
        The same rows with new status (unknown if it is open for no vehicle and unknown for one),
        mapped_status (the old status if it changed), class (restricted if no private car may pass),
        vehicles, in_headline, sites, wait_minutes and situation in words.
    """
    spoken_of = set(situations.loc[situations["standing"] != "not yet in force", "crossing_id"])
    changed = crossings.copy()
    columns = ("status", "class", "vehicles", "in_headline", "site_250m", "site_10km", *STATED)
    values = {column: changed[column].astype(object).to_numpy().copy() for column in columns}
    for number, row in enumerate(records(crossings)):
        if row["crossing_id"] in spoken_of:
            new_row = _laid_over(row, situations)
            if new_row.get("status", row["status"]) != row["status"]:
                new_row["mapped_status"] = row["status"]
            for column, value in new_row.items():
                values[column][number] = value
    return schema.conform(changed.assign(**values), "crossings")


def _laid_over(row: Row, situations: pd.DataFrame) -> Row:
    """The changed columns of a row of crossings."""
    known = by_vehicle(situations, row)
    open_to = [vehicle for vehicle, state in known.items() if state == OPEN]
    minutes = waits(situations, row)
    changed: Row = {
        "vehicles": "" if row["mode"] == "rail" else ", ".join(open_to),
        "wait_minutes": minutes.get(TRAIN if row["mode"] == "rail" else "car"),
        "truck_wait_minutes": minutes.get("goods"),
        "situation": _in_words(situations, row),
    }
    if not open_to:
        states = set(known.values())
        nobody = {"in_headline": False, "site_250m": None, "site_10km": None}
        if UNKNOWN in states:
            return changed | nobody | {"status": UNKNOWN}
        if "restricted" in states:
            return changed | nobody | {"class": "restricted"}
        return changed | nobody | {"status": CLOSED}
    if row["status"] == CLOSED:
        changed["status"] = "unmarked"
    if row["mode"] == "road" and "car" not in open_to:
        return changed | {"class": "restricted", "in_headline": False}
    if row["class"] == "restricted" and "car" in open_to:
        return changed | {"class": "track", "in_headline": True}
    if row["status"] == CLOSED:
        changed["in_headline"] = row["class"] not in NO_HEADLINE
    return changed


def _in_words(situations: pd.DataFrame, row: Mapping[str, Any]) -> str:
    """Such as `goods closed until 2026-12-01 (customs); car unknown since 2026-11-20 (press)`."""
    by_state: dict[str, list[str]] = {}
    for vehicle, one in governing(situations, row).items():
        if one["standing"] == "in force":
            state = one["state"]
            if not is_absent(one["wait_minutes"]):
                state += f", {one['wait_minutes']:g} minutes of waiting"
            state += f" until {one['until']} ({one['source']})"
        else:
            state = f"unknown since {one['until']} ({one['source']})"
        by_state.setdefault(state, []).append(vehicle)
    return "; ".join(f"{', '.join(vehicles)}: {state}" for state, vehicles in by_state.items())
