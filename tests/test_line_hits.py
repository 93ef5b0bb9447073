"""Where links meet the line and what is one way over it, from tables alone."""

import geopandas as gpd
import pandas as pd
import pytest
from msgspec.structs import replace

from pipeline.core.borderfile import BorderFile
from pipeline.measures.line_hits import certain, joined_hits, meeting, network, part, passed
from tests import drawn
from tests.two_roads import BORDER

# s, t: deep; p, q: half a km off the line on either side; d, f: a whole km and more.
PLACES: drawn.Places = {
    "s": (0, -25), "t": (0, 25), "x": (5, 0), "y": (10, 0), "z": (15, 0), "p": (7, 0.5),
    "q": (12, -0.5), "d": (8, 1.5), "f": (12, -1.0), "o": (5, 0.1), "v": (10, 0.3), "w": (20, 0),
    "m": (12, 0), "g": (30, 0), "h": (34, 0), "k": (31, 1.5), "l": (33, -1.5),
    "i": (21, 0.5), "j": (22, 0), "third": (40, 3, "CC"),
}  # fmt: skip


def tables(
    *links: str, open_ends: str = "", spaces: str = ""
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Nodes and links; links that end at one of `open_ends` are open there."""
    nodes, table = drawn.draw(PLACES, *links)
    ends = table[["from_node", "to_node"]]
    table["open_ended"] = ends.isin(list(open_ends)).any(axis=1)
    inside = ends.isin(list(spaces)).all(axis=1)
    table["form"] = table["form"].astype(object).where(~inside, "area")
    return nodes, table


Hits = dict[str, tuple[int, bool, bool, bool, bool]]


def hits(*links: str, border: BorderFile = BORDER, open_ends: str = "", spaces: str = "") -> Hits:
    """By node: number of its group, touches from, touches to, open-ended, counted."""
    nodes, table = tables(*links, open_ends=open_ends, spaces=spaces)
    found = joined_hits(network(nodes, table), border).sort_values("border_km")
    found["group"] = pd.factorize(found["group"])[0]
    rows = found[["node_id", "group", "touches_from", "touches_to", "open_ended", "counted"]]
    return {name: tuple(row) for name, *row in rows.itertuples(index=False)}


YES, NO = True, False


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        (("s-x", "x-t"), {"x": (0, YES, YES, NO, YES)}),
        # Back to the side that it came from, or nowhere: a graze.
        (("s-x", "x-s"), {"x": (0, YES, NO, NO, NO)}),
        (("s-x", "x-p"), {"x": (0, YES, NO, NO, NO)}),
        (("x-p", "x-q"), {"x": (0, NO, NO, NO, NO)}),
        # Shallow pieces join what they weave over, whatever comes between.
        (("s-x", "x-p", "p-y", "y-t"), {"x": (0, YES, NO, NO, YES), "y": (0, NO, YES, NO, YES)}),
        (("s-x", "x-p", "p-y", "y-q", "q-z", "z-t"),
         {"x": (0, YES, NO, NO, YES), "y": (0, NO, NO, NO, YES), "z": (0, NO, YES, NO, YES)}),
        (("s-x", "x-p", "p-y", "y-s"), {"x": (0, YES, NO, NO, NO), "y": (0, YES, NO, NO, NO)}),
        # A piece that is a km deep counts as deep, a piece with less depth does not.
        (("s-x", "x-d", "d-y", "y-s"), {"x": (0, YES, YES, NO, YES), "y": (1, YES, YES, NO, YES)}),
        (("t-x", "x-f", "f-y", "y-t"), {"x": (0, YES, YES, NO, YES), "y": (1, YES, YES, NO, YES)}),
        # A side road off a shallow piece makes it deep.
        (("s-x", "x-p", "p-y", "p-d", "y-s"),
         {"x": (0, YES, YES, NO, YES), "y": (1, YES, YES, NO, YES)}),
        # Ground of a third country is neither side's.
        (("s-x", "x-third"), {"x": (0, YES, NO, NO, NO)}),
    ],
)  # fmt: skip
def test_pieces_of_the_network_cut_at_the_line(links: tuple[str, ...], expected: Hits) -> None:
    assert hits(*links) == expected


def test_what_is_unknown_may_go_on() -> None:
    assert hits("s-x", "x-o", open_ends="o") == {"x": (0, YES, YES, YES, YES)}
    assert hits("s-x", "x-o", "x-d", open_ends="o") == {"x": (0, YES, YES, NO, YES)}
    # An open end does not join what its piece leads to.
    assert hits("s-x", "x-o", "o-y", "y-s", open_ends="o") == {
        "x": (0, YES, YES, YES, YES), "y": (1, YES, YES, YES, YES),
    }  # fmt: skip


def test_a_side_that_is_a_strip_counts_from_its_own_depth() -> None:
    strip = replace(BORDER, through_by_side_km={"BB": 0.4})
    assert hits("s-x", "x-p", border=strip) == {"x": (0, YES, YES, NO, YES)}
    assert hits("s-x", "x-v", border=strip) == {"x": (0, YES, NO, NO, NO)}


def test_roads_into_one_open_space_on_the_line_are_one() -> None:
    """Two spaces with an edge along the line, one with a road through it; one that lies across."""
    roads = [f"{a}-{b}" for node in "xymzghwj" for a, b in (("s", node), (node, "t"))]
    outlines = ("y-z", "z-d", "d-y", "g-k", "k-h", "h-l", "l-g", "w-i", "i-j", "j-w")
    apart = hits(*roads, *outlines)
    # The edge along the line alone is a shallow piece: it joins its ends.
    assert [row[0] for row in apart.values()] == [0, 1, 2, 1, 3, 3, 4, 5]
    joined = hits(*roads, *outlines, spaces="yzdgkhlwij")
    assert {name: row[0] for name, row in joined.items()} == {
        "x": 0, "y": 1, "m": 1, "z": 1, "w": 2, "j": 2, "g": 3, "h": 3,
    }  # fmt: skip


def test_roads_that_some_links_alone_make() -> None:
    nodes, links = tables("s-x", "x-t", "s-y", "y-t track")
    whole = network(nodes, links)
    assert passed(part(whole, links["class"] == "primary"), BORDER) == {"x"}
    assert passed(part(whole, links["class"] != "ferry"), BORDER) == {"x", "y"}
    found = joined_hits(whole, BORDER)
    ends_at_x = part(whole, links["to_node"] == "x")
    assert meeting(found, ends_at_x)["node_id"].tolist() == ["x"]
    begins_at_y = part(whole, links["from_node"] == "y")
    assert meeting(found, begins_at_y)["node_id"].tolist() == ["y"]


@pytest.mark.parametrize(
    ("klass", "length_m", "through", "expected"),
    [
        ("track", 20.0, {"BB": 0.05}, set()),
        ("service", 20.0, {"BB": 0.05}, set()),
        ("primary", 20.0, {"BB": 0.05}, {"x"}),
        ("track", 25.0, {"BB": 0.05}, {"x"}),
        # If only the other side, or neither, has only stubs, the dead end counts as real.
        ("track", 20.0, {"AA": 0.05}, {"x"}),
        ("track", 20.0, {}, {"x"}),
        ("track", 20.0, {"BB": 1.0}, {"x"}),
    ],
)
def test_a_short_dead_end_before_stubs_is_not_certain(
    klass: str, length_m: float, through: dict[str, float], expected: set[str]
) -> None:
    """A way of AA that ends, open, near the line that a through road crosses further on."""
    nodes, links = tables(f"q-x {klass}", "x-t", open_ends="q")
    links.loc[links["to_node"] == "x", "length_m"] = length_m
    border = replace(BORDER, through_by_side_km=through)
    assert certain(network(nodes, links), border) == expected


def test_no_link_is_no_hit() -> None:
    nodes, links = tables("s-x", "x-t")
    assert len(joined_hits(network(nodes, links[:0]), BORDER)) == 0
