"""Tasks for OpenStreetMap: what imagery can correct in the map, by its effect on figures."""

import sys
from pathlib import Path

import geopandas as gpd

from pipeline.core import folders
from pipeline.core.errors import InputError
from pipeline.measures import mapping_tasks
from pipeline.measures.mapping_tasks import MODES, Mapped
from pipeline.network import reach, zones
from pipeline.publish import layers
from pipeline.publish import mapping_tasks as formats


def osmtasks(gpkg: str, border_toml: str, out_dir: str, data_toml: str = "") -> None:
    """Write OUT_DIR: a MapRoulette challenge, a JOSM file and instructions, for one border.

    The folders of the border's stages are next to `gpkg`. Raises InputError if a file is missing or
    wrong, or if the map was drawn from tables and is not OpenStreetMap.
    """
    path = Path(gpkg)
    known = layers.read(path, "provenance").set_index("key")["value"]
    if "record_drawn_from" in known:
        raise InputError(f"{path}: drawn from tables, expected a border from OpenStreetMap")
    mapped = _mapped(path, border_toml, data_toml)
    tasks = mapping_tasks.ranked(gpd.GeoDataFrame(layers.read(path, "data_issues")), mapped)
    name = str(layers.read(path, "border")["name"].iloc[0])
    with folders.whole_folder(Path(out_dir)) as aside:
        written = {
            "challenge.geojsonl": formats.challenge(tasks),
            "tasks.osm": formats.josm(tasks),
            "instructions.md": formats.instructions(tasks, name, str(known.get("source", ""))),
        }
        for file, text in written.items():
            (aside / file).write_text(text, encoding="utf-8")
    issues = len(layers.read(path, "data_issues"))
    sys.stdout.write(f"{path.stem}: {len(tasks)} tasks from {issues} data issues, in {out_dir}\n")


def _mapped(path: Path, border_toml: str, data_toml: str) -> Mapped:
    """The published network and crossings, and the zones of the border file."""
    nodes, links, crossings = (
        gpd.GeoDataFrame(layers.read(path, name)) for name in ("nodes", "links", "crossings")
    )
    border = reach.settled(str(path.with_suffix("") / "network"), border_toml, data_toml or None)
    return Mapped(
        nodes=nodes,
        links=links,
        crossings=crossings,
        crossing_links=layers.read(path, "crossing_links"),
        pairs=zones.zone_pairs(nodes, links, border),
        sides=(border.from_, border.to),
        reach_km={mode: zones.reach_of(border, mode) for mode in MODES},
    )
