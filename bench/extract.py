"""Clipping an extract to a corridor, beside `osmium tags-filter` on the same file.

Run as `python -m bench.extract RAW.osm.pbf FOLDER [COPIES]`: copies of a true extract, each moved
east by half a degree and with ids of its own, stand for a large one of which the corridor is part.
"""

import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import osmium

from pipeline import borderfile
from pipeline.raw.wanted import NEAR_WAYS

STEP_DEGREES = 0.5
NODE_IDS = 13_000_000_000  # OpenStreetMap's newest node; ids are spread up to it
BORDER = Path(__file__).parents[1] / "pipeline" / "borders" / "ch-li.toml"


def copies(raw: Path, out: Path, number: int) -> None:
    """Write the extract `number` times beside itself, sorted."""
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2022-07-24T20:21:51Z")
    ids: dict[str, dict[int, int]] = {}
    for kind, entity in (("n", osmium.osm.NODE), ("w", osmium.osm.WAY)):
        found = (one.id for one in osmium.FileProcessor(str(raw), entity))
        ids[kind] = {osm_id: row for row, osm_id in enumerate(found, 1)}
    node, way = NODE_IDS // number, 10_000_000
    with osmium.SimpleWriter(str(out), header=header, overwrite=True) as writer:
        for copy in range(number):
            for one in osmium.FileProcessor(str(raw), osmium.osm.NODE):
                at = (one.lon + STEP_DEGREES * copy, one.lat)
                writer.add_node(one.replace(id=copy * node + ids["n"][one.id], location=at))
        for copy in range(number):
            for one in osmium.FileProcessor(str(raw), osmium.osm.WAY):
                nodes = [copy * node + ids["n"][ref.ref] for ref in one.nodes]
                writer.add_way(one.replace(id=copy * way + ids["w"][one.id], nodes=nodes))
        for one in osmium.FileProcessor(str(raw), osmium.osm.RELATION):
            members = [
                (m.type, ids[m.type].get(m.ref, -1), m.role) for m in one.members if m.type != "r"
            ]
            writer.add_relation(
                one.replace(members=[m for m in members if m[1] > 0 and m[0] == "w"])
            )


def measured(raw: Path, folder: Path, number: int) -> dict[str, float]:
    """Seconds and peak memory of both on a file of that many copies."""
    large = folder / "extracts" / "large.osm.pbf"
    large.parent.mkdir(parents=True, exist_ok=True)
    copies(raw, large, number)
    border = folder / "ch-li.toml"
    names = json.dumps(borderfile.read(BORDER).extracts)
    border.write_text(BORDER.read_text(encoding="utf-8").replace(names, '["large"]'))
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    ours = [sys.executable, "-m", "pipeline.clip", border, large.parent, out / "ch-li.osm.pbf"]
    filters = [
        f"nw/{key}={','.join(values)}" if values else f"nw/{key}"
        for key, values in NEAR_WAYS.items()
    ]
    theirs = ["osmium", "tags-filter", "--overwrite", "-o", folder / "filtered.osm.pbf", large]
    theirs_s, _ = _timed([*theirs, *filters, "r/admin_level=2"])
    ours_s, peak_mb = _timed(ours)
    return {
        "large_mb": large.stat().st_size / 1e6, "ours_s": ours_s, "osmium_tags_filter_s": theirs_s,
        "ratio": ours_s / theirs_s, "peak_mb": peak_mb,
    }  # fmt: skip


def _timed(command: list[object]) -> tuple[float, float]:
    """Seconds of a command, and the most memory of any so far in MB."""
    began = time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    seconds = time.perf_counter() - began
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000


if __name__ == "__main__":
    found = measured(Path(sys.argv[1]), Path(sys.argv[2]), int((*sys.argv, "30")[3]))
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
