"""F(D) of a drawn border with its proof, made with networkx."""

from itertools import pairwise

import networkx as nx
import pandas as pd
from networkx.algorithms.flow import edmonds_karp  # others go by the seed of hashes
from shapely.geometry import LineString, MultiLineString

from pipeline.core.frames import records
from tests.frames import cell

DEPTHS_KM = (10.0, 25.0)
ORIGIN_KM = 10.0


def profile(nodes: pd.DataFrame, links: pd.DataFrame, guards: list[str]) -> dict[str, pd.DataFrame]:
    """F(D) with its proof by networkx: a link has capacity 1, whichever way it is used.

    Unguarded paths pass none of the nodes `guards`.
    """
    depth = nodes.set_index("node_id")["depth_km"]
    lines: dict[str, list[dict[str, object]]] = {
        name: []
        for name in ("cordons", "cut_links", "witness_paths", "witness_links", "unguarded_paths")
    }
    for mode in ("road", "rail"):
        used = links[(links["mode"] == mode) & (links["state"] == "open")]
        ends = pd.unique(used[["from_node", "to_node"]].to_numpy().ravel())
        for directed in (True, False):
            for signed in (*(-d for d in DEPTHS_KM), *DEPTHS_KM):
                key: dict[str, object] = {"mode": mode, "directed": directed, "depth_km": signed}
                limits = (-ORIGIN_KM, signed) if signed > 0 else (signed, ORIGIN_KM)
                sources = [node for node in ends if depth[node] <= limits[0]]
                sinks = [node for node in ends if depth[node] >= limits[1]]
                crossing = _cordon(used, depth, signed, directed)
                row = key | {"cordon_links": crossing}
                if not sources or not sinks:
                    reason = f"no {mode} lies that deep"
                    absent = dict.fromkeys(
                        ("min_cut_links", "min_cut_lanes", "min_cut_sites"), None
                    )
                    for third in (True, False):
                        lines["cordons"].append(
                            row | absent | {"third_open": third, "why_absent": reason}
                        )
                    continue
                paths, cut = _flow(used, sources, sinks, directed)
                left = used[~used["from_node"].isin(guards) & ~used["to_node"].isin(guards)]
                clean = _flow(left, sources, sinks, directed)[0]
                for third in (True, False):
                    lines["cordons"].append(
                        row | {"third_open": third, "min_cut_links": len(paths), "why_absent": None,
                               "min_cut_lanes": len(paths), "min_cut_sites": len(paths),
                               "unguarded_links": None if third else len(clean)}
                    )  # fmt: skip
                for end in ("from", "to"):
                    lines["cut_links"] += [key | {"end": end, "link_id": link} for link in cut]
                for number, path in enumerate(paths, start=1):
                    where = key | {"path_no": number}
                    lines["witness_paths"].append(where | _drawn(path, links))
                    lines["witness_links"] += [
                        where | {"seq": seq, "link_id": link, "forward": forward}
                        for seq, (link, forward) in enumerate(path, start=1)
                    ]
                for number, path in enumerate(clean if directed else [], start=1):
                    where = {"mode": mode, "depth_km": signed, "path_no": number}
                    ids = " ".join(link for link, _ in path)
                    lines["unguarded_paths"].append(where | {"link_ids": ids} | _drawn(path, links))
    tables = {name: pd.DataFrame(rows) for name, rows in lines.items()}
    in_cut = set(tables["cut_links"].query("directed")["link_id"])
    marked = links[["link_id"]].assign(in_min_cut=links["link_id"].isin(in_cut))
    return tables | {"link_cuts": marked}


def _drawn(path: list[tuple[str, bool]], links: pd.DataFrame) -> dict[str, object]:
    """Line and length of a path: its links, each as it is passed."""
    table = links.set_index("link_id")
    parts = [cell(table, link, "geometry") for link, _ in path]
    parts = [p if forward else p.reverse() for p, (_, forward) in zip(parts, path, strict=True)]
    line = LineString([*parts[0].coords, *(xy for part in parts[1:] for xy in part.coords[1:])])
    length_m = float(sum(cell(table, link, "length_m") for link, _ in path))
    return {"length_m": length_m, "geometry": MultiLineString([line])}


def _cordon(used: pd.DataFrame, depth: pd.Series, signed: float, directed: bool) -> int:
    """Links that leave the line of this depth on its `to` side and may be used that way."""
    ahead = (depth[used["from_node"]].to_numpy() == signed) & (
        depth[used["to_node"]].to_numpy() > signed
    )
    back = (depth[used["to_node"]].to_numpy() == signed) & (
        depth[used["from_node"]].to_numpy() > signed
    )
    return int((ahead | (back & (~used["oneway"].to_numpy() | (not directed)))).sum())


def _flow(
    used: pd.DataFrame, sources: list[str], sinks: list[str], directed: bool
) -> tuple[list[list[tuple[str, bool]]], list[str]]:
    graph = nx.DiGraph()
    ends: dict[str, tuple[str, str]] = {}
    for row in records(used):
        a, b, link = row["from_node"], row["to_node"], row["link_id"]
        ends[link] = (a, b)
        graph.add_edge((link, 0), (link, 1), capacity=1)
        graph.add_edge(a, (link, 0))
        graph.add_edge((link, 1), b)
        if not row["oneway"] or not directed:
            graph.add_edge(b, (link, 0))
            graph.add_edge((link, 1), a)
    for node in sources:
        graph.add_edge("source", node)
    for node in sinks:
        graph.add_edge(node, "sink")
    _, (near, _) = nx.minimum_cut(graph, "source", "sink", flow_func=edmonds_karp)
    cut = sorted(link for link in ends if (link, 0) in near and (link, 1) not in near)
    free = graph.copy()
    free.remove_nodes_from(["source", "sink"])
    value, flow = nx.maximum_flow(graph, "source", "sink", flow_func=edmonds_karp)
    paths = []
    for _ in range(value):
        carrying = nx.DiGraph(
            (a, b) for a, onward in flow.items() for b, amount in onward.items() if amount > 0
        )
        walk = nx.shortest_path(carrying, "source", "sink")
        for a, b in pairwise(walk):
            flow[a][b] -= 1
        places = [step for step in walk if not isinstance(step, tuple)][1:-1]
        used_links = [step[0] for step in walk if isinstance(step, tuple) and step[1] == 0]
        paths.append(
            [(link, ends[link][0] == at) for link, at in zip(used_links, places, strict=False)]
        )
    return paths, cut
