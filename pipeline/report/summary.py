"""The first screen: the answer in one sentence, the count of verdicts, a line for each claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core import numbers
from pipeline.measures import claims
from pipeline.report import words
from pipeline.report.borders import Border
from pipeline.report.headlines import Headline

Claim = dict[str, Any]
MARKS = {"supported": "✔", "contradicted": "✘", "weakly": "◔", "not": "○", "no": "○"}


@dataclass(frozen=True)
class Line:
    """A claim in the table of the first screen; `values` are the headline of each border."""

    claim: str
    statement: str
    tested: str
    values: Sequence[Headline]
    verdict: str
    style: str
    mark: str
    firm: str


def is_measured(answers: list[Claim]) -> bool:
    """Whether any claim is tested on these borders."""
    return any(answer["verdict"] != "not tested" for answer in answers)


def lines(answers: list[Claim], values: Sequence[Sequence[Headline]]) -> list[Line]:
    """The claims in plain words; `values` are their headlines, a list of both borders' a claim."""
    return [_line(answer, own) for answer, own in zip(answers, values, strict=True)]


def style(verdict: str) -> str:
    """The first word of a verdict: supported, contradicted, depends, weakly, no or not."""
    return verdict.split(maxsplit=1)[0].lower() if verdict else "not"


def mark(verdict: str) -> str:
    """The sign of a verdict, readable without colour."""
    return MARKS.get(style(verdict), "◐")


def counts(answers: list[Claim]) -> str:
    """How many claims have each verdict: 4 are supported, 2 contradicted, 1 depends on a choice."""
    order = ("supported", "weakly", "depends", "contradicted", "no", "not")
    words_for = {"weakly": "weakly supported", "not": "not measured", "no": "without a verdict"}
    found: dict[str, list[str]] = {}
    for answer in answers:
        found.setdefault(style(answer["verdict"]), []).append(answer["verdict"])
    if len(set(found.get("depends", ()))) == 1:
        words_for["depends"] = found["depends"][0]
    else:
        words_for["depends"] = "that depend on something else"
    return words.joined(
        [f"{len(found[kind])} {words_for.get(kind, kind)}"
         for kind in dict.fromkeys((*order, *found)) if kind in found]
    )  # fmt: skip


def sentence(answers: list[Claim], borders: Sequence[Border]) -> str:
    """The answer: how many claims are supported, then what the headline figures say."""
    first, second = borders[0], borders[1]
    primary = {
        answer["claim"]: answer["measures"][0]
        for answer in answers
        if answer["measures"] and answer["measures"][0]["role"] == "primary"
    }
    parts = []
    for measure in primary.values():
        part = _part(measure, first.key, second.key)
        if part and part not in parts:
            parts.append(part)
    opening = f"Of the {len(answers)} claims: {counts(answers)}."
    if not parts:
        return opening
    return f"{opening} The {second.name} border {words.joined(parts)}."


def _part(measure: dict[str, Any], first: str, second: str) -> str:
    one, two, unit = measure[first], measure[second], measure["unit"]
    if one is None or two is None:
        return ""
    ours, theirs = words.measure(two, unit), words.measure(one, unit)
    ours = ours if unit == "share" else ours.removesuffix(f" {unit}").split(" ")[0]
    if measure["measure"] == "length":
        comparison = "shorter" if two < one else "longer"
        return f"is {comparison} ({ours} against {theirs})"
    if measure["measure"] == "min_cut":
        depth = str(measure.get("depth", "")).lstrip("+")
        word = "fewer" if two < one else "as many" if two == one else "more"
        return f"needs {word} closures to cut its roads {depth} behind it ({ours} against {theirs})"
    if measure["measure"] == "cost":
        word = "less" if two < one else "more"
        return f"would cost {word} to secure further ({ours} against {theirs})"
    return ""


def _line(answer: Claim, values: Sequence[Headline]) -> Line:
    return Line(
        claim=answer["claim"],
        statement=answer["statement"],
        tested=_tested(answer),
        values=values,
        verdict=answer["verdict"],
        style=style(answer["verdict"]),
        mark=mark(answer["verdict"]),
        firm=firm(answer),
    )


def _tested(answer: Claim) -> str:
    """What was tested, and the depth of the headline."""
    reading = answer.get("reading") or ""
    depth = str(answer["measures"][0].get("depth", "")) if answer["measures"] else ""
    return f"{reading} Shown: D = {depth.lstrip('+')}." if reading and depth else reading


def firm(answer: Claim) -> str:
    """How firm a verdict is: in how many specifications the headline's answer is the same."""
    if answer.get("kind") == "dependence":
        asked = claims.read()
        primary = answer["measures"][0] if answer["measures"] else {}
        if all(primary.get(border) is None for border in asked.borders):
            return "no figure"
        most, least = asked.rules.supported_swing, asked.rules.contradicted_swing
        return (
            f"by a model: {numbers.percent(most)} or more supports, "
            f"{numbers.percent(least)} or more supports weakly"
        )
    speaks, distinct = speaking(answer)
    if not distinct:
        return "no figure"
    found = f"in {speaks} of {distinct} specifications"
    if answer["verdict"].startswith("depends"):
        return f"{found}, but what is missing in the data could reverse it"
    return found


def speaking(answer: Claim) -> tuple[int, int]:
    """How many of the distinct results speak for a claim, and how many there are."""
    distinct = [m for m in answer["measures"] if m.get("distinct")]
    return sum(bool(m["supports"]) for m in distinct), len(distinct)
