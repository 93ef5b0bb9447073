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
# Keys of a measure with texts that are not choices.
NO_CHOICE = ("role", "measure", "unit", "why_absent")
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
        firm=firm(answer, values),
    )


def _tested(answer: Claim) -> str:
    """What was tested, and which depth or scenarios the headline shows."""
    reading = answer.get("reading") or ""
    primary = answer["measures"][0] if answer["measures"] else {}
    if reading and "depth" in primary:
        return f"{reading} Shown: D = {str(primary['depth']).lstrip('+')}."
    if reading and "scenario" in primary:
        return f"{reading} Shown: {_set_against(primary['scenario'])}."
    return reading


def _set_against(choice: str) -> str:
    """A choice of each border: `a / b` is a on the first and b on the second."""
    return choice.replace(" / ", " against ")


def firm(answer: Claim, values: Sequence[Headline]) -> str:
    """How firm a verdict is.

    Of a comparison, in how many specifications the answer is that of the headline, and what the
    others have in common; of a dependence, which verdicts the range of the swing holds.
    """
    if answer.get("kind") == "dependence":
        asked = claims.read()
        place = asked.borders.index(asked.spoken_of)
        return _firm_swing(answer, values[place].ends if place < len(values) else None)
    speaks, distinct = speaking(answer)
    if not distinct:
        return "no figure"
    found = f"in {speaks} of {distinct} specifications"
    if answer["verdict"].startswith("depends"):
        return f"{found}, but what is missing in the data could reverse it"
    return f"{found}{_otherwise(answer)}"


def _otherwise(answer: Claim) -> str:
    """What all specifications that speak against a supported claim have in common."""
    distinct = [one for one in answer["measures"] if one.get("distinct")]
    against = [one for one in distinct if not one["supports"]]
    if not against or answer["verdict"] != "supported":
        return ""
    for name, usual in answer["measures"][0].items():
        options = {one.get(name) for one in against}
        if (
            name not in NO_CHOICE
            and isinstance(usual, str)
            and options != {usual}
            and len(options) == 1
        ):
            other = str(options.pop())
            verb = " set" if other != _set_against(other) else ":"
            return f"; the other {len(against)}{verb} {_set_against(other)}"
    return f"; the other {len(against)} speak against it"


def _firm_swing(answer: Claim, ends: tuple[float, float] | None) -> str:
    """Which verdicts the swing would have over its range, by the rules of the claims."""
    rules = claims.read().rules
    least, enough = (
        words.short(100 * limit) for limit in (rules.contradicted_swing, rules.supported_swing)
    )
    ranges = {
        "supported": f"{enough} points or more",
        "weakly supported": f"{least} to {enough} points",
        "contradicted": f"below {numbers.counted(least, 'points')}",
    }
    if answer["verdict"] not in ranges:
        return "no figure"
    if ends is None:
        return f"{ranges[answer['verdict']]}; no range is stated"
    low, high = (_of_swing(end, rules) for end in ends)
    if low == high:
        return f"firm, since the whole range is {ranges[low]}"
    return (
        f"not firm, since the range reaches from {low} ({ranges[low]}) to {high} ({ranges[high]})"
    )


def _of_swing(swing: float, rules: claims.Rules) -> str:
    if swing >= rules.supported_swing:
        return "supported"
    return "contradicted" if swing < rules.contradicted_swing else "weakly supported"


def speaking(answer: Claim) -> tuple[int, int]:
    """How many of the distinct results speak for a claim, and how many there are."""
    distinct = [m for m in answer["measures"] if m.get("distinct")]
    return sum(bool(m["supports"]) for m in distinct), len(distinct)
