"""A small border with every stage's tables, made with networkx, to publish, compare and verify."""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely.geometry import MultiLineString, MultiPoint, Point

from pipeline.core import schema, store
from pipeline.stages import publish
from pipeline.travel import closing_pairs
from pipeline.travel.choice import Choice
from tests import drawn
from tests.drawn import PASSED
from tests.finished_cuts import profile

# Three crossings; behind them, on either side, two ways and then one place. Rail beside it.
PLACES: dict[str, tuple[float, float] | tuple[float, float, str]] = {
    "s": (10, -30), "e1": (5, -25), "e2": (15, -25), "j": (5, -20),
    "f1": (0, -10), "f2": (10, -10), "f3": (20, -10),
    "x1": (0, 0), "x2": (10, 0), "x3": (20, 0),
    "g1": (0, 10), "g2": (10, 10), "g3": (20, 10), "k": (15, 20),
    "h1": (5, 25), "h2": (15, 25), "t": (10, 30),
    "r1": (30, -30), "r2": (30, -25), "r3": (30, -10), "r4": (30, 0),
    "r5": (30, 10), "r6": (30, 25), "r7": (30, 30),
}  # fmt: skip
LINKS = (
    "s-e1", "s-e2", "e1-j", "e2-f3", "j-f1", "j-f2", "f1-x1", "f2-x2", "f3-x3",
    "x1-g1", "x2-g2", "g3>x3 motorway", "x3>g3 motorway x3", "g1-h1", "g2-k", "g3-k", "k-h2",
    "h1-t", "h2-t", "s-t closed",
    "r1-r2 rail", "r2-r3 rail", "r3-r4 rail", "r4-r5 rail", "r5-r6 rail", "r6-r7 rail",
)  # fmt: skip
STATUS = {"x1": "official", "x2": "unmarked", "x3": "official", "r4": "official"}
STAGES = (
    "network", "crossings", "chokepoints", "bypass", "redundancy", "posture", "cost", "closures",
)  # fmt: skip
KEPT = tempfile.TemporaryDirectory(prefix="finished-")
EDITED = "2020-02-02"
BORDER_TOML = """name = "Drawn"
from = "AA"
to = "BB"
corridor_km = 50
depths_km = [10, 25]
target = [0.1, 0.3]
[anchors]
AA = [[0.1, -0.2]]
BB = [[0.1, 0.2]]
"""


def folders(
    at: Path,
    border: str = "drawn",
    *links: str,
    name: str | None = "Puente",
    length_km: float = 40.0,
    source: str = "drawn by hand",
) -> list[str]:
    """The arguments of publish but its last: the folders and the border file, under `at`."""
    made = _tables(border, links or LINKS, name, length_km, source, tuple(STATUS.items()))
    shutil.copytree(made, at, dirs_exist_ok=True)
    return [*(str(at / border / stage) for stage in STAGES), str(at / f"{border}.toml")]


def gpkg(at: Path, border: str = "drawn", *links: str, length_km: float = 40.0) -> Path:
    """The published GeoPackage of the drawn border, or of other links between its places."""
    made = _published(border, links, length_km, tuple(STATUS.items()))
    shutil.copytree(made, at, dirs_exist_ok=True)
    return at / f"{border}.gpkg"


@cache
def _published(
    border: str, links: tuple[str, ...], length_km: float, _status: tuple[tuple[str, str], ...]
) -> Path:
    """The folder in which it is made, once, for all that ask for the same."""
    at = Path(tempfile.mkdtemp(dir=KEPT.name))
    arguments = folders(at, border, *links, length_km=length_km)
    publish.publish(*arguments, str(at / f"{border}.gpkg"))
    return at


