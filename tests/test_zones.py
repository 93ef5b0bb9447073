"""Which nodes are zones of origin and destination at each depth, and which land is the target's."""

import numpy as np
from msgspec.structs import replace

from pipeline.core.types import Bools
from pipeline.network import target_part, zones
from tests import drawn
from tests.two_roads import BORDER, Places


def members(places: Places, target: tuple[float, float], depth_km: float, *links: str) -> set[str]:
    """Nodes in the part of the land that holds the target, at one depth."""
    nodes, table = drawn.draw(places, *links)
    (part,) = target_part.target_parts(nodes, table, (depth_km,), target).values()
    return set(nodes["node_id"][part])


def test_the_part_that_lies_nearer_to_the_target_counts() -> None:
    cell_km = target_part.CELL_DEGREES / drawn.DEGREES_PER_KM
    places: Places = {"a": (0.5 * cell_km, 50), "b": (40.5 * cell_km, 50)}
    # Halfway is 20.5 cells from either: a cell is 11 km.
    assert members(places, (2.0, 0.45), 10.0, "a-a", "b-b") == {"a"}
    assert members(places, (2.1, 0.45), 10.0, "a-a", "b-b") == {"b"}


def test_a_shallow_road_makes_shallow_land_and_a_third_country_none() -> None:
    places: Places = {"a": (0, 0.5), "b": (600, 0.5)}
    assert members(places, (0.0, 0.1), 0.5, "a-b") == {"a", "b"}
    places = {"a": (0, 25), "z": (150, 25, "CC"), "b": (300, 25)}
    assert members(places, (0.0, 0.2), 10.0, "a-a", "z-z", "b-b") == {"a"}


def test_depths_are_reached_from_their_own_side_and_unknown_ones_never() -> None:
    depths = np.array([-10.0, -0.5, 0.0, 0.5, 10.0, np.nan])
    assert np.flatnonzero(target_part.at_least(depths, 0.0)).tolist() == [2, 3, 4]
    assert np.flatnonzero(target_part.at_least(depths, 0.5)).tolist() == [3, 4]
    assert np.flatnonzero(target_part.at_least(depths, -0.5)).tolist() == [0, 1]


def zone_names(*reach: tuple[str, float]) -> dict[float, tuple[str, str, bool]]:
    """Nodes of both zones by depth, and whether F there is an upper bound."""
    places: Places = {"s": (0, -25), "a": (0, -10), "e": (0, -4), "h": (0, -3), "x": (0, 0),
                      "i": (0, 3), "f": (0, 4), "c": (0, 10), "t": (0, 25)}  # fmt: skip
    nodes, links = drawn.draw(places, "s-a", "a-e", "e-h", "h-x", "x-i", "i-f", "f-c", "c-t")
    nodes["open_ended"] = nodes["node_id"].isin(["e", "x", "f"])
    border = replace(BORDER, reach_km=dict(reach))

    def names(mask: Bools) -> str:
        return "".join(sorted(nodes["node_id"][mask]))

    pairs = zones.zone_pairs(nodes, links, border)
    part = target_part.target_parts(nodes, links, (10.0,), border.target)[10.0] & False
    pairs.append(zones.between_origins(nodes, part, border))
    assert not any((pair.elsewhere & pair.destination).any() for pair in pairs)
    assert names(pairs[-1].elsewhere) == ("" if pairs[-1].least_km["BB"] == 0 else "ct")
    return {
        pair.depth_km: (names(pair.origin), names(pair.destination), pair.is_upper_bound)
        for pair in pairs
    }


def test_zones_of_each_depth() -> None:
    assert zone_names() == {
        -25.0: ("s", "ct", False), -10.0: ("as", "ct", False), 10.0: ("as", "ct", False),
        25.0: ("as", "t", False), 0.0: ("as", "", False),
    }  # fmt: skip


def test_zones_where_data_end_on_one_side() -> None:
    # Roads cut on the line lead to an unknown side where the other one is mapped.
    assert zone_names(("AA", 5.0)) == {
        -25.0: ("s", "ct", False), -10.0: ("as", "ct", False), 10.0: ("aesx", "ct", True),
        25.0: ("aesx", "t", True), 0.0: ("aesx", "", True),
    }  # fmt: skip
    assert zone_names(("BB", 5.0)) == {
        -25.0: ("s", "cftx", True), -10.0: ("as", "cftx", True), 10.0: ("as", "ct", False),
        25.0: ("as", "t", False), 0.0: ("as", "cftx", True),
    }  # fmt: skip
    neither = zone_names(("AA", 5.0), ("BB", 0.5))
    assert neither[0.0] == ("aes", "cftx", True)
    # Data that reach exactly as deep as the zone hold it.
    assert zone_names(("AA", 10.0))[10.0] == ("as", "ct", False)
    # A side is mapped from the depth on that the flow runs through.
    assert zone_names(("AA", 5.0), ("BB", 1.0))[0.0] == ("aesx", "cftx", True)


def test_on_foot_data_may_reach_less_deep() -> None:
    border = replace(BORDER, reach_km={"AA": 50.0}, foot_reach_km={"AA": 15.0})
    assert zones.reach_of(border, "foot") == {"AA": 15.0}
    assert zones.reach_of(border, "road") == zones.reach_of(border, "rail") == {"AA": 50.0}
    assert zones.reach_of(replace(border, foot_reach_km={}), "foot") == {"AA": 50.0}
