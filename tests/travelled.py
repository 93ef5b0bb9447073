"""The travel stage on drawn borders, for tests of the stages that read it."""

from pathlib import Path

from pipeline.core import schema, store
from pipeline.stages.travel import travel


def travelled(*at: str | Path) -> str:
    """Run the stage on the paths that it takes, and return that of its folder.

    Drawn borders have no stations, and nothing said of how deep they reach, unless a test says so.
    """
    network = Path(at[0])
    missing = [
        name for name in ("stations", "reach") if not (network / f"{name}.parquet").is_file()
    ]
    store.write(network, {name: schema.empty(name) for name in missing})
    travel(*map(str, at))
    return str(at[3])
