"""Checks of the places of posts, and of the drawn ways that stay open to travellers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import shapely

from pipeline.ops.proof.curve import called
from pipeline.ops.proof.gather import LENGTH_TOLERANCE, Problems, Proof
from pipeline.ops.proof.placement import (
    GAP,
    MOST_CHANCE,
    NETWORK,
    QUESTION,
    Ways,
    asked,
    followed,
    links_of,
    most_past,
)

CURVE = [*NETWORK, "model", "chance", "n_posts"]


def on_links(proof: Proof) -> Problems:
    """Every place is the middle of a link that takes a post, an open road where posts count."""
    placed = proof.layers["placements"]
    shapes = _shapes(proof).reindex(placed["link_id"]).to_numpy()
    middles = shapely.line_interpolate_point(shapes, 0.5, normalized=True)
    metres = shapely.distance(middles, placed["geometry"].to_numpy())
    for _, row in placed[~(metres <= GAP)].iterrows():
        yield f"{called(row)}: a post is not at the middle of {row['link_id']}"
    where = proof.layers["links"]
    roads = where.loc[(where["mode"] == "road") & (where["state"] == "open"), "link_id"]
    seen = placed[placed["model"] == "observing"]
    for _, row in seen[~seen["link_id"].isin(roads) | (seen["share"] != 1)].iterrows():
        yield f"{called(row)}: no whole post on an open road"
    for _, rows in seen.groupby("n_posts"):
        if len(rows) > rows["n_posts"].iloc[0]:
            yield f"{called(rows.iloc[0])}: {len(rows)} posts are placed, expected fewer"


def as_valued(proof: Proof) -> Problems:
    """Places have the value of the curve, and exist wherever posts add to it."""
    placed, curve = proof.layers["placements"], proof.layers["placement_curve"]
    stated = curve[curve["value"].notna()]
    by = [*NETWORK, "model", "chance"]
    # The curve ends where more posts add nothing.
    ends = stated.groupby(by, as_index=False)["n_posts"].max()
    both = placed.merge(ends, on=by, how="left", suffixes=("", "_most"))
    moved = both["model"] == "randomised"
    last = both["n_posts_most"].fillna(both["n_posts"]).astype(np.int64)
    both["at"] = np.where(moved, np.minimum(both["n_posts"], last), both["n_posts"])
    known = stated.set_index([*by, "n_posts"])["value"]
    value = known.reindex(pd.MultiIndex.from_frame(both[[*by, "at"]])).to_numpy()
    for _, row in both[~(np.abs(both["value"] - value) <= GAP)].iterrows():
        yield f"{called(row)}: the value of {row['link_id']} is not that of the curve"
    none = stated[(stated["model"] == "randomised") & (stated["n_posts"] == 0)]
    today = none.set_index([*NETWORK, "chance"])["value"]
    there = pd.MultiIndex.from_frame(placed[CURVE])
    due = stated[stated["n_posts"].isin(placed["n_posts"])]
    for _, row in due[~pd.MultiIndex.from_frame(due[CURVE]).isin(there)].iterrows():
        before = today.get(tuple(row[[*NETWORK, "chance"]]), 0.0)
        if row["value"] > before + GAP:
            yield f"{called(row)}: no place is stated"


def _shapes(proof: Proof) -> "pd.Series[Any]":
    """Lines of links, including those that only placements use, by link_id."""
    both = [proof.layers[name][["link_id", "geometry"]] for name in ("links", "placement_links")]
    return pd.concat(both).set_index("link_id")["geometry"]


def ways_drawn(proof: Proof) -> Problems:
    """Ways that stay open are drawn along their links, for every placement that is drawn."""
    paths, placed = proof.layers["open_paths"], proof.layers["placements"]
    shapes = _shapes(proof)
    metres = proof.layers["links"].set_index("link_id")["length_m"]
    for _, path in paths.iterrows():
        ids = str(path["link_ids"]).split()
        name = f"{called(path)}, path {path['path_no']}"
        parts = shapely.get_parts(path["geometry"])
        if len(parts) != len(ids) or not shapely.equals(parts, shapes.reindex(ids)).all():
            yield f"{name}: it is not drawn along its links"
        length_m = metres.reindex(ids).sum()
        if not np.isclose(path["length_m"], length_m, rtol=LENGTH_TOLERANCE, atol=0.01):
            yield f"{name}: its length is not that of its links"
    placed = placed[placed["model"] != "observing"]
    drawn = paths[paths["model"] != "programme"]
    there = pd.MultiIndex.from_frame(drawn[CURVE])
    # All questions are drawn for one number of posts and one chance.
    numbers = drawn[["n_posts", "chance"]].drop_duplicates()
    if len(placed) and len(numbers) != 1:
        yield f"ways are drawn for {len(numbers)} numbers of posts, expected one"
    due = placed.merge(numbers).drop_duplicates(CURVE)
    for _, row in due[~pd.MultiIndex.from_frame(due[CURVE]).isin(there)].iterrows():
        yield f"{called(row)}: no way that stays open is drawn"


def past_fixed(proof: Proof) -> Problems:
    """As many ways as stated meet no more fixed posts than stated, and share no link with one."""
    curve = proof.layers["placement_curve"]
    counts = curve[curve["model"] == "fixed"].set_index(QUESTION)["open_ways"]
    index = pd.Index(links_of(proof)["link_id"])
    paths = proof.layers["open_paths"]
    drawn = dict(list(paths[paths["model"] == "fixed"].groupby(QUESTION)))
    for name, key, ways, posts in asked(proof, "fixed"):
        found = tuple(key.values())
        # A new post is met on its link, as an existing one is at its node.
        new = index.isin(posts["link_id"])[ways.link] & ways.takes
        held = replace(ways, met=ways.met | new)
        left = most_past(held)
        stated = counts.get(found)
        if (0.0 if pd.isna(stated) else stated) != left:
            yield f"{name}: {stated} ways are left, computed again {left}"
        if found not in drawn:
            continue
        rows = drawn[found]
        if len(rows) != left or not np.allclose(rows["share"], 1 / len(rows)):
            yield f"{name}: {len(rows)} ways are drawn, {left} are left"
        yield from (f"{name}: {problem}" for problem in _passed(held, rows, index, key["chance"]))


def _passed(ways: Ways, rows: pd.DataFrame, index: "pd.Index[str]", chance: float) -> Problems:
    """Drawn ways meet as many posts as their chance states, and share no link that has one."""
    for _, row in rows.iterrows():
        met = followed(ways, index.get_indexer(row["link_ids"].split()))
        stopped = np.nan if met is None else 1 - (1 - min(chance, MOST_CHANCE)) ** met
        if not abs(stopped - row["stopped"]) <= GAP:
            yield f"path {row['path_no']} does not lead past the posts as stated"
    alone = np.zeros(len(index), dtype=bool)
    alone[ways.link[ways.takes | ways.met]] = True
    listed = pd.Series(" ".join(rows["link_ids"]).split())
    for link_id in listed[listed.duplicated() & listed.isin(index[alone])]:
        yield f"two ways share {link_id}, which has or may take a post"
