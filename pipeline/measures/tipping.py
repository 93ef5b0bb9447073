"""The tipping point of a claim: how many unmapped roads would turn it."""

import math
from typing import Any

from pipeline.measures.claims import Rules

# Measures that one more way through, wherever it runs, raises by one; the last unit is not one.
COUNTS = ("crossings", "min_cut", "unguarded")


def roads(
    claim: dict[str, Any], borders: tuple[str, str], rules: Rules
) -> tuple[str, int, int | None] | None:
    """The border that has fewer, and the unmapped ways on it alone that turn headline and verdict.

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
        results; the headline turns when both are level. The verdict's number is None where it
        depends on a choice already. None where the claim counts no ways, is not tested, or is level
        now.
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
    # From here on too few results say what they said; one that is level does not support.
    kept = math.ceil(rules.supported_share * len(gaps) - 1e-9)
    turn = max(gaps[min(len(gaps) - kept, len(gaps) - 1)], 0)
    turns = {"supported": turn, "contradicted": turn + 1}
    return fewer, gap, turns.get(claim["verdict"])
