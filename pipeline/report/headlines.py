"""The headline figure of a claim on a border: as a reader sees it, how firm it is, its ground."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.core.numbers import ABSENT, is_absent
from pipeline.measures import claim_figures
from pipeline.measures.claim_figures import Published
from pipeline.report import words

Answer = dict[str, Any]


@dataclass(frozen=True)
class Headline:
    """A headline figure.

    `shown` is the value with its unit, and says where it is a least count. `beside` is how far it
    may be off: the range over prices and the like, or what known omissions would make of it.
    `behind` is the address in the page of what it rests on. Both may be empty. `ends` are those of
    the range, where there is one.
    """

    shown: str
    beside: str = ""
    behind: str = ""
    ends: tuple[float, float] | None = None


def of_claims(
    answers: Sequence[Answer], published: Published, cordons: Mapping[str, pd.DataFrame]
) -> list[list[Headline]]:
    """The headline of each claim on both borders, as comparison.csv and claims.json have it.

    `cordons` are the layers of the two borders, by border. Roads that the data lack can only add to
    a count of ways: it is shown as a least count, unless the cut is an upper bound. Other
    figures have their range.
    """
    bounded = _upper_bounds(answers, cordons)
    return [
        [_of_border(answer, at, key, published, bounded) for at, key in enumerate(cordons)]
        for answer in answers
    ]


def _upper_bounds(answers: Sequence[Answer], cordons: Mapping[str, pd.DataFrame]) -> set[str]:
    """Borders on which a cut that is a claim's headline is an upper bound, by their cordons."""
    found = set()
    for answer in answers:
        primary = answer["measures"][0] if answer["measures"] else {}
        if primary.get("measure") != "min_cut":
            continue
        km = float(str(primary["depth"]).removesuffix(" km"))
        for border, rows in cordons.items():
            here = rows["mode"].eq(primary["mode"]) & rows["depth_km"].eq(km)
            if rows.loc[here & rows["directed"] & ~rows["third_open"], "is_upper_bound"].any():
                found.add(border)
    return found


def _of_border(
    answer: Answer, place: int, border: str, published: Published, bounded: Collection[str]
) -> Headline:
    primary = answer["measures"][0] if answer["measures"] else {}
    value = primary.get(border)
    if value is None:
        return Headline(ABSENT)
    unit = primary["unit"]
    shown, behind = words.measure(value, unit), _behind(primary, border)
    if "omissions" not in answer or not _counts_ways(primary):
        settings = {name: one for name, one in primary.items() if isinstance(one, str)}
        row = claim_figures.rows_of(settings, place, border, published)
        low, high = row.get("low"), row.get("high")
        ends = None if is_absent(low) or is_absent(high) else (float(str(low)), float(str(high)))
        return Headline(shown, words.span(low, high, unit), behind, ends)
    is_upper = border in bounded and primary["measure"] == "min_cut"
    least = "at least " if value and not is_upper else ""
    return Headline(f"{least}{shown}", _with_omissions(answer, border, value), behind)


def _counts_ways(primary: Answer) -> bool:
    return primary["measure"] in ("crossings", "min_cut")


def _with_omissions(answer: Answer, border: str, value: float) -> str:
    """The headline if the data had the crossings that they lack by an inventory.

    If an inventory covers only the other border: that there is none for this one.
    """
    for one in answer["omissions"]:
        if one["border"] == border:
            still = "up to" if one["most"] > value else "still"
            return f"{still} {words.short(one['most'])} with crossings that the data lack"
    return "no inventory of what the data lack" if answer["omissions"] else ""


def _behind(measure: Answer, border: str) -> str:
    """The address in the page of the details of a headline figure; empty if there are none."""
    view = f"#view?mode={measure.get('mode')}"
    if measure["measure"] == "min_cut" and "depth" in measure:
        depth = str(measure["depth"]).removesuffix(" km").replace("+", "%2B")
        return f"{view}&depth={depth}&rests-{border}=cut"
    if measure["measure"] == "crossings" and measure.get("count") == "crossings":
        return f"{view}&rests-{border}=crossings"
    return ""
