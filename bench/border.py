"""Stages 2 to 4 on whole synthetic borders: seconds and peak memory of each stage.

Elapsed time and processor time are both kept; the latter depends less on other work of the machine.
"""

import shutil
import statistics
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench.process import spent
from bench.report import LONG_S, RUNS
from pipeline.core import store
from tests import synthetic

# Links that the network stage makes of a border, by its width.
WIDTH_KM = {"small": 40, "100k": 310, "300k": 980, "1M": 3110}
SIZES = ("100k", "300k", "1M")
STAGES = ("network", "crossings", "chokepoints")  # redundancy is a separate row
DEPTHS_KM = (10.0, 25.0, 50.0)


def measured(size: str, out: Path) -> dict[str, Any]:
    """Each stage as make runs it, RUNS times or once if that is long; of each the median.

    A small border goes first, so that all is compiled.
    """
    small, folder = out / "border-small", out / f"border-{size}"
    _run("small", small)
    runs = [_run(size, folder)]
    while len(runs) < RUNS and _whole(runs[0][0]) <= LONG_S:
        runs.append(_run(size, folder))
    seconds, cpu_s, peak_mb = (
        {stage: statistics.median(one[stage] for one in column) for stage in runs[0][0]}
        for column in zip(*(run[:3] for run in runs), strict=True)
    )
    made = runs[0][3]
    read = pq.read_metadata  # rows are counted without reading the tables
    links = read(folder / "network" / "links.parquet").num_rows
    nodes = read(folder / "network" / "nodes.parquet").num_rows
    cordons = store.read(folder / "chokepoints", "cordons")
    road = cordons[cordons["mode"].isin(["road", "foot"])]
    planted = road["depth_km"].map(lambda depth_km: synthetic.min_cut_links(made, depth_km))
    for left in (small, folder):
        shutil.rmtree(left)
    return {
        "name": f"border-{size}", "nodes": nodes, "links": links,
        "stages_s": seconds, "stages_cpu_s": cpu_s, "stages_mb": peak_mb,
        "ours_s": [_whole(run[0]) for run in runs],
        "cpu_s": _whole(cpu_s),
        "peak_mb": max(peak_mb[stage] for stage in STAGES),
        "identical": bool((road["min_cut_links"] == planted).all()),
    }  # fmt: skip


def _whole(seconds: dict[str, float]) -> float:
    return sum(seconds[stage] for stage in STAGES)


def _run(
    size: str, folder: Path
) -> tuple[dict[str, float], dict[str, float], dict[str, float], synthetic.Synthetic]:
    """Seconds, seconds of the processor and MB by stage, and the border they ran on."""
    width_km = WIDTH_KM[size]
    made = synthetic.synthetic(
        width_km=width_km, deep_km=60, crossings=min(60, width_km // 2), cut_links=12,
        cut_depth_km=30, towns=width_km,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    raw, toml = folder / "aa-bb.osm.pbf", folder / "aa-bb.toml"
    toml.write_text(synthetic.border_toml(made, DEPTHS_KM), encoding="utf-8")
    if not raw.is_file():
        synthetic.write_pbf(made, raw)
    at = {stage: folder / stage for stage in (*STAGES, "redundancy")}
    stages = {
        "network": [raw, toml, at["network"]],
        "crossings": [at["network"], toml, at["crossings"]],
        "chokepoints": [at["network"], at["crossings"], toml, at["chokepoints"]],
        "redundancy": [at["network"], at["redundancy"]],
    }
    seconds: dict[str, float] = {}
    cpu_s: dict[str, float] = {}
    peak_mb: dict[str, float] = {}
    for stage, paths in stages.items():
        seconds[stage], cpu_s[stage], peak_mb[stage] = spent(stage, *paths)
    return seconds, cpu_s, peak_mb, made
