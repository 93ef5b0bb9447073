"""Closing crossings on real networks: networkx, with the crossing removed, finds the same times."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from pipeline.core import borderfile, store
from pipeline.core.types import Floats, Ints
from pipeline.sources.gazetteer import gazetteer
from pipeline.stages import bypass, crossings, network
from pipeline.travel import choice, closing, detour, gate_matrices, mode_network, routing
from pipeline.travel.choice import Choice
from pipeline.travel.demand import Demand
from pipeline.travel.mode_network import Network

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
# In each mode of each case: over 100 on the gazetteer, and over 100 on the extracts.
CLOSURES, WAYS = 60, 8


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
        ways = gate_matrices.by_crossing(
            net,
            gate_matrices.to_gates(net, origins),
            gate_matrices.from_gates(net, destinations),
            (i, j),
        )
        known = _by_networkx(net, (facts.from_, facts.to, "border"), origins, destinations)
        assert ways.minutes == pytest.approx(known.reshape(len(known), -1), abs=1e-6)
        assert np.isfinite(known).any()
        by_known = known.reshape(len(known), -1)
        weight = random.random(len(i)) + 0.1
        wanted = Demand(origins, destinations, (i, j), weight / weight.sum(), {})
        chosen = choice.choose(net, wanted)
        reached = np.isfinite(by_known).any(axis=0)
        _expect_extra_minutes(chosen, by_known[:, reached], random)
        _expect_ways_that_avoid(net, chosen, random)


def _expect_extra_minutes(chosen: Choice, known: Floats, random: np.random.Generator) -> None:
    """Sampled closures: what they cost is what networkx finds without these crossings."""
    weight = chosen.weight
    before = known.min(axis=0)
    slowest = np.where(np.isfinite(known), known, 0.0).max(axis=0)
    for number in range(CLOSURES):
        # Each crossing alone first, then any set.
        alone = number < len(known)
        size = 1 if alone else int(random.integers(1, len(known) + 1))
        closed = np.array([number]) if alone else np.sort(random.permutation(len(known))[:size])
        after = np.delete(known, closed, axis=0).min(axis=0, initial=np.inf)
        cut_off = np.isinf(after)
        lost = np.where(cut_off, slowest + closing.LOST_MINUTES, after) - before
        effect = closing.effect(chosen, closed)
        assert effect["mean_extra_minutes"] == pytest.approx(np.average(lost, weights=weight))
        assert effect["mean_extra_minutes"] >= -1e-9  # type: ignore[operator]
        assert effect["cut_off_share"] == pytest.approx(weight[cut_off].sum())
        if alone:
            share, extra_minutes, lost_share = bypass.when_closed(chosen, number)
            other = (chosen.first == number) & ~cut_off
            assert share == pytest.approx(weight[chosen.first == number].sum())
            assert lost_share == pytest.approx(weight[(chosen.first == number) & cut_off].sum())
            if other.any():
                brute = np.average((after - before)[other], weights=weight[other])
                assert extra_minutes == pytest.approx(brute, abs=1e-6)
                assert extra_minutes >= -1e-9  # type: ignore[operator]
            else:
                assert extra_minutes is None


def _expect_ways_that_avoid(net: Network, chosen: Choice, random: np.random.Generator) -> None:
    """The way drawn round a crossing passes the next one alone, in the stated minutes."""
    with_other = np.flatnonzero(chosen.second >= 0)
    for pair in random.permutation(with_other)[:WAYS].tolist():
        instead, closed = int(chosen.second[pair]), int(chosen.first[pair])
        found = routing.route(net, instead, int(chosen.origin[pair]), int(chosen.destination[pair]))
        assert found is not None
        assert found.minutes == pytest.approx(chosen.minutes[instead, pair])
        assert detour.crossings_on(net, net.links.iloc[found.link]) == [instead]
        assert not mode_network.at_crossing(net, closed)[np.isin(net.link, found.link)].any()


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
    return mode_network.assemble(nodes, links, found, joins, mode, facts)


def _by_networkx(net: Network, home: tuple[str, ...], origins: Ints, destinations: Ints) -> Floats:
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
