"""Stage 2: from an OSM file to nodes and links that never cross the line or a depth in use."""

from pathlib import Path

import pandas as pd

from pipeline.core import borderfile, files, schema, store
from pipeline.core.borderfile import BorderFile
from pipeline.network import (
    anchors,
    issues,
    measured_reach,
    near_misses,
    outline,
    point_kinds,
    populations,
    reach,
    read,
    surroundings,
)
from pipeline.network import line as lines
from pipeline.network.build import build
from pipeline.network.issues import Issue
from pipeline.network.line import Line
from pipeline.network.open_ends import open_ends
from pipeline.network.points import point_table, post_nodes, with_nodes
from pipeline.network.read import Extract, without_tags
from pipeline.network.sides import Territories, divide
from pipeline.network.stated_lengths import stretches
from pipeline.network.way_table import class_issues, number_issues, way_table
from pipeline.sources import record, wanted
from pipeline.terrain.front_table import front_table


def network(raw: str, border_toml: str, out: str, data_toml: str | None = None) -> None:
    """Write the tables of the network, and of the line and its surroundings, to the folder `out`.

    `raw` is an OSM file, `data_toml` the settings of the data. No later stage reads the raw file.
    Raises InputError for bad input.
    """
    border = borderfile.read(border_toml, data_toml)
    store.write(out, tables_of(raw, border))


def tables_of(raw: str, border: BorderFile) -> dict[str, pd.DataFrame]:
    """The tables by name; the memory for what was read is released when it returns.

    Parameters
    ----------
    raw
        An OSM file.
    border
        The border file, with the settings of the data.

    Returns
    -------
    dict of DataFrame
        Every table of the stage.

    Raises
    ------
    InputError
        For bad input.
    """
    extract = read.read(raw, {relation: code for code, relation in border.relations.items()})
    line = lines.assemble(extract, (border.from_, border.to), border.corridor_km, raw)
    anchors.refuse_misplaced(border, line, anchors.outlines_of(extract), raw)
    ways, kinds = way_table(extract, raw)
    territories = divide(line, extract.vertices.lon, extract.vertices.lat, border, raw)
    posts = point_table(extract, line, territories, border.corridor_km, point_kinds.post_kind)
    places = point_table(extract, line, territories, border.corridor_km, point_kinds.place_kind)
    stations = point_table(extract, line, territories, border.corridor_km, point_kinds.station_kind)
    ways["stretch"], unlike = stretches(extract, ways["row"].to_numpy())
    misread = [*number_issues(extract, ways["row"]), *class_issues(extract)]
    extract = without_tags(extract)
    built = build(extract, ways, kinds, posts, line, territories, border)
    nodes, links, reached, doubts = with_reach(
        built.nodes, built.links, line, territories, border, raw, built.through_km
    )
    built = built._replace(nodes=nodes, links=links)  # those without open ends are freed
    doubts += [
        *near_misses.issues(nodes, links, territories.projection),
        *misread,
        *populations.issues(extract.points),
        *unlike,
        *extract.doubts,
        *line.course.doubts,
    ]
    around = surroundings.read(raw)
    widths = front_table(extract, around.coasts, reach.applied(border, reached), raw)
    return {
        "border": border_table(line, border),
        "nodes": nodes,
        "links": links,
        "places": places.rename(columns={"id": "place_id"})[_columns("places")],
        "stations": stations.rename(columns={"id": "station_id"})[_columns("stations")],
        "posts": with_nodes(posts, built.stands, built.node_at)[_columns("posts")],
        "post_nodes": post_nodes(posts, built.stands, built.node_at),
        "reach": reached,
        "front_widths": widths,
        "barrier_lines": around.barrier_lines,
        "water_areas": around.water_areas,
        "coasts": around.coasts,
        "data_issues": issues.table(doubts),
        "edits": extract.edits[extract.edits["osm_way"].isin(ways["osm_id"])],
        "provenance": provenance_table(raw, extract, line, territories, border, reached),
    }


def with_reach(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    line: Line,
    territories: Territories,
    border: BorderFile,
    raw: str,
    through_km: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[Issue]]:
    """Nodes and links with their open ends, the table `reach`, and its data issues."""
    shape = line.shape.geoms[0]
    at = shape.interpolate(0.5, normalized=True)
    table, doubts = reach.of_sides(
        measured_reach.measured(nodes, links, border),
        border,
        evidence=outline.stated_reach(Path(raw), line, territories, border),
        box_km=outline.box_reach(raw, line, territories, border),
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
    territories: Territories,
    border: BorderFile,
    reached: pd.DataFrame,
) -> pd.DataFrame:
    """Where the data came from, how they were measured, and what is uncertain."""
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
        "line": "; ".join(territories.notes) or "complete between its neighbours",
    }
    recorded = record.texts(path.with_name(f"{border.border}.record.json"))
    facts |= {f"record_{key}": value for key, value in recorded.items()}
    return pd.DataFrame({"key": list(facts), "value": list(facts.values())})


def _columns(name: str) -> list[str]:
    return [*(column.name for column in schema.TABLES[name].columns), "geometry"]
