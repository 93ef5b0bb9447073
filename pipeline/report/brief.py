"""What the brief of a border says: who may cross where on a day, and what is next best.

Everything is worked out from the flow as mapped and the statements laid over it: with a crossing
closed, the best way of every pair of places is the least over the rest.
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
# Vehicles that the brief speaks of, in words, and the modes of crossing that may carry them.
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
    ending: str  # of the paragraph where it stands alone: what the page says elsewhere
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
    """A row for each counted crossing and vehicle: what is known of it, and the stated wait.

    `doubtful` are crossings of which no tag says that they bear trucks; a statement may. `trucks`
    says whether trucks are counted at a crossing: none has a row where none is counted, unless a
    statement of trucks, not of all, speaks of it.
    """
    said = dict(list(situations.groupby("crossing_id")))
    nothing, rows = situations.iloc[:0], []
    for crossing in records(crossings[crossings["counted"]]):
        here = said.get(crossing["crossing_id"], nothing)
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
                told = {key: statement.get(key) for key in ("until", "source")}
                told["bears_trucks"] = bool(statement) or crossing["crossing_id"] not in doubtful
                told["clears_trucks"] = (stated and not uncounted) or (
                    trucks.get(crossing["crossing_id"]) == truck_counts.COUNTED
                )
                rows.append(row | told | {"wait_minutes": waits.get(vehicle)})
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
    """Crossings that a statement closes, restricts, slows or leaves unknown: next best, hours."""
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
        told = f"{state}{slow} {'since' if state == 'unknown' else 'until'} {day}"
        best, extra, share = next_best(known, ways, str(crossing_id), among[0])
        called = marked if among[0] == "goods" else names
        title = (called if state in PASSED else names)[str(crossing_id)]
        row = [title, whom, told, str(source)]
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
    """Names as tables of trucks have them: marked where no source says that trucks are cleared."""
    doubted = known[known["vehicle"].eq("goods") & ~known["clears_trucks"].astype(bool)]
    return {**names, **{one: f"{names[one]} {UNCONFIRMED}" for one in doubted["crossing_id"]}}


def at_a_glance(restricted: Grid) -> Iterator[str]:
    """What is closed or restricted, and what is unknown, from the table that lists them."""
    if not restricted.rows:
        yield NONE_STATED
        return
    told = {
        state: joined([f"{plain(row[0])} ({row[1]})" for row in restricted.rows
                       if row[2].startswith(state)])
        for state in ("closed", "restricted", "unknown")
    }  # fmt: skip
    no_entry, with_limits = (
        f"{told[state] or 'none stated'}." for state in ("closed", "restricted")
    )
    yield f"Closed now: {no_entry} Restricted now: {with_limits}"
    yield f"Unknown now: {told['unknown'] or 'none'}."


def plain(text: str) -> str:
    """A name of the tables without its mark."""
    return text.removesuffix(f" {UNCONFIRMED}")


def in_words(day: date, today: date | None = None) -> str:
    """A day as people write it: 3 January 2024; without its year if that is the year of today."""
    same = today is not None and day.year == today.year
    return f"{day.day} {day:%B}" if same else f"{day.day} {day:%B %Y}"


def next_best(
    known: pd.DataFrame, ways: Mapping[str, Ways], crossing_id: str, vehicle: str
) -> tuple[str, str, float]:
    """The crossing that most of a crossing's traffic takes instead, extra hours, its old share."""
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
    """What those who took a crossing take today, minutes that they lose, their share of all.

    None where nobody took it; no crossing and no minutes where they have no way.
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
    """The sentences that fit before those that end it, at most MOST_WORDS words in all; and these.

    A page that says elsewhere what ends the paragraph needs the first alone.
    """
    said: list[str] = []
    for sentence in sentences:
        if len(" ".join([*said, sentence, *last]).split()) <= MOST_WORDS:
            said.append(sentence)
    return " ".join(said), " ".join(last)


def capital(text: str) -> str:
    """A text as a sentence begins."""
    return text[:1].upper() + text[1:]


def sentences(title: str, day: str, grids: Sequence[Grid]) -> Iterator[str]:
    """What the page says, in words; the gravest first."""
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
