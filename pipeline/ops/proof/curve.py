"""Checks of the curve of placements: its values are computed again for every n.

To make every way meet t posts takes N(t) new ones: a minimum cut through t levels, one for each
post met, since a way rises by one level at a post and no faster (Ishikawa 2003). Whole posts are
enough for that, so the curve z(n) is the inverse of N, linear between two of its values. The stages
compute the curve from least-cost flows, without levels.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.core.types import Ints
from pipeline.ops.proof.gather import Problems, Proof
from pipeline.ops.proof.placement import (
    GAP,
    MOST_CHANCE,
    NETWORK,
    NO_LIMIT,
    QUESTION,
    Ways,
    merged,
    name_of,
    ways_of,
)


def values(proof: Proof) -> Problems:
    """Values and costs of the curve are those of the best placement, computed again."""
    curve = proof.layers["placement_curve"]
    for found, rows in curve[curve["model"] != "observing"].groupby(NETWORK):
        stated = rows[rows["value"].notna()]
        key: dict[str, Any] = dict(zip(NETWORK, found, strict=True))
        posts = _fewest(ways_of(proof, key), stated) if len(stated) else []
        for _, row in stated.iterrows():
            value = _value(row, _met(posts, row["n_posts"]))
            if max(abs(value - row["value"]), abs(value - row["value_bound"])) > GAP:
                stated_text = f"the value is {row['value']:.6f}, at most {row['value_bound']:.6f}"
                yield f"{called(row)}: {stated_text}, computed again {value:.6f}"
            moved = row["model"] == "randomised"
            if moved and row["open_ways"] not in _ways_left(posts, row["n_posts"]):
                yield f"{called(row)}: {row['open_ways']:g} ways are left, not so computed again"
            yield from _costed(row, _value(row, _met(posts, 0)))


def observed(proof: Proof) -> Problems:
    """A counting post sees on average no more than with fewer posts, and has the cost of a post."""
    curve = proof.layers["placement_curve"]
    rows = curve[(curve["model"] == "observing") & curve["value"].notna()].sort_values("n_posts")
    fewer: pd.Series[Any] | None = None
    for _, row in rows.iterrows():
        # Of the best n, the best m see m/n of what all see, or more.
        if fewer is not None:
            most = fewer["value_bound"] / fewer["n_posts"] * row["n_posts"]
            if not fewer["value"] - GAP <= row["value"] <= most + GAP:
                yield f"{called(row)}: it sees less than fewer posts, or more than these allow"
        fewer = row
        yield from _costed(row, 0.0)


def stated_or_explained(proof: Proof) -> Problems:
    """Each row has a value within its bound, or a reason; no number of posts is missing."""
    curve = proof.layers["placement_curve"]
    explained = curve["why_absent"].notna() & (curve["why_absent"] != "")
    for _, row in curve[curve["value"].isna() != explained].iterrows():
        yield f"{called(row)}: expected a value or a reason why there is none"
    stated = curve[curve["value"].notna()]
    exact = stated["value_bound"] - stated["value"] <= GAP
    wrong = (stated["exact"].astype(bool) != exact) | (stated["value_bound"] > 1 + GAP)
    wrong |= (stated["value_bound"] < stated["value"] - GAP) | (stated["value"] < 0)
    for _, row in stated[wrong].iterrows():
        yield f"{called(row)}: value, bound and `exact` contradict each other"
    for _, rows in stated.groupby([*NETWORK, "model", "chance"]):
        numbers = np.sort(rows["n_posts"].to_numpy())
        if rows["model"].iloc[0] == "randomised" and (numbers != np.arange(len(rows))).any():
            yield f"{called(rows.iloc[0])}: the numbers of posts are not 0, 1, 2, …"
    some = stated[stated["n_posts"] > 0]
    price = some["cost_musd"] / some["n_posts"]
    for _, row in some[~np.isclose(price, _price(proof, price), rtol=1e-9)].iterrows():
        yield f"{called(row)}: the cost is not that of so many posts"


def _price(proof: Proof, of_rows: "pd.Series[float]") -> float:
    """The cost of a post by the layer of costs; by most rows if no scenario has only posts."""
    costs = proof.layers["costs"]
    level = (costs["level"] == "mid") & (costs["wages"] == "same")
    alone = costs[level & (costs["posts"] > 0) & (costs["fence_km"] == 0)]
    return float((alone["cost_musd"] / alone["posts"] if len(alone) else of_rows).median())


def _costed(row: "pd.Series[Any]", before: float) -> Problems:
    """The cost per point is the cost divided by the points gained; there is none without a gain."""
    won, of_point = row["value"] - before, row["cost_per_point_musd"]
    right = np.isclose(of_point * won * 100, row["cost_musd"], rtol=1e-6) if won > GAP else True
    if not right or (won < -GAP and pd.notna(of_point)):
        yield f"{called(row)}: the cost per point is not the cost divided by the points gained"


def called(row: "pd.Series[Any]") -> str:
    """A name for a row of any table of placements."""
    return f"{row['model']}, {name_of({name: row[name] for name in QUESTION})}"


def _value(row: "pd.Series[Any]", met: float) -> float:
    """Chance to be stopped if the best way meets this many posts (whole ones if fixed)."""
    if row["model"] == "fixed":
        return float(1 - (1 - min(row["chance"], MOST_CHANCE)) ** np.floor(met + GAP))
    return float(min(met * row["chance"], 1.0))


def _met(posts: list[float], n_posts: int) -> float:
    """How many posts the best way meets with `n_posts` randomised posts; `posts` from `_fewest`."""
    below = int(np.searchsorted(posts, n_posts, side="right")) - 1
    if below + 1 == len(posts) or np.isinf(posts[below + 1]):
        return float(below)
    return below + (n_posts - posts[below]) / (posts[below + 1] - posts[below])


def _ways_left(posts: list[float], n_posts: int) -> set[float]:
    """Ways that the traveller spreads over: the posts for one more on each way, on either side."""
    steps = {posts[k + 1] - posts[k] for k in range(len(posts) - 1)
             if posts[k] <= n_posts <= posts[k + 1]}  # fmt: skip
    return {step for step in steps if 0 < step < np.inf} or {max(np.diff(posts[:-1]), default=0.0)}


def _fewest(ways: Ways, rows: pd.DataFrame) -> list[float]:
    """The fewest new posts with which every way meets 0, 1, 2, …, as far as the rows ask.

    The last one is infinite if no number is enough.
    """
    posts = [0.0]
    while np.isfinite(posts[-1]):
        met = len(posts) - 1
        lasting = (rows["model"] == "fixed") | (rows["chance"] * met < 1)
        if not (lasting & (rows["n_posts"] >= posts[-1])).any():
            break
        posts.append(_posts_for(ways, met + 1))
    return posts


def _posts_for(ways: Ways, met: int) -> float:
    """The fewest new posts so that every way meets `met` of all posts; infinite if impossible."""
    tail, head, kept = merged(ways)
    n, takes = len(ways.before), ways.takes[kept]
    # A way rises by at most one level: where a new post is possible, or an existing one is met.
    rise = np.where(takes, 1, ways.met[kept].astype(np.int64))
    size = n + 2
    every = np.arange(size)
    arcs: list[tuple[Ints, Ints, int]] = []
    for base in range(0, met * size, size):
        arcs.append((base + tail[takes], base + head[takes], 1))
        here = base + rise * size < met * size
        arcs.append((base + tail[here], (base + head + rise * size)[here], NO_LIMIT))
        if base:  # a node above a level is also above the lower ones
            arcs.append((base - size + every, base + every, NO_LIMIT))
    begin, end = (np.concatenate([arc[k] for arc in arcs]) for k in (0, 1))
    limit = np.concatenate([np.full(len(arc[0]), arc[2]) for arc in arcs])
    # Each zone is one node for all levels: one below all of them, the other above.
    begin, end = (np.where(ends % size >= n, ends % size, ends) for ends in (begin, end))
    table = pd.DataFrame({"begin": begin, "end": end, "limit": limit})[begin != end]
    most = table.groupby(["begin", "end"], as_index=False)["limit"].sum()
    limits = most["limit"].clip(upper=NO_LIMIT).to_numpy(np.int32)
    graph = sparse.csr_array((limits, (most["begin"], most["end"])), shape=(met * size,) * 2)
    found = csgraph.maximum_flow(graph, n, n + 1).flow_value
    return float(found) if found < NO_LIMIT else np.inf
