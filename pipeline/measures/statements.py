"""The statements of a situation file: the crossing of each, and whether it is valid.

Of several statements on one vehicle at one crossing the newest counts; two from the same day
contradict each other.
"""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pandas as pd
import shapely

from pipeline.core import geo, parameters, schema
from pipeline.core.errors import InputError, quoted
from pipeline.core.situationfile import EVERY, Statement, refuse
from pipeline.network import access

MATCH_M = parameters.number("situation_match_m")
TRAIN = "train"
STANDINGS = ("in force", "expired", "not yet in force", "superseded")
MAY_CARRY = {"road": access.VEHICLES, "foot": ("bicycle", "foot"), "rail": (TRAIN,)}


def stated(statements: Sequence[Statement], crossings: pd.DataFrame, today: date) -> pd.DataFrame:
    """Table situations: every statement with its crossing, and whether it is in force.

    Parameters
    ----------
    statements : sequence of Statement
        Rows of the situation file.
    crossings : GeoDataFrame
        Table crossings, EPSG:4326.
    today : date
        The day for which the file is read.

    Returns
    -------
    DataFrame
        Table situations: a row for each statement and crossing.

    Raises
    ------
    InputError
        If a statement matches no crossing or several, or names a vehicle of another mode, or if two
        of the same day contradict each other; the message names every such row of the file.
    """
    counted = crossings[crossings["counted"]]
    named = list(_named(statements, counted))
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
        for one, crossing_ids in named
        for crossing_id in crossing_ids
    ]
    if not rows:
        return schema.empty("situations")
    table = pd.DataFrame(rows)
    _expect_one_voice(table)
    newest = _newest(table[table["standing"] != "not yet in force"])
    counts = table.index.isin(newest) | table["standing"].eq("not yet in force")
    table["standing"] = table["standing"].where(counts, "superseded")
    return schema.conform(table.drop(columns="place"), "situations")


def _named(
    statements: Sequence[Statement], counted: pd.DataFrame
) -> Iterator[tuple[Statement, list[str]]]:
    """Each statement with its crossings; raises InputError for statements without one."""
    wrong: list[str] = []
    for one in statements:
        try:
            yield one, _matched(one, counted)
        except InputError as error:
            wrong.append(str(error))
    refuse(wrong)


def _standing(one: Statement, today: date) -> str:
    if today < one.since:
        return "not yet in force"
    return "in force" if today <= one.until else "expired"


def _newest(table: pd.DataFrame) -> list[int]:
    """Rows that no newer statement on the same vehicle at the same crossing replaces.

    A newer statement on all vehicles replaces one on a single vehicle, but not the reverse.
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
    """Raise InputError if two rows on one vehicle at one crossing have the same date."""
    key = ["crossing_id", "vehicle", "since"]
    again = table.duplicated(key)
    first = table[~again].set_index(key)["place"]
    wrong = []
    for one in table[again].to_dict(orient="records"):
        here, other = (one[column] for column in key), first[tuple(one[column] for column in key)]
        crossing_id, vehicle, since = here
        wrong.append(
            f"{one['place']}: it is about {vehicle} at {crossing_id} from {since}, like "
            f"{other.rpartition(', ')[2]}, expected one statement a day"
        )
    refuse(wrong)


def _matched(one: Statement, counted: pd.DataFrame) -> list[str]:
    """Ids of a statement's crossing; several only if they have one name at one place."""
    folded = one.crossing.casefold()
    ids = counted["crossing_id"].eq(one.crossing)
    named = ids | counted["name"].fillna("").str.strip().str.casefold().eq(folded)
    candidates = counted[named] if one.crossing else counted
    if not len(candidates):
        known = [str(name) for name in counted["name"].dropna() if folded in name.casefold()]
        hint = f", such as {'; '.join(sorted(set(known))[:3])}" if known else ""
        raise InputError(
            f"{one.row}: no crossing {quoted(one.crossing)}, expected an id or a name of layer "
            f"crossings{hint}"
        )
    fit = [one.vehicle == EVERY or one.vehicle in MAY_CARRY[mode] for mode in candidates["mode"]]
    if not any(fit):
        raise InputError(f"{one.row}: {one.vehicle} cannot use a crossing of mode "
                         f"{candidates['mode'].iloc[0]}")  # fmt: skip
    candidates = candidates[fit]
    if one.at is not None:
        return [_nearest(one, candidates)]
    ends = shapely.get_coordinates(candidates.geometry.to_numpy())
    away_m = geo.distance_m(*np.broadcast_to(ends[0], ends.shape).T, *ends.T)
    if away_m.max() > MATCH_M:
        several = f"{quoted(one.crossing)} ({', '.join(candidates['crossing_id'])})"
        raise InputError(
            f"{one.row}: {len(candidates)} crossings have the name {several}, "
            "expected an id, or lon and lat beside the name"
        )
    return [str(crossing_id) for crossing_id in candidates["crossing_id"]]


def _nearest(one: Statement, candidates: pd.DataFrame) -> str:
    """The id of the crossing at a statement's place, if no other crossing is nearly as near."""
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
