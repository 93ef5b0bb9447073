"""The verdicts computed again, only from comparison.csv and the rules of claims.toml. Of the code
that makes the verdicts, only the reading of claims and the names of figures are used here.
"""

import csv
import itertools
from pathlib import Path

from pipeline.measures import choices, claims
from pipeline.measures.claims import Claim, Claims, Settings

Figures = dict[tuple[str, str, str], dict[str, str]]


def verdicts_of(folder: Path) -> dict[str, str]:
    """The first word of each claim's verdict, by claim."""
    with (folder / "comparison.csv").open(newline="", encoding="utf-8") as file:
        rows = {(row["border"], row["mode"], row["measure"]): row for row in csv.DictReader(file)}
    asked = claims.read()
    return {
        claim.claim: (
            _depends_on_factor(asked, claim, rows)
            if claim.kind == "dependence"
            else _compared(asked, claim, rows)
        )
        for claim in asked.claims
    }


def _cell(rows: Figures, border: str, settings: Settings, column: str = "value") -> float | None:
    row = rows.get((border, settings.get("mode", ""), choices.key(settings)), {})
    return float(row[column]) if row.get(column) else None


def _depends_on_factor(asked: Claims, claim: Claim, rows: Figures) -> str:
    """By the swing on the border spoken of, of the first demand."""
    rules, demand = asked.rules, claim.demand[0]
    swing = {"measure": "success_swing", "of": claim.factor, "demand": demand}
    share = {"measure": "success_share", "demand": demand}
    found = _cell(rows, asked.spoken_of, swing)
    low, high = (_cell(rows, asked.spoken_of, share, end) for end in ("low", "high"))
    if found is None or low is None or high is None:
        return "not"
    if high - low < rules.least_spread:
        return "no"
    if found >= rules.supported_swing:
        return "supported"
    return "weakly" if found >= rules.contradicted_swing else "contradicted"


def _compared(asked: Claims, claim: Claim, rows: Figures) -> str:
    """By the share of distinct pairs on the claim's side of 1, and by what an inventory counts."""
    names = list(claim.primary)
    options = [[claim.primary[name], *claim.variants.get(name, [])] for name in names]
    settings = [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*options)]
    settings += [claim.primary | other for other in claim.more]
    pairs = [_pair(asked, claim, one, rows) for one in settings]
    headline = pairs[0]
    if headline is None:
        return "not"
    distinct = dict.fromkeys(pair for pair in pairs if pair is not None)
    above = [a > b if claim.side == "above 1" else a < b for a, b in distinct]
    share = sum(above) / len(above)
    if any(_turns(asked, claim, border, headline, rows) for border in asked.borders):
        return "depends"
    if share >= asked.rules.supported_share:
        return "supported"
    return "contradicted" if share <= asked.rules.contradicted_share else "depends"


def _pair(
    asked: Claims, claim: Claim, settings: Settings, rows: Figures
) -> tuple[float, float] | None:
    """Both values; where one is absent, those of the network that answers for the mode."""
    cells = _cells(asked, settings, rows)
    instead = claim.instead.get(settings.get("mode", ""))
    if instead and None in cells:
        cells = _cells(asked, claim.primary | {"mode": instead, "depth": settings["depth"]}, rows)
    first, second = cells
    if first is None or second is None or first == second == 0:
        return None
    return first, second


def _cells(asked: Claims, settings: Settings, rows: Figures) -> tuple[float | None, float | None]:
    own = [
        {name: value.split(" / ")[-1 if place else 0] for name, value in settings.items()}
        for place in (0, 1)
    ]
    first, second = (_cell(rows, b, one) for b, one in zip(asked.borders, own, strict=True))
    return first, second


def _turns(
    asked: Claims, claim: Claim, border: str, headline: tuple[float, float], rows: Figures
) -> bool:
    """Whether what inventories count and the data lack there would bring the headline level."""
    if not claim.omissions:
        return False
    place = asked.borders.index(border)
    here, there = headline[place], headline[1 - place]
    missing = 0.0
    for one in asked.inventories:
        status = {"measure": "crossings", "mode": one.mode, "status": one.status}
        mapped = _cell(rows, border, status)
        if one.border == border and mapped is not None:
            missing += max(0.0, one.crossings - mapped)
    if not missing or here >= there:
        return False
    most = here + missing
    if claim.omissions == "at most the second line":
        kept = ("mode", "depth", "direction", "third_countries", "ways", "count")
        behind = {name: claim.primary[name] for name in kept} | {"measure": "second_line"}
        second_line = _cell(rows, border, behind)
        most = most if second_line is None else min(most, max(here, second_line))
    return most >= there
