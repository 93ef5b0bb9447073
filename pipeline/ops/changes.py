"""What changed between two published GeoPackages of a border.

Features are matched by geometry before id (module `feature_matching`); those that went keep their
old place.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.geometry import Point

from pipeline.core import parameters, schema
from pipeline.core.frames import records
from pipeline.core.geo import Projection, fit_projection
from pipeline.core.numbers import is_absent
from pipeline.ops.feature_matching import covered, matched

COMPARISON = "comparison.csv"
# Properties of a crossing that are reported if they have changed.
COMPARED = ("status", "counted", "class", "vehicles", "n_links")
LEAST_KM = parameters.number("least_change_km")


def changes(before: Path | None, after: Path) -> gpd.GeoDataFrame:
    """The table `changes` between two GeoPackages of a border and the comparisons next to them.

    One row for each crossing, chokepoint, link, F(D) and measure (lengths, k90, ...) that changed.
    Points in EPSG:4326: the place of a crossing, the middle of a chokepoint or link, or the middle
    of the line for what is about the whole border. With no file `before`, no rows.
    """
    if before is None:
        return schema.empty("changes")
    project = _projection(after)
    rows: list[dict[str, object]] = []
    for layer, key, what in (
        ("crossings", "crossing_id", "crossing"),
        ("chokepoints", "chokepoint_id", "chokepoint"),
    ):
        old, new = _read(before, layer), _read(after, layer)
        pairs = matched(old, new, key, project)
        status = "status" if what == "crossing" else "kind"
        rows += _departures(old, set(pairs), key, what, "went", status)
        rows += _departures(new, set(pairs.values()), key, what, "came", status)
        if what == "crossing":
            rows += _attributes(old, new, pairs)
    rows += _links(_read(before, "links"), _read(after, "links"), project)
    whole = _figures(_read(before, "cordons"), _read(after, "cordons"))
    whole += _measures(before.with_name(COMPARISON), after.with_name(COMPARISON), after.stem)
    middle = _middle(after)
    return _table(rows + [row | {"geometry": middle} for row in whole])


def churn(found: gpd.GeoDataFrame, before: Path | None) -> list[tuple[str, str, float]]:
    """How much changed, as shares of what there was before.

    Parameters
    ----------
    found
        Table `changes`.
    before
        The GeoPackage that was served; None if there was none.

    Returns
    -------
    list of tuple
        Kind (crossings, link_km or F(D)), what changed in words, and the share: one row for
        crossings, one for links, one for each F(D).
    """
    if before is None:
        return []
    crossings, links = _read(before, "crossings"), _read(before, "links")
    km = float(links["length_m"].sum()) / 1000 if "length_m" in links else 0.0
    changed = {what: found[found["what"] == what] for what in ("crossing", "link", "figure")}
    link_km = changed["link"][["before", "after"]].apply(pd.to_numeric).sum().sum()
    old = pd.to_numeric(changed["figure"]["before"], errors="coerce")
    new = pd.to_numeric(changed["figure"]["after"], errors="coerce")
    # A figure that disappeared or is new has changed by 100 %.
    figures = ((new - old).abs() / old.clip(lower=1)).fillna(1.0)
    stated = changed["figure"].fillna({"before": "absent", "after": "absent"})
    # A crossing may change in several ways; it counts once.
    crossing = changed["crossing"]
    touched = crossing["id_before"].fillna(crossing["id_after"]).nunique()
    return [
        ("crossings", "crossings", touched / max(1, len(crossings))),
        ("link_km", "length of the network", float(link_km) / max(1.0, km)),
        *(
            ("F(D)", f"{row.mode} {row.name}, {row.before} → {row.after},", float(share))
            for row, share in zip(stated.itertuples(), figures, strict=True)
        ),
    ]


def _read(path: Path, layer: str) -> pd.DataFrame:
    if layer not in pyogrio.list_layers(path)[:, 0]:
        return pd.DataFrame()
    frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=layer)
    return frame


def _projection(path: Path) -> Projection:
    line = shapely.get_coordinates(_read(path, "border").geometry.to_numpy())
    west, south, east, north = (
        line[:, 0].min(),
        line[:, 1].min(),
        line[:, 0].max(),
        line[:, 1].max(),
    )
    corners = np.array([[west, south], [west, north], [east, south], [east, north]])
    return fit_projection(*np.vstack([line, corners]).T)


def _departures(
    frame: pd.DataFrame, paired: set[str], key: str, what: str, change: str, status: str
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    side = "before" if change == "went" else "after"
    for row in records(frame):
        if row[key] not in paired:
            rows.append(
                {
                    "what": what,
                    "change": change,
                    "mode": row["mode"],
                    "name": row["name"],
                    f"id_{side}": row[key],
                    side: row[status],
                    "geometry": shapely.centroid(row["geometry"]),
                }
            )
    return rows


def _attributes(
    old: pd.DataFrame, new: pd.DataFrame, pairs: dict[str, str]
) -> list[dict[str, object]]:
    """One row for each property of a crossing that has changed."""
    rows: list[dict[str, object]] = []
    shared = [name for name in COMPARED if name in old and name in new]
    a, b = old.set_index("crossing_id"), new.set_index("crossing_id")
    for one, other in pairs.items():
        for name in shared:
            before, after = (_text(frame.loc[key, name]) for frame, key in ((a, one), (b, other)))
            if before != after:
                rows.append(
                    {
                        "what": "crossing",
                        "change": name,
                        "mode": b.loc[other, "mode"],
                        "name": b.loc[other, "name"],
                        "id_before": one,
                        "id_after": other,
                        "before": before,
                        "after": after,
                        "geometry": b.loc[other, "geometry"],
                    }
                )
    return rows


def _text(value: object) -> str | None:
    """A value as text for readers."""
    if not isinstance(value, str) and is_absent(value):
        return None
    return {"True": "yes", "False": "no"}.get(str(value), str(value))


def _links(old: pd.DataFrame, new: pd.DataFrame, project: Projection) -> list[dict[str, object]]:
    """Links by id that only one snapshot has, and where the other has no link in that place."""
    rows: list[dict[str, object]] = []
    for frame, other, change, side in ((old, new, "went", "before"), (new, old, "came", "after")):
        if not len(frame):
            continue
        alone = frame[~frame["link_id"].isin(other["link_id"])] if len(other) else frame
        there = covered(alone, other, project)
        rows += [
            {
                "what": "link",
                "change": change,
                "mode": row["mode"],
                "name": row["name"],
                f"id_{side}": row["link_id"],
                side: f"{row['length_m'] / 1000:.3f}",
                "geometry": row["geometry"].interpolate(0.5, normalized=True),
            }
            for row, inside in zip(records(alone), there, strict=True)
            if not inside
        ]
    return rows


def _figures(old: pd.DataFrame, new: pd.DataFrame) -> list[dict[str, object]]:
    """F(D) that differs, at depths that both snapshots have: each once, as in the headline."""
    key = ["mode", "directed", "third_open", "depth_km"]
    if not len(old) or not len(new):
        return []
    both = old.merge(new, on=key, suffixes=("_before", "_after"))
    a, b = both["min_cut_links_before"], both["min_cut_links_after"]
    headline = both["directed"] & ~both["third_open"]
    changed = both[headline & (a != b) & ~(a.isna() & b.isna())]
    rows: list[dict[str, object]] = []
    for _, row in changed.iterrows():
        rows.append(
            {
                "what": "figure",
                "change": "value",
                "mode": row["mode"],
                "name": f"F({row['depth_km']:+g} km)",
                "before": _number(row["min_cut_links_before"]),
                "after": _number(row["min_cut_links_after"]),
            }
        )
    return rows


def _number(value: float) -> str | None:
    return None if pd.isna(value) else f"{value:g}"


def _measures(before: Path, after: Path, border: str) -> list[dict[str, object]]:
    """Measures of the border whose value differs, among those that both comparisons have."""
    if not before.is_file() or not after.is_file():
        return []
    key = ["border", "mode", "measure"]
    old, new = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (before, after))
    if not {*key, "value"} <= set(old.columns) & set(new.columns):
        return []
    new = new.assign(unit=new.get("unit", ""))[[*key, "value", "unit"]]
    both = old[[*key, "value"]].merge(new, on=key, suffixes=("_before", "_after"))
    changed = both[(both["value_before"] != both["value_after"]) & (both["border"] == border)]
    # F(D) is reported as a figure.
    changed = changed[~changed["measure"].str.startswith("min_cut_links_at_")]
    ends = changed[["value_before", "value_after"]].apply(pd.to_numeric, errors="coerce")
    drawn = changed["unit"].eq("km") & (ends.diff(axis=1).iloc[:, 1].abs() < LEAST_KM)
    changed = changed[~drawn]
    return [
        {
            "what": "measure",
            "change": "value",
            "mode": row.mode or None,
            "name": row.measure,
            "before": row.value_before or None,
            "after": row.value_after or None,
        }
        for row in changed.itertuples()
    ]


def _middle(path: Path) -> Point:
    """The point half way along the longest piece of the border line."""
    pieces = shapely.get_parts(_read(path, "border").geometry.to_numpy())
    longest = max(pieces, key=lambda piece: float(piece.length))
    return Point(shapely.line_interpolate_point(longest, 0.5, normalized=True))


def _table(rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    names = [column.name for column in schema.TABLES["changes"].columns]
    table = pd.DataFrame(rows, columns=[*names, "geometry"])
    table[names] = table[names].astype(object).where(table[names].notna(), None)
    which = table["id_before"].fillna(table["id_after"])
    which = which.fillna(table["mode"].fillna("") + " " + table["name"].fillna(""))
    table["change_id"] = table["what"] + " " + table["change"] + " " + which
    return schema.conform(table, "changes")
