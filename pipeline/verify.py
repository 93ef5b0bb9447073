"""Recompute the proof of every F(D) from the published GeoPackages alone.

A second witness: it reads layers, not tables of the stages, and shares no code with those that made
them. As many link-disjoint paths as F(D) say that fewer closures do not do; a cut of F(D) links
whose removal parts the two grounds says that as many do (Menger 1927).
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.cuts.proof import (
    LENGTH_TOLERANCE,
    PATH,
    PROFILE,
    Bools,
    Layers,
    Proof,
    gather,
    grounds,
    network,
    read,
)
from pipeline.errors import InputError, run

# (layer, column) and the (layer, column) that each of its values must stand in.
REFERENCES = (
    ("links", "from_node", "nodes", "node_id"),
    ("links", "to_node", "nodes", "node_id"),
    ("posts", "node_id", "nodes", "node_id"),
    ("crossing_links", "crossing_id", "crossings", "crossing_id"),
    ("crossing_links", "link_id", "links", "link_id"),
    ("crossing_links", "node_id", "nodes", "node_id"),
    ("chokepoint_links", "chokepoint_id", "chokepoints", "chokepoint_id"),
    ("chokepoint_links", "link_id", "links", "link_id"),
    ("cut_links", "link_id", "links", "link_id"),
    ("witness_links", "link_id", "links", "link_id"),
    ("bypasses", "chokepoint_id", "chokepoints", "chokepoint_id"),
    ("bypasses", "next_choice", "crossings", "crossing_id"),
)
Problems = Iterator[str]


def verify(*paths: str) -> None:
    """Print one line for each check of each GeoPackage; end with status 1 if any of them fails.

    Raises InputError where a file is missing, no GeoPackage, or lacks a layer or a column.
    """
    failures = 0
    for path in paths:
        for name, problems in check(path):
            failures += bool(problems)
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            outcome = f"FAIL  {path}: {name}: {problems[0]}{more}" if problems else ""
            sys.stdout.write(f"{outcome or f'ok    {path}: {name}'}\n")
    if failures:
        sys.exit(f"error: {failures} checks failed")


def check(path: str | Path) -> list[tuple[str, list[str]]]:
    """Each check of one GeoPackage: what must hold, and where it does not."""
    published = read(path)
    try:
        # What does not refer to anything cannot be followed: nothing more is checked then.
        outcome = [("every id referred to exists once", list(_references(published)))]
        if outcome[0][1]:
            return outcome
        proof = gather(published)
        return [*outcome, *((name, list(found(proof))) for name, found in CHECKS.items())]
    except KeyError as error:
        raise InputError(f"{path}: no column or key {error}, expected it to be there") from error
    except ValueError as error:
        raise InputError(f"{path}: a value cannot be read ({error})") from error


def _references(layers: Layers) -> Problems:
    for name, key in sorted({(there, key) for _, _, there, key in REFERENCES}):
        repeated = layers[name].loc[layers[name][key].duplicated(), key]
        yield from (f"{name}.{key} {value} stands twice" for value in repeated)
    for name, column, there, key in REFERENCES:
        values = layers[name][column].dropna()
        lost = values[~values.isin(layers[there][key])]
        yield from (f"{name}.{column} {value} is none of {there}" for value in lost)
    joined = layers["chokepoint_links"].groupby("chokepoint_id")["link_id"].agg(set)
    for point, ids in layers["chokepoints"].set_index("chokepoint_id")["link_ids"].items():
        if set((ids or "").split()) != joined.get(point, set()):
            yield f"chokepoints.link_ids of {point} are not those of chokepoint_links"


def _where(row: pd.Series) -> str:
    """A name for the row's place in the profile, such as road directed +50 km path 3."""
    path = f" path {row['path_no']}" if "path_no" in row else ""
    how = "directed" if row["directed"] else "undirected"
    return f"{row['mode']} {how} {row['depth_km']:+g} km{path}"


def _at(rows: pd.DataFrame, problem: str) -> Problems:
    for _, row in rows.iterrows():
        yield f"{_where(row)}: {problem}"


