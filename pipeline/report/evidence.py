"""What a figure depends on: the links of a cut, its witness, what was not counted and why."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import geo, parameters
from pipeline.core.frames import records
from pipeline.measures.depth import Variant, network
from pipeline.report import words

Layer = Callable[[str], pd.DataFrame]
NEAREST = 5  # candidates listed
NEAR_DEGREES = 0.3  # farther candidates are used only if there are too few near ones
MOST_ROADS = 6  # road numbers listed for a path
KINDS = {"road": ("road", "foot_only"), "rail": ("rail",), "foot": ("road", "foot_only")}
# Parameters that each kind of figure depends on.
CUT_PARAMETERS = ("merge_m", "headline_depth_km")
CROSSING_PARAMETERS = ("merge_m", "switch_m", "control_depth_km", "control_apart_m")
BYPASS_PARAMETERS = ("place_snap_km", "official_wait_minutes", "edge_share_of_reach")
# Definitions of the border and of its data, as stated in the results, and what each says.
DEFINED = {
    "origin_km": "the origin zone and the nearest destination zone begin so many km from the line",
    "through_km": "a crossing counts if it leads so many km inland on both sides, by country",
    "corridor_km": "the network is taken from so many km on either side of the line",
    "depths_km": "distances from the line in km at which minimum cuts are asked for",
    "target": "longitude and latitude of the place that the destination zone must hold",
    "reach_km": "the data are mapped to so many km from the line, by country",
}


@dataclass(frozen=True)
class Path:
    """A witness path: length, links, where it crosses the line, and the roads that it follows."""

    number: int
    length_km: float
    n_links: int
    over: Sequence[str]
    by: Sequence[str]


def cut_links(layer: Layer, mode: str, depth_km: float, end: str = "from") -> gpd.GeoDataFrame:
    """The links of the headline cut nearest to the zone at `end`, from the layer links."""
    links = gpd.GeoDataFrame(layer("links"))
    cuts = _headline(layer("cut_links"), mode, depth_km)
    return links[links["link_id"].isin(cuts.loc[cuts["end"] == end, "link_id"])]


def witness(layer: Layer, mode: str, depth_km: float) -> Iterator[Path]:
    """The link-disjoint paths, which prove that fewer closures are not enough."""
    paths = _headline(layer("witness_paths"), mode, depth_km)
    steps = _headline(layer("witness_links"), mode, depth_km)
    joins = layer("crossing_links").drop_duplicates("link_id")
    over = steps.merge(joins, on="link_id").merge(layer("crossings"), on="crossing_id")
    named = steps.merge(layer("links")[["link_id", "ref", "name"]], on="link_id")
    named = named.sort_values("seq")
    on_line, on_road = (dict(iter(rows.groupby("path_no"))) for rows in (over, named))
    n_links = steps["path_no"].value_counts()
    for row in records(paths):
        number = row["path_no"]
        here = on_road.get(number, named[:0])
        at = on_line.get(number, over[:0]).sort_values("seq")
        yield Path(
            number=int(number),
            length_km=row["length_m"] / 1000,
            n_links=int(n_links.get(number, 0)),
            over=[words.listed(one) for one in at["name"].fillna(at["crossing_id"]).unique()],
            by=_numbers(here["ref"].fillna(here["name"]).dropna()),
        )


def _numbers(roads: Iterable[str]) -> list[str]:
    """The first numbers or names of roads in order, each once: a road may have several."""
    found = list(dict.fromkeys(part.strip() for road in roads for part in road.split(";")))
    return [*found[:MOST_ROADS], "…"] if len(found) > MOST_ROADS else found


def uncounted(layer: Layer, mode: str, cut: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The links nearest to the cut that are not part of the mode's network.

    `why` gives the reason, `away_km` the distance.
    """
    return nearest(not_in_network(layer, mode), cut)


def not_in_network(layer: Layer, mode: str) -> gpd.GeoDataFrame:
    """The links of a mode's kinds that its headline network leaves out; `why` gives the reason."""
    from_, to = layer("border")[["from_country", "to_country"]].iloc[0]
    links = gpd.GeoDataFrame(layer("links"))
    variant = Variant(mode, directed=True, third_open=False)
    counted = network(layer("nodes"), links, (from_, to), variant)
    left = links[links["mode"].isin(KINDS[mode]) & ~links.index.isin(counted.index)]
    reasons = [
        (left["state"] == "closed", "closed to everyone"),
        (left["state"] == "disused", "disused"),
        (left["class"] == "restricted", "no private car may pass"),
        (left["mode"].eq("foot_only") & (mode == "road"), "for walking only"),
        (left["walkable"].eq(False) & (mode == "foot"), "walking not allowed"),
    ]
    why = np.select([met for met, _ in reasons], [text for _, text in reasons], "third country")
    return left.assign(why=why)


