"""Crossings, chokepoints and minimum cuts to hand on: GeoJSON, FlatGeobuf and one workbook."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from pipeline.core import folders
from pipeline.core.errors import InputError
from pipeline.core.schema import Column
from pipeline.publish import handed_on, layers, profiles, workbook
from pipeline.publish.handed_on import CUTS, INFORMAL

DRIVERS = {"geojson": "GeoJSON", "fgb": "FlatGeobuf"}
INFORMAL_COLUMNS = (
    Column("from_km", "float", "where the stretch begins, km along the line from its western end"),
    Column("to_km", "float", "where it ends"),
    Column("informal_crossings", "int", "informal crossings, and paths with no control, on it"),
)


def export(*paths: str, profile: str = "public") -> None:
    """Write what may be handed on of each GeoPackage to OUT_DIR/<border>.

    `paths` are the GeoPackages and the folder. The public profile leaves out what
    pipeline/schema.toml withholds and gives informal crossings as counts; `--profile local` writes
    all. A folder is replaced when its border is complete.
    """
    *packages, out = paths
    if profile not in profiles.PROFILES:
        expected = " or ".join(profiles.PROFILES)
        raise InputError(f"PROFILE={profile}: expected {expected}")
    for path in packages:
        tables = {name: layers.read(path, name) for name in (*handed_on.READ, "provenance")}
        border = str(tables["border"]["border"].iloc[0])
        shapes = handed_on.shapes(tables, profile)
        with folders.whole_folder(Path(out) / border) as aside:
            for name, frame in shapes.items():
                _write_shapes(aside, name, frame)
            workbook.write(aside / f"{border}.xlsx", _sheets(shapes, tables, profile))


def _write_shapes(folder: Path, name: str, frame: gpd.GeoDataFrame) -> None:
    types = {"crossings": "Point", "chokepoints": "MultiPoint", CUTS: "LineString"}
    for suffix, driver in DRIVERS.items():
        # An empty layer has no index, nor has one with a stretch that has no line.
        index = len(frame) > 0 and bool(frame.geometry.notna().all())
        options = {"SPATIAL_INDEX": "YES" if index else "NO"} if suffix == "fgb" else {}
        pyogrio.write_dataframe(
            frame,
            folder / f"{name}.{suffix}",
            layer=name,
            driver=driver,
            geometry_type=types.get(name, "MultiLineString"),
            promote_to_multi=name not in types,
            layer_options=options | ({"RFC7946": "YES"} if suffix == "geojson" else {}),
        )


def _sheets(
    shapes: dict[str, gpd.GeoDataFrame], tables: dict[str, pd.DataFrame], profile: str
) -> dict[str, pd.DataFrame]:
    """The tables without geometry, the meaning of each column, and the sources."""
    known = tables["provenance"][["key", "value"]]
    profile_row = pd.DataFrame({"key": ["profile"], "value": [f"{profile} (USE.md)"]})
    plain = {name: pd.DataFrame(frame.drop(columns="geometry")) for name, frame in shapes.items()}
    return plain | {
        "data dictionary": _dictionary(plain),
        "sources": pd.concat([profile_row, known], ignore_index=True),
    }


def _dictionary(plain: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Name, type and meaning of every column of a sheet."""
    known = {column.name: column for column in INFORMAL_COLUMNS}
    rows = []
    for sheet, frame in plain.items():
        sources = ("cut_links", "links") if sheet == CUTS else (sheet,)
        of_sheet = dict(known) if sheet == INFORMAL else {}
        for layer in reversed([one for one in sources if one in layers.LAYERS]):
            of_sheet |= {column.name: column for column in layers.LAYERS[layer].columns}
        for name in frame.columns:
            column = of_sheet[str(name)]
            rows.append(
                {
                    "sheet": sheet,
                    "column": column.name,
                    "name": layers.alias(column.name),
                    "type": column.kind,
                    "may be empty": "yes" if column.nullable else "no",
                    "meaning": column.meaning,
                }
            )
    return pd.DataFrame(rows)