def _stated_or_explained(proof: Proof) -> Problems:
    cordons = proof.layers["cordons"]
    explained = cordons["why_absent"].notna() & (cordons["why_absent"] != "")
    yield from _at(
        cordons[cordons["min_cut_links"].isna() & ~explained], "F is absent and nothing says why"
    )
    yield from _at(
        cordons[cordons["min_cut_links"].notna() & explained], "F is stated and yet explained away"
    )


def _as_many_paths(proof: Proof) -> Problems:
    paths = proof.layers["witness_paths"].groupby(PROFILE)["path_no"].agg(["size", "max"])
    listed = proof.steps[proof.steps["first"]].groupby(PROFILE).size()
    stated = proof.stated.set_index(PROFILE)["min_cut_links"]
    table = pd.DataFrame(
        {"f": stated, "paths": paths["size"], "last": paths["max"], "listed": listed}
    ).fillna(0)
    for row in table[table.ne(table["f"], axis=0).any(axis=1)].reset_index().iloc:
        counts = f"{row['paths']:g} paths drawn, {row['listed']:g} listed"
        yield f"{_where(row)}: {counts}, F is {row['f']:g}"


def _continuous(proof: Proof) -> Problems:
    steps = proof.steps
    broken = ~steps["first"] & (steps["start"] != steps["end"].shift())
    yield from _at(steps[broken], "a link does not begin where the one before it ends")
    misnumbered = steps["seq"] != steps.groupby(PATH).cumcount() + 1
    yield from _at(steps[misnumbered], "its links are not numbered 1, 2, 3, …")


def _drawn_as_listed(proof: Proof) -> Problems:
    """Every path is drawn along its links, no more and no less, and as long as they are."""
    paths = proof.layers["witness_paths"].sort_values(PATH, ignore_index=True)
    links, steps = proof.layers["links"], proof.steps
    number = pd.MultiIndex.from_frame(paths[PATH]).get_indexer(
        pd.MultiIndex.from_frame(steps[PATH])
    )
    yield from _at(steps[(number < 0) & steps["first"]], "it is listed and not drawn")
    steps, number = steps[number >= 0], number[number >= 0]
    shapes = links["geometry"].to_numpy()[steps["link"]]
    drawn = _segments(paths["geometry"].to_numpy(), np.arange(len(paths)))
    listed = _segments(shapes, number)
    both = pd.DataFrame({"drawn": drawn.value_counts(), "listed": listed.value_counts()}).fillna(0)
    bent = both[both["drawn"] != both["listed"]].index.get_level_values("path").unique()
    yield from _at(paths.loc[np.sort(bent)], "it is not drawn as its links run")
    metres = links["length_m"].to_numpy()[steps["link"]]
    sums = np.bincount(number, weights=metres, minlength=len(paths))
    wrong = ~np.isclose(sums, paths["length_m"], rtol=LENGTH_TOLERANCE, atol=0.01)
    yield from _at(paths[wrong], "its length is not that of its links")


