"""The record next to a raw file: where it came from, when, and what it holds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.core import config, files
from pipeline.core.borderfile import Km
from pipeline.sources.osm_file import write_record

LICENCE = "© OpenStreetMap contributors, ODbL 1.0"


def put(aside: Path, out: Path, border: str, record: dict[str, object]) -> None:
    """Write the record of the border's raw file, then move the raw file from `aside` to its place.

    The raw file is moved last: if it exists, its record exists too.
    """
    write_record(out, border, record)
    files.put(aside, out)


def record_of(
    raw: Path,
    began: datetime,
    data_time: str,
    counts: Mapping[str, int],
    asked: Mapping[str, object],
) -> dict[str, object]:
    """The record of the raw OSM file: times in UTC, its size and SHA-256, counts of its elements.

    `asked` says where it came from: URL, question, or whatever else the source records.
    """
    stated = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        **asked,
        "fetch_began": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "fetched": stated,
        "osm_timestamp": data_time,
        **counts,
        "bytes": raw.stat().st_size,
        "sha256": files.sha256(raw),
        "licence": LICENCE,
    }


def texts(path: Path) -> dict[str, str]:
    """Read the record at `path`, each value as one text for readers; {} if there is none.

    Raises InputError if it is not JSON.
    """
    return {key: _flat(value) for key, value in _read(path).items()}


def big_roads_km(path: Path) -> float | None:
    """How deep big roads were fetched by the record at `path`; None if it does not say.

    Raises InputError if it is not JSON, or the value is not a number of kilometres.
    """
    km = _read(path).get("big_roads_km")
    return None if km is None else config.convert(path, km, Km, "big_roads_km")


def _read(path: Path) -> dict[str, Any]:
    return config.table(path, "a record") if path.is_file() else {}


def _flat(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{key} {part}" for key, part in value.items())
    return str(value)
