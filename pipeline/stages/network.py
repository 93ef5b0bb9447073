"""Stage 2: from an OSM file to nodes and links that never cross the line or a depth in use."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from pipeline.core import borderfile, files, schema, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.poly import read_poly
from pipeline.network import (
    access,
    anchors,
    issues,
    near_misses,
    numbers,
    outline,
    point_kinds,
    populations,
    reach,
    read,
    scan,
    surroundings,
)
from pipeline.network import line as lines
from pipeline.network import segments as pieces
from pipeline.network.access import Access
from pipeline.network.barriers import at_barriers
from pipeline.network.contract import nodes_and_links
from pipeline.network.controls import at_posts
from pipeline.network.issues import Issue
from pipeline.network.land import least_piece_depth_km
from pipeline.network.line import Line
from pipeline.network.open_ends import open_ends
from pipeline.network.read import Extract
from pipeline.network.sides import Ground, countries, divide
from pipeline.network.split import at_depths, at_lines
from pipeline.network.stated_lengths import stretches
from pipeline.network.way_table import number_issues, way_table
from pipeline.sources import record, wanted
from pipeline.terrain.front_table import front_table

LONGEST_M = 1000.0  # segments are cut to this before depth is read, since depth bends along them


def network(raw: str, border_toml: str, out: str, data_toml: str | None = None) -> None:
    """Write the tables of the network, and what stands round it, to the folder `out`.

    `raw` is an OSM file, `data_toml` the data's own settings. No later stage reads the raw file.
    Raises InputError for bad input.
    """
    border = borderfile.read(border_toml, data_toml)
    extract = read.read(raw, {relation: code for code, relation in border.relations.items()})
    line = lines.assemble(extract, (border.from_, border.to), border.corridor_km, raw)
    anchors.refuse_misplaced(
        border, line, anchors.closed_outlines(anchors.courses_of(extract)), raw
    )
    ways, kinds = way_table(extract, raw)
    ground = divide(line, extract.vertices.lon, extract.vertices.lat, border, raw)
    posts = point_table(extract, line, ground, border.corridor_km, point_kinds.post_kind)
    places = point_table(extract, line, ground, border.corridor_km, point_kinds.place_kind)
    stations = point_table(extract, line, ground, border.corridor_km, point_kinds.station_kind)
    ways["stretch"], unlike = stretches(extract, ways["row"].to_numpy())
    vertices, segments = corridor(extract, ways, line, border.corridor_km)
    through_km = min(border.through_km, least_piece_depth_km(ground, line) / 2)
    longest_m = LONGEST_M if through_km == border.through_km else 1000 * through_km / 2
    vertices, segments = pieces.densified(vertices, segments, longest_m)
    class_ = ways["class"].to_numpy(dtype=object)
    vertices, segments, stands = at_posts(
        vertices, segments, posts, extract.shapes, class_, ground.projection
    )
    vertices, segments = at_lines(vertices, segments, line, ground)
    depths_km = {border.origin_km, *border.depths_km}
    vertices, segments = at_depths(vertices, segments, ground.pair, depths_km)
    vertices, segments, ways = at_barriers(vertices, segments, ways, kinds, barriers_of(extract))
    nodes, links, node_at = nodes_and_links(vertices, segments, ways)
    nodes, links, reached, doubts = with_reach(nodes, links, line, ground, border, raw, through_km)
    doubts += [
        *near_misses.issues(nodes, links, ground.projection),
        *number_issues(extract, ways["row"]),
        *populations.issues(extract.points),
        *unlike,
        *extract.doubts,
        *line.course.doubts,
    ]
    around = surroundings.read(raw)
    widths = front_table(extract, around.coasts, reach.applied(border, reached), raw)
    tables = {
        "border": border_table(line, border),
        "nodes": nodes,
        "links": links,
        "places": places.rename(columns={"id": "place_id"})[_columns("places")],
        "stations": stations.rename(columns={"id": "station_id"})[_columns("stations")],
        "posts": with_nodes(posts, stands, node_at)[_columns("posts")],
        "post_nodes": post_nodes(posts, stands, node_at),
        "reach": reached,
        "front_widths": widths,
        "barrier_lines": around.barrier_lines,
        "water_areas": around.water_areas,
        "coasts": around.coasts,
        "data_issues": issues.table(doubts),
        "provenance": provenance_table(raw, extract, line, ground, border, reached),
    }
    store.write(out, tables)


def point_table(
    extract: Extract,
    line: Line,
    ground: Ground,
    corridor_km: float,
    kind_of: Callable[[dict[str, str]], str | None],
) -> pd.DataFrame:
    """Points of the corridor that `kind_of` knows, with side and depth."""
    chosen = [(point, kind_of(point.tags)) for point in extract.points]
    found = sorted(
        ((point, kind) for point, kind in chosen if kind is not None),
        key=lambda pair: (pair[0].element, pair[0].osm_id),
    )
    points = pd.DataFrame(
        {
            "id": [f"{point.element}{point.osm_id}" for point, _ in found],
            "element": [point.element for point, _ in found],
            "osm_id": np.array([point.osm_id for point, _ in found], dtype=np.int64),
            "kind": [kind for _, kind in found],
            "name": [point.tags.get("name") for point, _ in found],
            "population": [
                numbers.population(point.tags.get("population"), borderfile.MOST_PEOPLE)
                for point, _ in found
            ],
            "since_year": pd.array(
                [numbers.year(point.tags.get("start_date")) for point, _ in found], dtype="Int64"
            ),
            "lon": np.array([point.lon for point, _ in found], dtype=np.float64),
            "lat": np.array([point.lat for point, _ in found], dtype=np.float64),
        }
    )
    lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
    km = lines.nearest(line, lon, lat)[0]
    points["side"] = countries(ground, ground.projection.plane(lon, lat))
    sign = points["side"].map({ground.pair[0]: -1.0, ground.pair[1]: 1.0})
    points["depth_km"] = sign.astype("float64") * km
    points["geometry"] = shapely.points(lon, lat)
    return points[km <= corridor_km].reset_index(drop=True)


def barriers_of(extract: Extract) -> dict[int, Access]:
    """Who may pass each node that not everybody may pass, by its OSM id."""
    found = {point.osm_id: access.of_node(point.tags) for point in extract.points
             if point.element == "n"}  # fmt: skip
    return {osm_id: who for osm_id, who in found.items() if who is not None}


def corridor(
    extract: Extract, ways: pd.DataFrame, line: Line, corridor_km: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All vertices, and the segments of the ways that may come within the corridor, whole."""
    found = extract.vertices
    segments = pieces.of_ways(extract.ways, ways["row"].to_numpy())
    km = lines.nearest(line, found.lon, found.lat)[0]
    vertices = pd.DataFrame({"osm_id": found.osm_id, "lon": found.lon, "lat": found.lat})
    vertices["cut"] = np.isin(np.arange(len(vertices)), extract.cut)
    # A segment with both ends outside may pass through; by the triangle inequality only if:
    length_km = pieces.lengths_m(vertices, segments) / 1000
    inside = km[segments["a"].to_numpy()] + km[segments["b"].to_numpy()] <= (
        2 * corridor_km + length_km
    )
    kept = np.zeros(len(ways), dtype=bool)
    kept[segments["way"].to_numpy()[inside]] = True
    return vertices, segments[kept[segments["way"].to_numpy()]].reset_index(drop=True)


