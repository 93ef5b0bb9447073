"""Checks of success: its tables, and those on displacement, must agree with each other.

The layers do not hold the choices of travellers, so the shares themselves are not computed again.
"""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.ops.proof.gather import Problems, Proof

SAME = 1e-6
ENDS = ("low", "high")
WHEN = ("before", "after")


def factors(proof: Proof) -> Problems:
    """Swings and effects agree with the shares of their rows, and effects sum to 1."""
    table = proof.layers["success"]
    yield from _explained(table, "s_mid", ["demand", "factor"])
    for demand, rows in table[table["s_mid"].notna()].groupby("demand"):
        by = rows.set_index("factor")
        if sorted(by.index) != ["all", "barriers", "forces", "routes"]:
            yield f"success, {demand}: its factors are {', '.join(sorted(by.index))}"
            continue
        shares = by[["s_low", "s_mid", "s_high"]]
        outside = (shares < 0).any(axis=None) or (shares > 1).any(axis=None)
        if outside or not shares.loc["all"].is_monotonic_increasing:
            yield f"success, {demand}: a share is not a share, or quantiles are out of order"
        if not np.allclose(by["swing"], (by["s_high"] - by["s_low"]).abs(), rtol=0, atol=SAME):
            yield f"success, {demand}: a swing is not the distance of its ends"
        single = by.drop("all")
        if np.ptp(single["s_mid"]) > SAME:
            yield f"success, {demand}: the factors start from different shares"
        if abs(single["shapley"].sum() - 1) > SAME:
            yield f"success, {demand}: the effects sum to {single['shapley'].sum():.6f}, not 1"
        within = single["shapley"].between(single["shapley_low"], single["shapley_high"])
        if not within.all():
            yield f"success, {demand}: an effect is outside its interval"


def parameters(proof: Proof) -> Problems:
    """The middle is between low and high; shares and swings are between 0 and 1."""
    table = proof.layers["success_parameters"]
    share = [name for name in table.columns if re.search("^s_|swing", name)]
    for _, row in table.iterrows():
        name = f"success, {row['demand']}, {row['parameter']}"
        if not (row["low"] <= row["mid"] <= row["high"] or row["low"] >= row["mid"] >= row["high"]):
            yield f"{name}: its middle is outside its range"
        known = row[share].dropna().astype(float)
        if not known.between(0, 1).all():
            yield f"{name}: a share or a swing is not between 0 and 1"
        own = [f"{row['factor']}_swing_{end}" for end in ENDS]
        if row[own].notna().any():
            yield f"{name}: it has a swing of its own factor"
        others = [column for column in share if column not in own]
        if pd.notna(row["s_low"]) and row[others].isna().any():
            yield f"{name}: a swing is not stated"


def moved(proof: Proof) -> Problems:
    """Stretches follow each other along the line, and hold all demand, before and after."""
    length_km = float(proof.layers["border"]["length_km"].iloc[0])
    for (scenario, demand), rows in _stretches(proof):
        name = f"{scenario}, {demand}"
        begins, ends = rows["from_km"].to_numpy(), rows["to_km"].to_numpy()
        if (begins != np.append(0, ends[:-1])).any() or np.ptp(ends - begins) > 0:
            yield f"{name}: stretches do not follow each other from 0 km"
        if begins[-1] > length_km:
            yield f"{name}: a stretch begins at {begins[-1]} km, the line has {length_km:.0f} km"
        for when in WHEN:
            share, afoot = rows[f"share_{when}"], rows[f"on_foot_{when}"]
            if abs(share.sum() - 1) > SAME or (share < 0).any():
                yield f"{name}: stretches hold {share.sum():.6f} of demand {when}, expected all"
            if ((afoot < 0) | (afoot > share + SAME)).any():
                yield f"{name}: more pass on foot than in all {when}"


def scenarios(proof: Proof) -> Problems:
    """Figures of a scenario are those of its stretches, its posts, and of success."""
    harm, placed = proof.layers["harm"], proof.layers["placements"]
    yield from _explained(harm, "moved_share", ["scenario", "demand"])
    stretches = {(str(a), str(b)): rows for (a, b), rows in _stretches(proof)}
    single = proof.layers["success"].query("factor == 'forces'").set_index("demand")["s_mid"]
    for _, row in harm.iterrows():
        key = str(row["scenario"]), str(row["demand"])
        name = ", ".join(key)
        added = re.fullmatch(r"(\d+) more posts at ([+-]\d+) km", key[0])
        if row["n_posts"] != _posts(proof, placed, added):
            yield f"{name}: {row['n_posts']} posts, the layers have another number"
        if (key in stretches) != pd.notna(row["moved_share"]):
            yield f"{name}: figures without stretches of line, or stretches without figures"
        if key not in stretches or pd.isna(row["moved_share"]):
            continue
        rows = stretches[key]
        apart = (rows["share_after"] - rows["share_before"]).abs().sum() / 2
        if abs(apart - row["moved_share"]) > SAME:
            yield f"{name}: {row['moved_share']:.6f} is moved, by stretches {apart:.6f}"
        for when in WHEN:
            afoot = rows[f"on_foot_{when}"].sum()
            if abs(afoot - row[f"on_foot_{when}"]) > SAME:
                stated_text = f"{row[f'on_foot_{when}']:.6f} pass on foot {when}"
                yield f"{name}: {stated_text}, by stretches {afoot:.6f}"
            stated = (row[f"stopped_{when}"], row[f"walk_minutes_{when}"])
            if not 0 <= stated[0] <= 1 or (stated[1] > 0) != (afoot > 0):
                yield f"{name}: shares and minutes {when} contradict each other"
        # Today is before posts that would be added, and after those that were added.
        today = row["stopped_before" if added else "stopped_after"]
        if abs(today - single.get(key[1], np.nan)) > SAME:
            yield f"{name}: {today:.6f} are stopped today, by success {single.get(key[1]):.6f}"


def _posts(proof: Proof, placed: pd.DataFrame, added: "re.Match[str] | None") -> int:
    """Posts of a scenario: the fixed ones placed at its depth, or those of the programme."""
    if added is None:
        return int(proof.layers["programme"]["posts"].max())
    road = (
        (placed["mode"] == "road") & (placed["model"] == "fixed") & ~placed["walking"].astype(bool)
    )
    road &= (placed["existing"] == "mapped") & (placed["depth_km"] == float(added[2]))
    counts = placed[road].groupby(["chance", "n_posts"])["link_id"].nunique()
    return int(added[1]) if (counts == int(added[1])).any() else -1


def _stretches(proof: Proof) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    table = proof.layers["displacement"].sort_values("from_km")
    for key, rows in table.groupby(["scenario", "demand"]):
        yield (str(key[0]), str(key[1])), rows


def _explained(table: pd.DataFrame, column: str, key: list[str]) -> Problems:
    explained = table["why_absent"].notna() & (table["why_absent"] != "")
    for _, row in table[table[column].isna() != explained].iterrows():
        yield f"{', '.join(row[key].astype(str))}: expected figures or a reason why there are none"
