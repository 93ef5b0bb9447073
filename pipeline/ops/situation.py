"""Apply a situation file to a border: its network and crossings as they are on a day."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipeline.core import files, situationfile, store
from pipeline.core.errors import InputError
from pipeline.measures import situation as on_crossings
from pipeline.measures import situation_links
from pipeline.measures.statements import STANDINGS, stated

NETWORK = ("nodes", "links", "provenance")
CROSSINGS = ("crossings", "crossing_links")


def situation(border_dir: str, status_csv: str, today: str, out_dir: str) -> None:
    """Write folders network and crossings to `out_dir`, as those of `border_dir` are on a day.

    `border_dir` has the stages of a border as mapped, `status_csv` the statements since then;
    without that file everything stays as mapped. `today` is a day such as 2026-01-31; if empty, the
    day of the newest statement. The later stages run on `out_dir` as usual. Raises InputError if a
    row of the file names no crossing, or contradicts another.
    """
    mapped, out = Path(border_dir), Path(out_dir)
    network = {name: store.read(mapped / "network", name) for name in NETWORK}
    crossings, joins = (store.read(mapped / "crossings", name) for name in CROSSINGS)
    statements = situationfile.read(Path(status_csv)) if Path(status_csv).is_file() else []
    asked = _day(today, statements)
    stated_rows = stated(statements, crossings, asked)
    after = on_crossings.laid_over(crossings, stated_rows)
    nodes, links = gpd.GeoDataFrame(network["nodes"]), gpd.GeoDataFrame(network["links"])
    nodes, links, joins = situation_links.laid_over(nodes, links, joins, crossings, after)
    provenance = _provenance(network["provenance"], status_csv, asked, stated_rows)
    made = {
        "network": {"nodes": nodes, "links": links, "provenance": provenance},
        "crossings": {"crossings": after, "crossing_links": joins, "situations": stated_rows},
    }
    others = {stage: _others(mapped / stage, tables) for stage, tables in made.items()}
    for stage, tables in made.items():
        store.write(out / stage, tables, others=others[stage])


def _day(today: str, statements: list[situationfile.Statement]) -> date:
    """The day to apply: as given, otherwise that of the newest statement."""
    if today:
        return situationfile.day(today, "TODAY")
    return max((one.since for one in statements), default=date.min)


def _provenance(
    rows: pd.DataFrame, status_csv: str, asked: date, stated_rows: pd.DataFrame
) -> pd.DataFrame:
    """What the network was made from, and the situation that was applied to it."""
    path = Path(status_csv)
    counts = stated_rows.drop_duplicates("row")["standing"].value_counts()
    added = {"situation_day": "not stated" if asked == date.min else asked.isoformat(),
            "situation_file": path.name if path.is_file() else "none",
            **({"situation_sha256": files.sha256(path)} if path.is_file() else {}),
            **{f"situation_rows_{standing.replace(' ', '_')}": str(int(counts.get(standing, 0)))
               for standing in STANDINGS}}  # fmt: skip
    more = pd.DataFrame({"key": list(added), "value": list(added.values())})
    return pd.concat([rows, more], ignore_index=True)


def _others(mapped: Path, changed: Collection[str]) -> list[Path]:
    """The tables and arrays of a stage's folder that a situation does not change."""
    if not (mapped / store.STAMP).is_file():
        raise InputError(f"{mapped}: incomplete, expected what stage {mapped.name} writes")
    left = [path for path in sorted(mapped.iterdir()) if path.stem not in changed]
    return [path for path in left if path.suffix in store.SUFFIXES]
