"""What the checks of F(D) look at: the published layers, and what follows from them alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from pipeline.errors import InputError

LAYERS = (
    "border", "nodes", "links", "posts", "crossings", "crossing_links", "chokepoints",
    "chokepoint_links", "cordons", "cut_links", "witness_paths", "witness_links", "bypasses",
    "provenance",
)  # fmt: skip
PROFILE = ["mode", "directed", "depth_km"]
PATH = [*PROFILE, "path_no"]
# Depths carry the rounding of a projection, lengths that of the way they are summed in.
DEPTH_TOLERANCE_KM = 1e-6
LENGTH_TOLERANCE = 1e-6
# Deep ground is one piece where its open links lie up to 150 km apart, by definition; vertices are
# thinned to a tenth of a degree, so that this is true to some 10 km.
APART_KM = 150.0
CELLS_PER_DEGREE = 10
EARTH_KM = 6371.0088

Layers = dict[str, pd.DataFrame]
Bools = npt.NDArray[np.bool_]


def read(path: str | Path) -> Layers:
    """The layers of a published GeoPackage; raises InputError where one is missing."""
    return {name: _layer(path, name) for name in LAYERS}


def _layer(path: str | Path, name: str) -> pd.DataFrame:
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file, expected a published GeoPackage")
    try:
        return pd.DataFrame(pyogrio.read_dataframe(path, layer=name))
    except DataLayerError as error:
        raise InputError(f"{path}: no layer {name}, expected a published GeoPackage") from error
    except DataSourceError as error:
        raise InputError(f"{path}: not a readable GeoPackage ({error})") from error


@dataclass(frozen=True)
class Proof:
    """What the checks look at.

    `steps`: links of the witness paths in order, with `start`, `end` (rows of nodes), the link's
    row and the path's `first` and `last` marked. `stated`: rows of cordons with F(D), third
    countries shut. `depth_km`, `start`, `end`: depth of each node (NaN in a third country), and the
    rows of nodes where each link begins and ends. `target_parts`: for each depth behind the border,
    the nodes that deep in the piece of ground towards the target.
    """

    layers: Layers
    from_country: str
    to_country: str
    origin_km: float
    stated: pd.DataFrame
    steps: pd.DataFrame
    depth_km: npt.NDArray[np.float64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    target_parts: dict[float, Bools]


def gather(layers: Layers) -> Proof:
    """The proof that the layers hold; raises KeyError where a column or key is not there."""
    nodes, links, cordons = layers["nodes"], layers["links"], layers["cordons"]
    index = pd.Index(nodes["node_id"])
    start, end = (index.get_indexer(links[column]) for column in ("from_node", "to_node"))
    border = layers["border"].iloc[0]
    stated = cordons[cordons["min_cut_links"].notna() & ~cordons["third_open"].astype(bool)]
    steps = layers["witness_links"].sort_values([*PATH, "seq"], ignore_index=True)
    row = pd.Index(links["link_id"]).get_indexer(steps["link_id"])
    forward = steps["forward"].to_numpy(bool)
    steps = steps.assign(
        link=row,
        start=np.where(forward, start[row], end[row]),
        end=np.where(forward, end[row], start[row]),
        first=~steps.duplicated(PATH),
        last=~steps.duplicated(PATH, keep="last"),
    )
    known = layers["provenance"].set_index("key")["value"]
    return Proof(
        layers=layers,
        from_country=border["from_country"],
        to_country=border["to_country"],
        origin_km=float(known["origin_km"]),
        stated=stated,
        steps=steps,
        depth_km=nodes["depth_km"].to_numpy(float),
        start=start.astype(np.int64),
        end=end.astype(np.int64),
        target_parts=_target_parts(layers, known["target"]),
    )


def _target_parts(layers: Layers, target: str) -> dict[float, Bools]:
    nodes, links, depths_km = layers["nodes"], layers["links"], layers["cordons"]["depth_km"]
    deep = links[(links["state"] == "open") & (links["depth_min_km"] >= 0)]
    held = nodes["node_id"].isin(deep["from_node"]) | nodes["node_id"].isin(deep["to_node"])
    lines = shapely.segmentize(deep["geometry"].to_numpy(), 1 / CELLS_PER_DEGREE)
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
    """Which links make up the network of a mode: open, in the two countries, none restricted."""
    nodes, links = proof.layers["nodes"], proof.layers["links"]
    sides = [proof.from_country, proof.to_country, "border"]
    inside = nodes["side"].isin(sides).to_numpy()
    usable = (links["state"] == "open") & links["side"].isin(sides)
    usable &= inside[proof.start] & inside[proof.end]
    if mode == "foot":
        return np.asarray(usable & links["walkable"].astype(bool))
    return np.asarray(usable & (links["mode"] == mode) & (links["class"] != "restricted"))


def grounds(proof: Proof, signed_km: float) -> tuple[Bools, Bools]:
    """Which nodes are deep enough before the border, and which behind it, for F(`signed_km`)."""
    if signed_km > 0:
        origin = proof.depth_km <= -proof.origin_km + DEPTH_TOLERANCE_KM
        return origin, proof.target_parts[signed_km]
    return (
        proof.depth_km <= signed_km + DEPTH_TOLERANCE_KM,
        proof.depth_km >= proof.origin_km - DEPTH_TOLERANCE_KM,
    )
