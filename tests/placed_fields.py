"""Drawn fields on which posts are placed, known ones and any that hypothesis draws."""

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from pipeline.core.types import Ints
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_field import Field


def made(n_nodes: int, rows: list[tuple[int, int, int, bool, float]]) -> Field:
    """A field of arcs: tail, head, link, whether it takes a post, chance there."""
    tail, head, link, takes, chance = (np.array(column) for column in zip(*rows, strict=True))
    return Field(n_nodes, tail, head, link, takes, chance)


def field(*words: str) -> Field:
    """A field in words: `s-a`, both ways, or `s>a`; then `none` (takes no post) or its chance.

    s is SOURCE, t is SINK. A link that carries a post takes no other.
    """
    number = {"s": SOURCE, "t": SINK}
    rows = []
    for link, text in enumerate(words):
        ends, *more = text.split()
        oneway = ">" in ends
        a, b = (number.setdefault(name, len(number)) for name in ends.split(">" if oneway else "-"))
        takes, chance = not more, 0.0 if not more or more[0] == "none" else float(more[0])
        rows += [(a, b, link, takes, chance)] + ([] if oneway else [(b, a, link, takes, chance)])
    # As `flow.between` leaves them: nothing leads into the source or out of the sink.
    rows = [row for row in rows if row[1] != SOURCE and row[0] != SINK]
    return made(len(number), rows)


FOUR = ("s>a1", "a1>t", "s>a2", "a2>t", "s>a3", "a3>t", "s>a4", "a4>t")
BRIDGE = ("s>m none", "m>t", "m>t", "m>t")


@st.composite
def fields(draw: st.DrawFn, *, plain: bool = False) -> Field:
    """A random field of up to 7 nodes with standing posts, links that take none, two-way links."""
    n_nodes = draw(st.integers(2, 7))
    ends = st.tuples(st.integers(0, n_nodes - 1), st.integers(0, n_nodes - 1))
    kinds = st.sampled_from(["free", "free", "free"] if plain else ["free", "free", "none", "post"])
    n_links = draw(st.integers(1, 12))
    rows = []
    for link in range(n_links):
        (a, b), kind, both = draw(ends), draw(kinds), draw(st.booleans())
        chance = draw(st.sampled_from([0.1, 0.25, 0.5])) if kind == "post" else 0.0
        for tail, head in [(a, b), (b, a)][: 2 if both else 1]:
            if head not in (tail, SOURCE) and tail != SINK:
                rows.append((tail, head, link, kind == "free", chance))
    rows = rows or [(SOURCE, SINK, 0, True, 0.0)]
    return made(n_nodes, rows)


def joined(here: Field) -> bool:
    graph = nx.DiGraph(zip(here.tail.tolist(), here.head.tolist(), strict=True))
    return SINK in graph and SOURCE in graph and nx.has_path(graph, SOURCE, SINK)


def met(here: Field, arcs: Ints, posts: dict[int, float]) -> float:
    """Sum of the chances met on a way."""
    return sum(float(here.chance[arc]) + posts.get(int(here.link[arc]), 0.0) for arc in arcs)


def best_way(here: Field, posts: dict[int, float]) -> float:
    graph = nx.MultiDiGraph()
    for arc in range(len(here.tail)):
        extra = posts.get(int(here.link[arc]), 0.0) if here.takes[arc] else 0.0
        graph.add_edge(int(here.tail[arc]), int(here.head[arc]), w=here.chance[arc] + extra)
    return float(nx.dijkstra_path_length(graph, SOURCE, SINK, weight="w"))
