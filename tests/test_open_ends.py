"""Which ends of the network the data leave open, from tables alone."""

import pandas as pd
import pytest

from pipeline.network.open_ends import open_ends, road_degree
from tests import drawn

# A road over the line at x and one at w, with dead ends; beside f a path goes on, but no road.
PLACES: drawn.Places = {
    "a": (0, -30), "b": (0, -10), "x": (0, 0), "c": (0, 10), "t": (0, 30),
    "e": (30, -20), "w": (40, 0), "f": (60, -24), "g": (60, -26), "i": (60, 0.2),
}  # fmt: skip
LINKS = ("a-b", "b-x", "x-c", "c-t", "b-e", "b-w", "b-f", "f-g foot", "c-i")


def opened(*reach: tuple[str, float | None, float], lacking: str = "") -> set[str]:
    """Open ends where reach is (side, start of the window or None for the whole side, km)."""
    nodes, links = drawn.draw(PLACES, *LINKS)
    nodes["open_ended"] = nodes["node_id"].isin(list(lacking))
    table = pd.DataFrame(
        [
            {"side": side, "whole": at is None, "from_km": at, "reach_km": km}
            for side, at, km in reach
        ]
    )
    found = open_ends(nodes, links, table.astype({"whole": bool}), ("AA", "BB"), 1.0)
    return set(nodes["node_id"][found])


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        ([("AA", None, 40.0), ("BB", None, 40.0)], set()),
        # From the reach on a dead end is open; where a path goes on, the road still ends.
        ([("AA", None, 24.0), ("BB", None, 40.0)], {"a", "f", "g"}),
        ([("AA", None, 40.0), ("BB", None, 30.0)], {"t"}),
        ([("AA", None, 40.0), ("BB", None, 30.1)], set()),
        # A window speaks for its own 25 km of line.
        ([("AA", None, 40.0), ("AA", 25.0, 20.0), ("BB", None, 40.0)], {"e"}),
        ([("AA", None, 40.0), ("AA", 0.0, 20.0), ("BB", None, 40.0)], {"a"}),
        ([("AA", None, 20.0), ("AA", 25.0, 40.0), ("BB", None, 40.0)], {"a", "f", "g"}),
        # A side that shows stubs alone: all its dead ends, and roads that end on the line.
        ([("AA", None, 40.0), ("BB", None, 0.9)], {"t", "i", "w"}),
        ([("AA", None, 40.0), ("BB", None, 1.0)], {"t"}),
        ([("AA", None, 0.9), ("BB", None, 40.0)], {"a", "e", "f", "g"}),
    ],
)
def test_dead_ends_that_lie_where_the_data_end(
    reach: list[tuple[str, float | None, float]], expected: set[str]
) -> None:
    assert opened(*reach) == expected


def test_an_end_that_lacks_nodes_is_open_wherever_it_lies() -> None:
    assert opened(("AA", None, 40.0), ("BB", None, 40.0), lacking="bi") == {"b", "i"}


def test_a_road_from_the_other_side_that_ends_on_the_line() -> None:
    nodes, links = drawn.draw({"x": (0, 0), "c": (0, 10), "t": (0, 20)}, "x-c", "c-t")
    table = pd.DataFrame({"side": ["AA", "BB"], "whole": True, "from_km": None})
    for reach_km, expected in (([0.5, 40.0], {"x"}), ([40.0, 40.0], set())):
        found = open_ends(nodes, links, table.assign(reach_km=reach_km), ("AA", "BB"), 1.0)
        assert set(nodes["node_id"][found]) == expected


def test_ends_of_roads_at_a_node() -> None:
    nodes, links = drawn.draw(PLACES, *LINKS, "a-a")
    degree = dict(zip(nodes["node_id"], road_degree(nodes, links).tolist(), strict=True))
    assert degree == {
        "a": 3, "b": 5, "x": 2, "c": 3, "t": 1, "e": 1, "w": 1, "f": 1, "g": 0, "i": 1,
    }  # fmt: skip
