"""Checks of figures against each other: relations that hold in every network."""

import re

import numpy as np

from pipeline.ops.proof.gather import PROFILE, Problems, Proof, at, where

# Shares and minutes are sums over some 100,000 pairs.
CLOSURE_TOLERANCE = 1e-9


def stated_or_explained(proof: Proof) -> Problems:
    """Every F(D) is a number or has a reason why it is absent."""
    cordons = proof.layers["cordons"]
    explained = cordons["why_absent"].notna() & (cordons["why_absent"] != "")
    yield from at(
        cordons[cordons["min_cut_links"].isna() & ~explained], "F is absent without a reason"
    )
    yield from at(
        cordons[cordons["min_cut_links"].notna() & explained],
        "F is stated, yet has a reason for absence",
    )


def falls(proof: Proof) -> Problems:
    """F(D) never rises with |D|, in links and in lanes."""
    cordons = proof.layers["cordons"]
    stated = cordons[cordons["min_cut_links"].notna()]
    stated = stated.assign(sign=np.sign(stated["depth_km"]), reach=stated["depth_km"].abs())
    keys = ["mode", "directed", "third_open", "sign"]
    stated = stated.sort_values([*keys, "reach"], ignore_index=True)
    for column in ("min_cut_links", "min_cut_lanes"):
        before = stated.groupby(keys)[column].shift()
        yield from at(
            stated[stated[column] > before], f"{column} is greater than nearer the border"
        )


def within_cordons(proof: Proof) -> Problems:
    """Every way that passes a depth crosses the cordon there."""
    cordons = proof.layers["cordons"]
    excluded = cordons[~cordons["third_open"].astype(bool)]
    pairs = proof.stated.merge(excluded, on=["mode", "directed"], suffixes=("", "_passed"))
    low = np.where(pairs["depth_km"] > 0, -proof.origin_km, pairs["depth_km"])
    high = np.where(pairs["depth_km"] > 0, pairs["depth_km"], proof.origin_km)
    # A way may end where the far zone begins, without crossing the cordon there.
    passed = pairs[pairs["depth_km_passed"].between(low, high, inclusive="left")]
    more = passed[passed["min_cut_links"] > passed["cordon_links_passed"]]
    for _, row in more.iterrows():
        cordon = f"{row['cordon_links_passed']} at {row['depth_km_passed']:+g} km"
        yield f"{where(row)}: F is {row['min_cut_links']:g}, the cordon only {cordon}"


def more_ways_more_cuts(proof: Proof) -> Problems:
    """Allowing third countries, or one-way links in both directions, adds ways and removes none."""
    stated = proof.layers["cordons"].dropna(subset=["min_cut_links"])
    for column, wider in (("third_open", True), ("directed", False)):
        is_wider = stated[column].astype(bool) == wider
        rest = [name for name in (*PROFILE, "third_open") if name != column]
        pairs = stated[is_wider].merge(stated[~is_wider], on=rest, suffixes=("", "_fewer"))
        lower = pairs[pairs["min_cut_links"] < pairs["min_cut_links_fewer"]]
        yield from at(lower, f"F is lower with {column} {wider}")


def lanes_and_sites(proof: Proof) -> Problems:
    """Every link to close has at least one lane and belongs to one site."""
    stated = proof.layers["cordons"]
    stated = stated[stated["min_cut_links"].notna()]
    fewer = stated["min_cut_lanes"] < stated["min_cut_links"]
    yield from at(stated[fewer], "there are fewer lanes than links to close")
    yield from at(
        stated[stated["min_cut_sites"] > stated["min_cut_links"]],
        "there are more sites than links to close",
    )


def walks_and_fronts(proof: Proof) -> Problems:
    """Walking between crossings adds ways, longer walks more; F per 100 km is F over the width."""
    stated = proof.layers["cordons"]
    fewer = "min_cut_links"
    walks = [name for name in stated.columns if re.fullmatch(r"walked_\d+_links", name)]
    for column in sorted(walks, key=lambda name: int(name.split("_")[1])):
        yield from at(stated[stated[column] < stated[fewer]], f"{column} is less than {fewer}")
        fewer = column
    known = stated.dropna(subset=["links_per_100_km"])
    counts = known["links_per_100_km"] * known["front_width_km"] / 100
    wrong = ~np.isclose(counts, known["min_cut_links"].astype(float), rtol=1e-9)
    yield from at(known[wrong], "links_per_100_km is not F over front_width_km")


def closures_never_fall(proof: Proof) -> Problems:
    """Closing one more crossing never stops less demand, and never loses fewer minutes."""
    won = {"stop": "demand_stopped_share", "delay": "mean_extra_minutes"}
    for (mode, aim), rows in proof.layers["closures"].groupby(["mode", "aim"]):
        curve = rows.groupby("k")[won[str(aim)]].first().sort_index()
        for k, fall in zip(curve.index, curve.diff(), strict=True):
            if fall < -CLOSURE_TOLERANCE * max(abs(curve.iloc[-1]), 1.0):
                yield f"{mode}, aim {aim}: {won[str(aim)]} of {k} closures is less than of {k - 1}"
