"""Checks of paths: as many as stated, continuous, link-disjoint, and allowed for their mode."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.ops.proof.gather import (
    LENGTH_TOLERANCE,
    PATH,
    PROFILE,
    Paths,
    Problems,
    Proof,
    at,
    network,
    where,
    zone_masks,
)
from pipeline.ops.proof.posts import guarded


def as_many(_proof: Proof, paths: Paths) -> Problems:
    """As many paths are drawn and listed as the figure states."""
    drawn = paths.drawn.groupby(PROFILE)["path_no"].agg(["size", "max"])
    listed = paths.steps[paths.steps["first"]].groupby(PROFILE).size()
    table = pd.DataFrame(
        {"stated": paths.stated, "paths": drawn["size"], "last": drawn["max"], "listed": listed}
    ).fillna(0)
    wrong = table[table.ne(table["stated"], axis=0).any(axis=1)].reset_index()
    for _, row in wrong.iterrows():
        counts = f"{row['paths']:g} paths drawn, {row['listed']:g} listed"
        yield f"{where(row)}: {counts}, {paths.figure} is {row['stated']:g}"


def continuous(_: Proof, paths: Paths) -> Problems:
    """Each link begins where the one before it ends, and they are numbered in order."""
    steps = paths.steps
    broken = ~steps["first"] & (steps["start"] != steps["end"].shift())
    yield from at(steps[broken], "a link does not begin where the one before it ends")
    misnumbered = steps["seq"] != steps.groupby(PATH).cumcount() + 1
    yield from at(steps[misnumbered], "its links are not numbered 1, 2, 3, …")


def drawn_as_listed(proof: Proof, paths: Paths) -> Problems:
    """Every path is drawn exactly along its links and has their length."""
    lines = paths.drawn.sort_values(PATH, ignore_index=True)
    links, steps = proof.layers["links"], paths.steps
    number = pd.MultiIndex.from_frame(lines[PATH]).get_indexer(
        pd.MultiIndex.from_frame(steps[PATH])
    )
    yield from at(steps[(number < 0) & steps["first"]], "it is listed but not drawn")
    steps, number = steps[number >= 0], number[number >= 0]
    shapes = links["geometry"].to_numpy()[steps["link"]]
    drawn = _segments(lines["geometry"].to_numpy(), np.arange(len(lines)))
    listed = _segments(shapes, number)
    both = pd.DataFrame({"drawn": drawn.value_counts(), "listed": listed.value_counts()}).fillna(0)
    bent = both[both["drawn"] != both["listed"]].index.get_level_values("path").unique()
    yield from at(lines.loc[np.sort(bent)], "it is not drawn along its links")
    metres = links["length_m"].to_numpy()[steps["link"]]
    sums = np.bincount(number, weights=metres, minlength=len(lines))
    wrong = ~np.isclose(sums, lines["length_m"], rtol=LENGTH_TOLERANCE, atol=0.01)
    yield from at(lines[wrong], "its length is not the sum of its links' lengths")


def _segments(shapes: npt.NDArray[np.object_], path: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Straight pieces of the shapes with the path of each, in any drawing direction."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[1:] == part[:-1]
    a, b = points[:-1][joined], points[1:][joined]
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    a[swap], b[swap] = b[swap], a[swap]
    table = pd.DataFrame(np.hstack([a, b]), columns=["x1", "y1", "x2", "y2"])
    table.insert(0, "path", path[shape[part[:-1][joined]]])
    return table[np.any(a != b, axis=1)]


def from_zone_to_zone(proof: Proof, paths: Paths) -> Problems:
    """Each path begins and ends deep enough, on the right sides."""
    for _, steps in paths.steps.groupby(PROFILE):
        before, behind = zone_masks(proof, float(steps["depth_km"].iloc[0]))
        first, last = steps[steps["first"]], steps[steps["last"]]
        yield from at(first[~before[first["start"]]], "it does not begin deep enough")
        yield from at(last[~behind[last["end"]]], "it does not end deep enough")


def disjoint(_proof: Proof, paths: Paths) -> Problems:
    """The paths of one figure use no link twice."""
    steps = paths.steps
    shared = steps[steps.duplicated([*PROFILE, "link_id"], keep=False)]
    for _, row in shared.iterrows():
        yield f"{where(row)}: link {row['link_id']} is used more than once"


def allowed(proof: Proof, paths: Paths) -> Problems:
    """Links are open to the mode, and one-way links are used in their direction."""
    oneway = proof.layers["links"]["oneway"].to_numpy(bool)
    for _, steps in paths.steps.groupby(PROFILE):
        mode, directed = steps["mode"].iloc[0], steps["directed"].iloc[0]
        outside = ~network(proof, mode)[steps["link"]]
        yield from at(steps[outside], "it uses a link that is not open to its mode")
        against = oneway[steps["link"]] & ~steps["forward"].to_numpy(bool)
        if directed and mode != "foot":
            yield from at(steps[against], "it uses a one-way link against its direction")


def meet_no_post(proof: Proof, paths: Paths) -> Problems:
    """No path uses a link with a post."""
    steps = paths.steps
    yield from at(steps[guarded(proof)[steps["link"]]], "it uses a link with a post")
