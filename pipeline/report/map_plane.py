"""The projection of the report's map, and lines in it, simplified and stored compactly."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

UNIT_M = 10.0  # of the coordinates written; finer than a line drawn on a screen
FIRST_TOLERANCE_M = 20.0
Shapes = npt.NDArray[np.object_]


class Plane:
    """The projection of the map: equal-area, north up, with its origin at the north-west corner."""

    def __init__(self, border: gpd.GeoDataFrame, links: gpd.GeoDataFrame) -> None:
        boxes = np.array([frame.total_bounds for frame in (border, links) if len(frame)])
        west, south = boxes[:, :2].min(axis=0)
        east, north = boxes[:, 2:].max(axis=0)
        self.bounds = (float(west), float(south), float(east), float(north))
        definition = (
            f"+proj=laea +lon_0={(west + east) / 2} +lat_0={(south + north) / 2} +datum=WGS84"
        )
        wgs84 = CRS("EPSG:4326")
        self.transformer = Transformer.from_crs(wgs84, CRS(definition), always_xy=True)
        outline = shapely.segmentize(shapely.box(west, south, east, north), 0.5).exterior.coords
        at = np.asarray(self.transformer.transform(*np.asarray(outline).T))
        self.corner = (float(at[0].min()), float(at[1].max()))

    def flat(self, shapes: gpd.GeoSeries) -> Shapes:
        """The shapes in units of the map."""

        def project(degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            x, y = self.transformer.transform(*degrees.T)
            return np.column_stack([x - self.corner[0], self.corner[1] - y]) / UNIT_M

        return np.asarray(shapely.transform(shapes.to_numpy(), project))

    def points(self, shapes: gpd.GeoSeries) -> list[list[int]]:
        """Horizontal and vertical place of points."""
        return np.rint(shapely.get_coordinates(self.flat(shapes))).astype(int).tolist()  # type: ignore[no-any-return]


def simplified_lines(shapes: Shapes, most_vertices: int) -> tuple[Shapes, float]:
    """The shapes with at most this many vertices, or a tolerance of 5 km; and the tolerance."""
    tolerance_m = FIRST_TOLERANCE_M
    simple = shapely.simplify(shapes, tolerance_m / UNIT_M)
    while shapely.get_num_coordinates(simple).sum() > most_vertices and tolerance_m < 5000:
        tolerance_m *= 2
        simple = shapely.simplify(shapes, tolerance_m / UNIT_M)
    return np.asarray(simple), tolerance_m


def drawn_lines(shape: shapely.Geometry) -> list[list[int]]:
    """Each part's vertices: the first, then steps; flat, whole numbers."""
    lines = []
    for part in shapely.get_parts(shape):
        xy = np.rint(shapely.get_coordinates(part)).astype(np.int64)
        steps = np.diff(xy, axis=0, prepend=0)
        moved = (steps != 0).any(axis=1)
        moved[0] = True
        lines.append(steps[moved].ravel().tolist())
    return lines
