"""Networks drawn by hand: places on a straight border, links in words, answers known."""

import geopandas as gpd
import pandas as pd
from shapely.geometry import LineString, Point

from pipeline.core import schema

# Degrees per km at the equator, where the drawn border runs along latitude 0 from west to east.
DEGREES_PER_KM = 1 / 111.32
EVERYBODY = "car, goods, bus, bicycle, foot"
# Default columns of a drawn crossing: open to all at any time.
PASSED = {
    **{"vehicles": EVERYBODY, "hours": None, "by_hours": False, "open_ended": False},
    **{"in_headline": True, "certain": True, "site_250m": None, "site_10km": None, "remark": None},
    **dict.fromkeys(("mapped_status", "wait_minutes", "truck_wait_minutes", "situation")),
}

Places = dict[str, tuple[float, float] | tuple[float, float, str]]


def draw(
    places: dict[str, tuple[float, float] | tuple[float, float, str]], *links: str
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Nodes and links as the network stage hands them on.

    `places` maps a node to (km along the border, signed depth in km[, third country]); a depth of
    0 is a node on the line, below is `AA`, above is `BB`. A link is `a-b` (both ways) or `a>b`
    (one way), then any of: road, rail, foot (its mode), a class, closed, disused, `x3` (lanes),
    `10min`, `trucks:no` or `trucks:unknown`. No link may cross the line except through a node at
    depth 0.
    """
    nodes = pd.DataFrame(
        [
            {
                "node_id": name,
                "mode": "road",
                "kind": "border" if where[1] == 0 else "junction",
                "side": where[2] if len(where) > 2 else _side(where[1]),
                "depth_km": None if len(where) > 2 else where[1],
                "border_km": where[0],
                "open_ended": False,
                "geometry": Point(where[0] * DEGREES_PER_KM, where[1] * DEGREES_PER_KM),
            }
            for name, where in places.items()
        ]
    )
    rows = [_link(text, number, places) for number, text in enumerate(links, start=1)]
    drawn_links = schema.conform(pd.DataFrame(rows), "links")
    rails = drawn_links[drawn_links["mode"] == "rail"]
    ends = {*rails["from_node"], *rails["to_node"]}
    nodes.loc[nodes["node_id"].isin(ends), "mode"] = "rail"
    return schema.conform(nodes, "nodes"), drawn_links


def post_nodes(posts: pd.DataFrame) -> pd.DataFrame:
    """Table post_nodes of posts that stand at one node each, or at none."""
    return posts.loc[posts["node_id"].notna(), ["post_id", "node_id"]].reset_index(drop=True)


def _side(depth_km: float) -> str:
    return "border" if depth_km == 0 else "BB" if depth_km > 0 else "AA"


def _link(
    text: str, number: int, places: dict[str, tuple[float, float] | tuple[float, float, str]]
) -> dict[str, object]:
    ends, *words = text.split()
    oneway = ">" in ends
    start, end = ends.split(">" if oneway else "-")
    mode, klass, state, lanes, minutes = "road", "primary", "open", 2, None
    by_truck = "yes"
    for word in words:
        if word == "informal":
            continue
        if word in ("road", "rail", "foot"):
            mode = "foot_only" if word == "foot" else word
            klass = {"road": "primary", "rail": "rail", "foot": "path"}[word]
        elif word in ("closed", "disused"):
            state = word
        elif word.startswith("x") and word[1:].isdigit():
            lanes = int(word[1:])
        elif word.startswith("trucks:"):
            by_truck = word.removeprefix("trucks:")
        elif word.endswith("min"):
            minutes = float(word[:-3])
        else:
            klass = word
    a, b = places[start], places[end]
    able = mode == "road" and by_truck != "no"
    length_km = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
    vehicles = {"road": EVERYBODY, "rail": "", "foot_only": "bicycle, foot"}[mode]
    third = next((end[2] for end in (a, b) if len(end) > 2), None)
    deepest = max((a[1], b[1]), key=abs)
    return {
        "link_id": f"w{number}.0",
        "mode": mode,
        "walkable": mode != "rail",
        "class": klass,
        "state": state,
        "informal": "informal" in words,
        "form": "way",
        "vehicles": vehicles,
        "at_all_times": vehicles,
        "hours": None,
        "gauge": None,
        "name": None,
        "ref": None,
        "from_node": start,
        "to_node": end,
        "oneway": oneway,
        "lanes": float(lanes),
        "lanes_forward": lanes if oneway else (lanes + 1) // 2,
        "lanes_backward": 0 if oneway else (lanes + 1) // 2,
        "length_m": length_km * 1000,
        "minutes": length_km if minutes is None else minutes,
        "trucks": by_truck if mode == "road" else "no",
        "truck_minutes": (length_km if minutes is None else minutes) if able else None,
        "side": third or _side(deepest),
        "depth_min_km": None if third else min(a[1], b[1]),
        "depth_max_km": None if third else max(a[1], b[1]),
        "open_ended": False,
        "geometry": LineString([(p[0] * DEGREES_PER_KM, p[1] * DEGREES_PER_KM) for p in (a, b)]),
    }
