"""The text of a border's brief: who may cross where on a day, and the next best crossing.

Everything is computed from the flow as mapped and the statements applied to it: with a crossing
closed, the best way of every pair of places is the least over the other crossings.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import records
from pipeline.core.numbers import ABSENT, number
from pipeline.measures import situation, truck_counts
from pipeline.report.brief_trucks import BY_CROSSING, UNCONFIRMED, footnotes
from pipeline.report.brief_ways import Grid, Ways, hours, minutes_now, most_used, span
from pipeline.report.words import joined
from pipeline.travel.choice import Choice

MOST_WORDS = parameters.whole("brief_words")
MOST_CLOSED = parameters.whole("brief_closed")
# Vehicles in the brief, in words, and the modes of crossing that may carry them.
SPOKEN_OF = {"goods": "Trucks", "car": "Cars", "bus": "Buses", "foot": "On foot", "train": "Trains"}
WHOM = {"goods": "trucks", "car": "cars", "bus": "buses", "foot": "people on foot",
        "train": "trains"}  # fmt: skip
NO_OTHER = ("no way is left", "no other is known", "still the best")
GRAVEST = ("closed", "unknown", "restricted", "open")  # order of rows on the page
KNOWN = ["crossing_id", "name", "border_km", "class", "status", "vehicle", "state", "until",
         "source", "bears_trucks", "clears_trucks", "wait_minutes"]  # fmt: skip
PASSED = ("open", "restricted")
STATES = ("open", "restricted", "closed", "unknown")
NONE_STATED = "No statement closes, restricts or slows a crossing on this day."
NEXT_BEST = (
    "Next best: for most trips over that crossing, whatever their destination; in the table above "
    "for that destination, so they may differ. Extra h: hours more than by the same crossing when "
    "open, average of those trips."
)
NEAREST = "no trips are modelled over that crossing; next best is the nearest along the border."


@dataclass(frozen=True)
class Brief:
    """All that the page says."""

    title: str
    day: str
    now: list[str]
    paragraph: str
    ending: str  # of the paragraph if it stands alone: what the page says elsewhere
    grids: list[Grid]
    changed: list[str]
    sure: list[str]
    credit: str


def states(
    crossings: pd.DataFrame,
    situations: pd.DataFrame,
    names: Mapping[str, str],
    doubtful: Collection[str] = (),
    trucks: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """One row for each counted crossing and vehicle: its state, and the stated wait.

    `doubtful` are crossings that no tag opens to trucks; a statement may. `trucks` says whether
    trucks are counted at a crossing: where none are, trucks have no row, unless a statement for
    trucks (not for all vehicles) mentions the crossing.
    """
    by_crossing = dict(list(situations.groupby("crossing_id")))
    nothing, rows = situations.iloc[:0], []
    for crossing in records(crossings[crossings["counted"]]):
        here = by_crossing.get(crossing["crossing_id"], nothing)
        waits, mapped = situation.waits(here, crossing), situation.carried(crossing)
        spoken = situation.governing(here, crossing)
        for vehicle, state in situation.by_vehicle(here, crossing).items():
            stated = spoken.get(vehicle, {}).get("vehicle") == "goods"
            uncounted = trucks.get(crossing["crossing_id"]) == truck_counts.NONE
            if vehicle == "goods" and uncounted and not stated:
                continue
            if vehicle in mapped or vehicle in spoken:
                row = {
                    "crossing_id": crossing["crossing_id"],
                    "name": names[crossing["crossing_id"]],
                }
                row |= {key: crossing[key] for key in ("border_km", "class", "status")}
                row |= {"vehicle": vehicle, "state": state}
                statement = spoken.get(vehicle, {})
                validity = {key: statement.get(key) for key in ("until", "source")}
                validity["bears_trucks"] = (
                    bool(statement) or crossing["crossing_id"] not in doubtful
                )
                validity["clears_trucks"] = (stated and not uncounted) or (
                    trucks.get(crossing["crossing_id"]) == truck_counts.COUNTED
                )
                rows.append(row | validity | {"wait_minutes": waits.get(vehicle)})
    return pd.DataFrame(rows, columns=KNOWN)


def open_now(known: pd.DataFrame) -> Grid:
    """How many crossings are open, by vehicle."""
    rows, notes = [], []
    for vehicle, name in SPOKEN_OF.items():
        here = known[known["vehicle"] == vehicle]
        if len(here):
            counts = here["state"].value_counts()
            opened, *others = (number(counts.get(state, 0)) for state in STATES)
            if vehicle == "goods":
                among = here[here["state"].eq("open")]
                sure = int(among["bears_trucks"].sum())
                if sure < len(among):
                    opened = f"{number(sure)}\u2013{opened}"
                    notes.append(
                        f"{opened}: for {number(len(among) - sure)} of them no tag says whether "
                        "trucks fit."
                    )
                doubted = int((~among["clears_trucks"].astype(bool)).sum())
                if doubted:
                    notes.append(
                        f"Truck clearance not confirmed: {number(doubted)} of those open to trucks."
                    )
            rows.append([name, opened, *others])
    head = ["Vehicle", "Open", "Restricted", "Closed", "Unknown"]
    return Grid("Crossings open now, by vehicle", head, rows, " ".join(notes))


def not_open(
    known: pd.DataFrame, ways: Mapping[str, Ways], names: Mapping[str, str], today: date
) -> Grid:
    """Crossings that a statement closes, restricts, slows or leaves unknown, and the next best."""
    marked = marked_names(known, names)
    head = ["Crossing", "For", "State", "Source", "Next best", "Extra h"]
    spoken = known[known["until"].notna() & known["vehicle"].isin(SPOKEN_OF)]
    grave = spoken["state"].ne("open") | spoken["wait_minutes"].notna()
    found: list[tuple[int, float, list[str]]] = []
    keys = ["crossing_id", "state", "until", "source"]
    for (crossing_id, state, until, source), here in spoken[grave].groupby(keys):
        among = [vehicle for vehicle in SPOKEN_OF if vehicle in set(here["vehicle"])]
        day = in_words(date.fromisoformat(str(until)), today)
        whom = joined([WHOM[vehicle] for vehicle in among])
        every = known.loc[known["crossing_id"] == crossing_id, "vehicle"]
        whom = "everybody" if set(every) - {"bicycle"} == set(among) else whom
        wait = here["wait_minutes"].max()
        slow = f", {hours(wait)} h wait" if pd.notna(wait) else ""
        state_text = f"{state}{slow} {'since' if state == 'unknown' else 'until'} {day}"
        best, extra, share = next_best(known, ways, str(crossing_id), among[0])
        called = marked if among[0] == "goods" else names
        title = (called if state in PASSED else names)[str(crossing_id)]
        row = [title, whom, state_text, str(source)]
        rank = GRAVEST.index(str(state))
        found.append((rank, -share, [*row, called.get(best, best), extra]))
    ordered = [texts for *_, texts in sorted(found)]
    more = len(ordered) - MOST_CLOSED
    ordered = ordered[:MOST_CLOSED]
    note = f"And {more} more: see the situation file. " if more > 0 else ""
    absent = any(row[-1] == ABSENT for row in ordered)
    below = [NEXT_BEST] if any(row[-1] != ABSENT for row in ordered) else []
    note += " ".join([*below, *([f"{ABSENT}: {NEAREST}"] if absent else [])]) + footnotes(ordered)
    if not ordered:
        note = NONE_STATED
    heading = "Closed, restricted, unknown or slow today, as stated"
    return Grid(heading, head, ordered, note)


def marked_names(known: pd.DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    """Names for tables of trucks: marked if no source says that trucks are cleared there."""
    doubted = known[known["vehicle"].eq("goods") & ~known["clears_trucks"].astype(bool)]
    return {**names, **{one: f"{names[one]} {UNCONFIRMED}" for one in doubted["crossing_id"]}}


def at_a_glance(restricted: Grid) -> Iterator[str]:
    """What is closed or restricted, and what is unknown, from the table of them."""
    if not restricted.rows:
        yield NONE_STATED
        return
    by_state = {
        state: joined([f"{plain(row[0])} ({row[1]})" for row in restricted.rows
                       if row[2].startswith(state)])
        for state in ("closed", "restricted", "unknown")
    }  # fmt: skip
    no_entry, with_limits = (
        f"{by_state[state] or 'none stated'}." for state in ("closed", "restricted")
    )
    yield f"Closed now: {no_entry} Restricted now: {with_limits}"
    yield f"Unknown now: {by_state['unknown'] or 'none'}."


def plain(text: str) -> str:
    """A name of the tables without its mark."""
    return text.removesuffix(f" {UNCONFIRMED}")


def in_words(day: date, today: date | None = None) -> str:
    """A date in words: 3 January 2024; without its year if that is the year of today."""
    same = today is not None and day.year == today.year
    return f"{day.day} {day:%B}" if same else f"{day.day} {day:%B %Y}"


def next_best(
    known: pd.DataFrame, ways: Mapping[str, Ways], crossing_id: str, vehicle: str
) -> tuple[str, str, float]:
    """The crossing that most of a crossing's traffic takes instead, extra hours, and old share."""
    among = ways.get(vehicle)
    if among is not None and crossing_id in among.ids:
        number_of = among.ids.index(crossing_id)
        sure = _instead(known, among, among.sure, number_of, vehicle) if among.sure else None
        for chosen in among.choices.values():
            found = _instead(known, among, chosen, number_of, vehicle)
            if found is None:
                continue
            best, lost, share = found
            if best is None or lost is None:
                return "no way is left", ABSENT, share
            if best == number_of:
                return "still the best", span(lost, sure[1] if sure else None), share
            return among.ids[best], span(lost, sure[1] if sure else None), share
    here = known[known["vehicle"] == vehicle]
    at = float(here.loc[here["crossing_id"] == crossing_id, "border_km"].iloc[0])
    there = here[here["state"].eq("open") & here["crossing_id"].ne(crossing_id)]
    there = there[there["bears_trucks"].astype(bool)] if vehicle == "goods" else there
    if not len(there):
        is_open = here.loc[here["crossing_id"] == crossing_id, "state"].eq("open").any()
        return "still the best" if is_open else "no other is known", ABSENT, 0.0
    nearest = int(np.argmin((there["border_km"] - at).abs().to_numpy()))
    return str(there["crossing_id"].iloc[nearest]), ABSENT, 0.0


