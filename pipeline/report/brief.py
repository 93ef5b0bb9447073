"""What the brief of a border says: who may cross where on a day, and what is next best.

Everything is worked out from the flow as mapped and the statements laid over it: with a crossing
closed, the best way of every pair of places is the least over the rest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import records
from pipeline.core.numbers import ABSENT, number, percent
from pipeline.core.types import Bools, Floats
from pipeline.measures import situation
from pipeline.report.words import joined
from pipeline.travel.choice import Choice

MOST_WORDS = parameters.whole("brief_words")
DESTINATIONS = parameters.whole("brief_destinations")
MOST_CLOSED = parameters.whole("brief_closed")
# Vehicles that the brief speaks of, in words, and the modes of crossing that may carry them.
SPOKEN_OF = {"goods": "Trucks", "car": "Cars", "bus": "Buses", "foot": "On foot", "train": "Trains"}
WHOM = {"goods": "trucks", "car": "cars", "bus": "buses", "foot": "people on foot",
        "train": "trains"}  # fmt: skip
LEAST_MINUTES, LESS_THAN_SHOWN = 3.0, "< 0.1"
GRAVEST = ("closed", "unknown", "restricted", "open")  # order of rows on the page
KNOWN = ["crossing_id", "name", "border_km", "vehicle", "state", "until", "source", "wait_minutes"]
STATES = ("open", "restricted", "closed", "unknown")


@dataclass(frozen=True)
class Ways:
    """What a vehicle may choose from as mapped: crossings in the order of a choice's rows.

    `choices` are by model of demand, the one to be asked first in front; `places` are named
    places by node of the network. `sure` is what trucks choose that keep to roads which a tag or
    their class names: the other end of the range that missing tags leave.
    """

    ids: list[str]
    wait_minutes: Floats
    choices: Mapping[str, Choice]
    places: Mapping[int, str]
    sure: Choice | None = None


@dataclass(frozen=True)
class Grid:
    """A table of the page: a heading, the heads of its columns, texts, and a line below it."""

    heading: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""


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
    crossings: pd.DataFrame, situations: pd.DataFrame, names: Mapping[str, str]
) -> pd.DataFrame:
    """A row for each counted crossing and vehicle: what is known of it, and the stated wait."""
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
                row |= {"border_km": crossing["border_km"], "vehicle": vehicle, "state": state}
                statement = spoken.get(vehicle, {})
                told = {key: statement.get(key) for key in ("until", "source")}
                rows.append(row | told | {"wait_minutes": waits.get(vehicle)})
    return pd.DataFrame(rows, columns=KNOWN)


def open_now(known: pd.DataFrame) -> Grid:
    """How many crossings are open, by vehicle."""
    rows = []
    for vehicle, name in SPOKEN_OF.items():
        here = known[known["vehicle"] == vehicle]
        if len(here):
            counts = here["state"].value_counts()
            rows.append([name, *(number(counts.get(state, 0)) for state in STATES)])
    head = ["Vehicle", "Open", "Restricted", "Closed", "Unknown"]
    return Grid("Crossings open now, by vehicle", head, rows)


def where_to_cross(known: pd.DataFrame, ways: Ways, names: Mapping[str, str], way: str) -> Grid:
    """For each large destination the crossing that trucks take today, and the next best."""
    model, chosen = _asked_first(ways)
    heading = f"Where trucks cross today, {way}"
    head = ["Truck going to", "Cross at", "Share", "Hours", "Usual crossing",
            "If closed too, use", "+ h"]  # fmt: skip
    if chosen is None:
        return Grid(heading, head, [], "No pair of places has a way by truck in these data.")
    minutes = minutes_now(known, ways, chosen, "goods")
    rows: list[list[str]] = []
    elsewhere: list[str] = []
    weight = pd.Series(chosen.weight).groupby(chosen.destination).sum()
    for node in weight.sort_values(ascending=False, kind="stable").index:
        if node not in ways.places or len(rows) == DESTINATIONS:
            continue
        place = ways.places[node]
        pairs = np.flatnonzero(chosen.destination == node)
        first = _most_used(minutes[:, pairs], chosen.weight[pairs])
        usual = _most_used(chosen.minutes[:, pairs], chosen.weight[pairs])
        if first is None:
            rows.append([place, "no crossing is open", *[ABSENT] * 5])
            continue
        at, sure = ways.ids[first[0]], _surely(known, ways, node)
        if sure is None or ways.ids[sure[0]] != at:
            there = "have no way" if sure is None else f"cross at {names[ways.ids[sure[0]]]}"
            elsewhere.append(f"for {place} {there}")
        instead = "the same"
        if usual is not None and usual[0] != first[0]:
            instead = _why_not(known, ways.ids[usual[0]], names)
        rest = minutes[:, pairs].copy()
        rest[first[0]] = np.inf
        second = _most_used(rest, chosen.weight[pairs])
        took = span(first[1], sure[1] if sure is not None else None)
        row = [place, names[at], percent(first[2]), took, instead]
        if second is None:
            rows.append([*row, "no way is left", ABSENT])
        else:
            rows.append([*row, names[ways.ids[second[0]]], hours(second[1] - first[1])])
    note = (
        "Share: of the trucks to that place, from all origins; others cross elsewhere. Hours: of "
        "the whole trip, with waits. + h: hours more by the next best. The other direction "
        "is not modelled."
    )
    if elsewhere and ways.sure is not None:
        note += f" On roads that tags or their class allow to trucks, those {joined(elsewhere)}."
    return Grid(heading, head, rows, note if model != "local" else f"{note} Local journeys.")


def _surely(known: pd.DataFrame, ways: Ways, node: int) -> tuple[int, float, float] | None:
    """What trucks to a place do that keep to roads which a tag or their class names."""
    if ways.sure is None or not len(ways.sure.weight):
        return None
    pairs = np.flatnonzero(ways.sure.destination == node)
    minutes = minutes_now(known, ways, ways.sure, "goods")[:, pairs]
    return _most_used(minutes, ways.sure.weight[pairs])


def _why_not(known: pd.DataFrame, crossing_id: str, names: Mapping[str, str]) -> str:
    """The crossing that trucks took as mapped, and what keeps them from it today."""
    here = known[(known["crossing_id"] == crossing_id) & (known["vehicle"] == "goods")]
    state = here["state"].iloc[0] if len(here) else "closed"
    return f"{'slow' if state == 'open' else state}: {names[crossing_id]}"


def minutes_now(known: pd.DataFrame, ways: Ways, chosen: Choice, vehicle: str) -> Floats:
    """Minutes of each pair by each crossing today: infinite where the vehicle may not pass."""
    of_vehicle = known[known["vehicle"] == vehicle].set_index("crossing_id").reindex(ways.ids)
    passes: Bools = of_vehicle["state"].eq("open").to_numpy()
    stated = of_vehicle["wait_minutes"].to_numpy(dtype=np.float64)
    extra = np.where(np.isnan(stated), 0.0, stated - ways.wait_minutes)
    found: Floats = np.where(passes[:, None], chosen.minutes + extra[:, None], np.inf)
    return found


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
    there = here[(here["state"] == "open") & (here["crossing_id"] != crossing_id)]
    if not len(there):
        return "no way is left", ABSENT, 0.0
    nearest = int((there["border_km"] - at).abs().to_numpy(float).argmin())
    return str(there["crossing_id"].iloc[nearest]), "not known", 0.0


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
    found = _most_used(minutes, chosen.weight[pairs])
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
        longer = "" if extra in (ABSENT, "not known") else f", {extra} hours more"
        longer = longer.replace("<", "under")
        instead = best if best in ("no way is left", "still the best") else f"next best {best}"
        word, rest = re.fullmatch(r"(\w+)(.*)", state).groups()  # type: ignore[union-attr]
        yield f"{name} is {word}{for_whom}{rest}: {instead}{longer}."
    for row in trucks.rows[:2]:
        yield f"Trucks for {row[0]} cross at {row[1]}."


def span(minutes: float, other: float | None) -> str:
    """Minutes in hours; two numbers where the other end of the range differs."""
    if other is None:
        return hours(minutes)
    low, high = (hours(one) for one in sorted((minutes, other)))
    return low if low == high else f"{low}\u2013{high}".replace(LESS_THAN_SHOWN, "0")


def hours(minutes: float) -> str:
    """Minutes as hours with one digit, such as 3.5."""
    return LESS_THAN_SHOWN if minutes < LEAST_MINUTES else number(minutes / 60, 1)


def _asked_first(ways: Ways) -> tuple[str, Choice | None]:
    for model, chosen in ways.choices.items():
        if len(chosen.weight):
            return model, chosen
    return "", None


def _most_used(minutes: Floats, weight: Floats) -> tuple[int, float, float] | None:
    """The row that most weight finds fastest, mean minutes of all with a way, its share of them."""
    served = np.isfinite(minutes).any(axis=0)
    if not served.any():
        return None
    first = minutes[:, served].argmin(axis=0)
    used = np.bincount(first, weights=weight[served], minlength=len(minutes))
    mean = np.average(minutes[:, served].min(axis=0), weights=weight[served])
    return int(used.argmax()), float(mean), float(used.max() / used.sum())
