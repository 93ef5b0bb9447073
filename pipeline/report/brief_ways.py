"""What a brief is computed from: the ways of a vehicle as mapped, and those left today."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.core.numbers import number
from pipeline.core.types import Bools, Floats
from pipeline.travel.choice import Choice

LEAST_MINUTES = 3.0
LESS_THAN_SHOWN = "< 0.1"
WHOLE_FROM_MINUTES = 600.0  # tenths of an hour mean nothing for so long a way


@dataclass(frozen=True)
class Ways:
    """What a vehicle can choose from as mapped: crossings in the order of a choice's rows.

    `choices` are by model of demand, the preferred one first; `places` are named places by node of
    the network. `sure` is the choice of trucks that use only roads known to allow them (by tag or
    class): the other end of the range that missing tags leave open.
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


def without(ways: Ways, barred: Collection[str], opened: Collection[str] = ()) -> Ways:
    """The ways of a vehicle that may not use the barred crossings, whatever the map says.

    Barred crossings that a statement has `opened` may be used today, but none was the usual one.
    Pairs with no other way are left out, with their weight.
    """
    usual = np.isin(ways.ids, list(barred))
    today = usual & ~np.isin(ways.ids, list(opened))
    if not usual.any():
        return ways
    return replace(
        ways,
        choices={model: _without(one, usual, today) for model, one in ways.choices.items()},
        sure=None if ways.sure is None else _without(ways.sure, usual, today),
    )


def _without(chosen: Choice, usual: Bools, today: Bools) -> Choice:
    as_mapped = np.where(usual[:, None], np.inf, chosen.minutes)
    kept = np.isfinite(as_mapped).any(axis=0)
    as_mapped = as_mapped[:, kept]
    first = as_mapped.argmin(axis=0)
    rest = as_mapped.copy()
    rest[first, np.arange(len(first))] = np.inf
    return replace(
        chosen,
        minutes=np.where(today[:, None], np.inf, chosen.minutes)[:, kept],
        km=np.full(
            (2, len(first)), np.nan
        ),  # these pairs were measured by the best two of all crossings
        origin=chosen.origin[kept],
        destination=chosen.destination[kept],
        weight=chosen.weight[kept],
        first=first,
        second=np.where(np.isfinite(rest).any(axis=0), rest.argmin(axis=0), -1),
    )


def minutes_now(known: pd.DataFrame, ways: Ways, chosen: Choice, vehicle: str) -> Floats:
    """Minutes of each pair through each crossing today: infinite where the vehicle may not pass."""
    of_vehicle = known[known["vehicle"] == vehicle].set_index("crossing_id").reindex(ways.ids)
    passes: Bools = of_vehicle["state"].eq("open").to_numpy()
    stated = of_vehicle["wait_minutes"].to_numpy(dtype=np.float64)
    extra = np.where(np.isnan(stated), 0.0, stated - ways.wait_minutes)
    found: Floats = np.where(passes[:, None], chosen.minutes + extra[:, None], np.inf)
    return found


def most_used(minutes: Floats, weight: Floats) -> tuple[int, float, float] | None:
    """The row that is fastest for most weight, mean minutes of all with a way, and its share."""
    served = np.isfinite(minutes).any(axis=0)
    if not served.any():
        return None
    first = minutes[:, served].argmin(axis=0)
    used = np.bincount(first, weights=weight[served], minlength=len(minutes))
    mean = np.average(minutes[:, served].min(axis=0), weights=weight[served])
    return int(used.argmax()), float(mean), float(used.max() / used.sum())


def hours(minutes: float) -> str:
    """Minutes as hours with one decimal, such as 3.5; above ten hours rounded: about 21."""
    whole = minutes >= WHOLE_FROM_MINUTES
    return f"about {_number(minutes)}" if whole else _number(minutes)


def _number(minutes: float) -> str:
    if minutes < LEAST_MINUTES:
        return LESS_THAN_SHOWN
    return number(minutes / 60, 0 if minutes >= WHOLE_FROM_MINUTES else 1)


def span(minutes: float, other: float | None) -> str:
    """Minutes in hours; two numbers where the other end of the range differs."""
    if other is None:
        return hours(minutes)
    low, high = sorted((minutes, other))
    if _number(low) == _number(high):
        return hours(high)
    return f"{_number(low)}\u2013{_number(high)}".replace(LESS_THAN_SHOWN, "0")
