import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from pipeline.core import schema, store
from pipeline.core.errors import InputError
from pipeline.publish import layers
from pipeline.stages import publish
from tests import finished, world


@pytest.fixture(scope="module")
def gpkg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished.gpkg(tmp_path_factory.mktemp("published"))


def _sql(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchall()


def test_every_layer_is_there_with_its_geometry_crs_and_description(gpkg: Path) -> None:
    for file, names in ((gpkg, layers.RESULTS), (layers.evidence(gpkg), layers.EVIDENCE)):
        shapes = {str(name): shape for name, shape in pyogrio.list_layers(file)}
        wanted = {name: layers.LAYERS[name].geometry for name in names}
        assert shapes == wanted | {"layer_styles": None}
        contents = {
            name: rest
            for name, *rest in _sql(
                file,
                "SELECT table_name, data_type, identifier, description, srs_id FROM gpkg_contents",
            )
        }
        assert set(contents) == {*names, "layer_styles"}
        for name in names:
            geometry = layers.LAYERS[name].geometry
            kind, identifier, description, srs = contents[name]
            assert kind == ("features" if geometry else "attributes")
            assert (identifier, description) == (layers.title(name), layers.about(name))
            assert srs == (4326 if geometry else 0)


def test_results_are_a_dozen_layers_and_no_layer_is_lost() -> None:
    assert len(layers.RESULTS) <= 12
    assert layers.RESULTS[:3] == ("crossings", "chokepoints", "bypasses")
    assert sorted([*layers.RESULTS, *layers.EVIDENCE]) == sorted(layers.LAYERS)


def test_every_layer_and_column_has_a_written_name() -> None:
    """An alias is written by a person, stands for one column of a table, and is no machine name."""
    for name, table in layers.LAYERS.items():
        assert layers.title(name)[0].isupper(), name
        assert layers.about(name) != table.row, name
        aliases = {column.name: layers.alias(column.name) for column in table.columns}
        assert len(set(aliases.values())) == len(aliases), name
        for column, alias in aliases.items():
            assert alias[0].isupper(), f"{name}.{column}"
            assert "_" not in alias, f"{name}.{column}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[layers]\n[columns]\nlinks = 'Links'",
            "unknown key columns.links, expected one of schema",
        ),
        ("[layers.links]\ntitle = 'Links'\n[columns]", "key layers.links.about is missing"),
        ("[layers]\n[columns]\nlink_id = 1", "key columns.link_id: got 1, expected a text"),
        ("[layer]", "unknown key layer, expected one of"),
    ],
)
def test_a_wrong_table_of_names_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "layers.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        layers.names(path)


def test_it_is_geopackage_1_3_in_one_file_with_spatial_indexes(gpkg: Path) -> None:
    assert _sql(gpkg, "PRAGMA user_version") == [(10300,)]
    assert _sql(gpkg, "PRAGMA journal_mode") == [("delete",)]
    assert _sql(gpkg, "PRAGMA integrity_check") == [("ok",)]
    made = ["drawn-evidence.gpkg", "drawn.gpkg", "drawn.toml"]
    assert sorted(p.name for p in gpkg.parent.glob("*drawn*.*")) == made
    query = "SELECT table_name FROM gpkg_extensions WHERE extension_name = 'gpkg_rtree_index'"
    indexed = [str(row[0]) for file in (gpkg, layers.evidence(gpkg)) for row in _sql(file, query)]
    assert sorted(indexed) == sorted(n for n, t in layers.LAYERS.items() if t.geometry)


def test_every_column_says_what_it_means(gpkg: Path) -> None:
    query = "SELECT table_name, column_name, name, description FROM gpkg_data_columns"
    rows = [row for file in (gpkg, layers.evidence(gpkg)) for row in _sql(file, query)]
    wanted = {(t.name, c.name): c.meaning for t in layers.LAYERS.values() for c in t.columns}
    assert {(table, column): meaning for table, column, _, meaning in rows} == wanted
    assert ("links", "length_m", "Length (m)") in {row[:3] for row in rows}
    for name, table in layers.LAYERS.items():
        fields = set(pyogrio.read_info(layers.file_of(gpkg, name), layer=name)["fields"])
        mapping = set(layers.MAPPING) if name in layers.RELATIONS else set()
        assert fields == {column.name for column in table.columns} | mapping


