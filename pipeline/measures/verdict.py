"""The verdict on each claim by comparison.csv, and the reason.

Every figure of a verdict is a row of comparison.csv, with the value that is written there. So a
reader can derive the same verdicts from that file and claims.toml.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.core.numbers import figure, number, percent
from pipeline.measures import dependence, omissions
from pipeline.measures.claim_figures import Measured, Published, measured, settings_of
from pipeline.measures.claims import SIDE, Claim, Claims, Rules

LACKING = "crossings that the data lack"


def judge(claims: Claims, published: Published, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each claim with its measures, verdict and reason, as in claims.json.

    Parameters
    ----------
    claims : Claims
        Content of claims.toml.
    published : mapping
        Rows of comparison.csv by (border, mode, measure): value (None if absent), low, high, unit,
        and `why_absent` if known.
    names : mapping of str to str
        What a reader calls each border.

    Returns
    -------
    list of dict
        For each claim: claim, kind, statement, reading, measures, verdict and why. A measure is a
        dict of its choices, the values of both borders, their ratio (None if there is none),
        `supports` (None if the two cannot be compared or the measure has no side), `distinct`
        (False if an earlier measure has the same pair of values) and its role: primary, variant,
        beside or fact. A comparison also has `share` (the share of distinct results on the claim's
        side) and `leave_one_out` (the same share with each choice in turn fixed at that of the
        headline).
    """
    return [_judged(claims, claim, published, names) for claim in claims.claims]


def _judged(
    claims: Claims, claim: Claim, published: Published, names: Mapping[str, str]
) -> dict[str, Any]:
    answer: dict[str, Any] = {"claim": claim.claim, "kind": claim.kind}
    answer |= {"statement": claim.statement, "reading": claim.reading, SIDE: claim.side}
    there = {border for border, _, _ in published}
    known = [border for border in claims.borders if border in there]
    facts = [measured(settings, "fact", "", claims.borders, published) for settings in claim.facts]
    if not known:
        answer["measures"] = []
    elif claim.kind == "dependence":
        swings = dependence.swings(claim, claims.borders, published)
        answer["measures"] = [*swings, *facts]
    else:
        compared = [
            measured(settings, role, side, claims.borders, published, claim)
            for settings, role, side in settings_of(claim)
        ]
        answer["measures"] = [*_marked(compared), *facts]
    lacking = [names.get(one, one) for one in claims.borders if one not in there]
    if claim.kind == "dependence":
        verdict, why = dependence.verdict(claims, claim, published, names)
        return answer | {"verdict": verdict, "why": f"{why} {claim.note}".strip()}
    if lacking:
        why = f"This needs both borders, and there is none of {' and '.join(lacking)}."
        return answer | {"verdict": "not tested", "why": why}
    return answer | _compared(claims, claim, answer["measures"], published, names)


def _marked(measures: list[Measured]) -> list[Measured]:
    """The measures, each marked if an earlier counted one has the same pair of values."""
    seen: set[tuple[Any, ...]] = set()
    marked = []
    for measure in measures:
        pair = tuple(part for name, part in measure.items() if name in _borders(measure))
        counts = measure["role"] != "beside" and measure["supports"] is not None
        marked.append(measure | {"distinct": counts and pair not in seen})
        if counts:
            seen.add(pair)
    return marked


def _borders(measure: Measured) -> list[str]:
    """The two keys of values: those between unit and ratio."""
    names = list(measure)
    return names[names.index("unit") + 1 : names.index("ratio")]


