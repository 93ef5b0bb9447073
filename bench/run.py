"""Rows of the bench: ours and theirs in turn on the same input, results compared, times kept.

`python -m bench.run OUT_DIR THEIR_PYTHON [NAME]`: rows not yet in OUT_DIR are measured, or those
whose name begins with NAME, measured or not; table, CSV and plot are made of all that are there.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench import (
    border,
    extract,
    inputs,
    placement,
    planet,
    report,
    success,
    terrain,
    travel,
    trucks,
)
from bench import flow as whole_flow
from bench.report import LONG_S, RUNS
from pipeline.core import borderfile
from pipeline.graph import flow
from pipeline.graph.bridges import bridges
from pipeline.graph.detours import detours
from pipeline.network import link_arcs, read, zones
from pipeline.network import segments as pieces
from pipeline.network.contract import STAYS, nodes_and_links
from pipeline.network.way_table import way_table
from tests import synthetic

SHORT_S = 0.5  # our side is called again until this long has passed, and the mean taken
DATA = Path(__file__).parents[2] / "shared" / "data"
DEPTHS_KM = (10.0, 25.0, 50.0)

Answer = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """A row to measure: `given` writes their input to a path and returns our side of the work.

    `identical` tells whether two answers agree; `goal` is the ratio to reach.
    """

    name: str
    work: str
    against: str
    size: int
    goal: float | None
    given: Callable[[Path], Callable[[], Answer]]
    identical: Callable[[Answer, Answer], bool]


def redundancy(make: Callable[[int], inputs.Arrays], size: int, path: Path) -> Callable[[], Answer]:
    """Way round every link, undirected, as ra2ce has it; NaN where there is none."""
    table = make(size)
    np.savez(path, **table)
    oneway = np.zeros(len(table["start"]), dtype=bool)
    ends = table["start"], table["end"], oneway, table["length_m"]

    def ours() -> Answer:
        found_m = detours(int(table["n_nodes"]), *ends)
        return np.where(np.isinf(found_m), np.nan, found_m)

    return ours


def all_bridges(size: int, path: Path) -> Callable[[], Answer]:
    """Rows of the links that are bridges."""
    table = inputs.sparse(size)
    np.savez(path, **table)
    n_nodes, start, end = int(table["n_nodes"]), table["start"], table["end"]
    return lambda: np.flatnonzero(bridges(n_nodes, start, end).bridge).astype(np.float64)


def minimum_cut(size: int, path: Path) -> Callable[[], Answer]:
    """F of a synthetic border: from arcs and zones to the value."""
    made = synthetic.synthetic(
        width_km=max(20, size // 130), deep_km=60, crossings=16, cut_links=12, cut_depth_km=30,
        towns=size // 650,
    )  # fmt: skip
    nodes, links, _ = synthetic.tables(made, DEPTHS_KM)
    toml = path.with_suffix(".toml")
    toml.write_text(synthetic.border_toml(made, DEPTHS_KM), encoding="utf-8")
    deepest = zones.zone_pairs(nodes, links, borderfile.read(toml))[-1]
    arcs = link_arcs.arcs(nodes, links, directed=True)
    merged, _ = flow.between(arcs, deepest.origin, deepest.destination)
    np.savez(path, tail=merged.tail, head=merged.head, source=flow.SOURCE, sink=flow.SINK)

    def ours() -> Answer:
        between, _ = flow.between(arcs, deepest.origin, deepest.destination)
        return np.array([flow.solve(between).value], dtype=np.float64)

    return ours


def contracted(name: str, path: Path) -> Callable[[], Answer]:
    """From OSM XML to nodes and links; how many of each there are."""
    inputs.ways_only(DATA / name, path)

    def ours() -> Answer:
        extract = read.read(path)
        ways = way_table(extract, str(path))[0]
        segments = pieces.of_ways(extract.ways, ways["row"].to_numpy()).assign(
            side="XX", third=False
        )
        at = extract.vertices
        nowhere: dict[str, Any] = {"side": "XX", "depth_km": np.nan, "border_km": np.nan}
        nowhere |= dict.fromkeys(STAYS, False)
        columns = {"osm_id": at.osm_id, "lon": at.lon, "lat": at.lat}
        vertices = pd.DataFrame(columns).assign(**nowhere)
        nodes, links, _ = nodes_and_links(vertices, segments, ways)
        return np.array([len(nodes), len(links)], dtype=np.float64)

    return ours


def travelled(size: int, path: Path) -> Callable[[], Answer]:
    """Minutes from places to crossings and on from these, on a border of about that many nodes."""
    network, wanted = travel.given(size // travel.NODES_PER_KM)
    np.savez(path, **travel.arcs(network, wanted))
    return partial(travel.matrices, network, wanted)


def placed(size: int, path: Path) -> Callable[[], Answer]:
    """Chance to meet a post for a few numbers of posts, of the curve for all of them."""
    return partial(placement.values, placement.written(size, path))


def same(ours: Answer, theirs: Answer) -> bool:
    """Identical, not near: NaN where NaN."""
    return np.array_equal(ours, theirs, equal_nan=True)


def equal_minutes(ours: Answer, theirs: Answer) -> bool:
    """The same to a thousandth of a minute: others round what they add up."""
    return np.allclose(ours, theirs, rtol=0, atol=0.001)


def equal_values(ours: Answer, theirs: Answer) -> bool:
    """The same to a millionth: a solver stops within its tolerance."""
    return np.allclose(ours, theirs, rtol=0, atol=1e-6)


def whole(ours: Answer, theirs: Answer) -> bool:
    """Both made nodes and links; how they differ is what the tests on real data list."""
    return bool((ours > 0).all() and (theirs > 0).all())


ROWS = [
    *(
        Row(f"redundancy-dense-{size}", "redundancy", "ra2ce", size, goal,
            partial(redundancy, inputs.dense, size), same)
        for size, goal in ((4_000, None), (16_000, None), (64_000, 100.0))
    ),
    *(
        Row(f"redundancy-sparse-{size}", "redundancy", "ra2ce", size, goal,
            partial(redundancy, inputs.sparse, size), same)
        for size, goal in ((1_000, None), (4_000, None), (16_000, 1000.0))
    ),
    *(
        Row(f"cut-{size}", "minimum_cut", "networkx", size, goal, partial(minimum_cut, size), same)
        for size, goal in ((5_000, None), (10_000, None), (20_000, 200.0))
    ),
    *(
        Row(f"bridges-{size}", "bridges", "networkx", size, goal, partial(all_bridges, size), same)
        for size, goal in ((16_000, None), (64_000, None), (256_000, 100.0))
    ),
    *(
        Row(f"matrices-{size}", "matrices", "networkx", size, goal, partial(travelled, size),
            equal_minutes)
        for size, goal in ((10_000, None), (30_000, None), (60_000, 20.0))
    ),
    *(
        Row(f"matrices_pandana-{size}", "matrices_pandana", "pandana", size, 1.0,
            partial(travelled, size), equal_minutes)
        for size in (10_000, 60_000, 600_000)
    ),
    *(
        Row(f"matrices_scipy-{size}", "matrices_scipy", "scipy", size, None,
            partial(travelled, size), equal_minutes)
        for size in (10_000, 60_000, 600_000)
    ),
    *(
        Row(f"placement-{size}", "placement", "HiGHS", size, None, partial(placed, size),
            equal_values)
        for size in (2_000, 10_000, 50_000)
    ),
    Row("osm-tijuana", "contract", "osmnx", 0, 12.0,
        partial(contracted, "osm-tijuana-2018.osm"), whole),
    Row("osm-liechtenstein", "contract", "osmnx", 0, 20.0,
        partial(contracted, "osm-liechtenstein-2022.osm.pbf"), whole),
]  # fmt: skip

# Whole stages: by name, what measures them, given the folder to work in.
STAGES: dict[str, Callable[[Path], dict[str, Any]]] = {
    **{f"border-{size}": partial(border.measured, size) for size in border.SIZES},
    **{f"flow-{size}": partial(whole_flow.measured, size) for size in border.SIZES},
    **{f"travel-{size}": partial(travel.measured, size) for size in travel.SIZES},
    **{
        f"placement-{work}-{size}": partial(placement.measured, work, size)
        for size in placement.SIZES
        for work in ("curve", "fixed")
    },
    **{f"success-{size}": partial(success.measured, size) for size in success.SIZES},
    **{f"terrain-{km}": partial(terrain.measured, km) for km in terrain.LENGTHS_KM},
    **{f"clip-{copies}": partial(extract.measured, copies) for copies in extract.COPIES},
    "trucks": trucks.measured,
    **{f"planet-{links}": partial(planet.measured, links) for links in planet.SIZES},
}


def main(out: Path, their_python: str, name: str) -> None:
    """Measure what is asked for, then report all rows that are there."""
    rows = out / "rows"
    rows.mkdir(parents=True, exist_ok=True)
    for row in ROWS:
        kept = rows / f"{row.name}.json"
        if row.name.startswith(name) and (name or not kept.is_file()):
            with tempfile.TemporaryDirectory(prefix="bench.") as scratch:
                _keep(kept, measured(row, Path(scratch), their_python))
    for stage, measure in STAGES.items():
        kept = rows / f"{stage}.json"
        if stage.startswith(name) and (name or not kept.is_file()):
            _keep(kept, measure(out))
    report.report(out)


def measured(row: Row, scratch: Path, their_python: str) -> dict[str, Any]:
    """Ours and theirs in turn, RUNS times or once if theirs is long."""
    suffix = ".osm" if row.work == "contract" else ".npz"
    path, answer_path = scratch / f"input{suffix}", scratch / "answer.npz"
    if row.work == "contract" and not DATA.is_dir():
        return {"name": row.name, "skipped": "no extracts beside the checkout"}
    ours = row.given(path)
    ours()  # compiles
    ours_s: list[float] = []
    theirs_s: list[float] = []
    identical = True
    theirs = [their_python, str(Path(__file__).with_name("theirs.py"))]
    command = [*theirs, row.work, str(path), str(answer_path)]
    while len(ours_s) < RUNS and (not theirs_s or theirs_s[0] <= LONG_S):
        seconds, answer = _timed(ours)
        ours_s.append(seconds)
        quiet = subprocess.DEVNULL  # some tell of every step they take
        subprocess.run(command, check=True, stdout=quiet, stderr=quiet)  # noqa: S603
        found = np.load(answer_path)
        theirs_s.append(float(found["seconds"]))
        identical &= row.identical(answer, found["answer"])
    while len(ours_s) < RUNS:
        ours_s.append(_timed(ours)[0])
    size = row.size or int(answer[0])
    return {
        "name": row.name, "against": row.against, "nodes": size, "goal": row.goal,
        "ours_s": ours_s, "theirs_s": theirs_s, "identical": identical,
    }  # fmt: skip


def _timed(ours: Callable[[], Answer]) -> tuple[float, Answer]:
    """Mean seconds of as many calls as take SHORT_S: one of a millisecond would time the caches."""
    begun, calls = time.perf_counter(), 0
    while not calls or time.perf_counter() - begun < SHORT_S:
        answer = ours()
        calls += 1
    return (time.perf_counter() - begun) / calls, answer


def _keep(path: Path, row: dict[str, Any]) -> None:
    aside = path.with_suffix(".aside")
    aside.write_text(json.dumps(row | {"machine": report.machine()}, indent=1), encoding="utf-8")
    aside.replace(path)
    report.tell(row)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
