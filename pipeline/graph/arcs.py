"""Arcs between numbered nodes: the form that flow and path searches take."""

from dataclasses import dataclass

from pipeline.core.types import Bools, Ints


@dataclass(frozen=True)
class Arcs:
    """Arcs of a network: `link[k]` is the row of `links` that arc k uses, `forward[k]` how.

    `tail` and `head` are rows of `nodes`.
    """

    n_nodes: int
    tail: Ints
    head: Ints
    link: Ints
    forward: Bools
