"""Clipping a large extract to a corridor, next to `osmium tags-filter` on the same file.

Copies of a real extract, with new ids, represent a large one. Each copy lies a degree east of the
one before, so that the corridor is a small part, as it is of a country; the same copies all in the
corridor are the most that a clip can keep. Seconds are processor time, which depends less on other
work of the machine.
"""

import json
import shutil
import statistics
from pathlib import Path
from typing import Any

import osmium
from osmium.osm import NODE, RELATION, WAY

from bench.process import spent, spent_by
from bench.report import RUNS
from pipeline.core import borderfile
from pipeline.sources import trim
from pipeline.sources.wanted import NEAR_WAYS

COPIES = (5, 20)
GOAL = 1 / 2  # of the time of tags-filter, over ours
STEP_DEGREES = 1.0
RAW = Path(__file__).parents[2] / "shared" / "data" / "osm-liechtenstein-2022.osm.pbf"
BORDER = Path(__file__).parents[1] / "pipeline" / "borders" / "ch-li.toml"


def measured(number: int, out: Path) -> dict[str, Any]:
    """Seconds of both and our peak memory on that many copies, as a row of the bench."""
    name = f"clip-{number}"
    if shutil.which("osmium") is None:
        return {"name": name, "skipped": "osmium-tool is not installed"}
    if not RAW.is_file():
        return {"name": name, "skipped": "no extracts beside the checkout"}
    folder = out / name
    one, beside, within = folder / "one", folder / "beside", folder / "within"
    for path, copied, step in (
        (one, 1, 0.0),
        (beside, number, STEP_DEGREES),
        (within, number, 0.0),
    ):
        copies(path / "large.osm.pbf", copied, step)
    alone = clipped(one)
    beside_s, within_s = ([(clipped(path), filtered(path)) for _ in range(RUNS)]
                          for path in (beside, within))  # fmt: skip
    _, found, beside_mb = beside_s[0][0]
    within_mb = within_s[0][0][2]
    size_mb = (within / "large.osm.pbf").stat().st_size / 1e6
    nodes = trim.count(beside / "large.osm.pbf")["nodes"]
    shutil.rmtree(folder)
    return {
        "name": name, "against": "osmium tags-filter", "nodes": nodes, "goal": GOAL,
        "ours_s": [ours[0] for ours, _ in beside_s], "theirs_s": [theirs for _, theirs in beside_s],
        "identical": found == alone[1], "peak_mb": within_mb,
        "more": {
            "extract_mb": size_mb,
            "alone_s": alone[0],
            "beside_mb": beside_mb,
            "within_s": statistics.median(ours[0] for ours, _ in within_s),
            "within_theirs_s": statistics.median(theirs for _, theirs in within_s),
        },
    }  # fmt: skip


def copies(out: Path, number: int, step: float) -> None:
    """Write the extract `number` times, each copy `step` degrees east of the last, sorted."""
    out.parent.mkdir(parents=True, exist_ok=True)
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2022-07-24T20:21:51Z")
    header.set("sorting", "Type_then_ID")  # as in the header of extracts from present servers
    ids: dict[str, dict[int, int]] = {}
    for kind, entity in (("n", NODE), ("w", WAY)):
        found = (one.id for one in osmium.FileProcessor(str(RAW), entity))
        ids[kind] = {osm_id: row for row, osm_id in enumerate(found, 1)}
    node, way = len(ids["n"]), len(ids["w"])
    with osmium.SimpleWriter(str(out), header=header, overwrite=True) as writer:
        for copy in range(number):
            for one in osmium.FileProcessor(str(RAW), NODE):
                at = (one.lon + step * copy, one.lat)
                writer.add_node(one.replace(id=copy * node + ids["n"][one.id], location=at))
        for copy in range(number):
            for one in osmium.FileProcessor(str(RAW), WAY):
                nodes = [copy * node + ids["n"][ref.ref] for ref in one.nodes]
                writer.add_way(one.replace(id=copy * way + ids["w"][one.id], nodes=nodes))
        for one in osmium.FileProcessor(str(RAW), RELATION):
            members = [("w", ids["w"].get(m.ref, 0), m.role) for m in one.members if m.type == "w"]
            writer.add_relation(one.replace(members=[m for m in members if m[1]]))


def clipped(folder: Path) -> tuple[float, dict[str, int], float]:
    """Processor seconds of our clipping, what it kept of each kind, and its peak memory in MB."""
    toml, out = folder / "ch-li.toml", folder / "out" / "ch-li.osm.pbf"
    names = json.dumps(borderfile.read(BORDER).extracts)
    toml.write_text(BORDER.read_text(encoding="utf-8").replace(names, '["large"]'))
    _, cpu_s, peak_mb = spent("clip", toml, folder, out)
    return cpu_s, trim.count(out), peak_mb


def filtered(folder: Path) -> float:
    """Processor seconds of osmium's filter by the same tags, without any clipping."""
    filters = [
        f"nw/{key}={','.join(values)}" if values else f"nw/{key}"
        for key, values in NEAR_WAYS.items()
    ]
    files = ["-o", str(folder / "filtered.osm.pbf"), str(folder / "large.osm.pbf")]
    command = ["osmium", "tags-filter", "--overwrite", "--no-progress", *files, *filters]
    return spent_by([*command, "r/admin_level=2"])[1]
