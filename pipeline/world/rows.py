"""One row for each border: what world.csv, world.gpkg and the atlas show."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from pipeline.core import files, parameters
from pipeline.core import store as tables
from pipeline.core.errors import InputError
from pipeline.core.spread import Spread, in_turn
from pipeline.world.cutting import Cut
from pipeline.world.run import Outcome
from pipeline.world.store import Store

STAMP = "2000-01-01T00:00:00.000Z"  # the time that GeoPackage stores: equal input, equal bytes
STATUSES = ("official", "informal", "unmarked", "closed")
COUNTS = (
    *(f"road_{one}" for one in STATUSES),
    *("rail_crossings", "foot_crossings", "links", "bridge_links", "k90"),
    *("data_issues", "grave_data_issues"),
)
STRETCH_KM = parameters.number("informal_count_km")
INFORMAL = f"road_informal_per_{STRETCH_KM:g}_km"
MOST_SHARE = parameters.number("ranked_stopped_share")


@dataclass(frozen=True)
class Ran:
    """A border that was found, why it failed if it did, and where its stages wrote."""

    cut: Cut
    failed: str
    results: Store


def rows(
    cuts: Sequence[Cut],
    outcomes: Mapping[str, Sequence[Outcome]],
    results: Store,
    spread: Spread = in_turn,
) -> gpd.GeoDataFrame:
    """One row for each border that was found, with the reason if it failed.

    Parameters
    ----------
    cuts
        The borders.
    outcomes
        The outcomes of their stages, by border.
    results
        Where the stages wrote their output.
    spread
        Who reads the tables of the borders; the rows are the same.

    Returns
    -------
    GeoDataFrame
        In degrees (EPSG:4326), by border: names, length, crossings by status, minimum cuts by
        depth, k90, bridge links, walking, data issues, `failed`. Empty where not stated.
    """
    ran = [
        Ran(
            cut=cut,
            failed=cut.error
            or next((one.error for one in outcomes.get(cut.border, ()) if one.error), ""),
            results=results,
        )
        for cut in cuts
    ]
    found = list(spread(row_of, ran))
    table = gpd.GeoDataFrame(found, geometry="geometry", crs="EPSG:4326")
    cuts_by_depth = sorted(
        (one for one in table.columns if depth_of(one) is not None),
        key=lambda one: depth_of(one) or 0.0,
    )
    for name in {*COUNTS, *cuts_by_depth} & set(table.columns):
        table[name] = table[name].astype("Int64")
    if "road_informal" in table.columns:
        # What is handed on has informal crossings only as a count for each stretch (USE.md).
        at = table.columns.get_loc("road_informal")
        informal = table.pop("road_informal").astype(float) / (table["length_km"] / STRETCH_KM)
        table.insert(at, INFORMAL, informal.round(3))
    last = ["failed", "geometry"]
    first = [name for name in table.columns if name not in (*last, *cuts_by_depth)]
    return table[[*first, *cuts_by_depth, *last]]


def row_of(ran: Ran) -> dict[str, object]:
    """The row of a border: what is known of it, whatever stages it came to."""
    cut = ran.cut
    row: dict[str, object] = {
        "border": cut.border,
        "name": cut.name,
        "from_country": cut.from_,
        "to_country": cut.to,
        "length_km": cut.length_km,
    }
    geometry: BaseGeometry | None = None
    for part in (_line, _crossings, _cuts, _links, _closures, _walking, _issues):
        try:
            more = part(cut.border, ran.results)
        except (InputError, OSError):
            continue
        geometry = more.pop("geometry", geometry)  # type: ignore[assignment]
        row |= more
    return row | {"failed": ran.failed, "geometry": geometry}


def depth_of(column: str) -> float | None:
    """The signed depth in km of a column of minimum cuts; None for other columns."""
    match = re.fullmatch(r"road_min_cut_links_(minus|plus)_([\d.]+)_km", column)
    return float(match[2]) * (-1 if match[1] == "minus" else 1) if match else None


def write(table: gpd.GeoDataFrame, out: Path) -> None:
    """Write world.csv and world.gpkg to the folder."""
    out.mkdir(parents=True, exist_ok=True)
    plain = pd.DataFrame(table.drop(columns="geometry"))
    files.write_text(out / "world.csv", plain.to_csv(index=False, lineterminator="\n"))
    shown = table.copy()
    shown["geometry"] = [
        shapely.MultiLineString() if shape is None else shape for shape in table.geometry
    ]
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        with files.whole(out / "world.gpkg") as aside:
            options = {"VERSION": "1.3"}
            shown.to_file(
                aside, layer="borders", driver="GPKG", engine="pyogrio", dataset_options=options
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _table(border: str, results: Store, stage: str, name: str, *wanted: str) -> pd.DataFrame:
    """Columns of a stage's table: a world has hundreds of borders, read one after the other."""
    return tables.columns(results.fetch(f"{border}/{stage}"), name, wanted)


