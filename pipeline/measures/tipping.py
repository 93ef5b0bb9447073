"""The tipping point of a claim: how many unmapped roads would reverse it."""

import math
from typing import Any

from pipeline.measures.claims import Rules

# Measures that one more through way, wherever it is, increases by one; the last unit is not one.
COUNTS = ("crossings", "min_cut", "unguarded")


def roads(
    claim: dict[str, Any], borders: tuple[str, str], rules: Rules
) -> tuple[str, int, int | None] | None:
    """The border with fewer ways, and the unmapped ways on it that reverse headline and verdict.

    Parameters
    ----------
    claim : dict
        One of claims.json.
    borders : tuple of str
        The two borders.
    rules : Rules
        The limits of the verdicts.

    Returns
    -------
    tuple or None
        Each way adds one to every count of that border, in the headline or in all its distinct
        results. The headline is reversed when both values are equal. The number for the verdict is
        None if the verdict already depends on a choice. The result is None if the claim does not
        count ways, is not tested, or if both values are equal now.
    """
    measures = [m for m in claim["measures"] if m.get("distinct")]
    if not measures or measures[0]["role"] != "primary" or measures[0]["measure"] not in COUNTS:
        return None
    headline = measures[0]
    fewer, more = sorted(borders, key=lambda border: float(headline[border]))
    gaps = sorted(int(m[more] - m[fewer]) for m in measures)
    gap = int(headline[more] - headline[fewer])
    if gap <= 0:
        return None
    # From this number on, too few results support the verdict; equal values do not support it.
    kept = math.ceil(rules.supported_share * len(gaps) - 1e-9)
    turn = max(gaps[min(len(gaps) - kept, len(gaps) - 1)], 0)
    turns = {"supported": turn, "contradicted": turn + 1}
    return fewer, gap, turns.get(claim["verdict"])