def test_layers_come_back_as_the_tables_were(tmp_path: Path) -> None:
    *folders, toml = finished.folders(tmp_path)
    out = tmp_path / "drawn.gpkg"
    publish.publish(*folders, toml, str(out))
    for name in set(layers.LAYERS) - set(layers.JOINED):
        (folder,) = [f for f in folders if (Path(f) / f"{name}.parquet").is_file()]
        if name not in ("provenance", "edits"):  # of edits those of proof alone
            pd.testing.assert_frame_equal(layers.read(out, name), store.read(folder, name))
    links, cuts = layers.read(out, "links"), store.read(folders[2], "link_cuts")
    assert set(links.loc[links["in_min_cut"], "link_id"]) == set(
        cuts.loc[cuts["in_min_cut"], "link_id"]
    )
    round_m = links.set_index("link_id")["redundancy_m"]
    found_m = store.read(folders[4], "link_redundancy").set_index("link_id")["redundancy_m"]
    assert len(found_m)
    assert round_m.dropna().to_dict() == found_m.to_dict()
    shares = layers.read(out, "crossings").set_index("crossing_id")["first_choice_share"]
    assert shares["road.x1"] == 0.5
    assert pd.isna(shares["rail.r4"])


def test_a_table_with_no_rows_keeps_its_columns_and_types(gpkg: Path) -> None:
    assert len(layers.read(gpkg, "places")) == 0
    evidence = layers.evidence(gpkg)
    types = {row[1]: row[2] for row in _sql(evidence, "PRAGMA table_info(places)")}
    assert types["name"] == "TEXT"
    assert types["population"] == "REAL"
    assert types["geometry"] == "POINT"


def test_equal_input_gives_equal_bytes_in_another_process(gpkg: Path, tmp_path: Path) -> None:
    arguments = finished.folders(gpkg.parent)
    # The drawn border has fewer folders than the command line asks for.
    run = "import sys; from pipeline.stages.publish import publish; publish(*sys.argv[1:])"
    for name, seed, zone in (("first", "1", "Asia/Tokyo"), ("again", "2", "America/Tijuana")):
        subprocess.run(
            [sys.executable, "-c", run, *arguments, str(tmp_path / name)],
            check=True,
            cwd=Path(__file__).parents[1],
            env={"PYTHONHASHSEED": seed, "TZ": zone},
        )
    for made in ("", "-evidence.gpkg"):
        again, first = (tmp_path / f"{name}{made}" for name in ("again", "first"))
        assert again.read_bytes() == first.read_bytes()


def test_the_time_in_the_file_is_that_of_the_data(tmp_path: Path) -> None:
    *folders, toml = finished.folders(tmp_path)
    more = pd.DataFrame({"key": ["osm_timestamp"], "value": ["2022-07-24T20:21:00Z"]})
    rows = pd.concat([store.read(folders[0], "provenance"), more])
    schema.conform(rows, "provenance").to_parquet(Path(folders[0]) / "provenance.parquet")
    out = tmp_path / "timed.gpkg"
    publish.publish(*folders, toml, str(out))
    times = _sql(out, "SELECT DISTINCT last_change FROM gpkg_contents")
    assert times == [("2022-07-24T20:21:00.000Z",)]
    known = layers.read(out, "provenance").set_index("key")["value"]
    assert known["attribution"].startswith("© OpenStreetMap contributors")


