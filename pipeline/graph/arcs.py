"""Arcs between numbered nodes, as searches for flows and paths need them."""

from dataclasses import dataclass

from pipeline.core.types import Bools, Ints


@dataclass(frozen=True)
class Arcs:
    """Arcs of a network: arc k uses row `link[k]` of `links`, forward if `forward[k]` is true.

    `tail` and `head` are rows of `nodes`.
    """

    n_nodes: int
    tail: Ints
    head: Ints
    link: Ints
    forward: Bools
