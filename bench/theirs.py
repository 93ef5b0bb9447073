"""The other packages' side of a row: run by their own Python, timed without reading and building.

`python theirs.py WORK INPUT OUTPUT`: OUTPUT becomes an .npz of `seconds` and `answer`.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import numpy.typing as npt
import osmnx as ox
from ra2ce.analysis.analysis_config_data.analysis_config_data import AnalysisSectionLosses
from ra2ce.analysis.analysis_config_data.enums.weighing_enum import WeighingEnum
from ra2ce.analysis.analysis_input_wrapper import AnalysisInputWrapper
from ra2ce.analysis.losses.single_link_redundancy import SingleLinkRedundancy
from ra2ce.network.graph_files.graph_file import GraphFile
from shapely.geometry import LineString, Point

Timed = tuple[float, npt.NDArray[np.float64]]


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
    """networkx: value of the minimum cut between the two grounds, every link of capacity 1."""
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


WORK: dict[str, Callable[[str], Timed]] = {
    "redundancy": redundancy,
    "bridges": bridges,
    "minimum_cut": minimum_cut,
    "contract": contract,
}

if __name__ == "__main__":
    seconds, answer = WORK[sys.argv[1]](sys.argv[2])
    np.savez(sys.argv[3], seconds=seconds, answer=answer)