def test_provenance_says_the_definitions_and_what_the_network_stated(gpkg: Path) -> None:
    known = layers.read(gpkg, "provenance").set_index("key")["value"]
    assert known["source"] == "drawn by hand"
    assert known["origin_km"] == "10"
    assert known["depths_km"] == "10 25"
    assert known["target"] == "0.1 0.3"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<script>alert(1)</script>", None),
        ('=HYPERLINK("http://x","y")', None),
        ('"; DROP TABLE links; --', None),
        ("O'Higgins & Söhne ", None),
        ("جسر الملك", None),
        ("\u202egnol", None),
        ("two\nlines\tand a tab", None),
        ("🌉", None),
        ("bell\x07, escape\x1b[31m, nul\x00end", "bell\ufffd, escape\ufffd[31m, nul\ufffdend"),
        ("c1\x85 del\x7f cr\r", "c1\ufffd del\ufffd cr\ufffd"),
        ("\uffff\ufffe", "\ufffd\ufffd"),
    ],
)
def test_hostile_names_stay_text(tmp_path: Path, name: str, shown: str | None) -> None:
    arguments = finished.folders(tmp_path, name=name)
    out = tmp_path / "hostile.gpkg"
    publish.publish(*arguments, str(out))
    assert set(layers.read(out, "crossings")["name"]) == {shown or name}
    assert len(layers.read(out, "links")) == len(finished.LINKS)


def test_a_failing_publish_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = finished.folders(tmp_path)
    out = tmp_path / "kept.gpkg"
    out.write_bytes(b"the last good one")
    layers.evidence(out).write_bytes(b"and its evidence")
    before = sorted(tmp_path.rglob("*"))

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(out))

    monkeypatch.setattr(publish, "_describe_columns", fail)
    with pytest.raises(OSError, match="No space left"):
        publish.publish(*arguments, str(out))
    assert out.read_bytes() == b"the last good one"
    assert layers.evidence(out).read_bytes() == b"and its evidence"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    arguments = finished.folders(tmp_path)
    (Path(arguments[2]) / "cordons.parquet").unlink()
    with pytest.raises(InputError, match="table cordons: found in 0 of"):
        publish.publish(*arguments, str(tmp_path / "out.gpkg"))
    assert not (tmp_path / "out.gpkg").exists()


def test_a_joined_row_without_its_link_is_named(tmp_path: Path) -> None:
    arguments = finished.folders(tmp_path)
    path = Path(arguments[2]) / "link_cuts.parquet"
    rows = pd.read_parquet(path)
    rows.loc[0, "link_id"] = "w999.0"
    rows.to_parquet(path)
    with pytest.raises(InputError, match=r"table link_cuts: w999\.0 is not in table links"):
        publish.publish(*arguments, str(tmp_path / "out.gpkg"))


def test_the_command_ends_in_one_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline", "publish", "a", "b"],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: publish: got 2 arguments, expected: NETWORK_DIR ")
    assert len(ended.stderr.splitlines()) == 1


def test_what_a_refresh_changed_is_a_layer_and_without_one_it_is_empty(tmp_path: Path) -> None:
    *folders, toml = finished.folders(tmp_path, "drawn")
    (tmp_path / "drawn" / "bypass" / "changes.parquet").unlink()
    out = tmp_path / "drawn.gpkg"
    publish.publish(*folders, toml, str(out))
    assert len(layers.read(out, "changes")) == 0
    row = dict.fromkeys((column.name for column in schema.TABLES["changes"].columns), "x")
    row |= {"name": "Ford", "before": "unmarked", "after": "official"}
    changed = gpd.GeoDataFrame([row], geometry=[shapely.Point(9.1, 47.0)], crs=schema.CRS)
    store.write(tmp_path / "drawn" / "changes", {"changes": changed})
    publish.publish(*folders, str(tmp_path / "drawn" / "changes"), toml, str(out))
    found = layers.read(out, "changes")
    assert found[["name", "before", "after"]].to_numpy().tolist() == [
        ["Ford", "unmarked", "official"]
    ]


def test_the_record_of_the_elevation_model_reaches_provenance(tmp_path: Path) -> None:
    *folders, toml = finished.folders(tmp_path, "drawn")
    rows = [("dem_record_licence", "of whoever made it"), ("cell_m", "90")]
    stated = pd.DataFrame(rows, columns=["key", "value"])
    holder = next(path for path in folders if (Path(path) / "terrain.parquet").is_file())
    world.put(holder, {"terrain": stated})
    out = tmp_path / "drawn.gpkg"
    publish.publish(*folders, toml, str(out))
    known = layers.read(out, "provenance").set_index("key")["value"]
    assert known["dem_record_licence"] == "of whoever made it"
    assert "cell_m" not in known