def _segments(shapes: npt.NDArray[np.object_], path: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Straight pieces of the shapes with the path each belongs to, whichever way they are drawn."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[1:] == part[:-1]
    a, b = points[:-1][joined], points[1:][joined]
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    a[swap], b[swap] = b[swap], a[swap]
    table = pd.DataFrame(np.hstack([a, b]), columns=["x1", "y1", "x2", "y2"])
    table.insert(0, "path", path[shape[part[:-1][joined]]])
    return table[(a != b).any(axis=1)]


def _from_ground_to_ground(proof: Proof) -> Problems:
    for key, steps in proof.steps.groupby(PROFILE):
        before, behind = grounds(proof, key[2])
        first, last = steps[steps["first"]], steps[steps["last"]]
        yield from _at(first[~before[first["start"]]], "it does not begin deep enough")
        yield from _at(last[~behind[last["end"]]], "it does not end deep enough")


def _disjoint(proof: Proof) -> Problems:
    steps = proof.steps
    shared = steps[steps.duplicated([*PROFILE, "link_id"], keep=False)]
    for row in shared.iloc:
        yield f"{_where(row)}: link {row['link_id']} is used more than once"


def _allowed(proof: Proof) -> Problems:
    oneway = proof.layers["links"]["oneway"].to_numpy(bool)
    for key, steps in proof.steps.groupby(PROFILE):
        mode, directed, _ = key
        outside = ~network(proof, mode)[steps["link"]]
        yield from _at(steps[outside], "it uses a link that is not open to its mode")
        against = oneway[steps["link"]] & ~steps["forward"].to_numpy(bool)
        if directed and mode != "foot":
            yield from _at(steps[against], "it runs against a one-way link")


def _cut_is_f(proof: Proof) -> Problems:
    cuts = proof.layers["cut_links"]
    links = proof.layers["links"].set_index("link_id")
    sizes = cuts.groupby([*PROFILE, "end"])["link_id"].nunique()
    for row in proof.stated.iloc:
        key = tuple(row[PROFILE])
        for end in ("from", "to"):
            size = sizes.get((*key, end), 0)
            if size != row["min_cut_links"]:
                found = f"the cut nearest `{end}` has {size} links"
                yield f"{_where(row)}: {found}, F is {row['min_cut_links']:g}"
    for mode, rows in cuts.groupby("mode"):
        usable = pd.Series(network(proof, mode), index=links.index)
        outside = rows[~usable.loc[rows["link_id"]].to_numpy()]
        yield from _at(outside, "its cut has a link that is not open to its mode")
    own = cuts["directed"].astype(bool) & (cuts["mode"] != "foot")
    marked = links["in_min_cut"].loc[cuts.loc[own, "link_id"]].to_numpy(bool)
    yield from _at(cuts[own][~marked], "a link of its cut is not marked in_min_cut")


def _separates(proof: Proof) -> Problems:
    ids = pd.Index(proof.layers["links"]["link_id"])
    cuts = {
        key: ids.get_indexer(group["link_id"])
        for key, group in proof.layers["cut_links"].groupby([*PROFILE, "end"])
    }
    none = np.zeros(0, dtype=np.int64)
    for row in proof.stated.iloc:
        before, behind = grounds(proof, row["depth_km"])
        usable = network(proof, row["mode"])
        held = np.zeros(len(proof.depth_km), dtype=bool)
        held[proof.start[usable]] = held[proof.end[usable]] = True
        if not ((held & before).any() and (held & behind).any()):
            yield f"{_where(row)}: F is stated, but one of its grounds holds no network"
        for end in ("from", "to"):
            left = usable.copy()
            left[cuts.get((*row[PROFILE], end), none)] = False
            if (_reached(proof, left, before, row) & behind).any():
                yield f"{_where(row)}: a way is left when the cut nearest `{end}` is closed"


def _reached(proof: Proof, left: Bools, before: Bools, row: pd.Series) -> Bools:
    """Nodes that the links `left` lead to from the ground `before` the border."""
    n = len(proof.depth_km)
    oneway = proof.layers["links"]["oneway"].to_numpy(bool)
    back = left if row["mode"] == "foot" or not row["directed"] else left & ~oneway
    sources = np.flatnonzero(before)
    tails = np.concatenate([proof.start[left], proof.end[back], np.full(len(sources), n)])
    heads = np.concatenate([proof.end[left], proof.start[back], sources])
    arcs = sparse.csr_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(n + 1, n + 1))
    reached = np.zeros(n + 1, dtype=bool)
    reached[csgraph.breadth_first_order(arcs, n, return_predecessors=False)] = True
    return reached[:n]


def _falls(proof: Proof) -> Problems:
    cordons = proof.layers["cordons"]
    stated = cordons[cordons["min_cut_links"].notna()]
    stated = stated.assign(sign=np.sign(stated["depth_km"]), reach=stated["depth_km"].abs())
    keys = ["mode", "directed", "third_open", "sign"]
    stated = stated.sort_values([*keys, "reach"], ignore_index=True)
    for column in ("min_cut_links", "min_cut_lanes"):
        before = stated.groupby(keys)[column].shift()
        yield from _at(stated[stated[column] > before], f"{column} is more than nearer the border")


