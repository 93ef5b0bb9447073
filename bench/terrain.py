"""Terrain on drawn strips of growing length: seconds, peak memory, and how they grow.

Rough ground 40 km wide at 89 m, two roads that come near the line and leave it, a river along half
of it. To be held: 3,000 km in less than 15 minutes and 4 GB on 2 cores.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from bench.process import spent
from pipeline.core import store
from tests import ground

LENGTHS_KM = (375, 750, 1500, 3000)
CELL_DEGREES = 0.0008  # 89 m
HALF_WIDTH_KM = 20.0
WINDING_KM = 25.0  # how often the roads come near the line


def measured(length_km: int, out: Path) -> dict[str, Any]:
    """The stage once, as make runs it; a short strip first, so that all is compiled.

    `identical` says that every km of the line was walked through, as the ground allows.
    """
    _run(60, out)
    (seconds, cpu_s, peak_mb), walked = _run(length_km, out)
    cells = length_km * 2 * HALF_WIDTH_KM / (CELL_DEGREES * 111.3) ** 2
    return {
        "name": f"terrain-{length_km}", "nodes": round(cells), "length_km": length_km,
        "ours_s": [seconds], "cpu_s": cpu_s, "peak_mb": peak_mb, "identical": walked,
    }  # fmt: skip


def _run(length_km: int, out: Path) -> tuple[tuple[float, float, float], bool]:
    at = out / f"terrain-{length_km}"
    along = np.arange(0, length_km + WINDING_KM, WINDING_KM)
    places: dict[str, ground.Place] = {}
    for side, sign in (("a", -1), ("b", 1)):
        for k, km in enumerate(along):
            places[f"{side}{k}"] = (float(km), sign * (3.0 + 14.0 * (k % 2)))
    links = [f"{side}{k}-{side}{k + 1}" for side in "ab" for k in range(len(along) - 1)]
    network = ground.network(at / "network", places, *links, length_km=float(length_km))
    river = [(float(km), 0.5 * (-1) ** k) for k, km in enumerate(along)]
    obstacles = ground.obstacles(at / "obstacles", river=river[: len(river) // 2 + 1])
    model = ground.dem(
        at / "dem.tif", length_km=float(length_km), width_km=HALF_WIDTH_KM, seed=1,
        cell_degrees=CELL_DEGREES,
    )  # fmt: skip
    taken = spent("terrain", network, obstacles, at / "terrain", model)
    walks = store.read(at / "terrain", "walk_km")["walk_minutes"]
    shutil.rmtree(at)
    return taken, bool(len(walks) == length_km and walks.notna().all())
