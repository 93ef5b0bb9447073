"""All borders of a made planet: cut and run by one worker and by two, each time from its file on.

Its minimum cuts are planted, and each must be found. Seconds of the processor and memory are those
of all processes of the run, looked at as it goes: two workers hold two borders at a time. The cut
is done when its note is there, which comes last.
"""

import csv
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipeline.world.cutting import NOTE
from tests import planet

SIZES = (20_000, 200_000, 2_000_000)  # links
CORRIDOR_KM = 25
DEEPEST = "10"
ENCLAVE = "ZZ"
GOAL = 1.7  # of the time of one worker, over that of two
LOOK_S = 1.0


def measured(links: int, out: Path) -> dict[str, Any]:
    """Seconds of both and the most memory, as a row of the bench."""
    folder = out / f"planet-{links}"
    made = planet.large(links)
    file = planet.write(made, folder / "planet.osm.pbf")
    planted = {f"{a}-{b}".lower(): links for (a, b), links in made.planted.items()}
    counted = len(made.nodes), sum("highway" in tags for _, tags in made.ways.values())
    countries = len(made.relations)
    del made
    took: dict[int, Spent] = {}
    found = {}
    for workers in (1, 2):
        raw, results = folder / f"raw-{workers}", folder / f"results-{workers}"
        words = [str(one) for one in (raw, results, file)]
        given = {
            "--workers": workers, "--corridor": CORRIDOR_KM, "--until": "chokepoints",
            "--known": folder / "none",
        }  # fmt: skip
        words += [str(one) for pair in given.items() for one in pair]
        took[workers] = watched(raw / NOTE, "-m", "pipeline", "world", *words)
        found[workers] = (results / "world.csv").read_text(encoding="utf-8")
    right = sum(_links(row) == planted[row["border"]] for row in _rows(found[1]))
    row = {
        "name": f"planet-{links}", "against": "one worker", "nodes": counted[0],
        "links": counted[1], "goal": GOAL, "ours_s": [took[2].s], "theirs_s": [took[1].s],
        "identical": found[1] == found[2] and right == len(planted),
        "cpu_s": took[1].cpu_s, "peak_mb": max(one.mb for one in took.values()),
        "more": {
            "countries": countries, "borders": len(planted), "planted_found": right,
            "file_mb": file.stat().st_size / 1e6, "cut_s": took[1].until_s,
            "two_cut_s": took[2].until_s, "first_cpu_s": took[1].first_cpu_s,
            "two_first_cpu_s": took[2].first_cpu_s, "two_cpu_s": took[2].cpu_s,
            "one_mb": took[1].mb, "raw_mb": _megabytes(folder / "raw-1"),
            "results_mb": _megabytes(folder / "results-1"),
        } | _slowest(folder / "results-1"),
    }  # fmt: skip
    shutil.rmtree(folder)
    return row


@dataclass(frozen=True)
class Spent:
    """What a run took: seconds, those until a file was there, of the processor, and the most MB.

    `first_cpu_s` are those of the process that starts all others, alone.
    """

    s: float
    until_s: float
    cpu_s: float
    first_cpu_s: float
    mb: float


def watched(note: Path, *words: str) -> Spent:
    """What a Python process and its children take, until it ends and until it writes `note`."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words])  # noqa: S603
    cpu_s: dict[int, float] = {}
    most = until_s = 0.0
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
        until_s = until_s or (time.perf_counter() - begun if note.is_file() else 0.0)
        time.sleep(LOOK_S)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    s = time.perf_counter() - begun
    return Spent(s, until_s, sum(cpu_s.values()), cpu_s[process.pid], most)


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
