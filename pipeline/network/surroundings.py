"""The surroundings of the network in an OpenStreetMap file: barriers, water, coasts.

Lines that hinder walking are tagged `barrier` or `waterway`; areas of water `natural=water` or
`waterway=riverbank`; coasts `natural=coastline`, with land on their left
(https://wiki.openstreetmap.org/wiki/Tag:natural=coastline).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmium
import shapely
from osmium.osm import AREA, NODE, RELATION, WAY
from shapely.geometry.base import BaseGeometry

from pipeline.core import folders, schema
from pipeline.core.errors import InputError
from pipeline.sources import normalise

BARRIERS = {
    "fence": "fence",
    "wall": "wall",
    "city_wall": "wall",
    "border_fence": "fence",
    # Stops cars, lets walkers through.
    "bollard": "vehicle_barrier",
    "jersey_barrier": "vehicle_barrier",
}
WATERWAYS = {"river": "river", "canal": "canal"}
COAST = {"natural": "coastline"}
# Underground, or dry for most of the year like most rivers in deserts.
NO_OBSTACLE = {"tunnel": "yes", "intermittent": "yes", "seasonal": "yes", "covered": "yes"}
COLUMNS = ["id", "kind", "name", "geometry"]

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Surroundings:
    """Tables barrier_lines, water_areas and coasts, EPSG:4326."""

    barrier_lines: gpd.GeoDataFrame
    water_areas: gpd.GeoDataFrame
    coasts: gpd.GeoDataFrame


def read(raw: str | Path) -> Surroundings:
    """Read the surroundings of the network from a file.

    Parameters
    ----------
    raw
        OSM file, as for `pipeline.network.read`.

    Returns
    -------
    Surroundings
        Intermittent rivers and ways underground are left out; a way that lacks nodes is in pieces.

    Raises
    ------
    InputError
        If the file cannot be read, and in the cases of `normalise.newest`.
    """
    try:
        lines, areas, coasts = _ordered_elements(Path(raw))
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise InputError(f"{raw}: not readable as OpenStreetMap data ({error})") from error
    return Surroundings(_table(lines), _table(areas), _table(coasts))


def _table(rows: Rows) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, columns=COLUMNS, geometry="geometry", crs=schema.CRS)


def _ordered_elements(raw: Path) -> tuple[Rows, Rows, Rows]:
    """The rows of a file; if its elements are not in order, it is sorted and read again."""
    with normalise.newest(raw, in_order=True) as source:
        try:
            return _elements(str(source))
        except RuntimeError as error:
            if "order" not in str(error) or source != raw:
                raise
    with folders.temporary("osm") as scratch:
        return _elements(str(normalise.rewritten(raw, scratch / "sorted.osm.pbf")))


def _elements(raw: str) -> tuple[Rows, Rows, Rows]:
    """Rows of lines, of areas of water, and of coasts."""
    lines: Rows = []
    areas: Rows = []
    coasts: Rows = []
    factory = osmium.geom.WKBFactory()
    for element in _filtered(raw):
        tags = {tag.k: tag.v for tag in element.tags}
        if any(tags.get(key) == value for key, value in NO_OBSTACLE.items()):
            continue
        if element.is_area():
            shape = shapely.from_wkb(bytes.fromhex(factory.create_multipolygon(element)))
            name = f"{'w' if element.from_way() else 'r'}{element.orig_id()}"
            areas.append(_row(name, "water", tags, shape))
        elif COAST.items() <= tags.items():
            coasts += _pieces(element, "coast", tags)
        elif (kind := _kind(tags)) is not None:
            lines += _pieces(element, kind, tags)
    return lines, areas, coasts


def _kind(tags: dict[str, str]) -> str | None:
    return BARRIERS.get(tags.get("barrier", "")) or WATERWAYS.get(tags.get("waterway", ""))


def _row(name: str, kind: str, tags: dict[str, str], shape: BaseGeometry) -> dict[str, Any]:
    return {"id": name, "kind": kind, "name": tags.get("name"), "geometry": shape}


def _pieces(way: Any, kind: str, tags: dict[str, str]) -> Rows:
    """A row for the way, or for each piece of two or more points if nodes are missing."""
    runs: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            runs[-1].append((node.lon, node.lat))
        elif runs[-1]:
            runs.append([])
    courses = [shapely.LineString(run) for run in runs if len(set(run)) > 1]
    names = [f"w{way.id}", *(f"w{way.id}.{number}" for number in range(2, len(courses) + 1))]
    return [_row(name, kind, tags, course) for name, course in zip(names, courses, strict=False)]


def _filtered(raw: str) -> Iterator[Any]:
    """Ways that may be obstacles, and areas of water; osmium selects them in compiled code."""
    water = osmium.filter.TagFilter(("natural", "water"), ("waterway", "riverbank"))
    lines = [("barrier", kind) for kind in BARRIERS] + [("waterway", kind) for kind in WATERWAYS]
    keys = osmium.filter.TagFilter(*lines, *COAST.items()).enable_for(WAY)
    reader = osmium.FileProcessor(str(Path(raw)), NODE | WAY | RELATION | AREA)
    wanted = reader.with_locations().with_areas(water).with_filter(keys)
    no_points = osmium.filter.EntityFilter(WAY | AREA)
    for element in wanted.with_filter(no_points):
        if element.is_way() or _is_water(element.tags):
            yield element


def _is_water(tags: Any) -> bool:
    return bool(tags.get("natural") == "water" or tags.get("waterway") == "riverbank")
