"""The model of success on synthetic borders: ways over the line, then a run for every sample.

`python -m bench.success WIDTH_KM OUT.json` measures one border in a process of its own, so that its
peak memory is the work's.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from bench import travel
from pipeline.core import parameters, schema
from pipeline.measures import shapley, success_ranges, success_ways
from pipeline.measures.success import Ways, outcome
from pipeline.travel import over_line
from tests.synthetic import KM_PER_LON

SAMPLES = parameters.whole("success_samples")
DRAWS = parameters.whole("bootstrap_draws")
SIZES = ("100k", "1M")
STANDING = 200


def measured(size: str, out: Path) -> dict[str, Any]:
    """One border: seconds and memory of its ways, and of the runs of the model."""
    kept = out / "success.json"
    command = [sys.executable, "-m", "bench.success", str(travel.WIDTH_KM[size]), str(kept)]
    subprocess.run(command, check=True)  # noqa: S603
    row: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    kept.unlink()
    return {"name": f"success-{size}"} | row


def ways(width_km: int) -> tuple[Ways, int]:
    """All ways over a border that may be walked through at every km, and how many links it has."""
    tables, border = travel.tables(width_km)
    random = np.random.default_rng(1)
    km = pd.DataFrame({
        "border_km": np.arange(width_km), "kind": "land", "fenced_share": random.random(width_km),
        "walk_minutes_flat": random.uniform(10, 60, width_km),
        "post_minutes": random.uniform(5, 120, width_km),
    })  # fmt: skip
    km["walk_minutes"] = km["walk_minutes_open"] = km["walk_minutes_flat"] * 1.5
    walks = success_ways.stretches(km, tables["nodes"])
    lon = (walks["border_km"].to_numpy() + 0.5) / KM_PER_LON
    middles = gpd.GeoSeries(gpd.points_from_xy(lon, np.zeros(len(lon))), crs=schema.CRS)
    found = over_line.with_landings(tables, border, middles)
    nodes = tables["nodes"]
    at = random.choice(len(nodes), min(STANDING, len(nodes) // 50), replace=False)
    posts = gpd.GeoDataFrame(nodes[["node_id", "depth_km"]].iloc[at].assign(kind="checkpoint"))
    meets = success_ways.posts_met(found, posts, set())
    wanted = success_ways.whose(found, border, "through")
    on_line = success_ways.line(found, walks)
    return success_ways.ways(found, on_line, wanted, meets), len(tables["links"])


def measure(width_km: int) -> dict[str, Any]:
    """What `measured` keeps, of a border of this width."""
    ways(20)  # compiles
    begun = time.perf_counter()
    over, n_links = ways(width_km)
    ways_s = time.perf_counter() - begun
    ranges = success_ranges.read()

    cpu_s, begun = time.process_time(), time.perf_counter()
    found = shapley.effects(
        lambda shares: np.array(
            [outcome(over, success_ranges.drawn(ranges, share)).stopped for share in shares]
        ),
        success_ranges.factor_of(ranges), SAMPLES, DRAWS,
    )  # fmt: skip
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_s
    widest = float((found.high - found.low).max())
    return {
        "nodes": n_links, "links": n_links, "ours_s": [seconds], "cpu_s": cpu_s,
        "identical": bool(0 < widest < np.inf),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "stages_s": {"border_and_ways": ways_s},  # making the border counts among them
        "more": {
            "runs": 2 ** len(success_ranges.FACTORS) * SAMPLES, "widest_interval": widest,
            "options": len(over.options.afoot), "places": sum(over.weight.shape),
        },
    }  # fmt: skip


if __name__ == "__main__":
    row = measure(int(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(row), encoding="utf-8")