def _instead(
    known: pd.DataFrame, ways: Ways, chosen: Choice, crossing: int, vehicle: str
) -> tuple[int | None, float | None, float] | None:
    """The crossing that former users take today, minutes that they lose, their share of all.

    None if no one used the crossing; no crossing and no minutes if they have no way.
    """
    pairs = np.flatnonzero(chosen.first == crossing)
    if not len(pairs):
        return None
    minutes = minutes_now(known, ways, chosen, vehicle)[:, pairs]
    found = most_used(minutes, chosen.weight[pairs])
    share = float(chosen.weight[pairs].sum())
    if found is None:
        return None, None, share
    served = np.isfinite(minutes).any(axis=0)
    then = chosen.minutes[crossing, pairs][served]
    now = minutes[:, served].min(axis=0)
    lost = np.average(now - then, weights=chosen.weight[pairs][served])
    return found[0], max(float(lost), 0.0), share


def paragraph(sentences: Sequence[str], last: Sequence[str] = ()) -> tuple[str, str]:
    """The sentences that fit before the last ones, at most MOST_WORDS words in all; and the last.

    A page that has the last sentences elsewhere needs only the first text.
    """
    kept: list[str] = []
    for sentence in sentences:
        if len(" ".join([*kept, sentence, *last]).split()) <= MOST_WORDS:
            kept.append(sentence)
    return " ".join(kept), " ".join(last)


