"""What the checks use: the published layers, and what follows from them alone.

Definitions that stages have too (which land is one piece, which links have a post) are written here
again on purpose: this witness must be independent of the stages.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataSourceError
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from pipeline.core.errors import InputError
from pipeline.core.types import Bools, Floats

LAYERS = (
    "border", "nodes", "links", "posts", "post_nodes", "crossings", "crossing_links", "chokepoints",
    "chokepoint_links", "cordons", "cut_links", "witness_paths", "witness_links", "unguarded_paths",
    "bypasses", "closures", "placements", "placement_curve", "open_paths", "placement_links",
    "programme", "costs", "success", "success_parameters", "displacement", "harm", "provenance",
)  # fmt: skip
PROFILE = ["mode", "directed", "depth_km"]
PATH = [*PROFILE, "path_no"]
# Depths have the rounding of a projection, lengths that of the order of summation.
DEPTH_TOLERANCE_KM = 1e-6
LENGTH_TOLERANCE = 1e-6
# Deep land is one piece if its open links are at most 150 km apart, by definition; vertices are
# thinned to a tenth of a degree, so this is accurate to about 10 km.
APART_KM = 150.0
CELLS_PER_DEGREE = 10
EARTH_KM = 6371.0088

Layers = dict[str, pd.DataFrame]
Problems = Iterator[str]
Ends = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def read(path: str | Path) -> Layers:
    """The layers of a published border, from its results or the evidence next to them.

    Raises InputError if a file is not a GeoPackage or a layer is in neither.
    """
    evidence = Path(path).with_name(f"{Path(path).stem}-evidence.gpkg")
    where = {name: file for file in (evidence, Path(path)) for name in _names(file)}
    missing = [name for name in LAYERS if name not in where]
    if missing:
        files = f"{path} or {evidence.name}" if evidence.is_file() else path
        raise InputError(f"{files}: no layer {missing[0]}, expected a published GeoPackage")
    return {name: pd.DataFrame(pyogrio.read_dataframe(where[name], layer=name)) for name in LAYERS}


def _names(file: Path) -> list[str]:
    """The layers of a GeoPackage; empty if there is no evidence file."""
    if not file.is_file():
        if file.stem.endswith("-evidence"):
            return []
        raise InputError(f"{file}: no such file, expected a published GeoPackage")
    try:
        return [str(name) for name, _ in pyogrio.list_layers(file)]
    except DataSourceError as error:
        raise InputError(f"{file}: not a readable GeoPackage ({error})") from error


@dataclass(frozen=True)
class Paths:
    """Paths that prove a figure, F(D) or G(D), with the number `stated`, by PROFILE.

    `drawn`: the layer. `steps`: their links in order, with `start`, `end` (rows of nodes), the
    link's row and the path's `first` and `last` marked.
    """

    figure: str
    stated: pd.Series
    drawn: pd.DataFrame
    steps: pd.DataFrame


@dataclass(frozen=True)
class Proof:
    """What the checks use.

    `stated`: rows of cordons with F(D), third countries excluded. `depth_km`, `start`, `end`: depth
    of each node (NaN in a third country), and the rows of nodes where each link begins and ends.
    `target_parts`: for each depth behind the border, the nodes that deep in the piece of land
    towards the target.
    """

    layers: Layers
    from_country: str
    to_country: str
    origin_km: float
    reach_km: dict[str, float]
    through_km: float
    stated: pd.DataFrame
    witness: Paths
    unguarded: Paths
    depth_km: npt.NDArray[np.float64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    target_parts: dict[float, Bools]


def gather(layers: Layers) -> Proof:
    """The proof in the layers; raises KeyError if a column or key is missing."""
    nodes, links, cordons = layers["nodes"], layers["links"], layers["cordons"]
    index = pd.Index(nodes["node_id"])
    start, end = (index.get_indexer(links[column]) for column in ("from_node", "to_node"))
    border = layers["border"].iloc[0]
    stated = cordons[cordons["min_cut_links"].notna() & ~cordons["third_open"].astype(bool)]
    depth_km = nodes["depth_km"].to_numpy(float)
    ends = start.astype(np.int64), end.astype(np.int64)
    listed = _listed(layers["unguarded_paths"], links["link_id"], ends, depth_km)
    clean = cordons[cordons["directed"].astype(bool) & ~cordons["third_open"].astype(bool)]
    known = layers["provenance"].set_index("key")["value"]
    return Proof(
        layers=layers,
        from_country=border["from_country"],
        to_country=border["to_country"],
        origin_km=float(known["origin_km"]),
        reach_km=_reach_km(known.get("reach_km", "")),
        through_km=float(known.get("asked_through_km", "0")),
        stated=stated,
        witness=Paths(
            figure="F",
            stated=stated.set_index(PROFILE)["min_cut_links"],
            drawn=layers["witness_paths"],
            steps=_steps(layers["witness_links"], links["link_id"], ends),
        ),
        unguarded=Paths(
            figure="G",
            stated=clean.set_index(PROFILE)["unguarded_links"].dropna(),
            drawn=layers["unguarded_paths"].assign(directed=True),
            steps=_steps(listed, links["link_id"], ends),
        ),
        depth_km=depth_km,
        start=ends[0],
        end=ends[1],
        target_parts=_target_parts(layers, known["target"]),
    )


def _listed(paths: pd.DataFrame, link_id: pd.Series, ends: Ends, depth_km: Floats) -> pd.DataFrame:
    """The links of paths that name them in one text, in the form of layer witness_links."""
    named = paths[["mode", "depth_km", "path_no"]].assign(
        directed=True, link_id=paths["link_ids"].fillna("").str.split()
    )
    row = pd.Index(link_id)
    forward = [
        way
        for ids in named["link_id"]
        for way in _ways([(ends[0][k], ends[1][k]) for k in row.get_indexer(ids)], depth_km)
    ]
    steps = named.explode("link_id", ignore_index=True).dropna(subset="link_id")
    seq = steps.groupby(PATH).cumcount() + 1
    return steps.assign(seq=seq, forward=np.array(forward, dtype=bool))


def _ways(links: list[tuple[int, int]], depth_km: Floats) -> list[bool]:
    """Whether each link of a path is travelled from its first end to its second."""
    ways: list[bool] = []
    at = None
    for (a, b), after in zip(links, [*links[1:], None], strict=True):
        if at is None:
            # The first link leads to the second; a single link leads towards the `to` side.
            turned = depth_km[a] > depth_km[b] if after is None else b not in after and a in after
        else:
            turned = a != at
        ways.append(not turned)
        at = a if turned else b
    return ways


def _steps(listed: pd.DataFrame, link_id: pd.Series, ends: Ends) -> pd.DataFrame:
    steps = listed.sort_values([*PATH, "seq"], ignore_index=True)
    row = pd.Index(link_id).get_indexer(steps["link_id"])
    forward = steps["forward"].to_numpy(bool)
    return steps.assign(
        link=row,
        start=np.where(forward, ends[0][row], ends[1][row]),
        end=np.where(forward, ends[1][row], ends[0][row]),
        first=~steps.duplicated(PATH),
        last=~steps.duplicated(PATH, keep="last"),
    )


def _target_parts(layers: Layers, target: str) -> dict[float, Bools]:
    nodes, links, depths_km = layers["nodes"], layers["links"], layers["cordons"]["depth_km"]
    deep = links[(links["state"] == "open") & (links["depth_min_km"] >= 0)]
    held = nodes["node_id"].isin(deep["from_node"]) | nodes["node_id"].isin(deep["to_node"])
    lines = deep["geometry"].to_numpy().copy()
    # Shapes that need no more vertices are kept: GEOS drops a link of zero length.
    long = shapely.length(lines) > 1 / CELLS_PER_DEGREE
    lines[long] = shapely.segmentize(lines[long], 1 / CELLS_PER_DEGREE)
    vertices, line = shapely.get_coordinates(lines, return_index=True)
    corners = np.vstack([vertices, shapely.get_coordinates(nodes["geometry"].to_numpy())])
    depth_km = np.append(deep["depth_min_km"].to_numpy(float)[line], nodes["depth_km"].where(held))
    cells = pd.DataFrame(np.floor(corners * CELLS_PER_DEGREE), columns=["x", "y"])
    cell = cells.groupby(["x", "y"]).ngroup().to_numpy()
    deepest_km = pd.Series(depth_km).groupby(cell).max().to_numpy()
    middles = (
        cells.groupby(["x", "y"]).size().index.to_frame().to_numpy() + 0.5
    ) / CELLS_PER_DEGREE
    points = _on_sphere(middles)
    goal = _on_sphere(np.array([target.split()], dtype=float))
    distance = np.linalg.norm(points - goal, axis=1)
    inside, parts = np.ones(len(points), dtype=bool), {}
    for signed_km in sorted(depths_km[depths_km > 0].unique()):
        inside &= deepest_km >= signed_km - DEPTH_TOLERANCE_KM
        rows = np.flatnonzero(inside)
        pairs = KDTree(points[rows]).query_pairs(APART_KM, output_type="ndarray")
        joined = sparse.coo_array((np.ones(len(pairs)), pairs.T), shape=(len(rows), len(rows)))
        _, piece = csgraph.connected_components(joined, directed=False)
        if len(rows):
            inside[rows[piece != piece[np.argmin(distance[rows])]]] = False
        deep_enough = nodes["depth_km"].to_numpy(float) >= signed_km - DEPTH_TOLERANCE_KM
        parts[signed_km] = deep_enough & inside[cell[len(vertices) :]]
    return parts


def _on_sphere(degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lon, lat = np.radians(degrees).T
    return EARTH_KM * np.column_stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    )


def network(proof: Proof, mode: str) -> Bools:
    """Which links form the network of a mode: open, in the two countries, not restricted."""
    nodes, links = proof.layers["nodes"], proof.layers["links"]
    sides = [proof.from_country, proof.to_country, "border"]
    inside = nodes["side"].isin(sides).to_numpy()
    usable = (links["state"] == "open") & links["side"].isin(sides)
    usable &= inside[proof.start] & inside[proof.end]
    if mode == "foot":
        return np.asarray(usable & links["walkable"].astype(bool))
    return np.asarray(usable & (links["mode"] == mode) & (links["class"] != "restricted"))


def zone_masks(proof: Proof, signed_km: float) -> tuple[Bools, Bools]:
    """Which nodes are deep enough before the border, and which behind it, for F(`signed_km`)."""
    if signed_km > 0:
        origin = proof.depth_km <= -proof.origin_km + DEPTH_TOLERANCE_KM
        return _with_open_ends(proof, origin, proof.from_country), proof.target_parts[signed_km]
    behind = proof.depth_km >= proof.origin_km - DEPTH_TOLERANCE_KM
    return (
        proof.depth_km <= signed_km + DEPTH_TOLERANCE_KM,
        _with_open_ends(proof, behind, proof.to_country),
    )


def _reach_km(stated: str) -> dict[str, float]:
    """How deep the data are mapped, by country, from provenance."""
    return {side: float(km) for side, km in re.findall(r"(\S+) ([\d.e+-]+) \(", stated)}


def _with_open_ends(proof: Proof, deep: Bools, side: str) -> Bools:
    """The zone `origin_km` deep; if the data end before, also the open ends of the side."""
    if proof.reach_km.get(side, np.inf) >= proof.origin_km - DEPTH_TOLERANCE_KM:
        return deep
    nodes = proof.layers["nodes"]
    other = proof.to_country if side == proof.from_country else proof.from_country
    here = nodes["side"].eq(side)
    if proof.reach_km.get(other, np.inf) >= proof.through_km:
        here |= nodes["side"].eq("border")
    return np.asarray(deep | (nodes["open_ended"].astype(bool) & here).to_numpy())


def where(row: pd.Series) -> str:
    """A name for the row in the profile, such as road directed +50 km path 3."""
    path = f" path {row['path_no']}" if "path_no" in row else ""
    how = "directed" if row["directed"] else "undirected"
    return f"{row['mode']} {how} {row['depth_km']:+g} km{path}"


def at(rows: pd.DataFrame, problem: str) -> Problems:
    """The problem, once for each row."""
    for _, row in rows.iterrows():
        yield f"{where(row)}: {problem}"
