"""Which controls and hours the fastest way from the line to depth meets, on drawn roads."""

import pytest

from pipeline.measures.way_inland import CONTROL_DEPTH_KM, RESERVED, inland
from tests import drawn
from tests.two_roads import BORDER

DEEP = CONTROL_DEPTH_KM
# A road over the line at x; on the far side it forks: straight on, or by a side road past k.
PLACES: drawn.Places = {
    "s": (0, -2 * DEEP), "p": (0, -0.5), "x": (0, 0), "y": (5, 0), "o": (0, 0.5),
    "q": (0, 1), "k": (1, 1), "t": (0, 2 * DEEP), "u": (1, 2 * DEEP),
    "j": (-1, 1), "m": (2, 1.5), "v": (2, 1.8), "w": (2, 2.6),
}  # fmt: skip
ROAD = ("s-p", "p-x", "x-o", "o-q")


def met(
    *links: str,
    controls: str = "",
    open_ends: str = "",
    hours: dict[str, str] | None = None,
    hits: str = "x",
    bends: dict[str, float] | None = None,
) -> dict[str, tuple[str, str]]:
    """Controls, named as their nodes, and hours, by hit."""
    nodes, table = drawn.draw(PLACES, *links)
    for link_id, depth_km in (bends or {}).items():
        table.loc[table["link_id"] == link_id, "depth_max_km"] = depth_km
    nodes["open_ended"] = nodes["node_id"].isin(list(open_ends))
    table["hours"] = table["link_id"].map(hours or {}).astype(object)
    table["hours"] = table["hours"].where(table["hours"].notna(), None)
    at = {node: [node] for node in controls}
    found = inland(list(hits), nodes, table, at, BORDER)
    return {hit: ("".join(one.controls), ",".join(one.hours)) for hit, one in found.items()}


def test_a_control_on_the_fastest_way_is_met_and_one_beside_it_is_not() -> None:
    ways = (*ROAD, "q-t", "q-k", "k-u")
    assert met(*ways, controls="o") == {"x": ("o", "")}
    assert met(*ways, controls="k") == {"x": ("", "")}
    assert met(*ways, controls="xpo") == {"x": ("opx", "")}
    # Beyond the depth nothing is looked at.
    assert met(*ways, controls="tsu") == {"x": ("", "")}


def test_of_two_ways_to_depth_the_faster_one_is_taken() -> None:
    """By the fork at o: q is met if it is the quicker, k if q's road is slow."""
    fork = ("s-p", "p-x", "x-o", "o-q", "o-k")
    ends = ("q-t", "k-u")
    assert met(*fork, *ends, controls="qk") == {"x": ("q", "")}
    slow = ("s-p", "p-x", "x-o", "o-q 30min", "o-k")
    assert met(*slow, *ends, controls="qk") == {"x": ("k", "")}
    # The last link counts as far as the depth: of 60 minutes to twice the depth a part.
    late = ("s-p", "p-x", "x-o", "o-q", "o-k", "q-t 60min", "k-u")
    assert met(*late, controls="qk") == {"x": ("k", "")}


@pytest.mark.parametrize(
    ("links", "bends", "minutes"),
    [
        # From q, 1 km deep, to t, 4 km deep: a third of the way. Of two links the quicker one.
        (("o-q 5min", "q-t 9min"), {}, 8.0),
        (("o-q 5min", "q-t 9min", "q-u 3min"), {}, 6.0),
        (("o-q 5min", "q-u 3min", "t-q 9min"), {}, 6.0),
        (("o-q 5min", "q-v 1min", "v-w 8min"), {}, 8.0),
        # Between ends that are as deep, half of the way; where the other is less deep, all of it.
        (("o-q 5min", "q-k 6min"), {"w5.0": 3.0}, 8.0),
        (("o-q 5min", "q-m 3min"), {"w5.0": 3.0}, 8.0),
    ],
)
def test_the_last_link_counts_as_far_as_the_depth(
    links: tuple[str, ...], bends: dict[str, float], minutes: float
) -> None:
    """Measured against a way to an open end that takes little more, or little less."""
    for more, control in ((0.1, "q"), (-0.1, "j")):
        ways = ("s-p", "p-x", "x-o", *links, f"o-j {minutes + more}min")
        assert met(*ways, controls="qj", open_ends="j", bends=bends) == {"x": (control, "")}


def test_a_way_by_permit_is_taken_for_slower() -> None:
    long = 0.7 * RESERVED
    ways = ("s-p", "p-x", "x-o", "o-q restricted 1min", f"o-k {long}min", "q-t", "k-u")
    assert met(*ways, controls="qk") == {"x": ("k", "")}
    reserved = ("s-p", "p-x", "x-o", "o-q restricted", "o-k", "q-t restricted", "k-u")
    assert RESERVED > 2
    assert met(*reserved, controls="qk") == {"x": ("k", "")}


def test_out_and_in_may_lead_by_other_roads() -> None:
    ways = ("s-p", "p-x", "x>o", "o-q", "q-t", "u>k", "k>x")
    assert met(*ways, controls="ok") == {"x": ("ko", "")}
    # The way back is quicker, but may not be taken out.
    slow = ("s-p", "p-x", "x>o 20min", "o-q", "q-t", "u>k", "k>x")
    assert met(*slow, controls="ok") == {"x": ("ko", "")}
    assert met("s-p", "p-x", "x>o", "o-q", "q-t", controls="o") == {"x": ("o", "")}
    assert met("s-p", "p-x", "o>x", "o-q", "q-t", controls="o") == {"x": ("o", "")}


def test_an_open_end_is_as_good_as_depth() -> None:
    ways = (*ROAD, "q-t", "o-k")
    assert met(*ways, controls="qk") == {"x": ("q", "")}
    # The open end k is reached before the depth: its own control is met there.
    assert met("s-p", "p-x", "x-o", "o-q 30min", "q-t", "o-k", controls="qk", open_ends="k") == {
        "x": ("k", "")
    }


def test_an_open_end_is_left_where_the_way_to_it_is_the_shortest() -> None:
    # To k five minutes; to the depth, a third of the way from q to t, half a minute more.
    ways = ("s-p", "p-x", "x-o", "o-q 5min", "q-t 1.5min", "o-k 5min")
    hours = {"w4.0": "noon"}
    assert met(*ways, controls="qk", open_ends="k", hours=hours) == {"x": ("k", "")}


def test_a_side_that_is_nowhere_as_deep_counts_from_its_own_depth() -> None:
    assert met("s-p", "p-x", "x-o", "o-q", controls="o") == {"x": ("o", "")}
    assert met("s-p", "p-x", controls="p") == {"x": ("p", "")}
    assert met("x-o", "o-q", controls="o") == {"x": ("o", "")}


def test_hours_of_the_links_that_are_passed() -> None:
    ways = (*ROAD, "q-t", "q-k", "k-u")
    hours = {"w1.0": "night", "w2.0": "day", "w4.0": "noon", "w5.0": "late", "w6.0": "never"}
    assert met(*ways, hours=hours) == {"x": ("", "day,late,night,noon")}


def test_hits_that_no_link_meets_meet_nothing() -> None:
    assert met(*ROAD, "q-t", controls="o", hits="yx") == {"y": ("", ""), "x": ("o", "")}
