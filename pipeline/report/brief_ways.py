"""What a brief is worked out from: the ways of a vehicle as mapped, and those left today."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.core.numbers import number
from pipeline.core.types import Bools, Floats
from pipeline.travel.choice import Choice

LEAST_MINUTES, LESS_THAN_SHOWN = 3.0, "< 0.1"


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


def minutes_now(known: pd.DataFrame, ways: Ways, chosen: Choice, vehicle: str) -> Floats:
    """Minutes of each pair by each crossing today: infinite where the vehicle may not pass."""
    of_vehicle = known[known["vehicle"] == vehicle].set_index("crossing_id").reindex(ways.ids)
    passes: Bools = of_vehicle["state"].eq("open").to_numpy()
    stated = of_vehicle["wait_minutes"].to_numpy(dtype=np.float64)
    extra = np.where(np.isnan(stated), 0.0, stated - ways.wait_minutes)
    found: Floats = np.where(passes[:, None], chosen.minutes + extra[:, None], np.inf)
    return found


def most_used(minutes: Floats, weight: Floats) -> tuple[int, float, float] | None:
    """The row that most weight finds fastest, mean minutes of all with a way, its share of them."""
    served = np.isfinite(minutes).any(axis=0)
    if not served.any():
        return None
    first = minutes[:, served].argmin(axis=0)
    used = np.bincount(first, weights=weight[served], minlength=len(minutes))
    mean = np.average(minutes[:, served].min(axis=0), weights=weight[served])
    return int(used.argmax()), float(mean), float(used.max() / used.sum())


def hours(minutes: float) -> str:
    """Minutes as hours with one digit, such as 3.5."""
    return LESS_THAN_SHOWN if minutes < LEAST_MINUTES else number(minutes / 60, 1)


def span(minutes: float, other: float | None) -> str:
    """Minutes in hours; two numbers where the other end of the range differs."""
    if other is None:
        return hours(minutes)
    low, high = (hours(one) for one in sorted((minutes, other)))
    return low if low == high else f"{low}\u2013{high}".replace(LESS_THAN_SHOWN, "0")
