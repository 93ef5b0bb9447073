"""What must hold of the tables of the stages, whatever the map: the proof is checked."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipeline.core import borderfile, schema, store
from pipeline.ops import verify
from pipeline.ops.proof.gather import LAYERS, Layers, gather
from pipeline.stages.chokepoints import chokepoints
from pipeline.stages.crossings import crossings
from pipeline.stages.network import network
from tests import fuzz_osm, world
from tests.world import World, table

# Checks of layers that later stages make.
LATER = ("walking and fronts agree with F(D)", "closing one more never stops less")


def network_holds(folder: Path, seed: int) -> None:
    """The network of a hostile file is split at line and depths, and whole."""
    raw, toml = fuzz_osm.written(folder, seed)
    network(str(raw), str(toml), str(folder / "network"))
    _check_network(folder)


def proof_holds(folder: Path, seed: int) -> None:
    """Network, crossings and cuts of a hostile file: the proof of every F(D) holds."""
    raw, toml = fuzz_osm.written(folder, seed)
    run(folder, raw, toml)
    _check_network(folder)
    failing = problems(folder, toml)
    assert not failing, failing


def run(folder: Path, raw: Path, toml: Path) -> None:
    """The stages from the raw file to the cuts, each in its folder."""
    network(str(raw), str(toml), str(folder / "network"))
    crossings(str(folder / "network"), str(toml), str(folder / "crossings"))
    network_dir, crossings_dir = str(folder / "network"), str(folder / "crossings")
    chokepoints(network_dir, crossings_dir, str(toml), str(folder / "chokepoints"))


def _check_network(folder: Path) -> None:
    rows = table(folder / "network", "provenance")
    empty = pd.DataFrame()
    names = ("nodes", "links", "posts", "places", "border")
    found = {name: table(folder / "network", name) for name in names}
    provenance = dict(zip(rows["key"], rows["value"], strict=True))
    world.check(World(folder, crossings=empty, members=empty, provenance=provenance, **found))
    assert (found["links"]["length_m"] >= 0).all()
    assert (found["links"]["minutes"] >= 0).all()


def problems(folder: Path, toml: Path) -> dict[str, str]:
    """The checks of a published border that the tables of the stages fail, with what is wrong."""
    proof = gather(layers(folder, toml))
    found = {name: next(iter(check(proof)), "") for name, check in verify.CHECKS.items()
             if name not in LATER}  # fmt: skip
    return {name: what for name, what in found.items() if what}


def layers(folder: Path, toml: Path) -> Layers:
    """The layers as a published border would hold them; empty where a later stage makes them."""
    made: Layers = {
        name: pd.DataFrame(schema.empty(name)) for name in LAYERS if name in schema.TABLES
    }
    for stage in ("network", "crossings", "chokepoints"):
        for path in sorted((folder / stage).glob("*.parquet")):
            frame: pd.DataFrame = store.read(folder / stage, path.stem)
            made[path.stem] = pd.DataFrame(frame) if isinstance(frame, gpd.GeoDataFrame) else frame
    made["links"] = made["links"].merge(made["link_cuts"], on="link_id")
    border = borderfile.read(toml)
    target = {"key": ["target"], "value": [" ".join(f"{part:g}" for part in border.target)]}
    made["provenance"] = pd.concat([made["provenance"], pd.DataFrame(target)], ignore_index=True)
    return made