def capital(text: str) -> str:
    """A text with a capital letter, for the start of a sentence."""
    return text[:1].upper() + text[1:]


def sentences(title: str, day: str, grids: Sequence[Grid]) -> Iterator[str]:
    """The content of the page in sentences; the most serious first."""
    trucks, restricted, counts = grids
    whom = {SPOKEN_OF[vehicle]: word for vehicle, word in WHOM.items()}
    opened = joined([f"{row[1]} for {whom[row[0]]}" for row in counts.rows])
    yield f"On {day}, crossings open on the {title} border: {opened or 'none'}."
    for row in restricted.rows:
        name, who, state, _, best, extra = map(plain, row)
        for_whom = "" if who == "everybody" else f" for {who}"
        state = state.replace(" h wait", " hours of waiting")
        longer = "" if extra == ABSENT else f", {extra} hours more"
        longer = longer.replace("<", "under")
        instead = best if best in NO_OTHER else f"next best {best}"
        word, rest = re.fullmatch(r"(\w+)(.*)", state).groups()  # type: ignore[union-attr]
        yield capital(f"{name} is {word}{for_whom}{rest}: {instead}{longer}.")
    if trucks.head[0] == BY_CROSSING:
        crossings = joined([plain(row[0]) for row in trucks.rows[:3]])
        yield f"Trucks may cross at {crossings or 'no crossing'}."
        return
    for row in trucks.rows[:2]:
        yield f"Trucks for {row[0]} cross at {plain(row[1])}."
