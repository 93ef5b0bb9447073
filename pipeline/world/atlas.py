"""atlas.html: a map of the borders and a sortable table; one file that loads nothing.

It is made to be handed on: it shows counts and minimum cuts, no unguarded or walking routes, and
informal crossings only as a count for each 50 km. The page that a row opens is the public one.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import jinja2
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core import files
from pipeline.core.frames import records
from pipeline.core.numbers import is_absent
from pipeline.publish import basemap
from pipeline.report.templates import hashes
from pipeline.world.rows import INFORMAL, STRETCH_KM, depth_of

CREDIT = "OpenStreetMap, © OpenStreetMap contributors (Open Database License 1.0)"
SIMPLE_DEGREES = 0.002
MARGIN = 0.05  # of the map's extent
# Of the map's extent too: what outlines of countries leave out, and the size of letters.
LAND_DETAIL, LETTERS = 0.001, 0.014
MOST_NAMED = 60  # borders whose names the map shows; of more, a pointer on a line names it
Bounds = tuple[float, float, float, float]
Column = tuple[str, str, str, int]
# Columns of the table: key, label, meaning, decimals; depths follow the status of crossings.
FIRST: tuple[Column, ...] = (
    ("name", "Border", "from and to", 0),
    ("length_km", "Length, km", "as drawn", 0),
    ("road_official", "Official crossings", "road crossings with a control", 0),
    (
        INFORMAL,
        f"Informal per {STRETCH_KM:g} km",
        f"road crossings tagged informal, for each {STRETCH_KM:g} km of the line",
        1,
    ),
    ("road_unmarked", "No control mapped", "road crossings with no tag for their status", 0),
    ("road_closed", "Closed", "road crossings that no one may use", 0),
)
LAST: tuple[Column, ...] = (
    ("k90", "Closures for 90 %", "fewest crossings to close to stop 90 % of through demand", 0),
    ("bridge_links", "Bridge links", "single links whose closure isolates places", 0),
    ("median_walk_minutes", "Walk, min", "median minutes on foot over a km of the line", 0),
    ("data_issues", "Data issues", "doubtful places in the data", 0),
    ("failed", "Not computed", "why there are no results", 0),
)


def write(table: gpd.GeoDataFrame, out: Path, pages: Mapping[str, str]) -> None:
    """Write atlas.html to the folder.

    Parameters
    ----------
    table
        One row for each border, as `rows.rows` makes it.
    out
        The folder.
    pages
        Address of a border's page relative to it, by border, where there is one.
    """
    shown_columns = columns(table)
    lines = _simplified(list(table.geometry))
    bounds = _bounds(lines)
    shown = []
    for line, row in zip(lines, records(table), strict=True):
        cells = [_cell(row, key, decimals, pages) for key, _, _, decimals in shown_columns]
        shown.append(
            {"border": row["border"], "name": row["name"], "failed": row["failed"],
             "path": _path(line), "middle": _middle(line), "cells": cells}
        )  # fmt: skip
    environment = jinja2.Environment(autoescape=True, trim_blocks=False)
    page = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
    inline = {
        f"{tag}_hashes": hashes(re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL))
        for tag in ("style", "script")
    }
    template = environment.from_string(page)
    heads = [{"label": label, "meaning": meaning} for _, label, meaning, _ in shown_columns]
    text = template.render(
        rows=shown,
        columns=heads,
        box=_box(bounds),
        land=_land(bounds),
        letters=max(bounds[2] - bounds[0], bounds[3] - bounds[1]) * LETTERS,
        named=sum(one["path"] != "" for one in shown) <= MOST_NAMED,
        credit=f"{CREDIT}; {basemap.CREDIT}",
        **inline,
    )
    files.write_text(out / "atlas.html", text)


def columns(table: pd.DataFrame) -> list[Column]:
    """The columns of the atlas that the table of borders has: key, label, meaning, decimals."""
    every = [*FIRST, *_depths(table), *LAST]
    return [one for one in every if one[0] in table.columns]


def _depths(table: pd.DataFrame) -> list[Column]:
    """Columns of minimum cuts from the deepest on the `from` side to the deepest on the other."""
    known = [(depth_of(key), key) for key in table.columns]
    found = [(depth_km, key) for depth_km, key in known if depth_km is not None]
    return [
        (key, f"Minimum cut at {depth_km:+g} km".replace("-", "−"), "fewest road links to close", 0)
        for depth_km, key in sorted(found)
    ]


def _cell(
    row: Mapping[str, object], key: str, decimals: int, pages: Mapping[str, str]
) -> dict[str, object]:
    value = row.get(key)
    text = isinstance(value, str)
    if is_absent(value):
        return {"value": "", "shown": "" if key == "failed" else "–", "text": key == "failed"}
    shown = str(value) if text else f"{value:,.{decimals}f}"
    href = pages.get(str(row["border"]), "") if key == "name" else ""
    return {"value": value, "shown": shown, "text": text, "href": href}


def _simplified(shapes: list[BaseGeometry | None]) -> list[BaseGeometry | None]:
    lines = [None if one is None else shapely.simplify(one, SIMPLE_DEGREES) for one in shapes]
    return [None if one is None or one.is_empty else one for one in lines]


def _bounds(lines: list[BaseGeometry | None]) -> Bounds:
    """West, south, east and north of the map: the lines with a margin, or the world."""
    known = [one for one in lines if one is not None]
    if not known:
        return -180.0, -90.0, 180.0, 90.0
    west, south, east, north = (float(one) for one in shapely.total_bounds(known))
    margin = MARGIN * max(east - west, north - south, 0.1)
    return west - margin, south - margin, east + margin, north + margin


def _box(bounds: Bounds) -> str:
    """The map's box as SVG has it; north is up (plate carrée)."""
    west, south, east, north = bounds
    return f"{west:.4f} {-north:.4f} {east - west:.4f} {north - south:.4f}"


def _land(bounds: Bounds) -> str:
    """The outlines of countries, no finer than the map shows them."""
    detail = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) * LAND_DETAIL
    shapes = shapely.simplify(basemap.countries(bounds).geometry.to_numpy(), detail)
    rings = [part.exterior for shape in shapes for part in shapely.get_parts(shape)]
    return "".join(map(_path, rings))


def _middle(line: BaseGeometry | None) -> str:
    """Where the name of a border stands: x and y of a place at the middle of its longest piece."""
    if line is None:
        return ""
    longest = max(shapely.get_parts(line), key=shapely.length)
    at = shapely.line_interpolate_point(longest, 0.5, normalized=True)
    return f"{at.x:.4f} {-at.y:.4f}"


def _path(line: BaseGeometry | None) -> str:
    parts = []
    for piece in shapely.get_parts(line) if line is not None else ():
        points = [f"{x:.4f} {-y:.4f}" for x, y in shapely.get_coordinates(piece)]
        parts.append("M" + "L".join(points))
    return "".join(parts)
