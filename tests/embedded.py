"""The embedded source: where it lies, and what the PBFs drawn from it hold."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pytest
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from pipeline.network import tags
from pipeline.sources.gazetteer import gazetteer
from pipeline.sources.gazetteer.facts import Facts

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "raw" / "gazetteer"
SHARED = Path(__file__).parents[2] / "shared" / "data"
BORDERS = ("us-mx", "mx-gt")
PROJECTIONS = {
    "us-mx": "+proj=lcc +lat_1=25 +lat_2=33 +lat_0=29 +lon_0=-107",
    "mx-gt": "+proj=lcc +lat_1=14.5 +lat_2=19 +lat_0=16 +lon_0=-92",
}
COUNTRIES = {"US": "United States of America", "MX": "Mexico", "GT": "Guatemala", "BZ": "Belize"}
Tags = dict[str, str]


class Drawn:
    """What a PBF holds, read by pyosmium alone."""

    def __init__(self, path: Path) -> None:
        self.order: list[tuple[str, int]] = []
        self.nodes: dict[int, tuple[tuple[float, float], Tags]] = {}
        self.ways: dict[int, tuple[list[int], Tags]] = {}
        self.relations: dict[int, tuple[list[int], Tags]] = {}
        for element in osmium.FileProcessor(str(path)):
            own = dict(element.tags)
            self.order.append((element.type_str(), element.id))
            if element.is_node():
                where = element.location.lon, element.location.lat
                self.nodes[element.id] = where, own
            elif element.is_way():
                self.ways[element.id] = [node.ref for node in element.nodes], own
            else:
                self.relations[element.id] = [member.ref for member in element.members], own

    def line(self, way: int) -> LineString:
        return LineString([self.nodes[node][0] for node in self.ways[way][0]])

    def network(self) -> list[int]:
        return [way for way, (_, own) in self.ways.items() if tags.kinds(own)]

    def border(self) -> list[int]:
        return [way for way, (_, own) in self.ways.items() if "boundary" in own]

    def at(self, point: tuple[float, float]) -> set[int]:
        return {
            node
            for node, (where, _) in self.nodes.items()
            if np.allclose(where, point, rtol=0, atol=1e-9)
        }


def draw(folder: Path) -> Path:
    """The PBFs of both borders, in `folder`."""
    for border in BORDERS:
        gazetteer.gazetteer(str(FOLDER), border, str(folder / f"{border}.osm.pbf"))
    return folder


def lines_of(tables: Facts, border: str) -> dict[str, LineString]:
    names = ("us-mx",) if border == "us-mx" else ("mx-gt", "mx-bz", "gt-bz")
    return {n: LineString([(v["lon"], v["lat"]) for v in tables.lines[n]]) for n in names}


def crossings_of(tables: Facts, border: str) -> dict[str, dict[str, Any]]:
    names = lines_of(tables, border)
    return {key: row for key, row in tables.crossings.items() if row["border"] in names}


def countries() -> dict[str, BaseGeometry]:
    path = SHARED / "countries.gpkg"
    if not path.is_file():
        pytest.skip(f"{path.name} is not there: sides cannot be checked")
    frame = gpd.read_file(path).set_index("name")
    return {code: frame.geometry[name] for code, name in COUNTRIES.items()}


def projected(shapes: Sequence[BaseGeometry], border: str) -> gpd.GeoSeries:
    return gpd.GeoSeries(shapes, crs=4326).to_crs(PROJECTIONS[border])