def with_reach(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    line: Line,
    ground: Ground,
    border: BorderFile,
    raw: str,
    through_km: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[Issue]]:
    """Nodes and links with their open ends, the table `reach`, and what is doubtful about it."""
    shape = line.shape.geoms[0]
    at = shape.interpolate(0.5, normalized=True)
    table, doubts = reach.of_sides(
        reach.measured(nodes, links, border),
        border,
        evidence=stated_reach(Path(raw), line, ground, border),
        box_km=box_reach(raw, line, ground, border),
        through_km=through_km,
        every_class_km=wanted.ALL_CLASSES_KM,
        at=(at.x, at.y),
    )
    sides = (border.from_, border.to)
    open_ended = open_ends(nodes, links, table, sides, through_km)
    nodes = nodes.assign(open_ended=open_ended)
    ends = set(nodes.loc[open_ended, "node_id"])
    met = links["from_node"].isin(ends) | links["to_node"].isin(ends)
    return nodes, links.assign(open_ended=met), table, doubts


def stated_reach(
    raw: Path, line: Line, ground: Ground, border: BorderFile
) -> dict[str, tuple[float, str]]:
    """Reach of each side by the record of the fetch, else by an outline beside the file."""
    told = record.told(raw.with_name(f"{border.border}.record.json"))
    sides = (border.from_, border.to)
    if "big_roads_km" in told:
        return dict.fromkeys(sides, (float(told["big_roads_km"]), reach.RECORD))
    poly = raw.with_name(f"{border.border}.poly")
    if not poly.is_file():
        return {}
    found = outline.reach_km(read_poly(poly), line, ground, border.corridor_km)
    return {side: (km, "outline") for side, km in found.items()}


