"""What the brief of a border says: who may cross where on a day, and what is next best.

Everything is worked out from the flow as mapped and the statements laid over it: with a crossing
closed, the best way of every pair of places is the least over the rest.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import records
from pipeline.core.numbers import ABSENT, number
from pipeline.measures import situation
from pipeline.report.brief_trucks import BY_CROSSING
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
         "source", "bears_trucks", "wait_minutes"]  # fmt: skip
STATES = ("open", "restricted", "closed", "unknown")


@dataclass(frozen=True)
class Brief:
    """All that the page says."""

    title: str
    day: str
    paragraph: str
    grids: list[Grid]
    changed: list[str]
    sure: list[str]
    credit: str


def states(
    crossings: pd.DataFrame,
    situations: pd.DataFrame,
    names: Mapping[str, str],
    doubtful: Collection[str] = (),
) -> pd.DataFrame:
    """A row for each counted crossing and vehicle: what is known of it, and the stated wait.

    `doubtful` are crossings of which no tag says that they bear trucks; a statement may.
    """
    said = dict(list(situations.groupby("crossing_id")))
    nothing, rows = situations.iloc[:0], []
    for crossing in records(crossings[crossings["counted"]]):
        here = said.get(crossing["crossing_id"], nothing)
        waits, mapped = situation.waits(here, crossing), situation.carried(crossing)
        spoken = situation.governing(here, crossing)
        for vehicle, state in situation.by_vehicle(here, crossing).items():
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
                rows.append(row | told | {"wait_minutes": waits.get(vehicle)})
    return pd.DataFrame(rows, columns=KNOWN)


def open_now(known: pd.DataFrame) -> Grid:
    """How many crossings are open, by vehicle."""
    rows = []
    for vehicle, name in SPOKEN_OF.items():
        here = known[known["vehicle"] == vehicle]
        if len(here):
            counts = here["state"].value_counts()
            opened, *others = (number(counts.get(state, 0)) for state in STATES)
            if vehicle == "goods":
                sure = int((here["state"].eq("open") & here["bears_trucks"]).sum())
                opened = opened if number(sure) == opened else f"{number(sure)}\u2013{opened}"
            rows.append([name, opened, *others])
    head = ["Vehicle", "Open", "Restricted", "Closed", "Unknown"]
    return Grid("Crossings open now, by vehicle", head, rows)


def not_open(
    known: pd.DataFrame, ways: Mapping[str, Ways], names: Mapping[str, str], today: date
) -> Grid:
    """Crossings that a statement closes, restricts, slows or leaves unknown: next best, hours."""
    head = ["Crossing", "For", "State", "Source", "Next best", "+ h"]
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
        row = [str(here["name"].iloc[0]), whom, told, str(source)]
        rank = GRAVEST.index(str(state))
        found.append((rank, -share, [*row, names.get(best, best), extra]))
    ordered = [texts for *_, texts in sorted(found)]
    more = len(ordered) - MOST_CLOSED
    note = f"And {more} more: see the situation file." if more > 0 else ""
    if not ordered:
        note = "No statement closes, restricts or slows a crossing on this day."
    heading = "Closed, restricted, unknown or slow today, as stated"
    return Grid(heading, head, ordered[:MOST_CLOSED], note)


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


def paragraph(sentences: Sequence[str], last: Sequence[str] = ()) -> str:
    """The sentences that fit before those that end it, at most MOST_WORDS words in all."""
    said: list[str] = []
    for sentence in sentences:
        if len(" ".join([*said, sentence, *last]).split()) <= MOST_WORDS:
            said.append(sentence)
    return " ".join([*said, *last])


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
        name, who, state, _, best, extra = row
        for_whom = "" if who == "everybody" else f" for {who}"
        state = state.replace(" h wait", " hours of waiting")
        longer = "" if extra == ABSENT else f", {extra} hours more"
        longer = longer.replace("<", "under")
        instead = best if best in NO_OTHER else f"next best {best}"
        word, rest = re.fullmatch(r"(\w+)(.*)", state).groups()  # type: ignore[union-attr]
        yield capital(f"{name} is {word}{for_whom}{rest}: {instead}{longer}.")
    if trucks.head[0] == BY_CROSSING:
        yield f"Trucks may cross at {joined([row[0] for row in trucks.rows[:3]]) or 'no crossing'}."
        return
    for row in trucks.rows[:2]:
        yield f"Trucks for {row[0]} cross at {row[1]}."
