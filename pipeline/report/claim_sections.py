"""One section for each claim: the test, the numbers, its best figures, and all variants."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.core import numbers
from pipeline.core.frames import Row, records
from pipeline.measures import claims, success_figures, tipping
from pipeline.report import claim_charts, success_charts, summary, words
from pipeline.report.borders import Border
from pipeline.report.figures import Picture, saved
from pipeline.report.headlines import Headline
from pipeline.report.tables import Table, csv_of, cut_short, name

MOST_ROWS = 200  # that the page shows; the CSV has all
OUTSIDE = ("unit", "ratio", "supports", "distinct", "why_absent")
ROLES = {"primary": "headline", "variant": "", "beside": "beside it"}
# Settings that need not be repeated after the name of a figure.
NAMED = {"level": "prices", "wages": "wages"}
USUAL = {"per": "border", "ways": "headline", "third_countries": "transit excluded"}
MEASURES = {
    "min_cut": "minimum cut", "min_cut_on_foot": "minimum cut, walking too",
    "unguarded": "unguarded routes", "unguarded_on_foot": "unguarded routes, walking too",
    "success_swing": "swing of the share stopped", "success_shapley": "Shapley effect",
    "walk_share": "line that people walk through", "line_share": "share of the line",
    "cost_per_point": "cost of 1 % stopped", "near_post_share": "line near a post",
    "post_share": "what has a post", "walked_round_share": "posts that people walk round",
    "clean_share": "demand that meets no post", "first_two_share": "first two crossings' share",
}  # fmt: skip
SITES, SITES_IN_WORDS = " 10 km sites", " sites of 10 km"


@dataclass(frozen=True)
class Section:
    """A claim for the page."""

    claim: str
    statement: str
    verdict: str
    style: str
    mark: str
    reading: str
    numbers: Sequence[tuple[str, Headline]]
    why: str
    tipping: str
    pictures: Sequence[Picture]
    more: Sequence[Picture]
    variants: Table | None


def sections(
    answers: list[dict[str, Any]],
    borders: Sequence[Border],
    headlines: Sequence[Sequence[Headline]],
    figures: dict[str, list[Picture]],
    pictures: Path,
    credit: str,
) -> list[Section]:
    """A section a claim, with its headlines; `figures` are the pictures of each, by claim."""
    return [
        _section(answer, borders, values, figures.get(answer["claim"], []), pictures, credit)
        for answer, values in zip(answers, headlines, strict=True)
    ]


def _section(
    answer: dict[str, Any],
    borders: Sequence[Border],
    values: Sequence[Headline],
    best: list[Picture],
    pictures: Path,
    credit: str,
) -> Section:
    which = answer["claim"]
    drawn = claim_charts.specification(answer, borders)
    curve = []
    if drawn is not None:
        caption = f"All specifications of claim {which}, in order of ratio"
        says = claim_charts.balance(answer)
        curve = [saved(drawn, pictures / f"claim-{which}", caption, says, credit)]
    return Section(
        claim=which,
        statement=answer["statement"],
        verdict=answer["verdict"],
        style=summary.style(answer["verdict"]),
        mark=summary.mark(answer["verdict"]),
        reading=answer.get("reading") or "",
        numbers=_numbers(answer, borders, values),
        why=answer["why"],
        tipping=_tipping(answer, borders),
        pictures=best or curve,
        more=curve if best else [],
        variants=_variants(answer, borders) if answer["measures"] else None,
    )


def _numbers(
    answer: dict[str, Any], borders: Sequence[Border], values: Sequence[Headline]
) -> list[tuple[str, Headline]]:
    if not answer["measures"] or len(borders) < 2:
        return []
    primary = answer["measures"][0]
    named = [(border.name, value) for border, value in zip(borders, values, strict=True)]
    if primary.get("ratio") is None:
        return named
    speaks, distinct = summary.speaking(answer)
    return [
        *named,
        ("ratio", Headline(words.short(primary["ratio"]))),
        ("specifications for the claim", Headline(f"{speaks} of {distinct}")),
    ]


def _hinge(answer: dict[str, Any], borders: Sequence[Border]) -> str:
    """Which parameter of another factor the swing of a dependence depends on most."""
    if not answer["measures"]:
        return ""
    swing, hinges = answer["measures"][0], []
    for border in borders:
        rows = pd.DataFrame(border.layer("success_parameters"))
        held = success_figures.hinges(rows, swing["demand"], swing["of"]) if len(rows) else rows
        if len(held):
            ends = (numbers.number(100 * float(held.iloc[0][end]), 1) for end in ("low", "high"))
            hinges.append("{}: {} (a swing of {} points at its low end, {} at its high end)".format(
                border.name, success_charts.PARAMETERS[str(held.index[0])], *ends
            ))  # fmt: skip
    if not hinges:
        return ""
    return f"What this swing depends on most among the other factors. {'; '.join(hinges)}."


def _tipping(answer: dict[str, Any], borders: Sequence[Border]) -> str:
    if answer.get("kind") == "dependence":
        return _hinge(answer, borders)
    if len(borders) < 2:
        return ""
    found = tipping.roads(answer, (borders[0].key, borders[1].key), claims.read().rules)
    if found is None:
        return ""
    fewer, level, turn = found
    where = next(border.name for border in borders if border.key == fewer)
    more = f"; {numbers.number(turn)} would overturn the verdict" if turn is not None else ""
    return (
        f"Tipping point: {numbers.number(level)} more ways through, all on {where} and none on the "
        f"other border, would have to be missing from the map to bring the headline level{more}."
    )


def _specified(row: Row, settings: Sequence[str]) -> str:
    """The choices of a specification in words, without the usual ones."""
    choices = {key: str(row[key]) for key in settings if isinstance(row[key], str)}
    role, measure = choices.pop("role", ""), choices.pop("measure", "")
    words_of = (
        ROLES.get(role, role),
        MEASURES.get(measure, measure.replace("_", " ")),
        *(f"{choice} {NAMED[key]}" if key in NAMED else choice
          for key, choice in choices.items() if USUAL.get(key) != choice),
    )  # fmt: skip
    return " · ".join(filter(None, words_of)).replace(" -", f" {numbers.MINUS}")


def _variants(answer: dict[str, Any], borders: Sequence[Border]) -> Table:
    keys = [border.key for border in borders]
    rest = [*keys, *OUTSIDE]
    settings = list(dict.fromkeys(k for m in answer["measures"] for k in m if k not in rest))
    columns = [*settings, *keys, *OUTSIDE]
    frame = pd.DataFrame(answer["measures"]).reindex(columns=columns)
    shown = frame.head(MOST_ROWS)
    names = {border.key: border.name for border in borders}
    rows = [
        [
            _specified(row, settings),
            *(
                words.measure(row[key], str(row["unit"])).replace(SITES, SITES_IN_WORDS)
                for key in keys
            ),
            words.short(row["ratio"]),
            {True: "yes", False: "no"}.get(
                row["supports"], words.with_names(name(row["why_absent"]), names)
            ),
        ]
        for row in records(shown)
    ]
    return Table(
        caption=f"All {len(frame)} specifications of {answer['claim']}{cut_short(shown, frame)}",
        head=["Specification", *(border.name for border in borders), "Ratio", "Speaks for it"],
        rows=rows,
        numeric=tuple(range(1, len(keys) + 2)),
        download=csv_of(frame, f"claim-{answer['claim']}.csv"),
    )
