"""Links of the gazetteer as ways; each stays on its side of the line except at its crossing."""

import re
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from pipeline.core import parameters
from pipeline.core.errors import InputError
from pipeline.sources.drawing import Drawing, Point
from pipeline.sources.gazetteer.facts import Facts, Row, position

CLEAR_DEGREES = parameters.number("gazetteer_clear_degrees")
CROSSING_DEGREES = parameters.number("gazetteer_crossing_degrees")


def draw_links(drawing: Drawing, tables: Facts, border: str, lines: dict[str, LineString]) -> None:
    """Draw a way for each link of this border's network; it meets a line only at its crossing."""
    for key, row in tables.links.items():
        if row["network"] != border:
            continue
        for column in ("from_place", "to_place"):
            if f"place {row[column]}" not in drawing.nodes:
                raise tables.wrong("links", row, column, row[column], f"a place of {border}")
        crossing = tables.crossings.get(row["crossing_id"] or "")
        keys = [f"place {row['from_place']}"]
        for number, point in enumerate(row["via"] or []):
            own = crossing is not None and point == position(crossing)
            name = f"crossing {row['crossing_id']}" if own else f"link {key} via {number}"
            keys.append(drawing.node(name, point))
        keys.append(f"place {row['to_place']}")
        if crossing and f"crossing {crossing['id']}" not in keys:
            raise tables.wrong("links", row, "via", row["via"], f"the point of {crossing['id']}")
        drawing.ways[f"link {key}"] = keys, _link_tags(row, crossing)
        _keeps_its_side(tables, row, drawing.points(f"link {key}"), lines)


def _link_tags(row: Row, crossing: Row | None) -> dict[str, str]:
    """`distance` is the real length of the road in km; the drawn line is shorter."""
    tags = _named(row["ref"]) | {"distance": f"{row['length_km']:g}"}
    if row["mode"] == "rail":
        tags["railway"] = "disused" if "disused" in row["ref"] else "rail"
        tags |= {"tracks": str(row["lanes"])} if row["lanes"] else {}
    elif row["mode"] == "ferry":
        motor = "yes" if row["carries"] == "motor_vehicle" else "no"
        tags |= {"route": "ferry", "foot": "yes", "motor_vehicle": motor}
    elif crossing and crossing["mode"] == "foot":
        tags["highway"] = "footway"
    else:
        tags |= {"highway": row["osm_class"], "oneway": "yes" if row["oneway"] else "no"}
        tags |= {"lanes": str(row["lanes"])} if row["lanes"] else {}
    if crossing and crossing["status"] == "informal":
        tags |= {"informal": "yes", "name": crossing["name"]}
    return tags


def _named(ref: str) -> dict[str, str]:
    """Road numbers become `ref`, joined by `;`; text without a number becomes the `name`."""
    parts = [part.strip() for part in ref.replace("(disused)", "").split("/")]
    numbers = [part for part in parts if re.search(r"\d", part)]
    names = [part for part in parts if part not in numbers]
    tags = {"ref": ";".join(numbers)} if numbers else {}
    return tags | ({"name": " / ".join(names)} if names else {})


def _keeps_its_side(
    tables: Facts, row: Row, points: list[Point], lines: dict[str, LineString]
) -> None:
    crossing = tables.crossings.get(row["crossing_id"] or "")
    way = LineString(points)
    for name, line in lines.items():
        rest: BaseGeometry = way
        if crossing is not None and crossing["border"] == name:
            at = position(crossing)
            for met in shapely.get_coordinates(way.intersection(line)):
                if not np.allclose(met, at, rtol=0, atol=1e-9):
                    raise _meets(tables, row, name, met)
            rest = way.difference(shapely.Point(at).buffer(CROSSING_DEGREES))
        if rest.distance(line) < CLEAR_DEGREES:
            met = shapely.get_coordinates(shapely.shortest_line(rest, line))[0]
            raise _meets(tables, row, name, met)


def _meets(tables: Facts, row: Row, name: str, at: Sequence[float]) -> InputError:
    found = f"a way that meets {name} at {at[0]:.4f} {at[1]:.4f}"
    return tables.wrong("links", row, "via", found, "to meet it at its crossing only")
