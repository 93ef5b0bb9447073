"""The area to fetch, cut into tiles along the line, each small enough for one question.

Tiles are cut in degrees and not in the plane, so that neighbours share their edges exactly. Convex
hulls are not used: next to a bent border they would request four times the area.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.affinity import scale
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import split as cut

from pipeline.core import parameters
from pipeline.core.geo import WGS84
from pipeline.sources.wanted import Area

LIMIT_KM2 = parameters.number("overpass_tile_km2")
DEEP_LIMIT_KM2 = parameters.number("overpass_deep_tile_km2")
MOST_TILES = parameters.number("overpass_most_tiles")
# Neighbours overlap by this, since a server may draw an edge as a great circle, which over 50 km is
# at most 50 m off the straight line in degrees. Longer edges are divided.
OVERLAP_DEGREES = 0.002
EDGE_DEGREES = 0.4
HEADROOM = 0.95  # share of the limit that a tile may have before the overlap is added


@dataclass(frozen=True)
class Tile:
    """A polygon in degrees; `every_class` of road is requested, or big roads and railways only.

    `name` says how it was cut: the kind, the number along the line, and a or b for each halving.
    """

    name: str
    every_class: bool
    shape: Polygon

    @property
    def outline(self) -> Polygon:
        """The requested outline: the shape with the overlap, no edge longer than EDGE_DEGREES."""
        wider = self.shape.buffer(OVERLAP_DEGREES, join_style="mitre", mitre_limit=2.0)
        return shapely.segmentize(wider, EDGE_DEGREES)


def tiles(area: Area) -> list[Tile]:
    """Tiles from west to east that together cover the whole area, at most MOST_TILES if possible.

    Near the line, where every class of way is requested, a tile is smaller than LIMIT_KM2. Farther
    away, where only few classes are requested, it is at least ten times as large, and larger if
    there would be too many tiles.
    """
    found: list[Tile] = []
    deep = shapely.difference(area.deep, area.near)
    for kind, shape in (("near", area.near), ("deep", deep)):
        left = max(1.0, MOST_TILES - len(found))
        # Tiles have about three fifths of the limit, since shapes are halved.
        enough_km2 = 1.7 * area_km2(shape) / left
        limit_km2 = LIMIT_KM2 if kind == "near" else max(DEEP_LIMIT_KM2, enough_km2)
        pieces = [piece for part in polygons(shape) for piece in _small(part, limit_km2)]
        pieces.sort(key=lambda piece: piece.representative_point().coords[0])
        found += [
            Tile(f"{kind}-{number:04d}", kind == "near", piece)
            for number, piece in enumerate(pieces, 1)
        ]
    return found


def halves(tile: Tile) -> list[Tile]:
    """The tile cut across its longer side: two tiles, or more if it is bent."""
    pieces = _halved(tile.shape, LIMIT_KM2)
    return [
        Tile(f"{tile.name}{letter}", tile.every_class, piece)
        for letter, piece in zip("abcdefghijklmnop", pieces, strict=False)
    ]


def area_km2(shape: BaseGeometry) -> float:
    """Geodesic area on WGS84."""
    return abs(float(WGS84.geometry_area_perimeter(shapely.force_2d(shape))[0])) / 1e6


def polygons(shape: BaseGeometry) -> list[Polygon]:
    """The polygons of a shape; lines and points are left out."""
    parts = shapely.get_parts(shape)
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def _small(shape: Polygon, limit_km2: float) -> list[Polygon]:
    """The polygon cut until every piece is small enough and has no holes."""
    if area_km2(shape) <= HEADROOM * limit_km2 and not shape.interiors:
        return [shape]
    return [small for piece in _halved(shape, limit_km2) for small in _small(piece, limit_km2)]


def _halved(shape: Polygon, limit_km2: float) -> list[Polygon]:
    """The polygon cut in two across the longer side of its bounding rectangle, true to scale.

    If an odd number of tiles will result, one part is larger, so that few tiles are small.
    """
    squeeze = float(np.cos(np.radians(shape.centroid.y)))
    plain = scale(shape, squeeze, 1.0, origin=(0, 0))
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(plain))
    long = max(pairwise(corners), key=lambda ends: float(np.hypot(*(ends[1] - ends[0]))))
    along = long[1] - long[0]
    count = max(2, int(np.ceil(area_km2(shape) / (HEADROOM * limit_km2))))
    middle = corners[:4].mean(axis=0) + along * (count // 2 / count - 0.5)
    across = np.array([-along[1], along[0]])
    knife = np.array([middle - 2 * across - along * 1e-6, middle + 2 * across])
    knife[:, 0] /= squeeze
    return polygons(shapely.geometrycollections(list(cut(shape, LineString(knife)).geoms)))
