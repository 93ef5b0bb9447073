import pandas as pd

from pipeline.publish import sites


def test_a_site_stands_in_every_cut_that_holds_all_its_links() -> None:
    chokepoints = pd.DataFrame({
        "chokepoint_id": ["one", "two", "edge"], "mode": "road", "kind": ["cut", "cut", "cut_edge"],
    })  # fmt: skip
    chokepoint_links = pd.DataFrame({
        "chokepoint_id": ["one", "two", "two", "edge"], "link_id": ["a", "b", "c", "a"],
    })  # fmt: skip
    cut_links = pd.DataFrame(
        [("road", True, 10.0, "to", "a"), ("road", True, 25.0, "to", "a"),
         ("road", True, 25.0, "to", "b"), ("road", True, 25.0, "from", "b"),
         ("road", True, 25.0, "from", "c"), ("road", False, 50.0, "to", "a"),
         ("rail", True, 50.0, "to", "a")],
        columns=["mode", "directed", "depth_km", "end", "link_id"],
    )  # fmt: skip
    found = sites.of_cuts(chokepoints, chokepoint_links, cut_links)
    assert sorted(map(tuple, found.to_numpy().tolist())) == [
        ("one", "road", 10.0, "to"), ("one", "road", 25.0, "to"), ("two", "road", 25.0, "from"),
    ]  # fmt: skip
