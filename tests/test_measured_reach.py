"""How deep a network supports a reach, on made-up junctions and dead ends."""

import numpy as np
import pandas as pd
import pytest

from pipeline.core import parameters
from pipeline.network.measured_reach import measured
from tests.two_roads import BORDER

LEAST = int(parameters.number("reach_least_nodes"))
WINDOW_KM = parameters.number("reach_window_km")
Kind = tuple[int, float, list[float]]  # road ends that meet, km along the line, depths


def reach(*kinds: Kind) -> pd.DataFrame:
    """What is measured of side AA; each node's roads lead to a hub in a third country."""
    rows: list[dict[str, object]] = []
    links: list[dict[str, object]] = []
    for degree, border_km, depths in kinds:
        for depth_km in depths:
            name = f"n{len(rows)}"
            rows.append(
                {"node_id": name, "side": "AA", "depth_km": -depth_km, "border_km": border_km}
            )
            links += [{"mode": "road", "from_node": name, "to_node": "hub"}] * degree
    rows.append({"node_id": "hub", "side": "CC", "depth_km": None, "border_km": 0.0})
    columns = ["mode", "from_node", "to_node"]
    found = measured(pd.DataFrame(rows), pd.DataFrame(links, columns=columns), BORDER)
    assert found.loc[found["side"] == "BB", "reach_km"].tolist() == [0.0]
    return found[found["side"] == "AA"].reset_index(drop=True)


def steps(first: float, last: float, number: int) -> list[float]:
    return list(map(float, np.linspace(first, last, number)))


@pytest.mark.parametrize(
    ("kinds", "reach_km"),
    [
        # Junctions prevail to the end: the deepest vertex, whatever it is, though not a lone node.
        ([(3, 0.0, steps(1, 30, 30))], 30.0),
        ([(3, 0.0, steps(1, 30, 30)), (2, 0.0, [40.0])], 40.0),
        ([(3, 0.0, steps(1, 30, 30)), (0, 0.0, [40.0])], 30.0),
        ([(3, 0.0, steps(1, 30, 30)), (2, 0.0, [140.0])], 100.0),
        # Sixty dead ends at the edge of a clip: as deep as sixty junctions lie deeper.
        ([(3, 0.0, steps(0.5, 40, 80)), (1, 0.0, steps(41, 100, 60))], 10.5),
        ([(4, 0.0, steps(0.5, 40, 80)), (1, 0.0, steps(41, 100, 60))], 10.5),
        # Stubs: junctions nowhere prevail.
        ([(3, 0.0, [0.1] * 5), (1, 0.0, steps(0.1, 1, 60))], 0.0),
        # Too few nodes to tell: the deepest vertex.
        ([(1, 0.0, steps(1, 7, LEAST - 1))], 7.0),
        ([(1, 0.0, steps(1, 7, LEAST))], 0.0),
        # Of as many of both from the deepest on, all is mapped.
        ([(3, 0.0, [9.0] * (LEAST // 2)), (1, 0.0, [9.0] * (LEAST // 2))], 9.0),
    ],
)
def test_the_reach_of_a_side(kinds: list[Kind], reach_km: float) -> None:
    found = reach(*kinds)
    whole = found.iloc[0]
    assert whole[["whole", "from_km", "to_km", "evidence"]].tolist() == [True, 0.0, 0.0, "network"]
    assert whole["reach_km"] == pytest.approx(reach_km)
    assert whole["junctions"] == sum(len(depths) for degree, _, depths in kinds if degree >= 3)
    assert whole["dead_ends"] == sum(len(depths) for degree, _, depths in kinds if degree == 1)


CUT: list[tuple[int, list[float]]] = [(3, steps(0.5, 20, 40)), (1, steps(21, 40, 30))]


def test_windows_along_the_line() -> None:
    """One is mapped far in, one cut at 20 km, one holds too few nodes, one ends as land may."""
    middle = [WINDOW_KM * (number + 0.5) for number in range(5)]
    found = reach(
        (3, middle[0], steps(1, 60, 200)),
        *((degree, middle[1], depths) for degree, depths in CUT),
        (1, middle[3], [5.0]),
        (3, middle[4], steps(1, 30, 30)),
    )
    windows = found[~found["whole"]]
    assert windows["from_km"].tolist() == [WINDOW_KM * number for number in (0, 1, 3, 4)]
    assert (windows["to_km"] - windows["from_km"]).tolist() == [WINDOW_KM] * 4
    whole_km = 60.0
    cut_km = 20 - 0.5 * 29
    assert windows["reach_km"].tolist() == pytest.approx([whole_km, cut_km, whole_km, whole_km])
    assert windows["junctions"].tolist() == [200, 40, 0, 30]
    assert windows["dead_ends"].tolist() == [0, 30, 1, 0]
    # One window in four was cut before: more than may be for the side's own reach.
    spared = int(parameters.number("reach_short_share") * 4)
    assert found["reach_km"][0] == pytest.approx(cut_km if spared == 0 else whole_km)


def test_a_few_junctions_among_the_deepest_nodes_do_not_hide_that_a_window_was_cut() -> None:
    found = reach(
        (3, WINDOW_KM * 0.5, steps(1, 60, 200)),
        *((degree, WINDOW_KM * 1.5, depths) for degree, depths in CUT),
        (3, WINDOW_KM * 1.5, [39.7, 39.8, 39.9]),
    )
    # Three of thirty junctions lie among the dead ends, the rest from 20 km on.
    assert found["reach_km"].tolist()[1:] == pytest.approx([60.0, 20 - 0.5 * 26])


def test_a_side_spares_a_small_share_of_windows_that_were_cut() -> None:
    share = parameters.number("reach_short_share")
    windows = int(np.ceil(1 / share)) + 1
    mapped = [(3, WINDOW_KM * (number + 0.5), steps(1, 60, 60)) for number in range(1, windows)]
    cut = [(degree, WINDOW_KM * 0.5, depths) for degree, depths in CUT]
    found = reach(*mapped, *cut)
    assert found["reach_km"][0] == 60.0
    assert found["reach_km"][1] == pytest.approx(20 - 0.5 * 29)
