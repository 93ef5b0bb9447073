"""Print how old each source is; status 1 if a downloaded one is too old, for monitoring."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core import config, files, parameters
from pipeline.core.config import Number
from pipeline.core.errors import InputError, quoted

ELEVATION = ", elevation"  # after the border's name, of the record of its elevation model
RAW_FILES = ("osm.pbf", "osm", "osm.gz", "osm.bz2")
MOST_DAYS = parameters.number("stale_days")


def status(raw: str, most_days: str = str(MOST_DAYS)) -> None:
    """Print a line for each raw file below the folder `raw`; fail if one is too old.

    Also fail for a source whose last refresh was killed while it served its files, or was refused.

    Too old means downloaded more than `most_days` days ago; a file requested as of a fixed day, or
    not downloaded, has no age.
    """
    limit: float = config.cell("DAYS", most_days, Number)
    if not Path(raw).is_dir():
        raise InputError(f"{raw}: no such folder, expected the folder of sources")
    stale = 0
    for source, border, record in _records(Path(raw)):
        if border.endswith(ELEVATION):
            model = record.get("model", "elevation model")
            sys.stdout.write(f"ok     {source} {border}: {model}, does not age\n")
            continue
        fetched = record.get("fetched")
        if fetched is None or source.startswith("overpass-"):
            sys.stdout.write(f"ok     {source} {border}: does not age\n")
            continue
        try:
            then = datetime.fromisoformat(str(fetched))
        except ValueError as error:
            raise InputError(
                f"{source} {border}: fetched {quoted(fetched)}, expected a time"
            ) from error
        days = (datetime.now(UTC) - then).total_seconds() / 86400
        stale += days > limit
        word = "STALE " if days > limit else "ok    "
        data = record.get("osm_timestamp", "unknown")
        line = f"{word} {source} {border}: fetched {days:.1f} days ago, map of {data}"
        sys.stdout.write(f"{line}\n")
    for source, name in _without_record(Path(raw)):
        sys.stdout.write(f"ok     {source} {name}: put there by hand, does not age\n")
    for refused in sorted((Path(raw).parent / "snapshots").glob("*/refused/processed")):
        source = refused.parent.parent.name
        sys.stdout.write(f"REFUSED {source}: its last refresh changed too much; {refused}")
        sys.stdout.write("/changes.md says what\n")
        stale += 1
    for mark in sorted((Path(raw).parent / "snapshots").glob("*/new/checked")):
        source = mark.parent.parent.name
        if files.is_locked(mark.parent.with_name(".lock")):
            continue  # a refresh is doing that now
        stale += 1
        sys.stdout.write(f"MIXED  {source}: not all of the last refresh is in place; ")
        sys.stdout.write(f"`make SOURCE={source}` finishes it\n")
    if stale:
        sys.exit(f"error: {stale} older than {limit:g} days, refused or not whole")


def _without_record(raw: Path) -> list[tuple[str, str]]:
    """Source and file name of what a user put there."""
    found = [path for kind in RAW_FILES for path in raw.glob(f"*/[!.]*.{kind}")]
    borders = {path: path.name.partition(".osm")[0] for path in found}
    return sorted(
        (path.parent.name, path.name)
        for path, border in borders.items()
        if not path.with_name(f"{border}.record.json").is_file()
    )


def _records(raw: Path) -> Iterator[tuple[str, str, dict[str, object]]]:
    found = [*raw.glob("*/*.record.json"), *raw.glob("*/*.dem.json")]
    for path in sorted(found):
        name = path.name.removesuffix(".record.json").replace(".dem.json", ELEVATION)
        yield path.parent.name, name, config.table(path, "a record")
