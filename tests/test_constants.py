"""Thresholds, speeds and distances stand in parameters.toml; what code may state is listed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "pipeline"
UNITS = re.compile(
    r"_(KM|M|M2|MINUTES|DAYS|H|KMH|KM_PER_H|DEGREES|YEARS|SHARES?|CHANCE)$"
)  # fmt: skip
# Constants with a unit that do not affect figures, and the reason why they are in the code.
IN_CODE = {
    "rounding, far below any length that is measured": {
        "measures.crossing_table.SAME_KM", "measures.way_inland.LEAST_MINUTES",
        "network.controls.SAME_M", "network.course.SAME_M", "network.open_ends.TOLERANCE_KM",
        "network.outline.LEAST_KM", "network.split.SAME_DEPTH_KM", "network.split.SAME_M",
        "network.target_part.TOLERANCE_KM", "report.closing_charts.SAME_SHARE",
        "stages.routes.TINY_MINUTES", "terrain.dem.FINEST_M", "terrain.shores.ROUNDING_M",
        "travel.snap.END_M",
    },
    "geodesy, physics and arithmetic": {
        "core.antimeridian.NEAR_DEGREES", "core.geo.BESIDE_DEGREES", "core.geo.LOST_DEGREES",
        "measures.crossing_merge.EARTH_M",
        "measures.cut_sites.DEGREE_M",
        "measures.foot_cut.ROAD_KM", "network.barriers.LEAST_M", "network.numbers.NAMED_KMH",
        "network.target_part.EARTH_KM", "network.trucks.INCH_M",
        "sources.elevation.elevation.SEA_M", "stages.project.UTM_WIDTH_DEGREES",
        "terrain.dem.DEEPEST_M", "terrain.dem.HIGHEST_M", "terrain.dem.LOWEST_M",
        "terrain.friction_raster.DEGREE_M", "terrain.walk_km.MARGIN_M",
        "report.walk_charts.DAY_MINUTES",
    },
    "how finely shapes are cut, sampled or searched": {
        "network.dividers.FRAME_SHARE", "network.line.SPACING_M",
        "network.target_part.CELL_DEGREES", "sources.selected.CHORD_DEGREES",
        "sources.overpass.tiles.EDGE_DEGREES", "sources.overpass.tiles.OVERLAP_DEGREES",
        "sources.wanted.LONGEST_M", "sources.wanted.SIMPLE_M", "stages.terrain.WINDOW_KM",
        "terrain.shores.BESIDE_M", "terrain.shores.LONGEST_M", "terrain.shores.SLIVER_M2",
        "world.anchors.AWAY_M", "world.anchors.MEET_DEGREES", "world.anchors.RAY_M",
    },
    "how a page or map is drawn": {
        "ops.readme.DEPTHS_KM", "ops.tiles.LAND_SHARE", "report.brief_ways.LEAST_MINUTES",
        "report.brief_map.LABEL_SHARE", "report.brief_map.LEAST_DEGREES",
        "report.brief_map.MARGIN_SHARE",
        "report.brief_map.OUTLINES_FROM_DEGREES", "report.brief_ways.WHOLE_FROM_MINUTES",
        "report.evidence.NEAR_DEGREES",
        "report.figures.WALKED_SHARE", "report.map_plane.FIRST_TOLERANCE_M",
        "report.map_plane.UNIT_M", "report.web_map.BASE_TOLERANCE_M",
        "world.atlas.SIMPLE_DEGREES",
    },
    "limits of files, memory and servers": {
        "sources.overpass.client.KEEP_H",
        "world.tasks.MEMORY_SHARE",
    },
    "the second witness states every definition itself": {
        "ops.proof.gather.APART_KM", "ops.proof.gather.DEPTH_TOLERANCE_KM",
        "ops.proof.gather.EARTH_KM", "ops.proof.placement.MOST_CHANCE",
        "ops.proof.programme.INLAND_KM",
    },
}  # fmt: skip


def constants(path: Path) -> Iterator[str]:
    """Names of a module's constants that bear a unit and hold a number of their own."""
    for statement in ast.parse(path.read_bytes()).body:
        if isinstance(statement, ast.Assign):
            target, value = statement.targets[0], statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            target, value = statement.target, statement.value
        else:
            continue
        asked = any(isinstance(one, ast.Name) and one.id == "parameters" for one in ast.walk(value))
        for name in target.elts if isinstance(target, ast.Tuple) else [target]:
            named = isinstance(name, ast.Name) and name.id.isupper() and UNITS.search(name.id)
            if named and not asked and any(_is_number(one) for one in ast.walk(value)):
                yield ast.unparse(name)


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def test_numbers_with_a_unit_stand_in_the_table_of_parameters() -> None:
    found = {
        f"{'.'.join(path.relative_to(PACKAGE).with_suffix('').parts)}.{name}"
        for path in PACKAGE.rglob("*.py")
        for name in constants(path)
    }
    listed = set().union(*IN_CODE.values())
    new, gone = sorted(found - listed), sorted(listed - found)
    assert not new, f"{new}: expected in pipeline/parameters.toml, or here with a reason"
    assert not gone, f"{gone}: listed here, no longer in the code"