def box_reach(raw: str, line: Line, ground: Ground, border: BorderFile) -> dict[str, float]:
    """How deep the box in the file's header lets the data reach, where it has one."""
    box = scan.header_box(raw)
    if box is None:
        return {}
    return outline.reach_km(shapely.box(*box), line, ground, border.corridor_km)


def with_nodes(posts: pd.DataFrame, stands: pd.DataFrame, node_at: pd.DataFrame) -> pd.DataFrame:
    """Posts with the first node that they stand on, and its mode; toll booths left out."""
    node_at = node_at.drop_duplicates("vertex").set_index("vertex")
    vertex = stands.drop_duplicates("post").set_index("post")["vertex"].reindex(posts.index)
    on = node_at.reindex(vertex)
    posts = posts.assign(node_id=on["node_id"].to_numpy(), mode=on["mode"].to_numpy())
    posts = posts[posts["kind"] != "toll"].reset_index(drop=True)
    return posts.rename(columns={"id": "post_id"})


def post_nodes(posts: pd.DataFrame, stands: pd.DataFrame, node_at: pd.DataFrame) -> pd.DataFrame:
    """Every node that a post stands on, toll booths left out."""
    on = stands.merge(node_at, on="vertex")
    on["post_id"] = posts["id"].to_numpy()[on["post"].to_numpy(dtype=np.int64)]
    kept = posts["kind"].to_numpy()[on["post"].to_numpy(dtype=np.int64)] != "toll"
    return on.loc[kept, ["post_id", "node_id"]].drop_duplicates()


def border_table(line: Line, border: BorderFile) -> pd.DataFrame:
    """The one row of the table border."""
    return pd.DataFrame(
        {
            "border": [border.border],
            "name": [border.name],
            "from_country": [border.from_],
            "to_country": [border.to],
            "length_km": [lines.length_km(line)],
            "sea_km": [float(line.length_km[line.at_sea].sum())],
            "bridged_km": [line.course.bridged_km],
            lines.RULER_COLUMN: [lines.ruler_length_km(line)],
            "vertex_spacing_m": [lines.vertex_spacing_m(line)],
            "parts": [line.course.parts],
            "geometry": [line.shape],
        }
    )


def provenance_table(
    raw: str,
    extract: Extract,
    line: Line,
    ground: Ground,
    border: BorderFile,
    reached: pd.DataFrame,
) -> pd.DataFrame:
    """Where the data came from, how they were measured, and what they leave open."""
    path = Path(raw)
    facts = {
        "raw_file": path.name,
        "raw_bytes": str(path.stat().st_size),
        "raw_sha256": files.sha256(path),
        "osm_timestamp": extract.timestamp or "not stated in the file",
        "countries": " ".join(sorted(extract.countries)),
        "projection": line.projection.definition,
        "projection_scale_error": f"{line.projection.scale_error:.6f}",
        "corridor_km": f"{border.corridor_km:g}",
        "asked_through_km": f"{border.through_km:g}",
        "through_km": " ".join(
            f"{row.side} {row.through_km:.3g}" for row in reached[reached["whole"]].itertuples()
        ),
        "origin_km": f"{border.origin_km:g}",
        "depths_km": " ".join(f"{km:g}" for km in border.depths_km),
        "reach_km": ", ".join(
            f"{row.side} {row.reach_km:.3g} ({row.evidence})"
            for row in reached[reached["whole"]].sort_values("side").itertuples()
        ),
        "line": "; ".join(ground.notes) or "complete between its neighbours",
    }
    told = record.told(path.with_name(f"{border.border}.record.json"))
    facts |= {f"record_{key}": value for key, value in told.items()}
    return pd.DataFrame({"key": list(facts), "value": list(facts.values())})


def _columns(name: str) -> list[str]:
    return [*(column.name for column in schema.TABLES[name].columns), "geometry"]