def _compared(
    claims: Claims,
    claim: Claim,
    measures: list[Measured],
    published: Published,
    names: Mapping[str, str],
) -> dict[str, Any]:
    """Verdict and reason of a comparison, by the rules of claims.toml."""
    primary = measures[0]
    if primary["supports"] is None:
        why = f"The headline is absent ({primary['why_absent']})."
        return {"verdict": "not tested", "why": why}
    counted = pd.DataFrame([m for m in measures if m["role"] in ("primary", "variant")])
    known = counted[counted["supports"].notna()]
    distinct = known[known["distinct"]]
    share = _share(distinct)
    held = {
        name: _share(_distinct(known[known[name] == primary[name]], claims.borders))
        for name in claim.primary
        if len(set(known[name])) > 1
    }
    lacking = omissions.found(claims, claim, primary, published)
    sentences = [
        _headline(primary, claims.borders, names),
        _counts(known, distinct, held),
        *(omissions.sentence(one, primary, names) for one in lacking),
        omissions.by_estimate(claims, claim, primary, published, names),
        claim.note,
    ]
    verdict = _verdict(claims.rules, share)
    if verdict is None:
        choice, separated = _separating_choice(claim, known)
        verdict = f"depends on {choice}"
        sentences.insert(2, separated)
    turned = [one for one in lacking if one["turns"]]
    if turned:
        verdict = f"depends on {LACKING}"
    return {
        "share": share,
        "leave_one_out": held,
        "omissions": lacking,
        "verdict": verdict,
        "why": " ".join(filter(None, sentences)),
    }


def _verdict(rules: Rules, share: float) -> str | None:
    if share >= rules.supported_share:
        return "supported"
    return "contradicted" if share <= rules.contradicted_share else None


def _share(rows: pd.DataFrame) -> float:
    return float(rows["supports"].astype(bool).mean())


def _distinct(rows: pd.DataFrame, borders: tuple[str, str]) -> pd.DataFrame:
    return rows.drop_duplicates(list(borders))


def _headline(primary: Measured, borders: tuple[str, str], names: Mapping[str, str]) -> str:
    """The two values and their ratio in words."""
    first, second = (
        f"{names.get(one, one)} {figure(primary[one], primary['unit'], _decimals(primary[one]))}"
        for one in borders
    )
    ratio = primary["ratio"]
    return f"{first}, {second}{f', ratio {_ratio(ratio)}' if ratio is not None else ''}."


def _decimals(amount: float) -> int:
    return 0 if float(amount).is_integer() else 1 if amount >= 10 else 2


def _ratio(ratio: float) -> str:
    """A ratio with three significant digits: 0.853, 66.3, 1,440."""
    return (
        f"{ratio:.3g}" if abs(ratio) < 1000 else number(round(ratio, 2 - len(f"{ratio:.0f}") + 1))
    )


def _counts(known: pd.DataFrame, distinct: pd.DataFrame, held: dict[str, float]) -> str:
    """How many distinct results support the claim, their range, and one choice's effect."""
    ratios = distinct["ratio"].dropna().astype(float)
    span = ""
    if len(ratios) and ratios.min() < ratios.max():
        span = f", ratios from {_ratio(ratios.min())} to {_ratio(ratios.max())}"
    sentence = (
        f"The claim holds in {int(distinct['supports'].sum())} of {len(distinct)} distinct results "
        f"({number(len(known))} specifications){span}"
    )
    if held:
        ends = percent(min(held.values())), percent(max(held.values()))
        sentence += f"; with one choice fixed at that of the headline, in {ends[0]}"
        sentence += f" to {ends[1]}" if ends[0] != ends[1] else " each time"
    return f"{sentence}."


def _separating_choice(claim: Claim, known: pd.DataFrame) -> tuple[str, str]:
    """The choice that best separates the results, by least Gini impurity; of equals the first."""
    answers = known["supports"].astype(bool)

    def impurity(name: str) -> float:
        shares = answers.groupby(known[name]).transform("mean")
        return float((shares * (1 - shares)).mean())

    choice = min((n for n in claim.primary if len(set(known[n])) > 1), key=impurity)
    sentences = [
        f"{option} {int(group.sum())} of {len(group)}"
        for option in known[choice].drop_duplicates()
        for group in [answers[known[choice] == option]]
    ]
    return choice.replace("_", " "), f"By {choice.replace('_', ' ')}: {', '.join(sentences)}."
