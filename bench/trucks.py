"""Minutes of trucks beside those of Valhalla, an engine that shares no code with ours.

Ways between junctions drawn at random, on extracts of the whole of a country. Valhalla's wheels
need a newer Python than the other packages: its environment is made of `bench/trucks.lock`.
"""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from pipeline.core import geo
from pipeline.core.types import Floats, Ints
from pipeline.network import link_arcs, read, trucks
from pipeline.network import segments as pieces
from pipeline.network.barriers import at_barriers, barriers_of
from pipeline.network.contract import STAYS, nodes_and_links
from pipeline.network.way_table import way_table
from pipeline.travel import trucks as traveller

DATA = Path(__file__).parents[2] / "shared" / "data"
EXTRACTS = ("osm-liechtenstein-2022.osm.pbf", "osm-andorra-2025.osm.pbf")
THEIR_PYTHON = Path(".venv-trucks") / "bin" / "python"
ROUTES = 100  # of each extract
LEAST_KM = 3.0  # least straight-line distance
WITHIN = 0.1
MOST = 0.9  # share of routes that agree this well
SEED = 20


def measured(_out: Path) -> dict[str, Any]:
    """A row of the bench: both sides' seconds, and how near the minutes of either are."""
    name = "trucks"
    if not all((DATA / extract).is_file() for extract in EXTRACTS):
        return {"name": name, "skipped": "no extracts beside the checkout"}
    if not THEIR_PYTHON.is_file():
        return {"name": name, "skipped": f"no {THEIR_PYTHON}: it needs Python 3.12 or newer"}
    figures: dict[str, Any] = {}
    ratios: list[Floats] = []
    seconds, sizes = np.zeros(2), np.zeros(2, dtype=np.int64)
    for extract in EXTRACTS:
        nodes, links = network(DATA / extract)
        begun = time.perf_counter()
        ends, ours = drawn(nodes, links)
        seconds[0] += time.perf_counter() - begun
        theirs, took = _theirs(DATA / extract, nodes.iloc[ends.ravel()])
        seconds[1] += took
        sizes += len(nodes), len(links)
        known = np.isfinite(theirs)
        ratios.append(ours[known] / theirs[known])
        country = extract.split("-")[1]
        figures |= {f"{country}_{key}": value for key, value in _summary(ratios[-1]).items()}
        figures[f"{country}_no_way"] = int((~known).sum())
    both = _summary(np.concatenate(ratios))
    return {
        "name": name, "against": "Valhalla", "nodes": int(sizes[0]), "links": int(sizes[1]),
        "ours_s": [seconds[0]], "theirs_s": [seconds[1]], "goal": None,
        "identical": bool(both["within_10_percent"] >= MOST), "more": both | figures,
    }  # fmt: skip


def network(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and links of a whole extract: no border, so that no link is cut but by barriers."""
    extract = read.read(path)
    ways, kinds = way_table(extract, str(path))
    segments = pieces.of_ways(extract.ways, ways["row"].to_numpy()).assign(side="XX", third=False)
    at = extract.vertices
    nowhere: dict[str, Any] = {"side": "XX", "depth_km": np.nan, "border_km": np.nan}
    nowhere |= dict.fromkeys(STAYS, False)
    columns = {"osm_id": at.osm_id, "lon": at.lon, "lat": at.lat}
    vertices = pd.DataFrame(columns).assign(**nowhere)
    ways["stretch"] = 1.0
    vertices, segments, ways = at_barriers(vertices, segments, ways, kinds, barriers_of(extract))
    nodes, links, _ = nodes_and_links(vertices, segments, ways)
    return nodes, links


def drawn(nodes: pd.DataFrame, links: pd.DataFrame) -> tuple[Ints, Floats]:
    """Rows of the nodes at both ends of each route, and the truck's minutes."""
    usable = traveller.usable(links)
    arcs = link_arcs.arcs(nodes, usable, directed=True)
    minutes = usable["minutes"].to_numpy()[arcs.link]
    every = pd.DataFrame({"tail": arcs.tail, "head": arcs.head, "minutes": minutes})
    quickest = every.groupby(["tail", "head"], as_index=False)["minutes"].min()
    at = (quickest["tail"].to_numpy(), quickest["head"].to_numpy())
    matrix = coo_array((quickest["minutes"].to_numpy(), at), shape=(len(nodes), len(nodes))).tocsr()
    piece = connected_components(matrix, directed=True, connection="strong")[1]
    known = usable[usable["trucks"] == "yes"]
    on_main = nodes["node_id"].isin({*known["from_node"], *known["to_node"]}).to_numpy()
    of_main = np.flatnonzero((piece == np.bincount(piece[on_main]).argmax()) & on_main)
    random = np.random.default_rng(SEED)
    pairs = random.choice(of_main, (20 * ROUTES, 2))
    lon, lat = (np.array([point.x for point in nodes["geometry"]]),
                np.array([point.y for point in nodes["geometry"]]))  # fmt: skip
    a, b = pairs.T
    far = geo.distance_m(lon[a], lat[a], lon[b], lat[b]) >= 1000 * LEAST_KM
    ends = pairs[far][:ROUTES]
    found = dijkstra(matrix, indices=ends[:, 0])
    return ends, np.asarray(found[np.arange(len(ends)), ends[:, 1]], dtype=np.float64)


def _theirs(path: Path, at: pd.DataFrame) -> tuple[Floats, float]:
    """Minutes by Valhalla, infinite where it finds no way, and the seconds of its searches."""
    points = [[point.x, point.y] for point in at["geometry"]]
    asked = {"pbf": str(path), "truck": trucks.TRUCK, "points": points}
    script = str(Path(__file__).with_name("valhalla_routes.py"))
    done = subprocess.run(  # noqa: S603
        [str(THEIR_PYTHON), script],
        input=json.dumps(asked),
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(done.stdout)
    minutes = [np.inf if one is None else one for one in answer["minutes"]]
    return np.array(minutes, dtype=np.float64), float(answer["seconds"])


def _summary(ratio: Floats) -> dict[str, float]:
    return {
        "routes": len(ratio),
        "median_ratio": float(np.median(ratio)),
        "within_10_percent": float((np.abs(ratio - 1) <= WITHIN).mean()),
        "within_20_percent": float((np.abs(ratio - 1) <= 2 * WITHIN).mean()),
    }
