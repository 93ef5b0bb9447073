"""Arcs of links, and which links make up a network."""

import pytest

from pipeline.network import link_arcs
from tests import drawn

PLACES: drawn.Places = {"a": (0, -2), "b": (0, -1), "c": (1, -1)}


@pytest.mark.parametrize(
    ("directed", "tail", "head", "link", "forward"),
    [
        (True, [0, 1, 2, 1, 2], [1, 2, 2, 0, 2], [0, 1, 2, 0, 2], [1, 1, 1, 0, 0]),
        (False, [0, 1, 2, 1, 2, 2], [1, 2, 2, 0, 1, 2], [0, 1, 2, 0, 1, 2], [1, 1, 1, 0, 0, 0]),
    ],
)
def test_a_two_way_link_is_two_arcs(
    directed: bool, tail: list[int], head: list[int], link: list[int], forward: list[int]
) -> None:
    nodes, links = drawn.draw(PLACES, "a-b", "b>c", "c-c")
    arcs = link_arcs.arcs(nodes, links, directed=directed)
    assert arcs.n_nodes == 3
    assert (arcs.tail.tolist(), arcs.head.tolist()) == (tail, head)
    assert (arcs.link.tolist(), arcs.forward.tolist()) == (link, forward)


def test_links_of_a_mode() -> None:
    words = ("a>b", "a-b restricted", "a-b closed", "a-b foot", "a-b rail", "a-b rail disused")
    _, links = drawn.draw(PLACES, *words)

    def kept(mode: str) -> list[str]:
        return link_arcs.of_mode(links, mode)["link_id"].tolist()

    assert kept("road") == ["w1.0"]
    assert kept("rail") == ["w5.0"]
    assert kept("foot") == ["w1.0", "w2.0", "w4.0"]
    assert not link_arcs.of_mode(links, "foot")["oneway"].any()
    assert link_arcs.of_mode(links, "road")["oneway"].all()


def test_tables_by_row_give_the_same_arcs() -> None:
    nodes, links = drawn.draw(PLACES, "a-b", "b>c", "c-a rail")
    few, numbered = link_arcs.numbered(nodes, links)
    assert few["node_id"].tolist() == [0, 1, 2]
    assert few["depth_km"].tolist() == nodes["depth_km"].tolist()
    assert numbered["from_node"].tolist() == [0, 1, 2]
    assert numbered["to_node"].tolist() == [1, 2, 0]
    assert link_arcs.of_mode(numbered, "rail").index.tolist() == [2]
    here = link_arcs.arcs(nodes, links, directed=True)
    there = link_arcs.arcs(few, numbered, directed=True)
    assert here.tail.tolist() == there.tail.tolist()
    assert here.head.tolist() == there.head.tolist()
