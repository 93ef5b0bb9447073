"""Closing crossings on real networks: networkx, with the crossing removed, finds the same times."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from pipeline import borderfile, crossings, gazetteer, network, store
from pipeline.movement import routing
from pipeline.movement.routing import Network

ROOT = Path(__file__).parents[1]
SHARED = Path(__file__).parents[2] / "shared" / "data"
LIECHTENSTEIN = "through_km = 0.05\norigin_km = 0.05\ndepths_km = [0.05, 0.5]\n"
# Border, extract (none: the gazetteer), the data's own settings, modes that have crossings.
CASES = (
    ("us-mx", None, None, ("road", "rail")),
    ("mx-gt", None, None, ("road",)),
    ("us-mx", "ne-us-mx.osm.pbf", None, ("road", "rail")),
    ("ch-li", "osm-liechtenstein-2022.osm.pbf", LIECHTENSTEIN, ("road", "rail")),
    ("at-li", "osm-liechtenstein-2022.osm.pbf", LIECHTENSTEIN, ("road", "rail")),
)
ORIGINS, DESTINATIONS = 6, 30


@pytest.mark.parametrize(("border", "extract", "own", "modes"), CASES)
def test_minutes_by_each_crossing_are_those_with_all_others_removed(
    tmp_path: Path, border: str, extract: str | None, own: str | None, modes: tuple[str, ...]
) -> None:
    if extract and not (SHARED / extract).is_file():
        pytest.skip(f"{extract} is not beside the checkout")
    for mode in modes:
        net = _built(tmp_path, border, extract, own, mode)
        random = np.random.default_rng(7)
        used = np.unique(np.concatenate([net.tail, net.head]))
        sides = net.nodes["side"].to_numpy()[used]
        facts = borderfile.read(ROOT / "pipeline" / "borders" / f"{border}.toml")
        origins, destinations = (
            np.sort(random.permutation(used[sides == side])[:count])
            for side, count in ((facts.from_, ORIGINS), (facts.to, DESTINATIONS))
        )
        i, j = (rows.ravel() for rows in np.indices((len(origins), len(destinations))))
        ways = routing.by_crossing(
            net, routing.to_gates(net, origins), routing.from_gates(net, destinations), (i, j)
        )
        known = _by_networkx(net, (facts.from_, facts.to, "border"), origins, destinations)
        assert ways.minutes == pytest.approx(known.reshape(len(known), -1), abs=1e-6)
        assert np.isfinite(known).any()
        for closed in range(len(known)):
            rest = np.delete(ways.minutes, closed, axis=0).min(axis=0, initial=np.inf)
            assert (rest >= ways.minutes.min(axis=0)).all()


def _built(folder: Path, border: str, extract: str | None, own: str | None, mode: str) -> Network:
    """The network of a mode, by the stages before."""
    toml = str(ROOT / "pipeline" / "borders" / f"{border}.toml")
    data_toml = ROOT / "data" / "raw" / "gazetteer" / f"{border}.toml"
    if extract:
        data_toml = folder / "own.toml"
        data_toml.write_text(own or "")
    stages = str(folder / "network"), str(folder / "crossings")
    if not (folder / "crossings").is_dir():
        raw = SHARED / extract if extract else folder / f"{border}.osm.pbf"
        if not extract:
            gazetteer.gazetteer(str(ROOT / "data" / "raw" / "gazetteer"), border, str(raw))
        network.network(str(raw), toml, stages[0], str(data_toml))
        crossings.crossings(stages[0], toml, stages[1], str(data_toml))
    nodes, links = (store.read(stages[0], name) for name in ("nodes", "links"))
    found, joins = (store.read(stages[1], name) for name in ("crossings", "crossing_links"))
    facts = borderfile.read(toml, data_toml)
    return routing.assemble(nodes, links, found, joins, mode, facts)


def _by_networkx(
    net: Network, home: tuple[str, ...], origins: routing.Ints, destinations: routing.Ints
) -> routing.Floats:
    """Minutes (crossing, origin, destination), with the nodes of all other crossings removed."""
    ids = net.nodes["node_id"].to_numpy()
    whole = nx.MultiDiGraph()
    whole.add_nodes_from(ids)
    for link in net.links[net.links["side"].isin(home)].itertuples():
        whole.add_edge(link.from_node, link.to_node, minutes=link.minutes)
        if not link.oneway:
            whole.add_edge(link.to_node, link.from_node, minutes=link.minutes)
    found = np.full((len(net.crossings), len(origins), len(destinations)), np.inf)
    for crossing in range(len(net.crossings)):
        others = set(ids[net.gate_node[net.gate_crossing != crossing]])
        only = whole.subgraph(set(ids) - others)
        for row, origin in enumerate(origins):
            reached = nx.single_source_dijkstra_path_length(only, ids[origin], weight="minutes")
            times = [reached.get(node, np.inf) for node in ids[destinations]]
            found[crossing, row] = np.array(times) + net.wait_minutes[crossing]
    return found