def _within_cordons(proof: Proof) -> Problems:
    cordons = proof.layers["cordons"]
    shut = cordons[~cordons["third_open"].astype(bool)]
    pairs = proof.stated.merge(shut, on=["mode", "directed"], suffixes=("", "_passed"))
    low = np.where(pairs["depth_km"] > 0, -proof.origin_km, pairs["depth_km"])
    high = np.where(pairs["depth_km"] > 0, pairs["depth_km"], proof.origin_km)
    # A way may end on the far ground's very rim: it need not pass the cordon there.
    passed = pairs[pairs["depth_km_passed"].between(low, high, inclusive="left")]
    for row in passed[passed["min_cut_links"] > passed["cordon_links_passed"]].iloc:
        cordon = f"{row['cordon_links_passed']} at {row['depth_km_passed']:+g} km"
        yield f"{_where(row)}: F is {row['min_cut_links']:g}, the cordon only {cordon}"


def _more_ways_more_cuts(proof: Proof) -> Problems:
    """Opening third countries, or one-way links in both directions, adds ways and loses none."""
    stated = proof.layers["cordons"].dropna(subset=["min_cut_links"])
    for column, wider in (("third_open", True), ("directed", False)):
        is_wider = stated[column].astype(bool) == wider
        rest = [name for name in (*PROFILE, "third_open") if name != column]
        pairs = stated[is_wider].merge(stated[~is_wider], on=rest, suffixes=("", "_fewer"))
        lower = pairs[pairs["min_cut_links"] < pairs["min_cut_links_fewer"]]
        yield from _at(lower, f"F is lower with {column} {wider}")


def _lanes_and_sites(proof: Proof) -> Problems:
    stated = proof.layers["cordons"]
    stated = stated[stated["min_cut_links"].notna()]
    fewer = stated["min_cut_lanes"] < stated["min_cut_links"]
    yield from _at(stated[fewer], "fewer lanes than links are to be closed")
    yield from _at(
        stated[stated["min_cut_sites"] > stated["min_cut_links"]], "more sites than links are cut"
    )


def _walks_and_fronts(proof: Proof) -> Problems:
    """Walks between crossings add ways, longer ones more; F per 100 km is F over the width."""
    stated = proof.layers["cordons"]
    fewer = "min_cut_links"
    for column in ("walked_60_links", "walked_180_links", "walked_360_links"):
        yield from _at(stated[stated[column] < stated[fewer]], f"{column} is less than {fewer}")
        fewer = column
    known = stated.dropna(subset=["links_per_100_km"])
    counts = known["links_per_100_km"] * known["front_width_km"] / 100
    wrong = ~np.isclose(counts, known["min_cut_links"].astype(float), rtol=1e-9)
    yield from _at(known[wrong], "links_per_100_km is not F over front_width_km")


CHECKS: dict[str, Callable[[Proof], Problems]] = {
    "F(D) is stated, or its absence explained": _stated_or_explained,
    "as many witness paths as F(D)": _as_many_paths,
    "witness paths are continuous": _continuous,
    "witness paths are drawn as their links run": _drawn_as_listed,
    "witness paths lead from ground to ground": _from_ground_to_ground,
    "witness paths share no link": _disjoint,
    "witness paths use links as they may be used": _allowed,
    "as many cut links as F(D)": _cut_is_f,
    "no way is left when the cut is closed": _separates,
    "F(D) never rises with |D|": _falls,
    "F(D) is at most every cordon that it must pass": _within_cordons,
    "more ways never lower F(D)": _more_ways_more_cuts,
    "lanes and sites agree with links": _lanes_and_sites,
    "walks and fronts agree with F(D)": _walks_and_fronts,
}


if __name__ == "__main__":
    run(verify, sys.argv[1:], "GPKG...")
