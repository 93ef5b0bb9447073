"""Terrain on drawn strips of growing length: seconds, peak memory, and how they grow.

`python -m bench.terrain OUT_DIR`: each length in a process of its own, as make runs the stage; the
table terrain.csv, and the exponent of processor time over length on the last line.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import store
from tests import ground

LENGTHS_KM = (375, 750, 1500, 3000)
CELL_DEGREES = 0.0008  # 89 m
HALF_WIDTH_KM = 20.0
WINDING_KM = 25.0  # roads on either side come near the line and leave it, this often


def bench(out: str) -> None:
    """Measure every length and write the table."""
    folder = Path(out)
    measured(60, folder)  # so that all is compiled
    rows = [measured(length_km, folder) for length_km in LENGTHS_KM]
    table = pd.DataFrame(rows)
    table.to_csv(folder / "terrain.csv", index=False)
    slope = np.polyfit(np.log(table["length_km"]), np.log(table["cpu_seconds"]), 1)[0]
    sys.stdout.write(table.to_string(index=False) + f"\nexponent {slope:.2f}\n")


def measured(length_km: int, folder: Path) -> dict[str, float]:
    """Seconds and peak memory of the stage on a strip of rough ground, two roads and a river."""
    at = folder / f"terrain-{length_km}"
    along = np.arange(0, length_km + WINDING_KM, WINDING_KM)
    places: dict[str, ground.Place] = {}
    for side, sign in (("a", -1), ("b", 1)):
        for k, km in enumerate(along):
            places[f"{side}{k}"] = (float(km), sign * (3.0 + 14.0 * (k % 2)))
    links = [f"{side}{k}-{side}{k + 1}" for side in "ab" for k in range(len(along) - 1)]
    network = ground.network(at / "network", places, *links, length_km=float(length_km))
    river = [(float(km), 0.5 * (-1) ** k) for k, km in enumerate(along)]
    obstacles = ground.obstacles(at / "obstacles", river=river[: len(river) // 2])
    model = ground.dem(
        at / "dem.tif", length_km=float(length_km), width_km=HALF_WIDTH_KM, seed=1,
        cell_degrees=CELL_DEGREES,
    )  # fmt: skip
    command = [sys.executable, "-m", "pipeline.terrain"]
    command += [str(path) for path in (network, obstacles, at / "terrain", model)]
    begin = time.monotonic()
    process = subprocess.Popen(command)  # noqa: S603 (our own stage)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"terrain ended with status {status} on {length_km} km")
    seconds = time.monotonic() - begin
    walks = store.read(at / "terrain", "walk_km")
    return {
        "length_km": length_km,
        "cells": length_km * 2 * HALF_WIDTH_KM / (CELL_DEGREES * 111.3) ** 2,
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "walked_share": float(walks["walk_minutes"].notna().mean()),
    }


if __name__ == "__main__":
    bench(sys.argv[1])
