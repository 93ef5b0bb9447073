"""Zones of F(D): which nodes lie deep enough on a side, and in the part with the target."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core.borderfile import BorderFile
from pipeline.core.numbers import distance
from pipeline.core.types import Bools
from pipeline.network.split import ON_LINE
from pipeline.network.target_part import TOLERANCE_KM, at_least, target_parts


@dataclass(frozen=True)
class ZonePair:
    """The origin and destination zone of F(D) at one signed depth, as masks over nodes.

    `elsewhere` is as deep as `destination`, but in another part of the `to` side. `least_km` is the
    depth of each zone, by country. Where the data end before `origin_km`, the open ends of that
    side represent its origin or destination zone (0 in `least_km`). Fewer roads may continue from
    there, so the cut is an upper bound.
    """

    depth_km: float
    origin: Bools
    destination: Bools
    elsewhere: Bools
    least_km: dict[str, float]
    is_upper_bound: bool = False


def zone_pairs(
    nodes: gpd.GeoDataFrame, links: gpd.GeoDataFrame, border: BorderFile
) -> list[ZonePair]:
    """The zones of every depth of the border file, beginning with the deepest on the `from` side.

    Parameters
    ----------
    nodes
        Table nodes, EPSG:4326.
    links
        Table links, EPSG:4326.
    border
        The border file, with the reach of these data.

    Returns
    -------
    list of ZonePair
        In order of signed depth: the `from` side, deepest first, then the `to` side.
    """
    return pairs_of_parts(
        nodes, target_parts(nodes, links, border.depths_km, border.target), border
    )


def pairs_of_parts(
    nodes: pd.DataFrame, parts: dict[float, Bools], border: BorderFile
) -> list[ZonePair]:
    """As `zone_pairs`, if the parts of the `to` side that count are already known by depth.

    Parameters
    ----------
    nodes
        Table nodes with side, depth_km and open_ended.
    parts
        By depth in km: a mask over `nodes`, as from `target_parts`.
    border
        The border file, with the reach of these data.

    Returns
    -------
    list of ZonePair
        As from `zone_pairs`.
    """
    depth_km = nodes["depth_km"].to_numpy(float)
    start, start_km = _origin(nodes, border, border.from_)
    end, end_km = _origin(nodes, border, border.to)
    nowhere = np.zeros(len(nodes), dtype=bool)
    result = []
    for deep in reversed(border.depths_km):
        least_km = {border.from_: deep, border.to: end_km}
        origin = at_least(depth_km, -deep)
        result.append(ZonePair(-deep, origin, end, nowhere, least_km, is_upper_bound=end_km == 0))
    for deep, part in parts.items():
        elsewhere = at_least(depth_km, deep) & ~part
        least_km = {border.from_: start_km, border.to: deep}
        result.append(
            ZonePair(deep, start, part, elsewhere, least_km, is_upper_bound=start_km == 0)
        )
    return result


def between_origins(nodes: pd.DataFrame, part: Bools, border: BorderFile) -> ZonePair:
    """The zones for cuts at the line itself: `origin_km` deep on either side.

    Parameters
    ----------
    nodes
        Table nodes, with `depth_km`, `side` and `open_ended`.
    part
        Nodes `origin_km` deep on the `to` side, in the part with the target.
    border
        The border file, with the reach of both sides.

    Returns
    -------
    ZonePair
        At depth 0. If the data end before `origin_km`, the side's open ends are its zone.
    """
    start, start_km = _origin(nodes, border, border.from_)
    end, end_km = _origin(nodes, border, border.to)
    least_km = {border.from_: start_km, border.to: end_km}
    nowhere = np.zeros(len(nodes), dtype=bool)
    elsewhere = nowhere if end_km == 0 else end & ~part
    destination = end if end_km == 0 else part
    return ZonePair(
        0.0, start, destination, elsewhere, least_km, is_upper_bound=not all(least_km.values())
    )


def reach_of(border: BorderFile, mode: str) -> dict[str, float]:
    """How deep the data are complete for the ways of a mode, by country.

    Parameters
    ----------
    border
        The border file, with the reach of these data.
    mode
        road, rail or foot.

    Returns
    -------
    dict of str to float
        Kilometres, by country code.
    """
    return (border.foot_reach_km or border.reach_km) if mode == "foot" else border.reach_km


def _origin(nodes: pd.DataFrame, border: BorderFile, side: str) -> tuple[Bools, float]:
    """The zone `origin_km` deep on a side, and how deep it is.

    If the data end before that depth, the open ends of the side belong to the zone too, and its
    depth is 0; so do roads that were cut on the line where the other side is mapped.
    """
    sign = -1.0 if side == border.from_ else 1.0
    deep = at_least(nodes["depth_km"].to_numpy(float), sign * border.origin_km)
    if border.reach_km.get(side, np.inf) >= border.origin_km - TOLERANCE_KM:
        return deep, border.origin_km
    other = border.to if side == border.from_ else border.from_
    here = nodes["side"] == side
    if border.reach_km.get(other, np.inf) >= border.through_km:
        here |= nodes["side"] == ON_LINE
    return deep | (nodes["open_ended"].eq(True) & here).to_numpy(), 0.0


def why_absent(pair: ZonePair, held: Bools, way: str, reach_km: dict[str, float]) -> str | None:
    """Why F(D) cannot be stated for a network with the nodes `held`; None if it can.

    Parameters
    ----------
    pair
        The two zones of F(D).
    held
        Mask over nodes: those of the network.
    way
        The kind of way in the network, in words.
    reach_km
        By country code, how deep the data are complete, km.

    Returns
    -------
    str or None
        The reason, a phrase.
    """
    if not held.any():
        return f"no open {way}"
    for country, least_km in pair.least_km.items():
        if least_km > reach_km.get(country, np.inf) + TOLERANCE_KM:
            return f"data on the {country} side reach {distance(reach_km[country])}"
    masks = (pair.origin, pair.destination)
    for (country, least_km), mask in zip(pair.least_km.items(), masks, strict=True):
        if not (held & mask).any():
            if least_km == 0:
                return f"no {way} has an open end on the {country} side, where the data end"
            other_land = mask is pair.destination and (held & pair.elsewhere).any()
            apart = " towards the target" if other_land else ""
            return f"no {way} lies {least_km:g} km deep on the {country} side{apart}"
    return None
