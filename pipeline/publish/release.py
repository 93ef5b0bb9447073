"""The tables of a release: one row for each crossing and border, by source and date.

Everything is in the public profile (USE.md): what schema.toml withholds is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from pipeline.core import measures, numbers, parameters, schema
from pipeline.core.errors import InputError
from pipeline.publish import comparison, layers, profiles
from pipeline.publish.country_codes import codes

GRADES = "ABCD"
GRADE_REACH_KM = parameters.numbers("grade_reach_km")
GRADE_ISSUES = parameters.number("grade_issues_per_100_km")
REACH = re.compile(r"(\S+) (\d[\d.e+]*) \(")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MODES = ("", "road", "rail")
# Measures of a release, in addition to the minimum cut at each depth.
RELEASED = (
    *("length", "length_as_drawn", "length_official", "crossings_open", "crossings_official"),
    *("crossings_unmarked", "crossings_informal", "first_two_share", "extra_minutes"),
)
CUT = "min_cut_links_at_"
CROSSING_COLUMNS = ("crossing_id", "mode", "name", "status", "class", "vehicles", "hours",
                    "by_hours", "lanes", "n_links", "open_ended", "in_headline", "counted",
                    "border_km", "first_choice_share", "extra_minutes", "cut_off_share",
                    "remark")  # fmt: skip
# Columns for the border, source and date of a row.
KEY = {
    "border": ("text", "", "name of the border file, such as us-mx"),
    "source": ("text", "", "where the map came from"),
    "date": ("text", "", "date of the map; empty if its file states none"),
    "from_iso2": ("text", "", "ISO 3166-1 alpha-2 of the country where ways begin"),
    "to_iso2": ("text", "", "ISO 3166-1 alpha-2 of the country where ways end"),
    "from_iso3": (
        "text",
        "",
        "ISO 3166-1 alpha-3 of the country where ways begin; empty if there is none",
    ),
    "to_iso3": ("text", "", "ISO 3166-1 alpha-3 of the country where ways end"),
    "from_cow": (
        "int",
        "",
        "Correlates of War code of the country where ways begin; empty if there is none",
    ),
    "to_cow": ("int", "", "Correlates of War code of the country where ways end"),
}
OF_BORDER = {
    "name": ("text", "", "name of the border for readers"),
    "grade": ("text", "", "completeness of the map, A to D (README.md)"),
    "reach_km": (
        "float",
        "km",
        "depth to which the map is complete, on the side where that is less",
    ),
    "high_issues": ("int", "", "doubts about the map that may change a count, a cut or the line"),
    "schematic": ("bool", "", "true: drawn from tables, not a street map"),
    "raw_sha256": ("text", "", "SHA-256 of the raw file"),
    "tool_version": ("text", "", "version of the tool"),
    "schema_version": ("text", "", "version of the tables"),
}
PLACE = {
    "lon": ("float", "degrees", "longitude, WGS84"),
    "lat": ("float", "degrees", "latitude, WGS84"),
}


@dataclass(frozen=True)
class Edition:
    """A border from one source on one date."""

    path: Path
    source: str
    date: str


@dataclass(frozen=True)
class Tables:
    """The tables of a release, the codebook of their columns, and what they were made from."""

    crossings: pd.DataFrame
    borders: pd.DataFrame
    codebook: pd.DataFrame
    credits: pd.DataFrame


def editions(folders: list[Path]) -> list[Edition]:
    """Every border of these folders of results, each source and day once.

    Parameters
    ----------
    folders
        `data/processed/<source>`, or `data/snapshots/<source>/<time>/processed`.

    Returns
    -------
    list of Edition
        By border, source and date; of several of one day that of the folder named first.
    """
    found: dict[tuple[str, str, str], Edition] = {}
    for folder in folders:
        snapshot = folder.name == "processed"
        source = folder.parent.parent.name if snapshot else folder.name
        for path in layers.packages(folder):
            known = _provenance(path)
            dated = DATE.match(known.get("osm_timestamp", ""))
            dated = dated or (DATE.search(folder.parent.name) if snapshot else None)
            date = dated[0] if dated else ""
            found.setdefault((path.stem, source, date), Edition(path, source, date))
    return [found[key] for key in sorted(found)]


def tables(given: list[Edition]) -> Tables:
    """The tables of a release.

    Parameters
    ----------
    given
        Borders by source and date.

    Returns
    -------
    Tables
        In the order of the editions.

    Raises
    ------
    InputError
        If there is no border, or a file is missing or not as publish writes it.
    """
    if not given:
        raise InputError("there are no results of a border, expected one or more: run make first")
    borders, crossings, credits_ = [], [], []
    measured: dict[str, Mapping[str, str]] = {}
    for one in given:
        known = _provenance(one.path)
        key = _key(one, _layer(one.path, "border").iloc[0])
        figures = dict(_figures(one.path, measured))
        borders.append(key | _of_border(one.path, known) | figures)
        crossings.append(_crossings(one.path).assign(**key))
        credits_.append(
            {name: key[name] for name in ("border", "source", "date")}
            | {"made_from": known.get("source", ""), "credit": known.get("attribution", "")}
        )
    columns = [*KEY, *CROSSING_COLUMNS, *PLACE]
    return Tables(
        crossings=pd.concat(crossings, ignore_index=True)[columns],
        borders=pd.DataFrame(borders)[[*KEY, *OF_BORDER, *measured]],
        codebook=pd.DataFrame(_codebook(measured)),
        credits=pd.DataFrame(credits_),
    )


def grade(reach_km: float, issues_per_100_km: float, *, schematic: bool) -> str:
    """How complete a map is: by the depth that it reaches, one grade lower if it is doubtful.

    Parameters
    ----------
    reach_km
        Depth to which roads are mapped, on the side where that is less.
    issues_per_100_km
        Data issues of high severity per 100 km of line.
    schematic
        Whether it was drawn from tables.

    Returns
    -------
    str
        A to D.
    """
    rank = sum(reach_km < least for least in GRADE_REACH_KM)
    rank += issues_per_100_km > GRADE_ISSUES
    return GRADES[-1] if schematic else GRADES[min(rank, len(GRADES) - 1)]


def _layer(path: Path, name: str) -> pd.DataFrame:
    """A layer as published at that date: columns that an older version lacks are empty."""
    file = layers.file_of(path, name)
    if not file.is_file():
        raise InputError(f"{file}: no such file, expected a published GeoPackage")
    try:
        frame = pyogrio.read_dataframe(file, layer=name)
    except DataLayerError as error:
        raise InputError(f"{file}: no layer {name}, expected a published GeoPackage") from error
    except DataSourceError as error:
        raise InputError(f"{file}: {layers.unreadable(file, error)}") from error
    columns = [column.name for column in layers.LAYERS[name].columns]
    shapes = ["geometry"] if "geometry" in frame else []
    found: pd.DataFrame = frame.reindex(columns=[*columns, *shapes])
    return found


def _provenance(path: Path) -> dict[str, str]:
    rows = _layer(path, "provenance")
    return dict(zip(rows["key"], rows["value"], strict=True))


def _key(one: Edition, border: "pd.Series[Any]") -> dict[str, Any]:
    """The columns of KEY."""
    key: dict[str, Any] = {"border": border["border"], "source": one.source, "date": one.date}
    for end, country in (("from", border["from_country"]), ("to", border["to_country"])):
        known = codes(str(country))
        key |= {f"{end}_iso2": known.iso2, f"{end}_iso3": known.iso3, f"{end}_cow": known.cow}
    return key


def _of_border(path: Path, known: Mapping[str, str]) -> dict[str, Any]:
    """The columns of OF_BORDER."""
    border = _layer(path, "border").iloc[0]
    reaches = [float(km) for _, km in REACH.findall(known.get("reach_km", ""))]
    reach_km = min(reaches, default=0.0)
    issues = int(_layer(path, "data_issues")["severity"].eq("high").sum())
    schematic = "record_drawn_from" in known
    per_100_km = 100 * issues / max(float(border["length_km"]), 1.0)
    figures = {"name": border["name"], "reach_km": reach_km if reaches else None,
            "high_issues": issues, "schematic": schematic,
            "grade": grade(reach_km, per_100_km, schematic=schematic)}  # fmt: skip
    return figures | {
        key: known.get(key) for key in ("raw_sha256", "tool_version", "schema_version")
    }


def _figures(path: Path, measured: dict[str, Mapping[str, str]]) -> Iterator[tuple[str, Any]]:
    """Released figures of a border, by column; fills `measured` with the meaning of each column."""
    found = comparison.read(path.with_name("comparison.csv"))
    for (border, mode, key), row in found.rows.items():
        if border != path.stem or mode not in MODES:
            continue
        measure = measures.find(key)
        if measure is None or not (key in RELEASED or _is_cut(key)):
            continue
        column = _column(mode, key)
        measured.setdefault(
            column, {"mode": mode, "label": measure.label, "unit": row["unit"], "key": key}
        )
        yield column, None if numbers.is_absent(row["value"]) else float(row["value"])


def _is_cut(key: str) -> bool:
    return re.fullmatch(rf"{CUT}[+-]\d+_km", key) is not None


def _column(mode: str, key: str) -> str:
    """A column name that statistics packages accept."""
    plain = key.replace("_at_+", "_to_plus_").replace("_at_-", "_to_minus_")
    return f"{mode}_{plain}" if mode else plain


def _crossings(path: Path) -> pd.DataFrame:
    """The crossings of a border in the public profile."""
    whole = _layer(path, "crossings")
    shown = profiles.public(whole, "crossings", profiles.withheld_crossings(whole))
    if shown is None:
        raise InputError("schema.toml: crossings is withheld, expected it to be released")
    frame = gpd.GeoDataFrame(shown)
    place = {"lon": frame.geometry.x.round(6), "lat": frame.geometry.y.round(6)}
    return (
        pd.DataFrame(frame.drop(columns="geometry"))
        .reindex(columns=CROSSING_COLUMNS)
        .assign(**place)
    )


def _codebook(measured: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """One row for each column of each table."""
    of_crossing = {column.name: column for column in layers.LAYERS["crossings"].columns}
    for column, meaning in (*KEY.items(), *OF_BORDER.items()):
        yield _described("borders.csv", column, *meaning)
    for column, one in measured.items():
        mode = f"{one['mode']}: " if one["mode"] else ""
        yield _described(
            "borders.csv", column, "float", one["unit"], mode + one["label"].lstrip("– ")
        )
    for column, meaning in KEY.items():
        yield _described("crossings.csv", column, *meaning)
    for column in CROSSING_COLUMNS:
        known: schema.Column = of_crossing[column]
        yield _described("crossings.csv", column, known.kind, _unit(column), known.meaning)
    for column, meaning in PLACE.items():
        yield _described("crossings.csv", column, *meaning)


def _unit(column: str) -> str:
    ends = {"_km": "km", "_minutes": "minutes", "_share": "share of 1", "_m": "m"}
    return next((unit for end, unit in ends.items() if column.endswith(end)), "")


def _described(file: str, column: str, kind: str, unit: str, meaning: str) -> dict[str, str]:
    return {"file": file, "column": column, "type": kind, "unit": unit, "meaning": meaning}
