"""A drawn border that two roads cross: its border file, its places and its links."""

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from pipeline.core import schema
from pipeline.core.borderfile import BorderFile
from tests.drawn import PASSED

Places = dict[str, tuple[float, float] | tuple[float, float, str]]
BORDER = BorderFile(
    border="drawn",
    name="Drawn",
    from_="AA",
    to="BB",
    corridor_km=100.0,
    through_km=1.0,
    origin_km=10.0,
    depths_km=(10.0, 25.0),
    target=(0.1, 0.5),
    anchors={"AA": ((0.1, -0.2),), "BB": ((0.1, 0.2),)},
    reach_km={},
    pairs=(),
)
TOML = """name = "Drawn"
from = "AA"
to = "BB"
corridor_km = 100
depths_km = [10, 25]
target = [0.1, 0.5]
[anchors]
AA = [[0.1, -0.2]]
BB = [[0.1, 0.2]]
"""
#   s: deep in AA, a b: 10 deep, x y: on the line, c d: 10 deep in BB, t: 25 deep there.
PLACES: Places = {
    "s": (10, -25), "a": (0, -10), "b": (20, -10), "x": (0, 0), "y": (20, 0),
    "c": (0, 10), "d": (20, 10), "t": (10, 25), "z": (40, 5, "CC"),
}  # fmt: skip
LINKS = ("s-a", "s-b", "a-x", "b-y", "x-c", "y-d", "c-t", "d-t")


def crossings(*nodes: str, mode: str = "road", status: str = "official") -> gpd.GeoDataFrame:
    rows = [
        {
            "crossing_id": f"{mode}.{node}", "mode": mode, "name": f"Gate {node}", "status": status,
            "counted": True, "class": "primary", "n_links": 1, "lanes": 2, "border_km": 0.0,
            "span_m": 0.0, **PASSED, "walkable": True, "geometry": Point(0, 0),
        }
        for node in nodes
    ]  # fmt: skip
    return schema.conform(pd.DataFrame(rows), "crossings")


def crossing_links(links: pd.DataFrame, *nodes: str, mode: str = "road") -> pd.DataFrame:
    rows = [
        {"crossing_id": f"{mode}.{node}", "link_id": link.link_id, "node_id": node}
        for node in nodes
        for link in links.itertuples()
        if node in (link.from_node, link.to_node)
    ]
    return schema.conform(pd.DataFrame(rows), "crossing_links")
