"""A border's own profile: crossings, narrow places, posts, and what is doubtful."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.core import numbers, parameters
from pipeline.core.modes import MODES, NOT_PASSED
from pipeline.report import words
from pipeline.report.borders import Border
from pipeline.report.profile_tables import (
    counted_crossings,
    cuts_by_depth,
    names_of_crossings,
    status_words,
    tables,
)
from pipeline.report.tables import Table

OPEN = ("official", "informal", "unmarked")
WALK_MINUTES = parameters.wholes("walk_minutes")


@dataclass(frozen=True)
class Profile:
    """A border's own page: an answer, facts with their labels, and tables."""

    key: str
    name: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]


def profile(border: Border) -> Profile:
    """The profile of one border."""
    return Profile(
        key=border.key,
        name=border.name,
        sentence=_sentence(border),
        facts=list(_facts(border)),
        tables=[table for table in tables(border) if table.rows],
    )


def _statuses(border: Border) -> pd.DataFrame:
    """Mode, status and class of every counted crossing, also of those whose place is withheld."""
    return pd.concat([counted_crossings(border)[["mode", "status", "class"]], border.withheld])


def _sentence(border: Border) -> str:
    length = words.measure(border.layer("border")["ruler_2km_length_km"].iloc[0], "km")
    crossings = _statuses(border)
    roads = (crossings["mode"] == "road") & crossings["status"].isin(OPEN)
    no_car = roads & crossings["class"].eq("restricted")
    count = words.measure(int((roads & ~no_car).sum()), "crossings")
    sentence = f"{border.name} is {length} long and has {count} by road"
    if no_car.any():
        sentence += f", and {int(no_car.sum())} more that no private car may use"
    cuts = cuts_by_depth(border)
    if cuts.empty:
        return (
            f"{sentence}; how many closures would cut its roads cannot be computed from these data."
        )
    least = cuts.iloc[int(cuts["min_cut_links"].to_numpy(float).argmin())]
    side = border.to_name if least["depth_km"] > 0 else border.from_name
    depth = numbers.number(abs(least["depth_km"]))
    closures = numbers.number(least["min_cut_links"])
    word = "closure cuts" if closures == "1" else "closures cut"
    return f"{sentence}; {closures} {word} all its roads {depth} km inside {side}."


def _facts(border: Border) -> Iterator[tuple[str, str]]:
    crossings = _statuses(border)
    for mode in MODES:
        here = crossings[crossings["mode"] == mode]
        if len(here):
            counts = here["status"].value_counts()
            there = [status for status in (*OPEN, *NOT_PASSED) if status in counts]
            by_status = ", ".join(f"{counts[status]} {status_words(status)}" for status in there)
            yield f"Crossings, {mode}", by_status
    yield from _bypass(border)
    yield from _walking(border)
    yield from _posts(border)
    issues = border.layer("data_issues")
    if len(issues):
        yield "Data issues", f"{numbers.number(len(issues))}, the most serious listed below"


def _bypass(border: Border) -> Iterator[tuple[str, str]]:
    rows = pd.DataFrame(border.layer("bypasses")).drop(columns=["geometry"])
    of_crossing = rows["chokepoint_id"].str.startswith("crossing.")
    rows = rows[of_crossing & (rows["mode"] == "road")]
    rows = rows.assign(crossing_id=rows["chokepoint_id"].str.removeprefix("crossing."))
    extra = rows["bypass_minutes"] - rows["direct_minutes"]
    if extra.notna().any():
        # The way through a crossing that is not the best one may be longer than the way round it.
        extra = extra.clip(lower=0.0)
        worst = str(rows["crossing_id"].iloc[int(np.nanargmax(extra.to_numpy(float)))])
        middle = numbers.counted(extra.median(), "minutes")
        most = numbers.number(extra.max())
        yield (
            "Way round a closed crossing",
            f"{middle} more in the middle case, {most} at {names_of_crossings(border)[worst]}"
            if extra.max() > 0
            else "no longer than the best way, where one is left",
        )
    cut_off = int(rows["cut_off"].sum())
    if cut_off:
        yield "Crossings whose closure cuts some travellers off", numbers.number(cut_off)


def _walking(border: Border) -> Iterator[tuple[str, str]]:
    rows = border.layer("border_km")
    if not len(rows):
        return
    if rows["walk_minutes"].notna().any():
        shares = [
            f"{numbers.percent((rows['walk_minutes'] <= minutes).mean())} within {minutes // 60} h"
            for minutes in WALK_MINUTES
        ]
        yield "Line that people can walk over, from road to road", ", ".join(shares)
    river = float((rows["kind"] == "river").mean())
    fenced = float(rows["fenced_share"].mean())
    yield "River, fence", f"{numbers.percent(river)} and {numbers.percent(fenced)} of the line"


def _posts(border: Border) -> Iterator[tuple[str, str]]:
    posts = border.layer("posts")
    on = posts[posts["mode"].notna()]
    yield "Control posts on the network", numbers.number(len(on))
    rows = border.layer("border_km")
    if len(rows) and rows["post_minutes"].notna().any():
        share = numbers.percent((rows["post_minutes"] <= 60).mean())
        yield "Line within an hour of a post", share
