"""The report's claims: each with its verdict, its numbers, its curve and its variants, as HTML."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.measures import claims, tipping
from pipeline.report import claim_charts
from pipeline.report.figures import figure
from pipeline.report.tables import ABSENT, csv_of, cut_short, name, number, short, table, text

MOST_ROWS = 200  # that the page shows; the CSV holds all


def overview(answers: list[dict[str, Any]], pictures: Path, credit: str) -> str:
    """All claims that are measured, in one picture."""
    drawn = claim_charts.overview(answers, claims.read().borders)
    if drawn is None:
        return ""
    said = "; ".join(f"{a['claim']} {a['verdict']}" for a in answers)
    alt = f"Ratio of the two borders for each claim that is measured, with its range. {said}."
    return figure(drawn, pictures / "claims", alt, "The claims at a glance", credit)


def cards(answers: list[dict[str, Any]], pictures: Path, credit: str) -> str:
    """A card a claim; where no claim is measured at all, their list and one reason."""
    if any(answer["measures"] for answer in answers):
        return "".join(_card(answer, pictures, credit) for answer in answers)
    rows = "".join(
        f"<li><b>{text(answer['claim'])}</b> {text(answer['statement'])}</li>" for answer in answers
    )
    why = "; ".join(dict.fromkeys(f"{answer['verdict']}, {answer['why']}" for answer in answers))
    return (
        f"<p>Of these claims, none can be read from this source ({text(why)}). Maps, pictures and "
        f"tables below show the borders that it holds.</p><ul>{rows}</ul>"
    )


def _card(answer: dict[str, Any], pictures: Path, credit: str) -> str:
    """A claim: verdict, the two numbers, ratio, range, why, its curve and its variants."""
    verdict = answer["verdict"]
    mark = {"supported": "✔", "contradicted": "✘", "not tested": "○"}.get(verdict, "◐")
    style = verdict.split()[0]
    which = answer["claim"]
    parts = [
        f'<article class="claim {text(style)}" aria-labelledby="claim-{text(which)}">',
        f'<h3 id="claim-{text(which)}"><span class="id">{text(which)}</span> '
        f"{text(answer['statement'])}</h3>",
        f'<p class="verdict"><span aria-hidden="true">{mark}</span> {text(verdict)}</p>',
        _numbers(answer),
        f"<p>{text(answer['why'])}</p>",
        f'<p class="reading">{text(answer["reading"])}</p>',
        _tipping(answer),
    ]
    drawn = claim_charts.specification(answer, claims.read().borders)
    if drawn is not None:
        alt = f"Specification curve of {which}: every variant's ratio in order. {answer['why']}"
        caption = f"Specification curve of {which}"
        parts.append(figure(drawn, pictures / f"claim-{which}", alt, caption, credit))
    if answer["measures"]:
        parts.append(_variants(answer))
    return "".join([*parts, "</article>"])


def _numbers(answer: dict[str, Any]) -> str:
    if not answer["measures"]:
        return ""
    first, second = claims.read().borders
    primary = answer["measures"][0]
    ratios = [
        m["ratio"]
        for m in answer["measures"]
        if m["role"] in ("primary", "variant") and m["ratio"] is not None
    ]
    span = f"{short(min(ratios))} to {short(max(ratios))}" if ratios else ABSENT
    unit = text(primary["unit"])
    cells = (
        (text(first), f"{short(primary[first])} <small>{unit}</small>"),
        (text(second), f"{short(primary[second])} <small>{unit}</small>"),
        ("ratio", short(primary["ratio"])),
        ("range of ratio", span),
    )
    return (
        '<dl class="numbers">'
        + "".join(f"<div><dt>{label}</dt><dd>{value}</dd></div>" for label, value in cells)
        + "</dl>"
    )


def _tipping(answer: dict[str, Any]) -> str:
    found = tipping.roads(answer, claims.read().borders, claims.read().rules)
    if found is None:
        return ""
    fewer, level, turn = found
    said = (
        f"<b>Tipping point:</b> {number(level)} more ways through, all on {text(fewer)} and none "
        "on the other border, would have to be missing from the map to bring the headline level"
    )
    more = f"; {number(turn)} would overturn the verdict" if turn is not None else ""
    return f'<p class="tipping">{said}{more}.</p>'


def _variants(answer: dict[str, Any]) -> str:
    first, second = claims.read().borders
    rest = ("unit", first, second, "ratio", "supports", "why_absent")
    settings = list(dict.fromkeys(k for m in answer["measures"] for k in m if k not in rest))
    frame = pd.DataFrame(answer["measures"]).reindex(columns=[*settings, *rest])
    shown = frame.head(MOST_ROWS)
    rows = [
        [
            text(" · ".join(str(row[k]) for k in settings if isinstance(row[k], str))),
            short(row[first]),
            short(row[second]),
            text(row["unit"]),
            short(row["ratio"]),
            {True: "yes", False: "no"}.get(row["supports"], name(row["why_absent"])),
        ]
        for row in shown.to_dict(orient="records")
    ]
    head = ["Variant", text(first), text(second), "Unit", "Ratio", "Supports"]
    caption = f"Variants of {text(answer['claim'])}{cut_short(shown, frame)}"
    file_name = f"claim-{answer['claim']}.csv"
    return (
        f"<details><summary>All {len(frame)} variants of {text(answer['claim'])}</summary>"
        f"{table(caption, head, rows, (1, 2, 4))}{csv_of(frame, file_name)}</details>"
    )
