"""Fields to place posts on: a grid of roads between two zones, and synthetic borders.

`python -m bench.placement WORK SIZE FIELD.npz OUT.json` measures a border in a process of its own,
so that its peak memory is the work's; the field is made if it is not there.
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
import numpy.typing as npt
import pandas as pd

from bench import travel
from pipeline.core import parameters, schema
from pipeline.graph import placement, placement_curve
from pipeline.graph.flow import SINK, SOURCE
from pipeline.graph.placement_field import Field
from pipeline.measures import placement as networks
from pipeline.network import zones
from tests import placement_program

WIDE = 60  # roads side by side: the minimum cut is somewhat less
KEPT = 0.9  # share of the grid's links that are there
STANDING = 200
MOST_POSTS = 100.0  # more than there are roads side by side: the value reaches 1 before
ASKED = (1.0, 5.0, 20.0)

# Links of synthetic borders, by their width: half of them lie between the zones. HiGHS solves the
# first in minutes, not the others. The grid has a million links between its zones.
WIDTH_KM = {"10k": 31, "100k": 310, "1M": 3110}
SIZES = (*WIDTH_KM, "grid")
SOLVED = ("10k",)
GRID_LINKS = 1_000_000
DEPTH_KM = 50.0
ARRAYS = ("tail", "head", "link", "takes", "chance")
WHOLE_POSTS = parameters.wholes("placement_posts")


def given(n_links: int) -> Field:
    """A grid of about so many links, all two-way, from its first row to its last."""
    long = max(3, round(n_links / (2 * WIDE * KEPT)))
    node = np.arange(WIDE * long, dtype=np.int64).reshape(long, WIDE) + 2
    random = np.random.default_rng(1)
    across = np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()])
    along = np.column_stack([node[:-1].ravel(), node[1:].ravel()])
    ends = np.vstack([across, along])
    ends = ends[random.random(len(ends)) < KEPT]
    link = np.arange(len(ends), dtype=np.int64)
    stands = np.zeros(len(ends) + 2 * WIDE, dtype=bool)
    stands[random.choice(len(ends), min(STANDING, len(ends) // 50), replace=False)] = True
    outer = len(ends) + np.arange(2 * WIDE, dtype=np.int64)
    links = np.concatenate([link, link, outer])
    return Field(
        n_nodes=WIDE * long + 2,
        tail=np.concatenate([ends[:, 0], ends[:, 1], np.full(WIDE, SOURCE), node[-1]]),
        head=np.concatenate([ends[:, 1], ends[:, 0], node[0], np.full(WIDE, SINK)]),
        link=links,
        takes=~stands[links] & (links < len(ends)),
        chance=stands[links].astype(np.float64),
    )


def written(n_links: int, path: Path) -> Field:
    """The field, written for the other side."""
    field = given(n_links)
    _write(field, path)
    return field


def _write(field: Field, path: Path) -> None:
    arrays = {name: getattr(field, name) for name in ARRAYS}
    np.savez(path, n_nodes=field.n_nodes, asked=np.array(ASKED), **arrays)


def values(field: Field) -> npt.NDArray[np.float64]:
    """The whole curve, then its values at the numbers of posts asked for."""
    curve = placement_curve.curve(field, 1.0, MOST_POSTS)
    return np.array([placement_curve.value(curve, n_posts) for n_posts in ASKED])


def of_border(width_km: int, path: Path) -> Field:
    """The field of a synthetic border with posts at junctions drawn by number, kept at `path`."""
    if path.is_file():
        kept = np.load(path)
        return Field(int(kept["n_nodes"]), *(kept[name] for name in ARRAYS))
    tables, border = travel.tables(width_km)
    nodes, links = gpd.GeoDataFrame(tables["nodes"]), gpd.GeoDataFrame(tables["links"])
    pairs = {pair.depth_km: pair for pair in zones.zone_pairs(nodes, links, border)}
    sides, none = (border.from_, border.to), schema.empty("placement_links")
    ways = networks.network(nodes, links, none, sides, "road", walking=False)
    random = np.random.default_rng(1)
    at = random.choice(len(nodes), min(STANDING, len(nodes) // 50), replace=False)
    posts = pd.DataFrame({"node_id": nodes["node_id"].to_numpy()[at], "kind": "checkpoint"})
    field = networks.between(nodes, ways, pairs[DEPTH_KM], posts).field
    _write(field, path)
    return field


def measured(work: str, size: str, out: Path) -> dict[str, Any]:
    """One border: seconds and memory of the curve, or of fixed posts."""
    field, kept = out / f"placement-{size}.npz", out / "placement.json"
    command = [sys.executable, "-m", "bench.placement", work, size, str(field), str(kept)]
    subprocess.run(command, check=True)  # noqa: S603
    row: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    kept.unlink()
    return {"name": f"placement-{work}-{size}"} | row


def measure(work: str, size: str, path: Path) -> dict[str, Any]:
    """What `measured` keeps, of a border of this size."""
    field = given(GRID_LINKS) if size == "grid" else of_border(WIDTH_KM[size], path)
    values(given(2000))  # compiles
    cpu_s, begun = time.process_time(), time.perf_counter()
    more = _curve(field) if work == "curve" else _fixed(field)
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - cpu_s
    row = {
        "nodes": field.n_nodes, "links": len(np.unique(field.link)), "ours_s": [seconds],
        "cpu_s": cpu_s, "identical": True, "more": more,
        # What the tables of the border took before counts too, where they were made.
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
    return row | (_program(field) if work == "curve" and size in SOLVED else {})


def _curve(field: Field) -> dict[str, Any]:
    """Randomised posts: the values for every number of them, and the places of five."""
    curve = placement_curve.curve(field, 1.0, MOST_POSTS)
    placed = placement.randomised(field, curve, [float(parameters.whole("drawn_posts"))])[0]
    return {
        "posts_to_stop_all": placement_curve.enough(curve, min(curve.most, 1.0)),
        "ways": len(placed.ways),
    }


def _fixed(field: Field) -> dict[str, Any]:
    """Fixed posts that stop with the same chance as existing ones: by duality there is no gap."""
    curve = placement_curve.curve(field, 1.0, max(WHOLE_POSTS))
    placed = placement.fixed(field, curve, WHOLE_POSTS)
    met = {f"met_by_{n}": one.value for n, one in zip(WHOLE_POSTS, placed, strict=True)}
    bounds = [np.floor(placement_curve.value(curve, n) + 1e-9) for n in WHOLE_POSTS]
    return met | {"gap": max(bound - one.value for bound, one in zip(bounds, placed, strict=True))}


def _program(field: Field) -> dict[str, Any]:
    """HiGHS on the full linear program, once for each number of posts asked for."""
    begun = time.perf_counter()
    theirs = [placement_program.value(field, 1.0, n) for n in ASKED]
    seconds = time.perf_counter() - begun
    same = np.allclose(theirs, values(field), rtol=0, atol=1e-6)
    return {"theirs_s": [seconds], "against": "HiGHS", "identical": bool(same)}


if __name__ == "__main__":
    row = measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    Path(sys.argv[4]).write_text(json.dumps(row), encoding="utf-8")