def other_crossings(crossings: gpd.GeoDataFrame, at: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The nearest crossings that no headline counts, with `why` and `away_km`."""
    return nearest(not_in_headline(crossings), at)


def not_in_headline(crossings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The crossings that no headline counts; `why` gives the reason."""
    left = crossings[~crossings["in_headline"]]
    return left.assign(why=[why_not(row) for _, row in left.iterrows()])


def why_not(row: pd.Series) -> str:
    """Why a crossing is not in the headline."""
    if row["status"] == "closed":
        return "closed to everyone"
    if row["status"] == "unknown":
        return "unknown: the statement about it has expired"
    if not row["counted"]:
        return "it touches the line, but on one side it does not lead deep enough"
    if row["class"] == "restricted":
        return "no private car may pass"
    return f"not in the headline: {row['class']}"


def used(known: dict[str, str], names: Sequence[str]) -> Iterator[str]:
    """Definitions and parameters, one line for each; `known` is the provenance."""
    yield from (
        f"{key} = {_listed(known[key])}: {meaning}"
        for key, meaning in DEFINED.items()
        if key in known
    )
    entries = parameters.entries()
    for name in names:
        one = entries[name]
        yield f"{name} = {one.value} {one.unit}: {one.reason}"


def _listed(stated: str) -> str:
    """Several numbers with commas between: `10, 25`, or by country `MX 1, US 1`."""
    return stated if "," in stated else ", ".join(re.findall(r"[A-Z]+ \S+|\S+", stated))


def cited(known: dict[str, str]) -> str:
    """How to cite a figure of these results; `known` is the provenance."""
    snapshot = known.get("osm_timestamp", "not stated in the file")
    return (
        f"Border closure, version {known.get('tool_version')} (CITATION.cff); border "
        f"{known.get('border')}; data: {known.get('source')}; snapshot: {snapshot}; raw file "
        f"sha256 {str(known.get('raw_sha256', 'not stated'))[:16]}; {known.get('attribution')}"
    )


def is_drawn(known: dict[str, str]) -> bool:
    """Whether no link comes from an OpenStreetMap way: all were drawn from tables."""
    return "record_drawn_from" in known


def nearest(
    left: gpd.GeoDataFrame, to: gpd.GeoDataFrame, plane: geo.Projection | None = None
) -> gpd.GeoDataFrame:
    """The rows nearest to any shape of `to`, with `away_km`, nearest first.

    The parts of a way are one candidate. `plane` is the projection for distances; without it, one
    is fitted to the shapes.
    """
    if not len(left) or not len(to):
        return left.iloc[:0].assign(away_km=0.0)
    tree = shapely.STRtree(left.geometry.to_numpy())
    close = np.unique(
        tree.query(to.geometry.to_numpy(), predicate="dwithin", distance=NEAR_DEGREES)[1]
    )
    if _ways(left.iloc[close]).nunique() >= NEAREST:
        left = left.iloc[close]
    fitted = plane or geo.fit_projection(*shapely.get_coordinates(to.geometry.to_numpy()).T)

    def flat(shapes: gpd.GeoDataFrame) -> list[shapely.Geometry]:
        return list(shapely.transform(shapes.geometry.to_numpy(), lambda xy: fitted.plane(*xy.T)))

    where, away_m = shapely.STRtree(flat(to)).query_nearest(
        flat(left), all_matches=False, return_distance=True
    )
    found = left.iloc[where[0]].assign(away_km=away_m / 1000)
    found = found.sort_values(["away_km", found.columns[0]])
    return found[~_ways(found).duplicated()].head(NEAREST)


def _ways(rows: gpd.GeoDataFrame) -> pd.Series:
    link_ids: pd.Series = rows[rows.columns[0]]
    return link_ids.str.split(".").str[0]


def _headline(rows: pd.DataFrame, mode: str, depth_km: float) -> pd.DataFrame:
    return rows[rows["mode"].eq(mode) & rows["directed"] & rows["depth_km"].eq(depth_km)]
