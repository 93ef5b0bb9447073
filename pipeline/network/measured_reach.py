"""Measure the reach of the data: the depth to which junctions outnumber dead ends."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats
from pipeline.network.open_ends import road_degree


@dataclass(frozen=True)
class Tail:
    """How a set of nodes thins out with depth.

    `reach_km` is the reach that they support; `cut` is whether the deepest are mostly dead ends.
    """

    reach_km: float
    cut: bool


def measured(nodes: pd.DataFrame, links: pd.DataFrame, border: BorderFile) -> pd.DataFrame:
    """Measure the reach of each side, as a whole and in windows along the line, in the network.

    Parameters
    ----------
    nodes, links
        Tables of the network stage; only roads are used.
    border
        Border file. No reach is greater than its `corridor_km`, since ways that lie wholly deeper
        are not read.

    Returns
    -------
    DataFrame
        Columns side, whole, from_km, to_km (window along the line), reach_km, junctions, dead_ends,
        evidence. A side's reach is the reach that all its nodes support, or less if more than
        `reach_short_share` of its windows were cut at a smaller depth. A window with too few nodes
        has the reach of its side; a side with too few nodes reaches to its deepest vertex.
    """
    degree = road_degree(nodes, links)
    window_km = parameters.number("reach_window_km")
    rows = []
    for side in (border.from_, border.to):
        mine = (nodes["side"] == side).to_numpy() & (degree > 0)
        depth_km = np.minimum(nodes["depth_km"].abs().to_numpy(float)[mine], border.corridor_km)
        window = (nodes["border_km"].to_numpy(float)[mine] // window_km).astype(np.int64)
        junction, dead_end = degree[mine] >= 3, degree[mine] == 1
        ratio = _least_ratio(junction, dead_end)
        whole = _tail(depth_km, junction, dead_end, ratio)
        found = []
        for number in np.unique(window):
            here = window == number
            few = (junction | dead_end)[here].sum() < parameters.number("reach_least_nodes")
            tail = _tail(depth_km[here], junction[here], dead_end[here], ratio)
            # If junctions are in the majority to the end of a window, the land may end there, but
            # not the data.
            if not tail.cut:
                tail = Tail(max(tail.reach_km, whole.reach_km), cut=False)
            found.append((number, here, whole if few else tail))
        cut_km = [tail.reach_km for _, _, tail in found if tail.cut and tail is not whole]
        reach_km = min(whole.reach_km, _of_most(cut_km, len(found)))
        found.insert(0, (-1, np.ones(len(window), dtype=bool), Tail(reach_km, cut=False)))
        for number, here, tail in found:
            rows.append(
                {
                    "side": side,
                    "whole": number < 0,
                    "from_km": max(number, 0) * window_km,
                    "to_km": max(number + 1, 0) * window_km,
                    "reach_km": tail.reach_km,
                    "junctions": int(junction[here].sum()),
                    "dead_ends": int(dead_end[here].sum()),
                    "evidence": "network",
                }
            )
    return pd.DataFrame(rows)


def _least_ratio(junction: Bools, dead_end: Bools) -> float:
    """Junctions per dead end that show a mapped side; lower for maps whose roads hardly join."""
    coarse = junction.sum() < dead_end.sum()
    return parameters.number("reach_coarse_ratio") if coarse else 1.0


def _tail(depth_km: Floats, junction: Bools, dead_end: Bools, least_ratio: float) -> Tail:
    """The greatest depth with enough nodes beyond it and `least_ratio` junctions per dead end."""
    deepest_km = float(depth_km.max(initial=0.0))
    counted = junction | dead_end
    least = int(parameters.number("reach_least_nodes"))
    if counted.sum() < least:
        return Tail(deepest_km, cut=False)
    order = np.argsort(-depth_km[counted], kind="stable")
    depth_km = depth_km[counted][order]
    joins, ends = np.cumsum(junction[counted][order]), np.cumsum(dead_end[counted][order])
    holds = np.flatnonzero((joins >= least_ratio * ends)[least - 1 :]) + least - 1
    if len(holds) and holds[0] == least - 1:
        return Tail(deepest_km, cut=False)
    # Most of the deepest nodes are dead ends where the data end, but not where the land ends.
    cut = joins[least - 1] < parameters.number("reach_coarse_ratio") * ends[least - 1]
    return Tail(float(depth_km[holds[0]]) if len(holds) else 0.0, cut=bool(cut))


def _of_most(cut_km: list[float], windows: int) -> float:
    """The reach that all but a small share of the windows have; infinite if no window was cut."""
    spared = int(parameters.number("reach_short_share") * windows)
    return sorted(cut_km)[spared] if len(cut_km) > spared else np.inf
