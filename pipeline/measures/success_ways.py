"""Make the ways over a border for the model of success from tables."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Bools, Floats, Ints
from pipeline.measures.success import Legs, Options, Ways
from pipeline.network import standing_posts
from pipeline.travel import demand, over_line
from pipeline.travel.demand import Demand
from pipeline.travel.over_line import Landings

INLAND_KM = parameters.number("inland_km")
STRETCH_KM = parameters.number("stretch_km")
MOST_PLACES = parameters.whole("success_places")


@dataclass(frozen=True)
class Line:
    """Options to cross the line: first crossings, then stretches on foot.

    Attributes
    ----------
    options : Options
        The options as the model needs them.
    border_km : ndarray of float, shape (n_options,)
        Their positions along the line.
    """

    options: Options
    border_km: Floats


def stretches(border_km: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """For each stretch of line that can be crossed on foot: the km that is crossed fastest.

    Parameters
    ----------
    border_km : DataFrame
        Tables border_km and walk_km, joined.
    nodes : DataFrame
        Table nodes; a km with a way over the line is left out, since it may be guarded there.

    Returns
    -------
    DataFrame
        Rows of `border_km` with a new index.
    """
    ways_km = np.floor(nodes.loc[nodes["kind"] == "border", "border_km"]).astype(np.int64)
    walked = border_km["walk_minutes_flat"].notna() & border_km["walk_minutes"].notna()
    known = border_km[walked & ~border_km["border_km"].isin(ways_km)]
    stretch = (known["border_km"] // STRETCH_KM).astype(np.int64)
    least = known.groupby(stretch)["walk_minutes"].idxmin()
    return known.loc[least.sort_values()].reset_index(drop=True)


def line(found: Landings, walks: pd.DataFrame) -> Line:
    """The options to cross the line on a network with ends of walks.

    Parameters
    ----------
    found : Landings
        The network; its walks are rows of `walks`.
    walks : DataFrame
        Stretches from `stretches`.

    Returns
    -------
    Line
    """
    crossings = found.network.crossings
    on_foot = walks.iloc[found.walk]
    n, m = len(crossings), len(on_foot)
    zeros = np.zeros(n)
    # Minutes added by slopes are never negative, although the best way may differ.
    open_minutes = on_foot["walk_minutes_open"].fillna(on_foot["walk_minutes"])
    slope = (open_minutes - on_foot["walk_minutes_flat"]).clip(lower=0.0)
    river = on_foot["kind"].eq("river").to_numpy(float)
    status = crossings["status"].to_numpy()
    return Line(
        options=Options(
            guarded=np.append(status == "official", np.zeros(m, dtype=bool)),
            informal=np.append(status == "informal", np.zeros(m, dtype=bool)),
            afoot=np.append(np.zeros(n, dtype=bool), np.ones(m, dtype=bool)),
            # Legs from a crossing already include its wait.
            wait_minutes=np.zeros(n + m),
            flat_minutes=np.append(zeros, on_foot["walk_minutes_flat"].to_numpy(float)),
            slope_minutes=np.append(zeros, slope.to_numpy(float)),
            river=np.append(zeros, river),
            fenced=np.append(zeros, on_foot["fenced_share"].to_numpy(float)),
            response_minutes=np.append(
                zeros, on_foot["post_minutes"].fillna(np.inf).to_numpy(float)
            ),
        ),
        border_km=np.append(
            crossings["border_km"].to_numpy(float), on_foot["border_km"].to_numpy(float) + 0.5
        ),
    )


def whose(found: Landings, border: BorderFile, model: str) -> Demand:
    """Demand of a model between the places with the most demand on each side.

    Parameters
    ----------
    found : Landings
        The network, and settlements on it.
    border : BorderFile
        The border.
    model : str
        through, or irregular.

    Returns
    -------
    Demand
        Empty if there is none.
    """
    wanted = demand.demand(found.settled, found.network, border, model)
    kept = [
        np.sort(
            np.argsort(-np.bincount(rows, wanted.weight, len(nodes)), kind="stable")[:MOST_PLACES]
        )
        for rows, nodes in zip(wanted.pairs, (wanted.origin, wanted.destination), strict=True)
    ]
    inside = np.isin(wanted.pairs[0], kept[0]) & np.isin(wanted.pairs[1], kept[1])
    weight = wanted.weight[inside]
    return Demand(
        origin=wanted.origin[kept[0]],
        destination=wanted.destination[kept[1]],
        pairs=(
            np.searchsorted(kept[0], wanted.pairs[0][inside]),
            np.searchsorted(kept[1], wanted.pairs[1][inside]),
        ),
        weight=weight / weight.sum() if len(weight) else weight,
        facts=wanted.facts,
    )


def ways(found: Landings, on_line: Line, wanted: Demand, meets: Bools) -> Ways:
    """All ways of a demand over the line.

    Parameters
    ----------
    found : Landings
        The network.
    on_line : Line
        Options to cross the line.
    wanted : Demand
        The demand.
    meets : ndarray of bool, shape (n_arcs,)
        Whether a post away from the line is on the arc.

    Returns
    -------
    Ways
    """
    weight = np.zeros((len(wanted.origin), len(wanted.destination)))
    weight[wanted.pairs] = wanted.weight
    to, on = (
        Legs(one.minutes, one.posts, one.clean_minutes)
        for one in over_line.legs(found, wanted, meets)
    )
    return Ways(to, on, on_line.options, weight)


def posts_met(found: Landings, posts: gpd.GeoDataFrame, link_ids: set[str]) -> Bools:
    """Which arcs lead to a post away from the line, or over a link with a new post in its middle.

    Parameters
    ----------
    found : Landings
        The network; links that are parts have `share_from` and `share_to`.
    posts : GeoDataFrame
        Posts at all of their nodes; those that check travellers, `inland_km` or more from the line,
        count.
    link_ids : set of str
        Links that each get a new post.

    Returns
    -------
    ndarray of bool, shape (n_arcs,)
    """
    network = found.network
    checking = standing_posts.checking(posts)
    inland = checking.loc[checking["depth_km"].abs() >= INLAND_KM, "node_id"].dropna()
    met = network.nodes["node_id"].isin(inland).to_numpy()[network.head]
    links = network.links
    middle = links["share_from"].fillna(0.0).le(0.5) & links["share_to"].fillna(1.0).gt(0.5)
    taken = (links["link_id"].isin(link_ids) & middle).to_numpy()
    return np.asarray(met | taken[network.link])


def by_stretch(border_km: Floats, share: Floats, width_km: float) -> tuple[Ints, Floats]:
    """Sums of shares by stretch of line: the begin of each stretch in km, and its share.

    Parameters
    ----------
    border_km
        (n,) kilometres along the line, 0 or more.
    share
        (n,) shares.
    width_km
        Length of a stretch in km.

    Returns
    -------
    begins : ndarray of int
        (n_stretches,) km.
    sums : ndarray of float
        (n_stretches,) shares, 0 for a stretch without any.
    """
    number = np.floor(border_km / width_km).astype(np.int64)
    sums = np.bincount(number, share)
    begins = np.arange(len(sums), dtype=np.int64) * round(width_km)
    return begins, np.asarray(sums, dtype=np.float64)
