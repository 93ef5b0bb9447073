"""The other packages' side of a row: run by their own Python, timed without reading and building.

`python theirs.py WORK INPUT OUTPUT`: OUTPUT becomes an .npz of `seconds` and `answer`.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx as ox
import pandana
import pandas as pd
from ra2ce.analysis.analysis_config_data.analysis_config_data import AnalysisSectionLosses
from ra2ce.analysis.analysis_config_data.enums.weighing_enum import WeighingEnum
from ra2ce.analysis.analysis_input_wrapper import AnalysisInputWrapper
from ra2ce.analysis.losses.single_link_redundancy import SingleLinkRedundancy
from ra2ce.network.graph_files.graph_file import GraphFile
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.csgraph import dijkstra
from shapely.geometry import LineString, Point

from pipeline.core.types import Floats

# pandana's lengths are 32-bit whole thousandths; no way is the largest of them.
PANDANA_SCALE = 100.0
PANDANA_NONE = 4.0e6

Timed = tuple[float, Floats]


def redundancy(given: str) -> Timed:
    """ra2ce's single-link redundancy: length of the way round each link, NaN where none."""
    table = np.load(given)
    graph = nx.MultiGraph(crs="EPSG:4326")
    for node in range(int(table["n_nodes"])):
        graph.add_node(node, x=float(node), y=0.0, geometry=Point(node, 0))
    rows = zip(table["start"].tolist(), table["end"].tolist(), table["length_m"], strict=True)
    for row, (a, b, length) in enumerate(rows):
        line = LineString([(a, 0), (b, 0)])
        graph.add_edge(a, b, length=float(length), row=row, geometry=line)
    analysis = AnalysisInputWrapper(
        analysis=AnalysisSectionLosses(weighing=WeighingEnum.LENGTH),
        graph_file=GraphFile(graph=graph),
        graph_file_hazard=None,
        input_path=Path(),
        static_path=Path(),
        output_path=Path(),
        hazard_names=None,
        origins_destinations=None,
        file_id=None,
    )
    begun = time.perf_counter()
    found = SingleLinkRedundancy(analysis).execute().get_single_result()
    seconds = time.perf_counter() - begun
    return seconds, found.sort_values("row")["alt_length"].to_numpy(np.float64)


def bridges(given: str) -> Timed:
    """networkx: rows of the links that are bridges (the graph has no parallel links)."""
    table = np.load(given)
    graph = nx.Graph()
    graph.add_nodes_from(range(int(table["n_nodes"])))
    ends = list(zip(table["start"].tolist(), table["end"].tolist(), strict=True))
    graph.add_edges_from(ends)
    begun = time.perf_counter()
    found = {frozenset(edge) for edge in nx.bridges(graph)}
    seconds = time.perf_counter() - begun
    return seconds, np.array([row for row, edge in enumerate(ends) if frozenset(edge) in found])


def minimum_cut(given: str) -> Timed:
    """networkx: value of the minimum cut between the two zones, every link of capacity 1."""
    table = np.load(given)
    graph = nx.DiGraph()
    for a, b in zip(table["tail"].tolist(), table["head"].tolist(), strict=True):
        if graph.has_edge(a, b):
            graph[a][b]["capacity"] += 1
        else:
            graph.add_edge(a, b, capacity=1)
    begun = time.perf_counter()
    value, _ = nx.minimum_cut(graph, int(table["source"]), int(table["sink"]))
    return time.perf_counter() - begun, np.array([value], dtype=np.float64)


def contract(given: str) -> Timed:
    """osmnx: OSM XML to simplified graph; how many nodes and links it then has."""
    begun = time.perf_counter()
    graph = ox.graph_from_xml(given, retain_all=True, simplify=False)
    graph = ox.simplify_graph(graph)
    seconds = time.perf_counter() - begun
    return seconds, np.array([len(graph), graph.number_of_edges()], dtype=np.float64)


def matrices(given: str) -> Timed:
    """networkx: minutes from each place to each gate and on from each gate, one search a gate."""
    table = np.load(given)
    gates, n = table["gate"].tolist(), int(table["n_nodes"])
    graphs = {}
    for side in ("to", "on"):
        graph = nx.DiGraph()
        graph.add_nodes_from(range(n))
        ends = [f"{side}_tail", f"{side}_head"]
        if side == "to":
            ends.reverse()
        columns = [table[name].tolist() for name in (*ends, f"{side}_minutes")]
        for a, b, minutes in zip(*columns, strict=True):
            if not graph.has_edge(a, b) or graph[a][b]["minutes"] > minutes:
                graph.add_edge(a, b, minutes=minutes)
        graphs[side] = graph
    begun = time.perf_counter()
    found = {}
    for side, graph in graphs.items():
        rows = []
        for gate in gates:
            minutes = nx.single_source_dijkstra_path_length(graph, gate, weight="minutes")
            rows.append([minutes.get(node, np.inf) for node in table[f"{side}_place"].tolist()])
        found[side] = np.array(rows)
    seconds = time.perf_counter() - begun
    return seconds, _both(found, table["wait"])


