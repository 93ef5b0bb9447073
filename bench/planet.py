"""All borders of a made planet: cut together, then run by one worker and by two, from the start.

Its minimum cuts are planted, and each must be found. Seconds of the processor and memory are those
of all processes of the run, looked at as it goes: two workers hold two borders at a time.
"""

import csv
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from tests import planet

SIZES = (20_000, 200_000, 2_000_000)  # links
CORRIDOR_KM = 25
DEEPEST = "10"
ENCLAVE = "ZZ"
GOAL = 1.7  # of the time of one worker, over that of two
LOOK_S = 1.0
CUT = """import sys; from pathlib import Path; from pipeline.world.cutting import cut_all
file, raw, known = map(Path, sys.argv[1:4]); cut_all([file], raw, known, float(sys.argv[4]), [])"""


def measured(links: int, out: Path) -> dict[str, Any]:
    """Seconds of both and the most memory, as a row of the bench."""
    folder = out / f"planet-{links}"
    made = planet.large(links)
    file = planet.write(made, folder / "planet.osm.pbf")
    planted = {f"{a}-{b}".lower(): links for (a, b), links in made.planted.items()}
    counted = len(made.nodes), sum("highway" in tags for _, tags in made.ways.values())
    countries = len(made.relations)
    del made
    raw, none = folder / "raw", folder / "none"
    cut = watched(
        "-c", CUT, *map(str, (file, raw, none, CORRIDOR_KM)),
    )  # fmt: skip
    took, found = {}, {}
    for workers in (1, 2):
        results = folder / f"results-{workers}"
        words = [str(one) for one in (raw, results, file)]
        given = {
            "--workers": workers, "--corridor": CORRIDOR_KM, "--until": "chokepoints",
            "--known": none,
        }  # fmt: skip
        words += [str(one) for pair in given.items() for one in pair]
        took[workers] = watched("-m", "pipeline", "world", *words)
        found[workers] = (results / "world.csv").read_text(encoding="utf-8")
    right = sum(_links(row) == planted[row["border"]] for row in _rows(found[1]))
    row = {
        "name": f"planet-{links}", "against": "one worker", "nodes": counted[0],
        "links": counted[1], "goal": GOAL, "ours_s": [took[2][0]], "theirs_s": [took[1][0]],
        "identical": found[1] == found[2] and right == len(planted),
        "cpu_s": took[1][1], "peak_mb": max(cut[2], took[2][2]),
        "more": {
            "countries": countries, "borders": len(planted), "planted_found": right,
            "file_mb": file.stat().st_size / 1e6, "cut_s": cut[0], "cut_cpu_s": cut[1],
            "cut_mb": cut[2], "two_cpu_s": took[2][1], "one_mb": took[1][2],
            "raw_mb": _megabytes(raw), "results_mb": _megabytes(folder / "results-1"),
        } | _slowest(folder / "results-1"),
    }  # fmt: skip
    shutil.rmtree(folder)
    return row


def watched(*words: str) -> tuple[float, float, float]:
    """Seconds, seconds of the processor, and the most MB of a Python process and its children."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words])  # noqa: S603
    cpu_s: dict[int, float] = {}
    most = 0.0
    while process.poll() is None:
        here = 0.0
        for one in _family(process.pid):
            try:
                times = one.cpu_times()
                cpu_s[one.pid] = times.user + times.system
                here += one.memory_full_info().pss / 2**20
            except psutil.Error:
                continue
        most = max(most, here)
        time.sleep(LOOK_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return time.perf_counter() - begun, sum(cpu_s.values()), most


def _family(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


def _links(row: dict[str, str]) -> int | None:
    """The minimum cut that was found on both sides, at the depth that all countries have."""
    found = {
        row[f"road_min_cut_links_{sign}_{km}_km"]
        for sign in ("minus", "plus")
        for km in (_depths(row) if ENCLAVE.lower() in row["border"] else [DEEPEST])
        if row.get(f"road_min_cut_links_{sign}_{km}_km")
    }
    return int(found.pop()) if len(found) == 1 and not row["failed"] else None


def _depths(row: dict[str, str]) -> list[str]:
    return [key.split("_")[-2] for key in row if key.startswith("road_min_cut_links_plus")]


def _slowest(results: Path) -> dict[str, float]:
    """The longest border and the largest worker, as the notes beside the outputs say."""
    notes = [json.loads(path.read_text()) for path in results.glob("*/*.json")]
    by_border: dict[str, float] = {}
    for path in results.glob("*/*.json"):
        took = json.loads(path.read_text())["seconds"]
        by_border[path.parent.name] = by_border.get(path.parent.name, 0.0) + took
    return {
        "longest_border_s": max(by_border.values()),
        "largest_worker_mb": max(one["peak_mb"] for one in notes),
    }


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
