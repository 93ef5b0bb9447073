import json
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.publish import layers, qml, styles
from tests import finished, tools


@pytest.fixture(scope="module")
def gpkg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished.gpkg(tmp_path_factory.mktemp("styled"))


def sql(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize("name", layers.LAYERS)
def test_every_style_is_whole(name: str) -> None:
    root = ET.fromstring(qml.document(name).split("\n", 1)[1])
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
        named = set(re.findall(r"(?:THEN|ELSE) '(\w+)'", style.expression))
        assert named <= set(values) or name == "crossings"


def test_every_layer_has_its_default_style(gpkg: Path) -> None:
    query = (
        "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault, update_time"
        " FROM layer_styles"
    )
    rows = [row for file in (gpkg, layers.evidence(gpkg)) for row in sql(file, query)]
    assert {row[0] for row in rows} == set(layers.LAYERS)
    for name, column, document, default, time in rows:
        assert column == ("geometry" if layers.LAYERS[str(name)].geometry else "")
        assert document == qml.document(str(name))
        assert default == 1
        assert time == "2000-01-01T00:00:00.000Z"


def test_metadata_states_source_and_licence_of_the_file_and_each_layer(gpkg: Path) -> None:
    query = (
        "SELECT table_name, metadata FROM gpkg_metadata_reference"
        " JOIN gpkg_metadata ON gpkg_metadata.id = md_file_id"
    )
    documents = {
        row[0]: row[1] for file in (gpkg, layers.evidence(gpkg)) for row in sql(file, query)
    }
    assert set(documents) == {None, *layers.LAYERS}
    for name, document in documents.items():
        root = ET.fromstring(str(document).split("\n", 1)[1])
        abstract = root.findtext("abstract") or ""
        assert "drawn by hand" in abstract
        assert "Open Database License" in (root.findtext("license") or "")
        if name:
            assert layers.about(str(name)) in abstract
            assert layers.title(str(name)) in (root.findtext("title") or "")


def test_relations_join_every_row(gpkg: Path) -> None:
    rows = sql(gpkg, "SELECT base_table_name, related_table_name, mapping_table_name"
                     " FROM gpkgext_relations")  # fmt: skip
    assert len(rows) == len(layers.RELATIONS)
    for base, related, join in rows:
        (_, base_id), (_, related_id) = layers.RELATIONS[str(join)]
        joined = sql(gpkg, f"SELECT count(*), sum(j.{base_id} = b.{base_id}),"
                           f" sum(j.{related_id} = r.{related_id}) FROM {join} j"
                           f" JOIN {base} b ON b.fid = base_id"
                           f" JOIN {related} r ON r.fid = related_id")  # fmt: skip
        wanted = len(layers.read(gpkg, str(join)))
        assert wanted
        assert joined == [(wanted, wanted, wanted)]


def test_gdal_finds_the_relations(gpkg: Path) -> None:
    asked = (
        "import json, sys; from osgeo import gdal; d = gdal.OpenEx(sys.argv[1], gdal.OF_VECTOR);"
        "print(json.dumps([(r.GetLeftTableName(), r.GetRightTableName(), r.GetMappingTableName())"
        " for r in map(d.GetRelationship, d.GetRelationshipNames() or [])]))"
    )
    has_gdal = [tools.SYSTEM_PYTHON, "-c", "from osgeo import gdal"]
    done = subprocess.run(has_gdal, capture_output=True, check=False)
    tools.need(done.returncode == 0, "python3-gdal")
    found = subprocess.run(
        [tools.SYSTEM_PYTHON, "-c", asked, str(gpkg)], capture_output=True, text=True, check=True
    )
    wanted = [[base, other, join] for join, ((base, _), (other, _)) in layers.RELATIONS.items()]
    assert sorted(json.loads(found.stdout)) == sorted(wanted)


def test_ogrinfo_reads_every_layer_without_a_warning(gpkg: Path) -> None:
    tools.need(shutil.which("ogrinfo"), "gdal-bin")
    for file, names in ((gpkg, layers.RESULTS), (layers.evidence(gpkg), layers.EVIDENCE)):
        done = subprocess.run(
            ["ogrinfo", "-ro", "-so", "-al", str(file)], capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        read = set(re.findall(r"^Layer name: (\w+)", done.stdout, re.M))
        assert read >= set(names)


def validated(package: Path) -> "subprocess.CompletedProcess[str]":
    validator = Path("/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py")
    tools.need(validator.is_file(), "python3-gdal")
    command = [tools.SYSTEM_PYTHON, str(validator), str(package)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_geopackage_validator_finds_nothing(gpkg: Path) -> None:
    for file in (gpkg, layers.evidence(gpkg)):
        done = validated(file)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Error" not in done.stdout


def test_the_geopackage_validator_finds_a_layer_without_its_reference_system(
    gpkg: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copy(gpkg, tmp_path))
    with closing(sqlite3.connect(copy)) as package, package:
        package.execute("UPDATE gpkg_geometry_columns SET srs_id = 12345 WHERE rowid = 1")
    assert validated(copy).returncode != 0
