"""Travel over synthetic borders: matrices to and from the crossings, and what is made of them.

`python -m bench.travel WIDTH_KM OUT.json` measures one border in a process of its own, so that its
peak memory is the work's.
"""

import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core import borderfile, schema
from pipeline.core.borderfile import BorderFile
from pipeline.core.types import Floats
from pipeline.graph import interdiction, interdiction_game
from pipeline.travel import choice, demand, gate_matrices, mode_network
from pipeline.travel.assemble import travel
from pipeline.travel.closing import LOST_MINUTES, effect
from pipeline.travel.limits import DETOUR_LIMIT
from pipeline.travel.mode_network import Network
from tests import synthetic

DEPTHS_KM = (10.0, 25.0, 50.0)
# Links of the border, by its width; how many sets, drawn at random, are closed for a mean.
WIDTH_KM = {"100k": 310, "300k": 980, "1M": 3110}
SIZES = ("100k", "300k", "1M")
NODES_PER_KM = 196
SETS = 50
ENDS = ("from_node", "to_node")
MOST_CLOSED = 10


def tables(width_km: int) -> tuple[dict[str, pd.DataFrame], BorderFile]:
    """Nodes, links, places and crossings of a border of some 320 links per km, and its file."""
    made = synthetic.synthetic(
        width_km=width_km, deep_km=60, crossings=min(60, width_km // 2), cut_links=12,
        cut_depth_km=30, towns=max(4, width_km),
    )  # fmt: skip
    nodes, links, places = synthetic.tables(made, DEPTHS_KM)
    with tempfile.TemporaryDirectory(prefix="bench.") as scratch:
        toml = Path(scratch) / "aa-bb.toml"
        toml.write_text(synthetic.border_toml(made, DEPTHS_KM), encoding="utf-8")
        border = borderfile.read(toml)
    at_line = nodes[nodes["kind"] == "border"].sort_values("border_km", ignore_index=True)
    met = [links.loc[links[end].isin(at_line["node_id"])] for end in ENDS]
    ends = pd.concat([part.assign(node_id=part[end]) for part, end in zip(met, ENDS, strict=True)])
    found = {
        "nodes": nodes,
        "links": links,
        "places": places,
        "crossings": gpd.GeoDataFrame(
            {
                "crossing_id": at_line["node_id"],
                "mode": "road",
                "counted": True,
                "status": "official",
                "wait_minutes": np.nan,
                "truck_wait_minutes": np.nan,
                "border_km": at_line["border_km"],
            },
            geometry=at_line.geometry.to_numpy(),
            crs=schema.CRS,
        ),
        "crossing_links": ends.assign(crossing_id=ends["node_id"])[
            ["crossing_id", "link_id", "node_id"]
        ],
    }
    return found, border


def given(width_km: int) -> tuple[Network, demand.Demand]:
    """The road network of such a border, and its demand: 400 places a side."""
    made, border = tables(width_km)
    found = travel(made, "road", border, mode_network.usable(made["links"], "road"))
    return found.network, demand.demand(found.settled, found.network, border, "through")


def matrices(network: Network, wanted: demand.Demand) -> Floats:
    """Minutes from places to gates, and from gates to places, from which all else is computed."""
    to = gate_matrices.to_gates(network, wanted.origin).minutes
    on = gate_matrices.from_gates(network, wanted.destination).minutes
    return np.concatenate([to.ravel(), on.ravel()])


def arcs(network: Network, wanted: demand.Demand) -> dict[str, Any]:
    """The same question for other packages: arcs of either side, gates and places."""
    gate = np.zeros(len(network.nodes), dtype=bool)
    gate[network.gate_node] = True
    to = network.on_from & ~gate[network.tail]
    on = network.on_to & ~gate[network.head]
    table: dict[str, Any] = {"n_nodes": len(network.nodes), "gate": network.gate_node}
    table |= {"wait": network.wait_minutes[network.gate_crossing]}
    for name, kept, places in (("to", to, wanted.origin), ("on", on, wanted.destination)):
        for column in ("tail", "head", "minutes"):
            table[f"{name}_{column}"] = getattr(network, column)[kept]
        table[f"{name}_place"] = places
    return table


def measured(size: str, out: Path) -> dict[str, Any]:
    """One border: seconds and memory of the matrices, of a closure, and of the best closures."""
    kept = out / "travel.json"
    command = [sys.executable, "-m", "bench.travel", str(WIDTH_KM[size]), str(kept)]
    subprocess.run(command, check=True)  # noqa: S603
    row: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    kept.unlink()
    return {"name": f"travel-{size}"} | row


def measure(width_km: int) -> dict[str, Any]:
    """What `measured` keeps, of a border of this width."""
    given(20)
    network, wanted = given(width_km)
    cpu_s = time.process_time()
    begun = time.perf_counter()
    matrices(network, wanted)
    matrices_s = time.perf_counter() - begun
    cpu_s = time.process_time() - cpu_s
    # What the tables of the border took before counts too.
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    chosen = choice.choose(network, wanted)
    rng = np.random.default_rng(1)
    count = len(chosen.minutes)
    sets = [np.sort(rng.choice(count, rng.integers(1, count), replace=False)) for _ in range(SETS)]
    begun = time.perf_counter()
    for closed in sets:
        effect(chosen, closed)
    set_s = (time.perf_counter() - begun) / SETS
    begun = time.perf_counter()
    game = interdiction_game.limit(chosen.minutes, chosen.weight, DETOUR_LIMIT)
    stop = interdiction.curve(game)
    stop_s = time.perf_counter() - begun
    begun = time.perf_counter()
    lost = interdiction_game.delay(chosen.minutes, chosen.weight, LOST_MINUTES)
    delay = interdiction.curve(lost, MOST_CLOSED)
    delay_s = time.perf_counter() - begun
    return {
        "nodes": len(network.nodes), "links": len(network.links), "ours_s": [matrices_s],
        "cpu_s": cpu_s, "peak_mb": peak_mb, "identical": True,
        "stages_s": {"closure_set": set_s, "stop_all": stop_s, "delay_to_10": delay_s},
        "more": {
            "exact_stop": sum(best.exact for best in stop),
            "exact_delay": sum(best.exact for best in delay),
            # Of all demand; the goal is 0.05 at 60 crossings and 400 places.
            "gap_stop": max(best.bound - best.value for best in stop) / float(game.value.sum()),
            "never_falls": all(
                after.value >= before.value for before, after in itertools.pairwise(stop)
            ),
        },
    }  # fmt: skip


if __name__ == "__main__":
    row = measure(int(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(row), encoding="utf-8")
