"""How deep the data are mapped on either side of the line.

Extracts end where they were cut: a country extract holds the neighbour's roads only as stubs, and a
clipped corridor keeps single long roads. Neither says anything about the border. So reach is
measured in the network: where the data continue, junctions outnumber dead ends; where they were
cut, most nodes farther away are dead ends.
"""

import numpy as np
import pandas as pd
from msgspec.structs import replace

from pipeline.core import borderfile, parameters, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.numbers import distance
from pipeline.core.types import Floats, Texts
from pipeline.network.issues import Issue

RECORD = "record"  # evidence: the record of the fetch, next to the file


def settled(network_dir: str, border_toml: str, data_toml: str | None = None) -> BorderFile:
    """Read the border file with the reach and the depth of through ways that the data allow.

    Parameters
    ----------
    network_dir
        Folder of the network stage, with its table `reach`.
    border_toml, data_toml
        The border file and the data's own file, as `borderfile.read` takes them.

    Returns
    -------
    BorderFile
        `reach_km` has both sides, `through_km` is the value that the network stage found; if the
        table is empty, both stay as in the files.

    Raises
    ------
    InputError
        If a file or the table is missing or wrong.
    """
    return applied(borderfile.read(border_toml, data_toml), store.read(network_dir, "reach"))


def applied(border: BorderFile, table: pd.DataFrame) -> BorderFile:
    """The border file with the reach and the depth of through ways from a table `reach`.

    Parameters
    ----------
    border
        The border file.
    table
        Table `reach`.

    Returns
    -------
    BorderFile
        Unchanged if the table is empty.
    """
    sides = table[table["whole"]].set_index("side")
    if sides.empty:
        return border
    return replace(
        border,
        reach_km={str(side): float(km) for side, km in sides["reach_km"].items()},
        foot_reach_km={str(side): float(km) for side, km in sides["foot_reach_km"].items()},
        through_by_side_km={str(side): float(km) for side, km in sides["through_km"].items()},
    )


def through_km(border: BorderFile, side: Texts) -> Floats:
    """The depth from which a way counts as a through way, for each of the given sides.

    Parameters
    ----------
    border
        The border file from `settled`, or as it was read.
    side
        Country codes; any other word gets the depth of the border file.

    Returns
    -------
    ndarray of float
        Depths in km, one for each of `side`.
    """
    known = border.through_by_side_km
    return np.array([known.get(code, border.through_km) for code in side], dtype=np.float64)


def stated(
    table: pd.DataFrame, side: str, reach_km: "float | pd.Series[float]", evidence: str
) -> pd.DataFrame:
    """The table with the reach that a file states for a side, set in every window.

    Parameters
    ----------
    table
        The table from `measured_reach.measured`.
    side
        Country code.
    reach_km
        The stated reach, which is the reach of every window.
    evidence
        The file that states it, in a few words.

    Returns
    -------
    DataFrame
        `table` with other reach_km (km) and evidence in the rows of that side.
    """
    mine = table["side"] == side
    return table.assign(
        reach_km=table["reach_km"].mask(mine, reach_km),
        evidence=table["evidence"].mask(mine, evidence),
    )


def of_sides(
    table: pd.DataFrame,
    border: BorderFile,
    evidence: dict[str, tuple[float, str]],
    box_km: dict[str, float],
    through_km: float,
    every_class_km: float,
    at: tuple[float, float],
) -> tuple[pd.DataFrame, list[Issue]]:
    """The table `reach`: values that files state, otherwise measured ones; and doubts about them.

    Parameters
    ----------
    table
        The table from `measured_reach.measured`.
    border
        Border file; its `reach_km` holds what the data's own file declares.
    evidence
        By side, a reach that a record or outline next to the file states, and which of the two.
    box_km
        By side, how deep the data can reach at most by the box in the file's header.
    through_km
        Depth of a through way if both sides are mapped.
    every_class_km
        If a record states the reach: how deep every class of road and path was fetched. Beyond this
        depth only main roads and railways were fetched.
    at
        Longitude and latitude for issues without a place of their own.

    Returns
    -------
    table, issues
        The table `reach`, and an issue for each side whose stated reach differs much from the
        measured reach, or that has only stubs.
    """
    network_km = table[table["whole"]].set_index("side")["reach_km"]
    found = []
    for side in (border.from_, border.to):
        shown_km = float(network_km[side])
        if box_km.get(side, np.inf) < shown_km:
            shown_km = box_km[side]
            table = stated(table, side, table["reach_km"].clip(upper=shown_km), "header box")
        known = evidence.get(side)
        if side in border.reach_km:
            known = (border.reach_km[side], "declared")
        if known is not None:
            table = stated(table, side, min(known[0], border.corridor_km), known[1])
            found += _differing(side, known, shown_km, at)
        elif shown_km < border.origin_km:
            found.append(_short(side, shown_km, border.origin_km, through_km, at))
    whole = table[table["whole"]].set_index("side")
    stubs = (whole["reach_km"] < through_km) & (whole["dead_ends"] > 0)
    pair = (border.from_, border.to)
    # What lies behind a stub is unknown, and so is whether a short way between two stubs continues.
    stubs_km = min(through_km, parameters.number("through_beside_stubs_km"))
    through = {side: stubs_km if stubs[other] else through_km for side, other in (pair, pair[::-1])}
    fetched = table["evidence"] == RECORD
    foot_km = table["reach_km"].mask(fetched, table["reach_km"].clip(upper=every_class_km))
    table = table.assign(through_km=table["side"].map(through), foot_reach_km=foot_km)
    return table, found


def _differing(
    side: str, known: tuple[float, str], shown_km: float, at: tuple[float, float]
) -> list[Issue]:
    """An issue if the stated and the measured reach differ by more than the given factor."""
    stated_km, times = known[0], parameters.number("reach_differs_times")
    if shown_km <= stated_km * times and stated_km <= shown_km * times:
        return []
    deeper = stated_km > shown_km
    return [
        Issue(
            kind="reach_differs",
            severity="high" if deeper else "low",
            element=f"side {side}",
            lon=at[0],
            lat=at[1],
            found=f"the reach {known[1]} for the {side} side is {distance(stated_km)}, its network "
            f"shows {distance(shown_km)}",
            assumed=distance(stated_km),
            may_change="minimum cuts deeper than the smaller of the two"
            if deeper
            else "nothing that is stated; deeper minimum cuts could be stated",
        )
    ]


def _short(
    side: str, reach_km: float, origin_km: float, through_km: float, at: tuple[float, float]
) -> Issue:
    stubs = reach_km < through_km
    return Issue(
        kind="data_end",
        severity="high" if stubs else "medium",
        element=f"side {side}",
        lon=at[0],
        lat=at[1],
        found=f"on the {side} side the roads are mapped only to {distance(reach_km)} from the line"
        + (", as stubs" if stubs else ""),
        assumed=("every dead end of that side continues" if stubs else "its deepest ends continue")
        + f"; they stand for the zone {origin_km:g} km deep",
        may_change="minimum cuts, which are upper bounds, and whether a road crosses at all",
    )
