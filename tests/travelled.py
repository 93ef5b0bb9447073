"""The travel stage on drawn borders, for tests of the stages that read it."""

from pathlib import Path

from pipeline.core import schema, store
from pipeline.stages.travel import travel


def travelled(*at: str | Path) -> str:
    """Run the stage on the paths that it takes, and return that of its folder.

    Drawn borders have no stations unless a test draws some.
    """
    if not (Path(at[0]) / "stations.parquet").is_file():
        store.write(at[0], {"stations": schema.empty("stations")})
    travel(*map(str, at))
    return str(at[3])
