"""Elements to write as OSM: nodes, ways and relations by key; and distances along a way."""

import math
from dataclasses import dataclass, field

import numpy as np

from pipeline.core.geo import WGS84

Point = tuple[float, float]
Tags = dict[str, str]


@dataclass(frozen=True)
class Drawing:
    """OSM elements by keys made of the gazetteer's own ids.

    A node has a point and tags; a way has the keys of its nodes and tags; a relation has the keys
    of its ways and tags.
    """

    nodes: dict[str, tuple[Point, Tags]] = field(default_factory=dict)
    ways: dict[str, tuple[list[str], Tags]] = field(default_factory=dict)
    relations: dict[str, tuple[list[str], Tags]] = field(default_factory=dict)

    def node(self, key: str, point: Point, tags: Tags | None = None) -> str:
        """Add the node if its key is new; return its key."""
        self.nodes.setdefault(key, (point, tags or {}))
        return key

    def points(self, way: str) -> list[Point]:
        """The points of the nodes of `way`, in order."""
        return [self.nodes[key][0] for key in self.ways[way][0]]

    def insert(self, way: str, key: str, along_m: float, tags: Tags) -> None:
        """Insert a new node on the way's line, `along_m` metres from its beginning."""
        points = self.points(way)
        after = int(np.clip(np.searchsorted(metres(points), along_m), 1, len(points) - 1))
        self.ways[way][0].insert(after, self.node(key, point_at(points, along_m), tags))


def nearest(points: list[Point], point: Point) -> tuple[float, float]:
    """Metres along the line through `points` to the nearest point on it, and from there to `point`.

    The nearest point is found on a plane that is true to scale around `point`; lengths are measured
    on WGS84.
    """
    scale = np.array([math.cos(math.radians(point[1])), 1.0])
    plane = np.array(points) * scale
    steps = np.diff(plane, axis=0)
    offsets = np.array(point) * scale - plane[:-1]
    lengths = np.maximum((steps**2).sum(axis=1), 1e-18)
    shares = np.clip((offsets * steps).sum(axis=1) / lengths, 0, 1)
    feet = plane[:-1] + shares[:, None] * steps
    segment = int(((feet - np.array(point) * scale) ** 2).sum(axis=1).argmin())
    lon, lat = (feet[segment] / scale).tolist()
    along = metres([*points[: segment + 1], (lon, lat)])
    return along[-1], metres([(lon, lat), point])[-1]


def metres(points: list[Point]) -> list[float]:
    """Geodesic metres along `points` from the first point to each."""
    lon, lat = zip(*points, strict=True)
    return [0.0, *np.cumsum(WGS84.line_lengths(lon, lat)).tolist()]


def point_at(points: list[Point], along_m: float) -> Point:
    """The point `along_m` metres along `points`, rounded to OSM's seven decimals."""
    lon, lat = zip(*points, strict=True)
    from_start = metres(points)
    return (
        round(float(np.interp(along_m, from_start, lon)), 7),
        round(float(np.interp(along_m, from_start, lat)), 7),
    )