@cache
def _tables(
    border: str,
    drawn_links: tuple[str, ...],
    name: str | None,
    length_km: float,
    source: str,
    _status: tuple[tuple[str, str], ...],
) -> Path:
    """Likewise the folder of the stages' tables and the border file."""
    at = Path(tempfile.mkdtemp(dir=KEPT.name))
    nodes, links = drawn.draw(PLACES, *drawn_links)
    guards = [node for node, status in STATUS.items() if status == "official"]
    found = profile(nodes, links, guards)
    crossings = _crossings(links, name)
    stages = {
        "network": {
            "border": _border(border, length_km),
            "nodes": nodes,
            "links": links,
            "edits": _edits(links),
            "places": schema.empty("places"),
            "posts": _posts(),
            "post_nodes": drawn.post_nodes(_posts()),
            "provenance": pd.DataFrame(
                {"key": ["source", "raw_sha256"], "value": [source, "0" * 64]}
            ),
        },
        "crossings": {"crossings": crossings[0], "crossing_links": crossings[1]},
        "chokepoints": found | _chokepoints(crossings[0], crossings[1]),
        "bypass": _bypass(crossings[0]),
        "redundancy": {"link_redundancy": _redundancy(links)},
        "posture": {"posture": _posture()},
        "cost": {"costs": _costs()},
        "closures": _closing(crossings[0]),
    }
    assert tuple(stages) == STAGES
    made = {name for tables in stages.values() for name in tables}
    stages["bypass"] |= {name: schema.empty(name) for name in set(schema.TABLES) - made}
    for stage, tables in stages.items():
        filled = {name: _filled(frame, name) for name, frame in tables.items()}
        store.write(at / border / stage, filled)
    (at / f"{border}.toml").write_text(BORDER_TOML, encoding="utf-8")
    return at


