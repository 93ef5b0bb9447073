"""Posts that more than one way passes: an area and a line guard all of them."""

from pathlib import Path

import pytest

from pipeline.core import store
from pipeline.network import standing_posts
from pipeline.stages import chokepoints
from tests.world import border_toml, draw, run

ROADS = tuple(f"{x},-50 {x},50 secondary" for x in (0, 1, 6))
POSTS = {
    "an area": "-0.2,20 1.2,20 1.2,20.2 -0.2,20.2 -0.2,20 barrier=border_control",
    "a line": "-0.2,20 1.2,20.1 barrier=border_control",
}


def stated(folder: Path, post: str | None) -> dict[float, tuple[int, int]]:
    """F and G by depth of three roads, when the post is drawn too."""
    raw = draw(folder, *ROADS, *([post] if post else []))
    border = border_toml(folder)
    run(raw, border)
    known, met, out = (str(folder / name) for name in ("network", "crossings", "chokepoints"))
    chokepoints.chokepoints(known, met, str(border), out)
    rows = store.read(folder / "chokepoints", "cordons")
    rows = rows[rows["mode"].eq("road") & rows["directed"] & ~rows["third_open"]]
    figures = zip(rows["min_cut_links"], rows["unguarded_links"], strict=True)
    return {km: (int(f), int(g)) for km, (f, g) in zip(rows["depth_km"], figures, strict=True)}


@pytest.mark.parametrize("how", POSTS)
def test_a_post_over_two_roads_guards_both(tmp_path: Path, how: str) -> None:
    found = stated(tmp_path, POSTS[how])
    assert found == {-25.0: (3, 3), -10.0: (3, 3), 10.0: (3, 3), 25.0: (3, 1)}
    posts = store.read(tmp_path / "network", "posts")
    at = standing_posts.read(tmp_path / "network")
    assert len(posts) == 1
    assert len(at) >= 2
    assert set(at["post_id"]) == set(posts["post_id"])
    closed = store.read(tmp_path / "chokepoints", "chokepoint_links")
    links = store.read(tmp_path / "network", "links").set_index("link_id")
    of_post = closed[closed["chokepoint_id"].str.startswith("post.road.")]
    ways = {link_id.split(".")[0] for link_id in of_post["link_id"]}
    assert ways == {"w1", "w2"}
    ends = links.loc[of_post["link_id"], ["from_node", "to_node"]].isin(set(at["node_id"]))
    assert ends.any(axis=1).all()


def test_without_the_post_no_road_is_guarded(tmp_path: Path) -> None:
    assert set(stated(tmp_path, None).values()) == {(3, 3)}
