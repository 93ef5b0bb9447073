"""F(D) under other choices, behind the line and past posts, on networks drawn by hand."""

import pandas as pd
from msgspec.structs import replace

from pipeline.core.borderfile import BorderFile
from pipeline.measures.depth import Variant
from pipeline.measures.depth_variants import guarded, second_line, sensitivity, unguarded
from pipeline.network import zones
from tests import drawn
from tests.two_roads import BORDER, LINKS, PLACES

ROAD = Variant("road", True, False)


def behind(*links: str, border: BorderFile = BORDER) -> dict[float, int | None]:
    """H by depth, road."""
    nodes, table = drawn.draw(PLACES, *links)
    pairs = zones.zone_pairs(nodes, table, border)
    return second_line(nodes, table, pairs, border)[ROAD]


def test_the_second_line_begins_anywhere_in_the_strip() -> None:
    # One road reaches c, 10 km deep, three go on from there; one leads from the line at y to t.
    links = ("a-x", "x-c", "c-t", "c-t", "c-t", "y-t")
    assert behind(*links) == {25.0: 4}
    # The reach of the other side does not matter.
    assert behind(*links, border=replace(BORDER, reach_km={"AA": 0.5})) == {25.0: 4}
    assert behind(*links, border=replace(BORDER, reach_km={"BB": 20.0})) == {25.0: None}
    deeper = replace(BORDER, depths_km=(5.0, 10.0, 12.0, 25.0))
    assert set(behind(*links, border=deeper)) == {12.0, 25.0}


def test_links_with_a_post_at_either_end_are_guarded() -> None:
    _, links = drawn.draw(PLACES, *LINKS)
    posts = pd.DataFrame({
        "kind": ["checkpoint", "toll", "checkpoint"], "node_id": ["x", "y", None],
    })  # fmt: skip
    marked = guarded(links, posts)
    assert set(links["link_id"][marked]) == {"w3.0", "w5.0"}
    nodes, table = drawn.draw(PLACES, *LINKS)
    pairs = zones.zone_pairs(nodes, table, BORDER)
    found = unguarded(nodes, table[~marked], pairs, BORDER)[ROAD]
    assert [at.min_cut_links for at in found] == [1, 1, 1, 1]


def test_each_choice_counts_one_kind_of_way_more() -> None:
    kinds = ("tertiary", "minor", "track", "restricted", "ferry", "rail disused")
    roads = [f"{ends} {kind}" for kind in kinds for ends in ("a-x", "x-c")]
    nodes, links = drawn.draw(PLACES, "b-y", "y-d", *roads)
    links["class"] = links["class"].astype(object).replace("minor", "road")
    border = replace(BORDER, depths_km=(10.0,))
    found = sensitivity(nodes, links, zones.zone_pairs(nodes, links, border), border)
    assert found.to_dict("list") == {
        "mode": ["road"] * 10 + ["rail"] * 2,
        "depth_km": [-10.0, 10.0] * 6,
        "choice": [
            name
            for name in ("tertiary and above", "minor roads too", "ferries too", "tracks too",
                         "restricted too", "disused too")
            for _ in (1, 2)
        ],
        "min_cut_links": [2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 1, 1],
    }  # fmt: skip


def test_a_choice_that_adds_nothing_repeats_the_figure() -> None:
    nodes, links = drawn.draw(PLACES, *LINKS)
    found = sensitivity(nodes, links, zones.zone_pairs(nodes, links, BORDER), BORDER)
    roads = found[found["mode"] == "road"]
    assert roads["min_cut_links"].tolist() == [2] * 20
    assert found.loc[found["mode"] == "rail", "min_cut_links"].isna().all()


def test_choices_count_one_way_roads_as_signed_and_leave_third_countries_out() -> None:
    ways = ("s-a", "s-b", "a>x", "y>b", "x-c", "y-d", "c-t", "d-t", "b-z", "z-d")
    nodes, links = drawn.draw(PLACES, *ways)
    border = replace(BORDER, depths_km=(25.0,))
    found = sensitivity(nodes, links, zones.zone_pairs(nodes, links, border), border)
    roads = found[found["mode"] == "road"]
    assert set(roads["min_cut_links"][roads["depth_km"] == 25.0]) == {1}
