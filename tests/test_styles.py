import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.publish import layers, metadata, styles
from tests import finished, tools


@pytest.fixture(scope="module")
def gpkg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished.gpkg(tmp_path_factory.mktemp("styled"))


def sql(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize("name", layers.LAYERS)
def test_every_style_is_whole(name: str) -> None:
    root = ET.fromstring(styles.qml(name).split("\n", 1)[1])
    named = {alias.get("field") for alias in root.iter("alias")}
    assert named == {column.name for column in layers.LAYERS[name].columns}
    symbols = {symbol.get("name") for symbol in root.iter("symbol")}
    assert {category.get("symbol") for category in root.iter("category")} <= symbols
    assert bool(symbols) == bool(layers.LAYERS[name].geometry)


@pytest.mark.parametrize("name", styles.STYLES)
def test_styles_speak_of_columns_that_are_there(name: str) -> None:
    assert name in layers.LAYERS
    style = styles.STYLES[name]
    columns = {column.name for column in layers.LAYERS[name].columns}
    assert set(re.findall(r'"(\w+)"', style.expression)) <= columns
    assert style.label in {"", *columns}
    values = [value for value, _, _ in style.classes]
    assert len(set(values)) == len(values)
    if "CASE" in style.expression:
        told = set(re.findall(r"(?:THEN|ELSE) '(\w+)'", style.expression))
        assert told <= set(values) or name == "crossings"


def test_every_layer_has_its_default_style(gpkg: Path) -> None:
    rows = sql(gpkg, "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault, update_time"
                     " FROM layer_styles")  # fmt: skip
    assert {row[0] for row in rows} == set(layers.LAYERS)
    for name, column, document, default, time in rows:
        assert column == ("geometry" if layers.LAYERS[str(name)].geometry else "")
        assert document == styles.qml(str(name))
        assert default == 1
        assert time == "2000-01-01T00:00:00.000Z"


def test_metadata_states_source_and_licence(gpkg: Path) -> None:
    ((document,),) = sql(gpkg, "SELECT metadata FROM gpkg_metadata")
    root = ET.fromstring(str(document).split("\n", 1)[1])
    assert "drawn by hand" in (root.findtext("abstract") or "")
    assert "Open Database License" in (root.findtext("license") or "")
    scopes = sql(gpkg, "SELECT reference_scope, table_name FROM gpkg_metadata_reference")
    assert set(scopes) == {("geopackage", None), *(("table", name) for name in layers.LAYERS)}


def test_relations_join_every_row(gpkg: Path) -> None:
    rows = sql(gpkg, "SELECT base_table_name, related_table_name, mapping_table_name"
                     " FROM gpkgext_relations")  # fmt: skip
    assert len(rows) == len(metadata.RELATIONS)
    for base, related, view in rows:
        join = str(view).removeprefix("map_")
        ((joined,),) = sql(gpkg, f"SELECT count(*) FROM {view}")
        ((wanted,),) = sql(gpkg, f"SELECT count(*) FROM {join}")
        assert joined == wanted
        assert joined
        outside = f"base_id NOT IN (SELECT fid FROM {base})"
        outside += f" OR related_id NOT IN (SELECT fid FROM {related})"
        ((lost,),) = sql(gpkg, f"SELECT count(*) FROM {view} WHERE {outside}")
        assert lost == 0


def test_ogrinfo_reads_every_layer_without_a_warning(gpkg: Path) -> None:
    tools.need(shutil.which("ogrinfo"), "gdal-bin")
    done = subprocess.run(
        ["ogrinfo", "-ro", "-so", "-al", str(gpkg)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    read = set(re.findall(r"^Layer name: (\w+)", done.stdout, re.M))
    assert set(layers.LAYERS) <= read


def validated(package: Path) -> "subprocess.CompletedProcess[str]":
    validator = Path("/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py")
    tools.need(validator.is_file(), "python3-gdal")
    command = [tools.SYSTEM_PYTHON, str(validator), str(package)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_geopackage_validator_finds_nothing(gpkg: Path) -> None:
    done = validated(gpkg)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Error" not in done.stdout


def test_the_geopackage_validator_finds_a_layer_without_its_reference_system(
    gpkg: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(gpkg, tmp_path))
    with closing(sqlite3.connect(copy)) as package, package:
        package.execute("UPDATE gpkg_geometry_columns SET srs_id = 12345 WHERE rowid = 1")
    assert validated(copy).returncode != 0
