"""The situation laid over crossings: which statement speaks of which crossing, and what holds.

A statement wins over tags while it holds. Of several about one vehicle at one crossing the newest
counts, and of one day that for the vehicle before that for all. Where the one that counts has run
out, nothing is known of that vehicle there: it is not taken to be open.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely

from pipeline.core import geo, parameters, schema
from pipeline.core.errors import InputError
from pipeline.core.situationfile import EVERY, Statement
from pipeline.measures.crossing_table import NO_HEADLINE
from pipeline.network import access

Row = dict[str, Any]
MATCH_M = parameters.number("situation_match_m")
TRAIN = "train"
UNKNOWN, CLOSED, OPEN = "unknown", "closed", "open"
STANDINGS = ("in force", "expired", "not yet in force", "superseded")
MAY_CARRY = {"road": access.VEHICLES, "foot": ("bicycle", "foot"), "rail": (TRAIN,)}


def carried(crossing: Mapping[str, Any]) -> tuple[str, ...]:
    """What a crossing lets pass as it is mapped.

    Parameters
    ----------
    crossing : mapping
        A row of table crossings.

    Returns
    -------
    tuple of str
        Of car, goods, bus, bicycle, foot; train on a railway. None where it is closed.
    """
    if crossing["status"] == CLOSED:
        return ()
    if crossing["mode"] == "rail":
        return (TRAIN,)
    return tuple(filter(None, str(crossing["vehicles"]).split(", ")))


def stated(statements: Sequence[Statement], crossings: pd.DataFrame, today: date) -> pd.DataFrame:
    """Table situations: every statement with the crossing that it speaks of, and its standing.

    Parameters
    ----------
    statements : sequence of Statement
        Rows of the situation file.
    crossings : GeoDataFrame
        Table crossings, EPSG:4326.
    today : date
        The day that is asked of.

    Returns
    -------
    DataFrame
        Table situations: a row for each statement and crossing.

    Raises
    ------
    InputError
        A statement names no crossing, several, or a vehicle that none of that mode carries, or two
        of one day contradict each other: the row of the file is named.
    """
    counted = crossings[crossings["counted"]]
    rows = [
        {
            "row": one.row.rpartition("line ")[2],
            "crossing_id": crossing_id,
            "vehicle": one.vehicle,
            "state": one.state,
            "wait_minutes": one.wait_minutes,
            "source": one.source,
            "since": one.since.isoformat(),
            "until": one.until.isoformat(),
            "standing": _standing(one, today),
            "place": one.row,
        }
        for one in statements
        for crossing_id in _matched(one, counted)
    ]
    if not rows:
        return schema.empty("situations")
    table = pd.DataFrame(rows)
    _expect_one_voice(table)
    newest = _newest(table[table["standing"] != "not yet in force"])
    counts = table.index.isin(newest) | table["standing"].eq("not yet in force")
    table["standing"] = table["standing"].where(counts, "superseded")
    return schema.conform(table.drop(columns="place"), "situations")


def by_vehicle(situations: pd.DataFrame, crossing: Mapping[str, Any]) -> dict[str, str]:
    """What is known of each vehicle at a crossing: open, closed, restricted or unknown.

    Parameters
    ----------
    situations : DataFrame
        Table situations.
    crossing : mapping
        A row of table crossings.

    Returns
    -------
    dict of str to str
        By vehicle: those that the crossing's mode may carry. Without a statement, as mapped.
    """
    as_mapped = carried(crossing)
    found = {
        vehicle: OPEN if vehicle in as_mapped else CLOSED
        for vehicle in MAY_CARRY[str(crossing["mode"])]
    }
    for vehicle, row in _governing(situations, crossing).items():
        found[vehicle] = row["state"] if row["standing"] == "in force" else UNKNOWN
    return found


def waits(situations: pd.DataFrame, crossing: Mapping[str, Any]) -> dict[str, float]:
    """Minutes of waiting that statements in force give, by vehicle.

    Parameters
    ----------
    situations : DataFrame
        Table situations.
    crossing : mapping
        A row of table crossings.

    Returns
    -------
    dict of str to float
        Vehicles with a stated wait alone.
    """
    return {
        vehicle: float(row["wait_minutes"])
        for vehicle, row in _governing(situations, crossing).items()
        if row["standing"] == "in force" and pd.notna(row["wait_minutes"])
    }


def laid_over(crossings: pd.DataFrame, situations: pd.DataFrame) -> pd.DataFrame:
    """The crossings as the situation has them.

    Parameters
    ----------
    crossings : GeoDataFrame
        Table crossings, as mapped.
    situations : DataFrame
        Table situations of the same border.

    Returns
    -------
    GeoDataFrame
        The same rows: status (unknown where no vehicle is open and one is unknown), class
        (restricted where no private car may pass), vehicles, in_headline, sites, wait_minutes and
        situation in words.
    """
    spoken_of = set(situations.loc[situations["standing"] != "not yet in force", "crossing_id"])
    changed = crossings.copy()
    columns = ("status", "class", "vehicles", "in_headline", "site_250m", "site_10km",
               "wait_minutes", "truck_wait_minutes", "situation")  # fmt: skip
    values = {column: changed[column].astype(object).to_numpy().copy() for column in columns}
    for number, row in enumerate(crossings.to_dict(orient="records")):
        if row["crossing_id"] in spoken_of:
            for column, value in _laid_over(row, situations).items():
                values[column][number] = value
    return schema.conform(changed.assign(**values), "crossings")


def _laid_over(row: Row, situations: pd.DataFrame) -> Row:
    """What changes in a row of crossings."""
    known = by_vehicle(situations, row)
    open_to = [vehicle for vehicle, state in known.items() if state == OPEN]
    minutes = waits(situations, row)
    told: Row = {
        "vehicles": "" if row["mode"] == "rail" else ", ".join(open_to),
        "wait_minutes": minutes.get(TRAIN if row["mode"] == "rail" else "car"),
        "truck_wait_minutes": minutes.get("goods"),
        "situation": _in_words(situations, row),
    }
    if not open_to:
        states = set(known.values())
        nobody = {"in_headline": False, "site_250m": None, "site_10km": None}
        if UNKNOWN in states:
            return told | nobody | {"status": UNKNOWN}
        if "restricted" in states:
            return told | nobody | {"class": "restricted"}
        return told | nobody | {"status": CLOSED}
    if row["status"] == CLOSED:
        told["status"] = "unmarked"
    if row["mode"] == "road" and "car" not in open_to:
        return told | {"class": "restricted", "in_headline": False}
    if row["class"] == "restricted" and "car" in open_to:
        return told | {"class": "track", "in_headline": True}
    if row["status"] == CLOSED:
        told["in_headline"] = row["class"] not in NO_HEADLINE
    return told


def _in_words(situations: pd.DataFrame, row: Mapping[str, Any]) -> str:
    """Such as `goods closed until 2026-12-01 (customs); car unknown since 2026-11-20 (press)`."""
    told: dict[str, list[str]] = {}
    for vehicle, one in _governing(situations, row).items():
        if one["standing"] == "in force":
            wait = one["wait_minutes"]
            waiting = f", {wait:g} minutes of waiting" if pd.notna(wait) else ""
            said = f"{one['state']}{waiting} until {one['until']} ({one['source']})"
        else:
            said = f"unknown since {one['until']} ({one['source']})"
        told.setdefault(said, []).append(vehicle)
    return "; ".join(f"{', '.join(vehicles)}: {said}" for said, vehicles in told.items())


def _governing(situations: pd.DataFrame, crossing: Mapping[str, Any]) -> dict[str, Row]:
    """The statement that counts for each vehicle that one speaks of."""
    here = situations[situations["crossing_id"].eq(crossing["crossing_id"])]
    here = here[here["standing"].isin(["in force", "expired"])]
    found: dict[str, Row] = {}
    order = here.assign(own=here["vehicle"] != EVERY).sort_values(["since", "own"], kind="stable")
    for row in order.to_dict(orient="records"):
        among = MAY_CARRY[str(crossing["mode"])]
        if row["vehicle"] == EVERY:
            # Open to all is open to what the way carries as mapped; to any, if it was closed.
            among = (carried(crossing) or among) if row["state"] == OPEN else among
        else:
            among = (row["vehicle"],)
        found |= dict.fromkeys(among, row)
    return found


def _standing(one: Statement, today: date) -> str:
    if today < one.since:
        return "not yet in force"
    return "in force" if today <= one.until else "expired"


def _newest(table: pd.DataFrame) -> list[int]:
    """Rows that no newer statement about the same vehicle at the same crossing replaces.

    One about a single vehicle is replaced by a newer one about all, not the other way.
    """
    kept: list[int] = []
    for _, group in table.groupby("crossing_id"):
        for number, row in group.iterrows():
            newer = group[group["since"] > row["since"]]
            same = newer["vehicle"].isin([row["vehicle"], EVERY])
            if not same.any():
                kept.append(int(str(number)))
    return kept


def _expect_one_voice(table: pd.DataFrame) -> None:
    """InputError where two rows speak of one vehicle at one crossing from one day on."""
    key = ["crossing_id", "vehicle", "since"]
    twice = table[table.duplicated(key, keep=False)].sort_values(key)
    if len(twice):
        first, second = twice["place"].iloc[:2]
        at = twice.iloc[0]
        raise InputError(
            f"{second}: it speaks of {at['vehicle']} at {at['crossing_id']} from {at['since']} as "
            f"does {first.rpartition(', ')[2]}, expected one statement a day"
        )


def _matched(one: Statement, counted: pd.DataFrame) -> list[str]:
    """Ids of the crossing that a statement speaks of; several only of one name at one place."""
    said = one.crossing.casefold()
    ids = counted["crossing_id"].eq(one.crossing)
    named = ids | counted["name"].fillna("").str.strip().str.casefold().eq(said)
    candidates = counted[named] if one.crossing else counted
    if not len(candidates):
        known = [str(name) for name in counted["name"].dropna() if said in name.casefold()]
        hint = f", such as {'; '.join(sorted(set(known))[:3])}" if known else ""
        raise InputError(
            f"{one.row}: no crossing {one.crossing!r}, expected an id or a name of layer "
            f"crossings{hint}"
        )
    fit = [one.vehicle == EVERY or one.vehicle in MAY_CARRY[mode] for mode in candidates["mode"]]
    if not any(fit):
        raise InputError(f"{one.row}: {one.vehicle} does not go with a crossing of mode "
                         f"{candidates['mode'].iloc[0]}")  # fmt: skip
    candidates = candidates[fit]
    if one.at is not None:
        return [_nearest(one, candidates)]
    ends = shapely.get_coordinates(candidates.geometry.to_numpy())
    away_m = geo.distance_m(*np.broadcast_to(ends[0], ends.shape).T, *ends.T)
    if away_m.max() > MATCH_M:
        several = ", ".join(candidates["crossing_id"])
        raise InputError(
            f"{one.row}: {len(candidates)} crossings have the name {one.crossing!r} ({several}), "
            "expected an id, or lon and lat beside the name"
        )
    return [str(crossing_id) for crossing_id in candidates["crossing_id"]]


def _nearest(one: Statement, candidates: pd.DataFrame) -> str:
    """The id of the crossing at the place of a statement, if no other is nearly as near."""
    places = shapely.get_coordinates(candidates.geometry.to_numpy())
    here = np.broadcast_to(np.array(one.at), places.shape)
    away_m = geo.distance_m(*here.T, *places.T)
    order = np.argsort(away_m, kind="stable")
    ids = candidates["crossing_id"].to_numpy()[order]
    away_m = away_m[order]
    if away_m[0] > MATCH_M:
        raise InputError(
            f"{one.row}: the nearest crossing, {ids[0]}, lies {away_m[0] / 1000:.1f} km from that "
            f"place, expected one within {MATCH_M / 1000:g} km"
        )
    if len(ids) > 1 and away_m[1] < 2 * away_m[0]:
        raise InputError(
            f"{one.row}: {ids[0]} and {ids[1]} lie {away_m[0]:.0f} and {away_m[1]:.0f} m from that "
            "place, expected an id or a place nearer to one of them"
        )
    return str(ids[0])
