"""The travel stage on drawn borders, for tests of the stages that read it."""

from pathlib import Path

from pipeline.core import schema
from pipeline.stages.travel import travel
from tests import world


def travelled(*at: str | Path) -> str:
    """Run the stage on the paths that it takes, and return that of its folder.

    Drawn borders have no stations, and nothing said of how deep they reach, unless a test says so.
    """
    network = Path(at[0])
    missing = [
        name for name in ("stations", "reach") if not (network / f"{name}.parquet").is_file()
    ]
    world.put(network, {name: schema.empty(name) for name in missing})
    travel(*map(str, at))
    return str(at[3])
