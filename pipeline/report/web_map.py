"""What the report's map of a border draws: layers in a plane, simplified to a stated size."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core.modes import NOT_PASSED
from pipeline.publish import basemap, sites, styles
from pipeline.report import rests_on, what_if, words
from pipeline.report.borders import Border, Layer
from pipeline.report.map_plane import UNIT_M, Plane, Shapes, drawn_lines, simplified_lines

# A browser still pans smoothly over so many, and two borders stay well under 15 MB.
MOST_LINKS = 30_000
MOST_LINK_VERTICES = 150_000
MOST_ROUTE_VERTICES = 40_000
MOST_LINE_VERTICES = 15_000
MOST_POINTS = 2_000
PANEL_WIDTH = 3.5  # times its height, on the widest screens
BASE_TOLERANCE_M = 1500.0  # Natural Earth 1:50m is no more accurate
# In the order in which links are kept where there are too many.
CLASSES = ("motorway", "trunk", "primary", "rail", "secondary", "tertiary", "ferry")


def draw(border: Border) -> dict[str, Any]:
    """The map of one border, ready for JSON.

    Coordinates are whole numbers of UNIT_M in an azimuthal projection of this border, x to the east
    and y to the south, each vertex of a line as the difference from the previous one. `links_of` is
    how many links there were, `tolerance_m` how far a drawn line may be from the true one.
    """
    layer = border.layer
    line, links = layer("border"), layer("links")
    plane = Plane(line, links)
    kept = _worth_drawing(links, layer("chokepoint_links"))
    shapes, tolerance_m = simplified_lines(plane.flat(kept.geometry), MOST_LINK_VERTICES)
    number = {link: at for at, link in enumerate(kept["link_id"])}
    return {
        "border": border.key,
        "name": border.name,
        "from": border.from_code,
        "to": border.to_code,
        "countries": border.countries,
        "in_sentence": {code: words.in_sentence(one) for code, one in border.countries.items()},
        "unit_m": UNIT_M,
        "base": _base(plane),
        "line": drawn_lines(simplified_lines(plane.flat(line.geometry), MOST_LINE_VERTICES)[0][0]),
        "links": _links(kept, shapes),
        "links_of": len(links),
        "tolerance_m": tolerance_m,
        "crossings": _crossings(layer("crossings"), plane),
        "chokepoints": _chokepoints(layer("chokepoints"), plane),
        "sites": _sites(layer),
        "cuts": _cuts(layer("cut_links"), number),
        "values": _values(layer("cordons"), border.countries),
        "witness": _routes(layer("witness_paths"), plane),
        "unguarded": _routes(layer("unguarded_paths").assign(directed=True), plane),
        "bypasses": _bypasses(layer("bypasses"), plane),
        "posts": _posts(layer("posts"), plane),
        "places": _places(layer("places"), plane),
        "permeability": permeability_layer(layer("border_km"), plane),
        "walks": _walks(),
        "whatif": what_if.draw(border),
        "rests_on": rests_on.draw(border),
    }


def _base(plane: "Plane") -> list[dict[str, Any]]:
    """Countries under the map: name, rings, and where there is most room for the name."""
    found = basemap.countries(_widened(plane.bounds))
    shapes = plane.flat(found.geometry)
    simple = shapely.simplify(shapes, BASE_TOLERANCE_M / UNIT_M)
    return [
        {
            "name": name,
            "rings": drawn_lines(shapely.MultiLineString([r for part in shapely.get_parts(shape)
                            for r in (part.exterior, *part.interiors)])),
        }
        for name, shape in zip(found["name"], simple, strict=True)
        if not shape.is_empty
    ]  # fmt: skip


def _widened(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The box as wide as the widest panel shows where it is as high as the panel."""
    west, south, east, north = bounds
    wide = PANEL_WIDTH * (north - south) / np.cos(np.radians((south + north) / 2))
    more = max(0.0, (wide - (east - west)) / 2)
    return west - more, south, east + more, north


def _worth_drawing(links: gpd.GeoDataFrame, chosen: pd.DataFrame) -> gpd.GeoDataFrame:
    """Links of cuts, crossings and posts, then those of the best classes, up to a limit."""
    special = links["link_id"].isin(chosen["link_id"]) | links["in_min_cut"] | links["is_cut_edge"]
    rank = links["class"].map({name: at for at, name in enumerate(CLASSES)}).fillna(len(CLASSES))
    order = rank.where(~special, -1).sort_values(kind="stable").index[:MOST_LINKS]
    return links.loc[order.sort_values()].reset_index(drop=True)


