"""Travel demand: places on the network, and gravity demand between them.

Weights are P_i P_j / km_ij (Zipf 1946, The P1 P2 / D hypothesis: on the intercity movement of
persons). Distance is geodesic, so that demand does not depend on which crossings exist.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import geo, parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.numbers import distance
from pipeline.core.types import Floats, Ints
from pipeline.travel.mode_network import Network

POPULATION_BY_KIND = parameters.table("population_by_kind")
DEEP_KM = parameters.number("through_depth_km")
DEEP_SHARE_OF_REACH = parameters.number("through_depth_share_of_reach")
DISTANCE_EXPONENT = parameters.number("distance_exponent")
LEAST_KM = parameters.number("least_distance_km")
MOST_PLACES = parameters.whole("most_places")

MODELS = ("through", "local", "uniform")
# The demand to which the claims on success refer; also the kind of a place only used for it.
IRREGULAR = "irregular"
# The demands that stage travel writes: those for closings, and irregular movement.
KEPT = (*MODELS, IRREGULAR)
# The demands whose stopped share is published.
STOPPED = ("through", IRREGULAR)


@dataclass(frozen=True)
class Demand:
    """Pairs of places with weights that sum to 1; if there are none, the reason.

    `origin`, `destination` are rows of `nodes`, one for each place; `pairs` rows of these two.
    `facts` describe the model: columns of table `demand` beside mode and demand.
    """

    origin: Ints
    destination: Ints
    pairs: tuple[Ints, Ints]
    weight: Floats
    facts: dict[str, object]


def settlements(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The places where people live; a missing `population` is filled in.

    Parameters
    ----------
    places : GeoDataFrame
        Places with `kind` and `population`.

    Returns
    -------
    GeoDataFrame
        Places of a kind in which people live, with `population` filled in.
    """
    people = places["population"].fillna(places["kind"].map(POPULATION_BY_KIND))
    living = places["kind"].isin(POPULATION_BY_KIND) & (people > 0)
    return places.assign(population=people)[living].reset_index(drop=True)


def demand(snapped: gpd.GeoDataFrame, network: Network, border: BorderFile, model: str) -> Demand:
    """The pairs of one model: through and uniform (ends deep or beyond the data), or local.

    Weights are those of the gravity model; in uniform all pairs have the same weight. On each side
    the MOST_PLACES most populous places are used.

    Parameters
    ----------
    snapped : GeoDataFrame
        Settlements with `node`, `side`, `depth_km` and `population`.
    network : Network
        The network of a mode, as `assemble` makes it.
    border : BorderFile
        The border file.
    model : str
        One of MODELS, or IRREGULAR. IRREGULAR leads from the places that the border file marks as
        irregular, or else from the cities beyond the data, to the places marked as irregular, or
        else to those of through.

    Returns
    -------
    Demand
        The pairs and their weights; no pairs, but the reason, if a side has no place.
    """
    deep_km = {side: _deep_km(network, border, side) for side in (border.from_, border.to)}
    deep = snapped["depth_km"].abs() >= snapped["side"].map(deep_km)
    chosen = snapped[_taking_part(snapped, deep, border, model)]
    ends = [_most_populous(chosen[chosen["side"] == side]) for side in deep_km]
    origins, destinations = ends
    i, j = (rows.ravel() for rows in np.indices((len(origins), len(destinations))))
    people = origins["population"].to_numpy()[i] * destinations["population"].to_numpy()[j]
    weight = people / np.maximum(_km(origins, destinations, i, j), LEAST_KM) ** DISTANCE_EXPONENT
    weight = np.ones(len(i)) if model == "uniform" else weight
    absent = [side for side, end in zip(deep_km, ends, strict=True) if not len(end)]
    reasons = [_why_no_place(model, side, deep_km[side], side == border.from_) for side in absent]
    facts: dict[str, object] = {
        "origins": len(origins),
        "destinations": len(destinations),
        "from_deep_km": deep_km[border.from_],
        "to_deep_km": deep_km[border.to],
        "beyond_share": _beyond_share(ends, (i, j), weight),
        "why_absent": "; ".join(reasons) or None,
    }
    return Demand(
        origin=origins["node"].to_numpy(dtype=np.int64),
        destination=destinations["node"].to_numpy(dtype=np.int64),
        pairs=(i, j),
        weight=weight / weight.sum() if len(weight) else weight,
        facts=facts,
    )


def _why_no_place(model: str, side: str, deep_km: float, origin: bool) -> str:
    """Why no place on a side is used in a demand."""
    if model == IRREGULAR and origin:
        return (
            f"{side}: no place on the network that the border file marks as irregular, and no "
            "city beyond the data"
        )
    where = "nearer than" if model == "local" else "at least"
    return f"{side}: no place on the network {where} {distance(deep_km)} deep"


def _taking_part(
    snapped: gpd.GeoDataFrame, deep: pd.Series, border: BorderFile, model: str
) -> pd.Series:
    """Which places are used as ends of a demand."""
    marked = snapped["kind"].eq(IRREGULAR)
    if model != IRREGULAR:
        others: pd.Series = ~marked & (~deep if model == "local" else deep)
        return others
    beyond = np.isinf(snapped["depth_km"])
    kept: pd.Series = marked.copy()
    for side, otherwise in ((border.from_, beyond), (border.to, deep)):
        ours = snapped["side"].eq(side)
        if not (ours & marked).any():
            kept |= ours & otherwise
    return kept


def _beyond_share(
    ends: list[gpd.GeoDataFrame], pairs: tuple[Ints, Ints], weight: Floats
) -> float | None:
    """Share of demand with an end beyond the edge of the data."""
    if not len(weight):
        return None
    outside = [np.isinf(end["depth_km"].to_numpy())[k] for end, k in zip(ends, pairs, strict=True)]
    return float(weight[outside[0] | outside[1]].sum() / weight.sum())


def _deep_km(network: Network, border: BorderFile, side: str) -> float:
    """Depth at which through demand begins: DEEP_KM, or less if the data end before it."""
    links = network.links[network.links["side"] == side]
    reached = links[["depth_min_km", "depth_max_km"]].abs().max(axis=1).max() if len(links) else 0.0
    reach_km = min(float(reached), border.reach_km.get(side, np.inf))
    return min(DEEP_KM, DEEP_SHARE_OF_REACH * reach_km)


def _most_populous(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    ranked = places.sort_values(["population", "place_id"], ascending=[False, True])
    return ranked.head(MOST_PLACES).sort_values("place_id")


def _km(origins: gpd.GeoDataFrame, destinations: gpd.GeoDataFrame, i: Ints, j: Ints) -> Floats:
    a, b = origins.geometry, destinations.geometry
    ends = (a.x.to_numpy()[i], a.y.to_numpy()[i], b.x.to_numpy()[j], b.y.to_numpy()[j])
    return geo.distance_m(*ends) / 1000