def _filled(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """`frame` with columns that tests here do not check: empty where that is allowed, otherwise
    zero."""
    zero = {"text": "", "int": 0, "float": 0.0, "bool": False}
    for column in schema.TABLES[name].columns:
        if column.name not in frame.columns and len(frame):
            empty: Any = None if column.nullable else zero[column.kind]
            frame = frame.assign(**{column.name: empty})
    return frame


def _border(border: str, length_km: float) -> pd.DataFrame:
    row = {
        "border": border, "name": "Drawn", "from_country": "AA", "to_country": "BB",
        "length_km": length_km, "ruler_2km_length_km": length_km * 0.9, "vertex_spacing_m": 500.0,
        "sea_km": 0.0, "bridged_km": 0.0, "parts": 1,
        "geometry": MultiLineString([[(-0.1, 0), (0.3, 0)]]),
    }  # fmt: skip
    return pd.DataFrame([row])


def _edits(links: pd.DataFrame) -> pd.DataFrame:
    """The last edit of every other way."""
    ways = links["link_id"].str.extract(r"w(\d+)", expand=False).astype(int).drop_duplicates()
    ways = ways[ways % 2 == 0]
    return pd.DataFrame({"osm_way": ways, "version": ways + 1, "edited": EDITED})


def _posts() -> pd.DataFrame:
    rows = [
        {"post_id": f"n{node}", "kind": "border_control", "name": None,
         "mode": "rail" if node == "r4" else "road", "node_id": node, "side": "border",
         "depth_km": 0.0, "geometry": Point(PLACES[node][0] * drawn.DEGREES_PER_KM, 0)}
        for node, status in STATUS.items() if status == "official"
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _crossings(links: pd.DataFrame, name: str | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, joins = [], []
    for node, status in STATUS.items():
        at_node = links[(links["from_node"] == node) | (links["to_node"] == node)]
        if at_node.empty:
            continue
        mode = at_node["mode"].iloc[0]
        key = f"{mode}.{node}"
        rows.append({
            "crossing_id": key, "mode": mode, "name": name, "status": status, "counted": True,
            "in_headline": status != "closed",
            "class": at_node["class"].iloc[0], "n_links": 2 if node == "x3" else 1, "lanes": 2,
            "border_km": PLACES[node][0], "span_m": 0.0, **PASSED, "walkable": mode == "road",
            "geometry": Point(PLACES[node][0] * drawn.DEGREES_PER_KM, 0),
        })  # fmt: skip
        joins += [{"crossing_id": key, "link_id": i, "node_id": node} for i in at_node["link_id"]]
    return pd.DataFrame(rows), pd.DataFrame(joins)


def _chokepoints(crossings: pd.DataFrame, joins: pd.DataFrame) -> dict[str, pd.DataFrame]:
    ids = joins.groupby("crossing_id")["link_id"].agg(lambda group: " ".join(sorted(group)))
    points = pd.DataFrame({
        "chokepoint_id": "crossing." + crossings["crossing_id"],
        "mode": crossings["mode"], "kind": "crossing", "depth_km": 0.0, "name": crossings["name"],
        "link_ids": ids.loc[crossings["crossing_id"]].to_numpy(),
        "geometry": [MultiPoint([point]) for point in crossings["geometry"]],
    })  # fmt: skip
    chokepoint_links = joins.assign(chokepoint_id="crossing." + joins["crossing_id"])
    return {
        "chokepoints": points,
        "chokepoint_links": chokepoint_links[["chokepoint_id", "link_id"]],
    }


def _bypass(crossings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    roads = crossings[crossings["mode"] == "road"]
    share = np.array([0.5, 0.3, 0.2])[: len(roads)]
    extra = np.array([10.0, 20.0, 0.0])[: len(roads)]
    bypasses = pd.DataFrame({
        "chokepoint_id": "crossing." + crossings["crossing_id"], "mode": crossings["mode"],
        "direct_minutes": 60.0, "bypass_minutes": 70.0, "extra_km": 1.0, "detour_ratio": 7 / 6,
        "cut_off": crossings["mode"] == "rail", "next_choice": None, "measured_by": "demand",
        "touches_data_edge": False, "uses_informal": False, "uses_track": False,
        "uses_third": False, "beyond_data_minutes": 0.0,
        "third_cut_off": False, "third_share": 0.0, "drawn_minutes": 70.0, "third_minutes": None,
        "geometry": MultiLineString([[(0, -0.1), (0, 0.1)]]),
    })  # fmt: skip
    shares = pd.DataFrame(
        {
            "crossing_id": roads["crossing_id"],
            "first_choice_share": share,
            "logit_share": share,
            "extra_minutes": extra,
        }
    )
    named = [column.name for column in schema.TABLES["crossing_shares"].columns]
    return {"bypasses": bypasses, "crossing_shares": shares.reindex(columns=named)}


def _posture() -> pd.DataFrame:
    """Shares that fall from one choice to the next, the same on every border."""
    asked = {
        "walk_share": ("foot", ("none", "stated", "impassable"), ("360", "180", "60")),
        "post_share": ("", ("either side", "to side", "from side"), ("60", "30", "15")),
    }
    rows = [
        {"measure": measure, "mode": mode, "of": of, "within": f"{minutes} minutes",
         "slopes": "", "value": 0.9 - 0.1 * (i + j), "unit": "share"}
        for measure, (mode, ofs, limits) in asked.items()
        for i, of in enumerate(ofs) for j, minutes in enumerate(limits)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def chosen(crossings: int) -> Choice:
    """Six pairs of places; the first crossing is the best of half of them, one has it alone."""
    minutes = 60.0 + 20.0 * np.abs(np.arange(crossings)[:, None] - np.array([0, 0, 0, 1, 1, 2]))
    minutes[1:, 0] = np.inf
    minutes[-1, 3] = 500.25
    weight = np.array([0.1, 0.15, 0.25, 0.2, 0.2, 0.1])
    first = minutes.argmin(axis=0)
    return Choice(
        minutes=minutes, km=minutes, weight=weight, unreachable_share=0.0, first=first,
        origin=np.arange(6), destination=np.arange(6), second=np.full(6, -1),
    )  # fmt: skip


def _closing(crossings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The ways of demand by road."""
    roads = sorted(crossings.loc[crossings["mode"] == "road", "crossing_id"])
    minutes, demand = closing_pairs.tables("road", roads, chosen(len(roads)))
    return {"closing_minutes": minutes, "closing_demand": demand}


def _costs() -> pd.DataFrame:
    posts = ["posts on every crossing", "posts 50 km behind"]
    posts += [f"posts to stop {share}%" for share in (50, 90, 100)]
    scenarios = [*posts, "fence where there is none", "fence on land", "fence and posts"]
    rows = [
        {"scenario": scenario, "level": level, "wages": wages, "quantity": 3.0, "unit": "posts",
         "posts": 3.0, "posts_standing": 1.0, "fence_km": 0.0, "cost_musd": 100.0 * (k + 1)}
        for scenario in scenarios for k, level in enumerate(("low", "mid", "high"))
        for wages in ("same", "own")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _redundancy(links: pd.DataFrame) -> pd.DataFrame:
    roads = links[(links["mode"] == "road") & (links["state"] == "open")]
    return pd.DataFrame({
        "link_id": roads["link_id"], "redundancy_m": 3 * roads["length_m"], "detour_ratio": 3.0,
    })  # fmt: skip
