"""Which hits form one crossing: one road is one crossing, two roads are two."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from scipy.spatial.distance import squareform

from pipeline.core import parameters
from pipeline.core.geo import distance_m
from pipeline.core.types import Floats, Ints
from pipeline.measures.line_hits import WAY

SITE_KM = parameters.number("site_km")
SWITCH_M = parameters.number("switch_m")
EARTH_M = 6_371_000.0


def merged(
    hits: pd.DataFrame,
    links: pd.DataFrame,
    nodes: pd.DataFrame,
    controls: dict[str, frozenset[str]],
    merge_m: float,
    *,
    rail: bool,
) -> Ints:
    """The number of the crossing of each hit.

    Counted groups of hits within `merge_m` form one crossing if they are opposite one-way
    carriageways of one class without conflicting numbers (each is paired only with the nearest),
    railway tracks with the same number or joined by switches, or ways that pass the same control.
    Grazes are not merged.

    Parameters
    ----------
    hits
        As from `line_hits.joined_hits`.
    links, nodes
        Tables links and nodes of one mode; only links in use.
    controls
        Ids of the control stations that ways from each hit pass.
    merge_m
        Greatest distance between two hits that are merged.
    rail
        Whether the links are railways.

    Returns
    -------
    array of int
        One number for each hit, in order.
    """
    group = np.asarray(hits["group"], dtype=np.int64)
    if not len(hits):
        return group
    facts = _facts(hits, links)
    pairs = _near(hits, nodes, merge_m)
    reached = _switches(hits, links) if rail else {}
    name = hits["node_id"].to_numpy()
    joined: list[tuple[int, int]] = []
    opposite: list[tuple[float, int, int]] = []
    for one, other, metres in pairs:
        a, b = facts[int(group[one])], facts[int(group[other])]
        if rail:
            same = bool(a.refs & b.refs) or bool(reached[name[one]] & reached[name[other]])
        else:
            same = False
            unlike = bool(a.refs and b.refs and not a.refs & b.refs)
            if a.direction * b.direction == -1 and a.classes & b.classes and not unlike:
                opposite.append((metres, one, other))
        if same or controls.get(name[one], frozenset()) & controls.get(name[other], frozenset()):
            joined.append((int(group[one]), int(group[other])))
    partners: set[int] = set()
    for _, one, other in sorted(opposite):
        ends = {int(group[one]), int(group[other])}
        if not ends & partners:
            partners |= ends
            joined.append((int(group[one]), int(group[other])))
    size = int(group.max()) + 1
    first, second = np.array(joined, dtype=np.int64).reshape(-1, 2).T
    edges = (np.ones(len(first), dtype=np.int8), (first, second))
    links_of = coo_array(edges, shape=(size, size))
    return np.asarray(connected_components(links_of, directed=False)[1][group], dtype=np.int64)


def sites_of(crossings: pd.DataFrame) -> Ints:
    """Number of the site of each crossing, by complete linkage within `site_km`.

    Parameters
    ----------
    crossings
        Table crossings, or rows of it, EPSG:4326.

    Returns
    -------
    array of int
        From 0, in the order of first rows.
    """
    lon, lat = shapely.get_coordinates(crossings["geometry"].to_numpy()).T
    return np.asarray(pd.factorize(sites(lon, lat, 1000 * SITE_KM))[0], dtype=np.int64)


def sites(lon: Floats, lat: Floats, apart_m: float) -> Ints:
    """Number of the site of each point: points pairwise within `apart_m`, by complete linkage.

    Parameters
    ----------
    lon, lat
        Degrees (WGS84).
    apart_m
        Greatest geodesic distance between two points of a site.

    Returns
    -------
    array of int
        From 1, in no order.
    """
    if len(lon) < 2:
        return np.ones(len(lon), dtype=np.int64)
    row, column = np.triu_indices(len(lon), 1)
    metres = distance_m(lon[row], lat[row], lon[column], lat[column])
    table = np.zeros((len(lon),) * 2)
    table[row, column] = table[column, row] = metres
    tree = linkage(squareform(table, checks=False), method="complete")
    return np.asarray(fcluster(tree, apart_m, criterion="distance"), dtype=np.int64)


@dataclass(frozen=True)
class _Facts:
    """Facts on the ways at a group of hits: classes, road numbers, and direction.

    `direction` is 1 if all lead from the `from` side to the `to` side, -1 if all lead back,
    otherwise 0.
    """

    classes: frozenset[str]
    refs: frozenset[str]
    direction: int


def _facts(hits: pd.DataFrame, links: pd.DataFrame) -> dict[int, _Facts]:
    """Facts by group, from the links at those hits where the group reaches deep enough."""
    touching = hits[hits["touches_from"] | hits["touches_to"]]
    columns = ["class", "ref", "oneway", "depth_max_km", "form"]
    met = pd.concat(
        [
            links[columns].assign(node_id=links[end], begins=end == "from_node")
            for end in ("from_node", "to_node")
        ]
    )
    met = met[met["form"] == WAY].merge(touching[["node_id", "group"]], on="node_id")
    # A link that begins at the line leads away from it.
    leads_in = met["begins"] == (met["depth_max_km"] > 0)
    met["direction"] = np.where(met["oneway"], np.where(leads_in, 1, -1), 0)
    found = {}
    for _, rows in met.groupby("group"):
        refs = {part.strip() for ref in rows["ref"].dropna() for part in ref.split(";")}
        ways = set(rows["direction"])
        found[int(rows["group"].iloc[0])] = _Facts(
            classes=frozenset(rows["class"]),
            refs=frozenset(refs - {""}),
            direction=int(ways.pop()) if len(ways) == 1 else 0,
        )
    nothing = _Facts(frozenset(), frozenset(), 0)
    return {group: found.get(group, nothing) for group in hits["group"].tolist()}


def _near(
    hits: pd.DataFrame, nodes: pd.DataFrame, merge_m: float
) -> Iterator[tuple[int, int, float]]:
    """Pairs of counted hits of two groups within `merge_m`, as rows, and their distances."""
    at = nodes.set_index("node_id")["geometry"].reindex(hits["node_id"]).to_numpy()
    lon, lat = shapely.get_coordinates(at).T
    a, b = np.radians(lon), np.radians(lat)
    ball = EARTH_M * np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])
    pairs = cKDTree(ball).query_pairs(1.01 * merge_m, output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    one, other = pairs[:, 0], pairs[:, 1]
    metres = distance_m(lon[one], lat[one], lon[other], lat[other])
    group, counted = hits["group"].to_numpy(), hits["counted"].to_numpy(dtype=bool)
    kept = (metres <= merge_m) & (group[one] != group[other]) & counted[one] & counted[other]
    for row in np.flatnonzero(kept):
        yield int(one[row]), int(other[row]), float(metres[row])


def _switches(hits: pd.DataFrame, links: pd.DataFrame) -> dict[str, set[int]]:
    """Nodes within SWITCH_M along the tracks from each hit."""
    near = links[["depth_min_km", "depth_max_km"]].abs().min(axis=1) * 1000 <= SWITCH_M
    tracks = links[near]
    points, end = np.unique(tracks[["from_node", "to_node"]].to_numpy(), return_inverse=True)
    a, b = end.reshape(-1, 2).T
    arcs = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b)})
    arcs["length_m"] = np.maximum(tracks["length_m"].to_numpy(), 1e-9)
    shortest = arcs.groupby(["a", "b"])["length_m"].min().reset_index()
    size = (len(points),) * 2
    pairs = (shortest["a"].to_numpy(), shortest["b"].to_numpy())
    graph = csr_array((shortest["length_m"].to_numpy(), pairs), shape=size)
    found: dict[str, set[int]] = {}
    for hit in hits["node_id"]:
        at = int(np.searchsorted(points, hit))
        (metres,) = dijkstra(graph, directed=False, indices=[at], limit=SWITCH_M)
        found[hit] = set(np.flatnonzero(np.isfinite(metres)).tolist())
    return found