def _links(kept: gpd.GeoDataFrame, shapes: Shapes) -> dict[str, Any]:
    """Columns of the links drawn; repeated texts are stored once, in `texts`."""
    numbers: dict[str, int] = {}

    def coded(column: str) -> list[int]:
        return [numbers.setdefault(text or "", len(numbers)) for text in kept[column]]

    return {
        "id": kept["link_id"].tolist(),
        "mode": coded("mode"),
        "class": coded("class"),
        "state": coded("state"),
        "name": coded("name"),
        "ref": coded("ref"),
        "lanes": _plain((kept["lanes_forward"] + kept["lanes_backward"]).tolist()),
        "oneway": kept["oneway"].astype(int).tolist(),
        "m": kept["length_m"].round().astype(int).tolist(),
        "minutes": _plain(kept["minutes"].round(1).tolist()),
        "detour": _plain(kept["detour_ratio"].round(2).tolist()),
        "cut": kept["in_min_cut"].astype(int).tolist(),
        "edge": kept["is_cut_edge"].astype(int).tolist(),
        "texts": list(numbers),
        "shape": [drawn_lines(shape)[0] for shape in shapes],
    }


def _plain(values: Sequence[Any]) -> list[Any]:
    """Values for JSON: none where missing, whole numbers without a point."""
    known = (None if value is None or pd.isna(value) else value for value in values)
    return [int(v) if isinstance(v, float) and v.is_integer() else v for v in known]


def _rows(frame: pd.DataFrame, columns: dict[str, int | None]) -> list[list[Any]]:
    """The rows as lists; a column with a number is rounded to so many places."""
    texts = [
        _plain(
            (frame[name] if places is None else frame[name].astype(float).round(places)).tolist()
        )
        for name, places in columns.items()
    ]
    return [list(row) for row in zip(*texts, strict=True)]


CROSSING = {"crossing_id": None, "mode": None, "name": None, "status": None, "class": None,
            "in_headline": None, "hours": None, "situation": None, "n_links": 0, "lanes": 0,
            "border_km": 1, "first_choice_share": 4, "extra_minutes": 1,
            "cut_off_share": 4}  # fmt: skip


def _crossings(crossings: gpd.GeoDataFrame, plane: Plane) -> list[dict[str, Any]]:
    """Counted crossings, open ones before the others where there are too many."""
    counted = crossings[crossings["counted"]]
    order = counted["status"].isin(NOT_PASSED).sort_values(kind="stable").index[:MOST_POINTS]
    return _points(counted.loc[order], CROSSING, plane)


def _points(
    frame: gpd.GeoDataFrame, columns: dict[str, int | None], plane: Plane
) -> list[dict[str, Any]]:
    at = plane.points(frame.geometry)
    rows = _rows(frame, columns)
    return [
        {"x": x, "y": y, **dict(zip(columns, row, strict=True))}
        for (x, y), row in zip(at, rows, strict=True)
    ]


CHOKEPOINT = {"chokepoint_id": None, "mode": None, "kind": None, "depth_km": 1, "name": None,
              "severed_places": 0, "severed_population": 0, "severed_km": 1}  # fmt: skip


def _chokepoints(chokepoints: gpd.GeoDataFrame, plane: Plane) -> list[dict[str, Any]]:
    """Cuts and cut edges at the middle of their links; crossings and posts are drawn as such.

    Cuts of both ends are kept; cut edges only up to a most, those that sever most people first.
    """
    cuts = chokepoints[chokepoints["kind"] == "cut"]
    edges = chokepoints[chokepoints["kind"] == "cut_edge"]
    edges = edges.sort_values(["severed_population", "chokepoint_id"], ascending=[False, True])
    posts = chokepoints[chokepoints["kind"] == "post"]
    kept = pd.concat([cuts, edges.head(MOST_POINTS), posts])
    return _points(_middles(kept), CHOKEPOINT, plane)


def _sites(layer: Layer) -> dict[str, list[str]]:
    """Ids of the sites of each directed cut, by mode, depth and end."""
    found = sites.of_cuts(*map(layer, ("chokepoints", "chokepoint_links", "cut_links")))
    return {
        f"{mode} {depth:+g} {end}": sorted(ids)
        for (mode, depth, end), ids in found.groupby(["mode", "depth_km", "end"])["chokepoint_id"]
    }