def _line(border: str, results: Store) -> dict[str, object]:
    found = gpd.GeoDataFrame(tables.read(results.fetch(f"{border}/network"), "border"))
    return {
        "length_km": round(float(found["length_km"].iloc[0]), 3),
        "ruler_2km_length_km": round(float(found["ruler_2km_length_km"].iloc[0]), 3),
        "geometry": found.geometry.iloc[0],
    }


def _crossings(border: str, results: Store) -> dict[str, object]:
    found = _table(border, results, "crossings", "crossings", "counted", "mode", "status")
    found = found[found["counted"]]
    roads = found[found["mode"] == "road"]
    counts = roads["status"].value_counts()
    row: dict[str, object] = {f"road_{one}": int(counts.get(one, 0)) for one in STATUSES}
    for mode in ("rail", "foot"):
        row[f"{mode}_crossings"] = int((found["mode"] == mode).sum())
    return row


def _cuts(border: str, results: Store) -> dict[str, object]:
    wanted = ("mode", "directed", "third_open", "depth_km", "min_cut_links")
    found = _table(border, results, "chokepoints", "cordons", *wanted)
    head = found[(found["mode"] == "road") & found["directed"] & ~found["third_open"]]
    row: dict[str, object] = {}
    for depth_km, links in zip(head["depth_km"], head["min_cut_links"], strict=True):
        sign = "minus" if depth_km < 0 else "plus"
        key = f"road_min_cut_links_{sign}_{abs(depth_km):g}_km"
        row[key] = None if pd.isna(links) else int(links)
    return row


def _links(border: str, results: Store) -> dict[str, object]:
    network = _table(border, results, "network", "links", "mode")
    cut_edges = _table(border, results, "chokepoints", "chokepoints", "kind")
    kinds = cut_edges["kind"].value_counts()
    return {"links": len(network), "bridge_links": int(kinds.get("cut_edge", 0))}


def _closures(border: str, results: Store) -> dict[str, object]:
    wanted = ("mode", "demand", "unit", "detour_limit", "stopped_share", "closings")
    found = _table(border, results, "closures", "closure_counts", *wanted)
    limit = f"{parameters.number('detour_limit'):g}"
    found = found[(found["mode"] == "road") & (found["demand"] == "through")]
    found = found[(found["unit"] == "crossing") & (found["detour_limit"] == limit)]
    closings = found.loc[np.isclose(found["stopped_share"], MOST_SHARE), "closings"].dropna()
    return {"k90": int(closings.iloc[0]) if len(closings) else None}


def _walking(border: str, results: Store) -> dict[str, object]:
    found = _table(border, results, "terrain", "walk_km", "walk_minutes")
    minutes = found["walk_minutes"].to_numpy(dtype=float)
    known = minutes[np.isfinite(minutes)]
    return {"median_walk_minutes": round(float(np.median(known)), 1) if len(known) else None}


def _issues(border: str, results: Store) -> dict[str, object]:
    found = [
        _table(border, results, stage, name, "severity")
        for stage, name in (("network", "data_issues"), ("crossings", "crossing_issues"))
    ]
    return {
        "data_issues": sum(len(one) for one in found),
        "grave_data_issues": sum(int((one["severity"] == "high").sum()) for one in found),
    }