def matrices_pandana(given: str) -> Timed:
    """pandana: the same, by contraction hierarchies; building them counts, as it does for each."""
    table = np.load(given)
    gates = table["gate"]
    x = pd.Series(np.arange(int(table["n_nodes"]), dtype=float))
    found = {}
    begun = time.perf_counter()
    for side in ("to", "on"):
        tail, head = pd.Series(table[f"{side}_tail"]), pd.Series(table[f"{side}_head"])
        # It counts in whole thousandths: hundredfold, minutes are right to a hundred-thousandth.
        weights = pd.DataFrame({"minutes": table[f"{side}_minutes"] * PANDANA_SCALE})
        network = pandana.Network(x, x, tail, head, weights, twoway=False)
        places = table[f"{side}_place"]
        ends = np.repeat(gates, len(places)), np.tile(places, len(gates))
        a, b = ends[::-1] if side == "to" else ends
        minutes = np.array(network.shortest_path_lengths(a, b)) / PANDANA_SCALE
        minutes[minutes > PANDANA_NONE / PANDANA_SCALE] = np.inf
        found[side] = minutes.reshape(len(gates), len(places))
    seconds = time.perf_counter() - begun
    return seconds, _both(found, table["wait"])


def matrices_scipy(given: str) -> Timed:
    """scipy: the same, one search a gate, on one core."""
    table = np.load(given)
    n, found = int(table["n_nodes"]), {}
    begun = time.perf_counter()
    for side in ("to", "on"):
        tail, head, minutes = (table[f"{side}_{name}"] for name in ("tail", "head", "minutes"))
        a, b = (head, tail) if side == "to" else (tail, head)
        # It would add parallel arcs: only the fastest is passed on.
        order = np.lexsort((minutes, b, a))
        first = order[np.flatnonzero(np.diff(a[order] * n + b[order], prepend=-1))]
        matrix = csr_array((minutes[first], (a[first], b[first])), shape=(n, n))
        found[side] = dijkstra(matrix, indices=table["gate"])[:, table[f"{side}_place"]]
    return time.perf_counter() - begun, _both(found, table["wait"])


def placement(given: str) -> Timed:
    """HiGHS (scipy): the defender's linear program, solved anew for each number of posts."""
    found = np.load(given)
    tail, head, link, takes = (found[name] for name in ("tail", "head", "link", "takes"))
    n_nodes = int(found["n_nodes"])
    free = np.unique(link[takes])
    arc, own = np.arange(len(tail)), np.flatnonzero(takes)
    column = n_nodes + np.searchsorted(free, link[own])
    ones = np.ones(len(tail))
    rows = coo_array(
        (
            np.concatenate([ones, -ones, -np.ones(len(own))]),
            (np.concatenate([arc, arc, own]), np.concatenate([head, tail, column])),
        ),
        shape=(len(tail), n_nodes + len(free)),
    )
    spent = np.concatenate([np.zeros(n_nodes), np.ones(len(free))])
    limits = vstack([csr_array(rows), csr_array(spent[None, :])])
    aim = np.zeros(n_nodes + len(free))
    aim[0], aim[1] = 1.0, -1.0
    bounds = np.zeros((n_nodes + len(free), 2))
    bounds[:n_nodes] = -np.inf, np.inf
    bounds[0] = 0.0
    bounds[n_nodes:, 1] = 1.0
    begun = time.perf_counter()
    values = [
        # The type stubs of scipy only know dense constraints.
        -linprog(  # type: ignore[call-overload]
            aim, A_ub=limits, b_ub=np.append(found["chance"], n_posts), bounds=bounds
        ).fun
        for n_posts in found["asked"].tolist()
    ]
    return time.perf_counter() - begun, np.array(values)


def _both(found: dict[str, Floats], wait: Floats) -> Floats:
    """Places to gates, then gates to places with the wait, as our side has them."""
    return np.concatenate([found["to"].T.ravel(), (found["on"] + wait[:, None]).ravel()])


WORK: dict[str, Callable[[str], Timed]] = {
    "redundancy": redundancy,
    "bridges": bridges,
    "minimum_cut": minimum_cut,
    "contract": contract,
    "matrices": matrices,
    "matrices_pandana": matrices_pandana,
    "matrices_scipy": matrices_scipy,
    "placement": placement,
}

if __name__ == "__main__":
    seconds, answer = WORK[sys.argv[1]](sys.argv[2])
    np.savez(sys.argv[3], seconds=seconds, answer=answer)