def _middles(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with one point each: that of its points which is nearest to their middle."""
    points = [
        min(shape.geoms, key=shape.centroid.distance) if len(shape.geoms) > 1 else shape.geoms[0]
        for shape in frame.geometry
    ]
    return frame.set_geometry(gpd.GeoSeries(points, index=frame.index, crs=frame.crs))


def _cuts(cut_links: pd.DataFrame, number: dict[str, int]) -> dict[str, list[int]]:
    """Numbers of the links of each directed cut, by mode, depth and end."""
    directed = cut_links[cut_links["directed"]]
    return {
        f"{mode} {depth:+g} {end}": [number[link] for link in links if link in number]
        for (mode, depth, end), links in directed.groupby(["mode", "depth_km", "end"])["link_id"]
    }


def _values(cordons: pd.DataFrame, countries: Mapping[str, str]) -> dict[str, list[Any]]:
    """F, its lanes and sites, C, G, H and why F is absent, by mode and depth."""
    chosen = cordons[cordons["directed"] & ~cordons["third_open"]].copy()
    absent = chosen["why_absent"].notna()
    chosen.loc[absent, "why_absent"] = [
        words.with_names(why, countries) for why in chosen.loc[absent, "why_absent"]
    ]
    columns = ("min_cut_links", "min_cut_lanes", "min_cut_sites", "cordon_links",
               "unguarded_links", "second_line_links", "why_absent")  # fmt: skip
    keys = zip(chosen["mode"], chosen["depth_km"], strict=True)
    rows = _rows(chosen, dict.fromkeys(columns))
    return {f"{mode} {depth:+g}": row for (mode, depth), row in zip(keys, rows, strict=True)}


def _routes(paths: gpd.GeoDataFrame, plane: Plane) -> dict[str, list[list[list[int]]]]:
    """The lines of directed paths by mode and depth."""
    directed = paths[paths["directed"]]
    if directed.empty:
        return {}
    shapes, _ = simplified_lines(plane.flat(directed.geometry), MOST_ROUTE_VERTICES)
    found: dict[str, list[list[list[int]]]] = {}
    for mode, depth, shape in zip(directed["mode"], directed["depth_km"], shapes, strict=True):
        found.setdefault(f"{mode} {depth:+g}", []).append(drawn_lines(shape))
    return found


BYPASS = {"direct_minutes": 1, "bypass_minutes": 1, "extra_km": 1, "detour_ratio": 2,
          "cut_off": None, "next_choice": None, "touches_data_edge": None, "uses_informal": None,
          "uses_track": None, "uses_third": None, "third_minutes": 1,
          "beyond_data_minutes": 1}  # fmt: skip


def _bypasses(bypasses: gpd.GeoDataFrame, plane: Plane) -> dict[str, dict[str, Any]]:
    """The figures of each bypass and its line, by chokepoint."""
    if bypasses.empty:
        return {}
    shapes, _ = simplified_lines(plane.flat(bypasses.geometry), MOST_ROUTE_VERTICES)
    rows = _rows(bypasses, BYPASS)
    return {
        chokepoint: {**dict(zip(BYPASS, row, strict=True)), "shape": drawn_lines(shape)}
        for chokepoint, row, shape in zip(bypasses["chokepoint_id"], rows, shapes, strict=True)
    }


def _posts(posts: gpd.GeoDataFrame, plane: Plane) -> list[dict[str, Any]]:
    columns = {"post_id": None, "kind": None, "name": None, "mode": None, "depth_km": 1}
    return _points(posts.head(MOST_POINTS), columns, plane)


def _places(places: gpd.GeoDataFrame, plane: Plane) -> list[dict[str, Any]]:
    """Settlements with a name, those of most inhabitants."""
    named = places[places["name"].notna()].sort_values(
        ["population", "place_id"], ascending=[False, True]
    )
    columns = {"name": None, "kind": None, "population": 0, "side": None, "depth_km": 0}
    return _points(named.head(MOST_POINTS // 4), columns, plane)


def _walks() -> list[list[Any]]:
    """Classes of walking: below how many minutes (none: no limit), colour, words."""
    return [
        [None if np.isinf(limit) else limit, "#" + bytes(map(int, colour.split(","))).hex(), legend]
        for limit, colour, legend in styles.WALKS
    ]


def permeability_layer(kilometres: gpd.GeoDataFrame, plane: Plane) -> list[list[Any]]:
    """For each km of the line whose walking is known: minutes, lines."""
    if "walk_minutes" not in kilometres.columns:
        return []
    known = kilometres[kilometres["walk_minutes"].notna()]
    if known.empty:
        return []
    shapes, _ = simplified_lines(plane.flat(known.geometry), MOST_LINE_VERTICES)
    minutes = _plain(known["walk_minutes"].round().tolist())
    return [[walk, drawn_lines(shape)] for walk, shape in zip(minutes, shapes, strict=True)]
