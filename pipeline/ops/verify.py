"""Recompute the proof of every F(D) from the published GeoPackages alone.

A second witness: it reads layers, not tables of the stages, and shares no code with those that made
them. F(D) link-disjoint paths prove that fewer closures are not enough; a cut of F(D) links that
separates the two zones proves that F(D) closures are enough (Menger 1927).
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.core.terminal import printable
from pipeline.ops.proof import (
    companions,
    curve,
    cuts,
    figures,
    paths,
    placed,
    placement,
    programme,
    success,
)
from pipeline.ops.proof.gather import Layers, Paths, Problems, Proof, gather, read

# (layer, column), and the (layer, column) in which each of its values must occur.
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
    ("placement_links", "from_node", "nodes", "node_id"),
    ("placement_links", "to_node", "nodes", "node_id"),
)


def verify(*paths: str) -> None:
    """Print one line for each check of each GeoPackage; end with status 1 if any of them fails.

    Raises InputError if a file is missing, is not a GeoPackage, or has no such layer or column.
    """
    failures = 0
    for path in paths:
        for name, problems in check(path):
            failures += bool(problems)
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            outcome = f"FAIL  {path}: {name}: {problems[0]}{more}" if problems else ""
            sys.stdout.write(f"{printable(outcome) or f'ok    {path}: {name}'}\n")
    if failures:
        sys.exit(f"error: {failures} checks failed")


def check(path: str | Path) -> list[tuple[str, list[str]]]:
    """Each check of one GeoPackage: what must be true, and where it is not."""
    published = read(path)
    try:
        # Broken references cannot be followed: nothing more is checked then.
        outcome = [("every id referred to exists once", list(_references(published)))]
        if outcome[0][1]:
            return outcome
        proof = gather(published)
        return [*outcome, *((name, list(found(proof))) for name, found in CHECKS.items())]
    except KeyError as error:
        raise InputError(f"{path}: column or key {error} is missing") from error
    except ValueError as error:
        raise InputError(f"{path}: a value cannot be read ({error})") from error


def _references(layers: Layers) -> Problems:
    for name, key in sorted({(there, key) for _, _, there, key in REFERENCES}):
        repeated = layers[name].loc[layers[name][key].duplicated(), key]
        yield from (f"{name}.{key} {value} occurs twice" for value in repeated)
    for name, column, there, key in REFERENCES:
        values = layers[name][column].dropna()
        lost = values[~values.isin(layers[there][key])]
        yield from (f"{name}.{column} {value} is not in {there}" for value in lost)
    joined = layers["chokepoint_links"].groupby("chokepoint_id")["link_id"].agg(set)
    for point, ids in layers["chokepoints"].set_index("chokepoint_id")["link_ids"].items():
        if set((ids or "").split()) != joined.get(point, set()):
            yield f"chokepoints.link_ids of {point} are not those of chokepoint_links"


PATHS: dict[str, Callable[[Proof, Paths], Problems]] = {
    "paths are continuous": paths.continuous,
    "paths are drawn along their links": paths.drawn_as_listed,
    "paths lead from one zone to the other": paths.from_zone_to_zone,
    "paths share no link": paths.disjoint,
    "paths use links in an allowed way": paths.allowed,
}


def _of_witness(of: Callable[[Proof, Paths], Problems], proof: Proof) -> Problems:
    return of(proof, proof.witness)


def _of_unguarded(of: Callable[[Proof, Paths], Problems], proof: Proof) -> Problems:
    return of(proof, proof.unguarded)


CHECKS: dict[str, Callable[[Proof], Problems]] = {
    "F(D) is stated, or its absence explained": figures.stated_or_explained,
    "as many witness paths as F(D)": partial(_of_witness, paths.as_many),
    **{f"witness {name}": partial(_of_witness, check) for name, check in PATHS.items()},
    "as many cut links as F(D)": cuts.cut_is_f,
    "no way is left when the cut is closed": cuts.separates,
    "as many unguarded paths as G(D)": partial(_of_unguarded, paths.as_many),
    **{f"unguarded {name}": partial(_of_unguarded, check) for name, check in PATHS.items()},
    "unguarded paths pass no post": partial(_of_unguarded, paths.meet_no_post),
    "G(D) is the minimum cut without links at posts": companions.unguarded,
    "H(D) is the minimum cut behind the line": companions.second_line,
    "F(D) never rises with |D|": figures.falls,
    "F(D) is at most each cordon that paths must cross": figures.within_cordons,
    "more ways never lower F(D)": figures.more_ways_more_cuts,
    "lanes and sites agree with links": figures.lanes_and_sites,
    "walking and fronts agree with F(D)": figures.walks_and_fronts,
    "closing one more never stops less": figures.closures_never_fall,
    "moving posts and the ways left open give the same value": placement.randomised,
    "fixed posts stop what is stated": placement.fixed,
    "no placement of so many posts is better, and each costs its price": curve.values,
    "values of placements are within bounds, or absent with a reason": curve.stated_or_explained,
    "counting posts see no more than fewer posts allow": curve.observed,
    "posts are placed on links": placed.on_links,
    "places have the value of the curve": placed.as_valued,
    "ways that stay open are drawn along their links": placed.ways_drawn,
    "ways past fixed posts are as many as stated": placed.past_fixed,
    "posts of given years leave as many ways as stated": programme.programme,
    "swings and effects of success agree with its shares": success.factors,
    "ranges of success include their middle": success.parameters,
    "stretches of the line hold all demand": success.moved,
    "scenarios agree with their stretches and posts": success.scenarios,
}
