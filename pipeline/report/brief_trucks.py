"""Where trucks cross today: by destination, or, without any, the crossings open to them."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.numbers import ABSENT, number, percent
from pipeline.network import tags
from pipeline.report.brief_ways import Grid, Ways, hours, minutes_now, most_used, span
from pipeline.report.words import joined
from pipeline.travel.choice import Choice

DESTINATIONS = parameters.whole("brief_destinations")
BY_CROSSING = "Open to trucks"  # head of the table if there are no destinations
UNCONFIRMED = "\u2020"  # marks a crossing where no source says that trucks are cleared
RANGE = r"[\d.]+\u2013[\d.]+"  # of hours
SHARE = "Share: of the trucks to that place; the others cross elsewhere."


def where_to_cross(known: pd.DataFrame, ways: Ways, names: Mapping[str, str], way: str) -> Grid:
    """For each large destination the crossing that trucks take today, and the next best."""
    model, chosen = _asked_first(ways)
    heading = f"Where trucks cross today, {way}"
    head = ["Truck going to", "Cross at", "Share", "Hours", "Usual crossing",
            "If that closes, use", "Extra h then"]  # fmt: skip
    if chosen is None:
        return open_to_trucks(known, names, way)
    minutes = minutes_now(known, ways, chosen, "goods")
    rows: list[list[str]] = []
    elsewhere: list[str] = []
    weight = pd.Series(chosen.weight).groupby(chosen.destination).sum()
    for node in weight.sort_values(ascending=False, kind="stable").index:
        if node not in ways.places or len(rows) == DESTINATIONS:
            continue
        place = ways.places[node]
        pairs = np.flatnonzero(chosen.destination == node)
        first = most_used(minutes[:, pairs], chosen.weight[pairs])
        usual = int(np.bincount(chosen.first[pairs], chosen.weight[pairs]).argmax())
        if first is None:
            rows.append([place, "no crossing is open", *[ABSENT] * 5])
            continue
        at, sure = ways.ids[first[0]], _surely(known, ways, node)
        if sure is None or ways.ids[sure[0]] != at:
            there = "have no way" if sure is None else f"cross at {names[ways.ids[sure[0]]]}"
            elsewhere.append(f"for {place} {there}")
        instead = ABSENT
        if usual != first[0]:
            instead = _why_not(known, ways.ids[usual], names)
        rest = minutes[:, pairs].copy()
        rest[first[0]] = np.inf
        second = most_used(rest, chosen.weight[pairs])
        took = span(first[1], sure[1] if sure is not None else None)
        row = [place, names[at], percent(first[2]), took, instead]
        if second is None:
            rows.append([*row, "no way is left", ABSENT])
        else:
            rows.append([*row, names[ways.ids[second[0]]], hours(second[1] - first[1])])
    note = (
        f"{SHARE} Hours: average of trucks from all origins, waits included. Usual crossing: where "
        "most would cross as mapped; \u2013 if at the same. Extra h then: hours more if the "
        "crossing in bold closes too. The next best here is for that destination; below it is for "
        "most trips over a crossing, so they may differ."
    )
    note += footnotes(rows)
    if elsewhere and ways.sure is not None:
        note += f" On roads known to allow trucks (by tag or class), those {joined(elsewhere)}."
    return Grid(heading, head, rows, note if model != "local" else f"{note} Local journeys.")


def footnotes(rows: Sequence[Sequence[str]]) -> str:
    """What the marks and ranges in a table mean, for those that occur in it."""
    texts = [text for row in rows for text in row]
    notes = ""
    if any(re.fullmatch(RANGE, text) for text in texts):
        notes += " Two numbers: the range that missing tags of roads leave open for trucks."
    if any(UNCONFIRMED in text for text in texts):
        notes += f" {UNCONFIRMED} Truck clearance not confirmed."
    return notes


def open_to_trucks(known: pd.DataFrame, names: Mapping[str, str], way: str) -> Grid:
    """The crossings that trucks may use today, by control and class of road.

    For data without places to travel between, such as those of one of the two countries.
    """
    head = [BY_CROSSING, "Road", "Control", "Wait", "At km"]
    every = known[known["vehicle"].eq("goods") & known["state"].eq("open")]
    here = every[every["bears_trucks"]]
    here = here.assign(rank=here["class"].map(tags.RANK), lesser=here["status"].ne("official"))
    here = here.sort_values(["lesser", "rank", "border_km"], kind="stable")
    rows = [
        [names[row["crossing_id"]], str(row["class"]).replace("_", " "),
         "mapped" if row["status"] == "official" else "none mapped",
         ABSENT if pd.isna(row["wait_minutes"]) else f"{hours(row['wait_minutes'])} h",
         number(row["border_km"])]
        for row in here.head(DESTINATIONS).to_dict(orient="records")
    ]  # fmt: skip
    more, doubtful = len(here) - len(rows), len(every) - len(here)
    note = f"And {more} more. " if more > 0 else ""
    if doubtful:
        note += f"Not shown: {doubtful} on tracks and minor roads that no tag opens to trucks. "
    note += "The data have no two places to travel between, so no table by destination."
    note += footnotes(rows)
    return Grid(f"Where trucks may cross today, {way}", head, rows, note)


def _surely(known: pd.DataFrame, ways: Ways, node: int) -> tuple[int, float, float] | None:
    """What trucks to a place do if they use only roads known to allow them (by tag or class)."""
    if ways.sure is None or not len(ways.sure.weight):
        return None
    pairs = np.flatnonzero(ways.sure.destination == node)
    minutes = minutes_now(known, ways, ways.sure, "goods")[:, pairs]
    return most_used(minutes, ways.sure.weight[pairs])


def _why_not(known: pd.DataFrame, crossing_id: str, names: Mapping[str, str]) -> str:
    """The crossing that trucks used as mapped, and why they do not use it today."""
    here = known[(known["crossing_id"] == crossing_id) & (known["vehicle"] == "goods")]
    state = here["state"].iloc[0] if len(here) else "closed"
    waited = len(here) > 0 and pd.notna(here["wait_minutes"].iloc[0])
    why = ("slow" if waited else "slower") if state == "open" else state
    return f"{names[crossing_id]} ({why})"


def _asked_first(ways: Ways) -> tuple[str, Choice | None]:
    for model, chosen in ways.choices.items():
        if len(chosen.weight):
            return model, chosen
    return "", None
