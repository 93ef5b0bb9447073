import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import geopandas as gpd
import pyarrow.parquet as pq
import pytest

from pipeline.core.errors import InputError
from pipeline.ops import parquet, postgis
from pipeline.publish import layers
from pipeline.stages import publish
from tests import finished, tools

ROOT = Path(__file__).parents[1]
HOSTILE = "=HYPERLINK(1) '; DROP SCHEMA drawn CASCADE; -- \\N \t tab\nline \\. é <script> \u202e"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    at = tmp_path_factory.mktemp("packages")
    paths = []
    for border, name in (("us-mx", HOSTILE), ("mx-gt", "Paso")):
        paths.append(str(at / f"{border}.gpkg"))
        publish.publish(*finished.folders(at, border, name=name), paths[-1])
    return paths


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    """A PostgreSQL of its own, on a socket in a folder; it refuses to run as root."""
    tools.need(tools.POSTGRES and shutil.which("psql"), "postgresql")
    (*_, binaries) = tools.POSTGRES
    shared = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    tools.need(shared, "postgresql-postgis")
    at = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has an end
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(at, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data, flags = at / "data", f"-k {at} -p 5999 -c listen_addresses= -c fsync=off"
    started = False
    try:
        subprocess.run([*as_user, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U",
                        "postgres", "-E", "UTF8", "--locale=C"], check=True,
                       capture_output=True, cwd=at)  # fmt: skip
        known = data / "pg_hba.conf"
        known.write_text(f"local all writer scram-sha-256\n{known.read_text()}")
        control = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
        subprocess.run([*control, "-o", flags, "-l", str(at / "log"), "start"], check=True,
                       stdout=subprocess.DEVNULL, cwd=at)  # fmt: skip
        started = True
        yield f"host={at} port=5999 user=postgres dbname=postgres"
    finally:
        if started:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True,
                           stdout=subprocess.DEVNULL, cwd=at)  # fmt: skip
        shutil.rmtree(at)


def ask(dsn: str, query: str) -> list[list[str]]:
    command = ["psql", "--no-psqlrc", f"--dbname={dsn}", "-Atc", query]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [line.split("|") for line in done.stdout.splitlines()]


def test_it_loads_all_rows_of_all_borders_again_and_again(dsn: str, packages: list[str]) -> None:
    for _ in range(2):
        postgis.postgis(*packages, dsn, "draw-n")
        for name in layers.LAYERS:
            ((count,),) = ask(dsn, f"SELECT count(*) FROM draw_n.{name}")
            assert int(count) == sum(len(layers.read(path, name)) for path in packages), name
        assert ask(dsn, "SELECT count(*) FROM public.layer_styles") == [[str(len(layers.LAYERS))]]


def test_views_and_grants_survive_a_refill(dsn: str, packages: list[str]) -> None:
    postgis.postgis(*packages, dsn, "kept")
    ask(dsn, "CREATE VIEW public.mine AS SELECT * FROM kept.crossings; CREATE ROLE reader;"
             " GRANT SELECT ON kept.links TO reader;"
             " ALTER TABLE kept.links DROP COLUMN ref")  # fmt: skip
    postgis.postgis(*packages, dsn, "kept")
    assert int(ask(dsn, "SELECT count(*) FROM public.mine")[0][0]) > 0
    assert ask(dsn, "SELECT has_table_privilege('reader', 'kept.links', 'SELECT')") == [["t"]]
    assert ask(dsn, "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'kept'"
                    " AND table_name = 'links' AND column_name = 'ref'") == [["1"]]  # fmt: skip


def test_keys_indexes_comments_and_lengths_are_there(dsn: str, packages: list[str]) -> None:
    postgis.postgis(*packages, dsn, "described")
    shapes = [name for name, table in layers.LAYERS.items() if table.geometry]
    gist = ask(dsn, "SELECT tablename FROM pg_indexes WHERE schemaname = 'described'"
                    " AND indexdef LIKE '%USING gist%'")  # fmt: skip
    assert sorted(row[0] for row in gist) == sorted(shapes)
    keys = ask(dsn, "SELECT count(*) FROM pg_constraint c JOIN pg_namespace n ON n.oid ="
                    " c.connamespace WHERE n.nspname = 'described' AND contype = 'p'")  # fmt: skip
    assert keys == [[str(len(layers.LAYERS))]]
    foreign = ask(dsn, "SELECT conrelid::regclass::text, confrelid::regclass::text,"
                       " pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_namespace n ON"
                       " n.oid = c.connamespace WHERE n.nspname = 'described' AND contype = 'f'"
                       " AND convalidated")  # fmt: skip
    wanted = [
        [f"described.{name}", f"described.{other}",
         f"FOREIGN KEY (border, {column}) REFERENCES described.{other}(border, {key})"]
        for name, column, other, key in layers.REFERENCES
    ]  # fmt: skip
    assert sorted(foreign) == sorted(wanted)
    comments = ask(dsn, "SELECT col_description('described.links'::regclass, ordinal_position) FROM"
                    " information_schema.columns WHERE table_schema = 'described' AND"
                    " table_name = 'links' AND column_name = 'length_m'")  # fmt: skip
    assert comments == [["geodesic length, WGS84"]]
    ((error,),) = ask(dsn, "SELECT max(abs(ST_Length(geometry::geography) - length_m)) FROM"
                           " described.links WHERE border = 'us-mx'")  # fmt: skip
    lengths = layers.read(packages[0], "links")["length_m"]
    assert float(error) < 0.02 * lengths.max()


def test_a_row_that_refers_to_nothing_is_refused(dsn: str, packages: list[str]) -> None:
    postgis.postgis(*packages, dsn, "bound")
    orphan = "INSERT INTO bound.cut_links VALUES ('us-mx', 'road', true, 10, 'from', 'nowhere')"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        ask(dsn, orphan)
    assert 'violates foreign key constraint "cut_links_link_id_links_link_id"' in (
        refused.value.stderr
    )


def test_hostile_names_come_back_as_they_were(dsn: str, packages: list[str]) -> None:
    postgis.postgis(*packages, dsn, "hostile")
    coded = HOSTILE.encode().hex()
    query = (
        f"SELECT count(*) FROM hostile.crossings WHERE name = convert_from('\\x{coded}', 'UTF8')"
    )
    assert int(ask(dsn, query)[0][0]) == len(layers.read(packages[0], "crossings"))


def test_a_database_that_is_not_there_is_one_line(packages: list[str], tmp_path: Path) -> None:
    tools.need(shutil.which("psql"), "postgresql-client")
    with pytest.raises(InputError, match="psql: "):
        postgis.postgis(*packages, f"host={tmp_path} port=1", "drawn")


def test_a_password_comes_from_the_environment_and_no_process_list_shows_it(
    dsn: str, packages: list[str], tmp_path: Path
) -> None:
    secret = "Kx9-never-shown"
    ask(dsn, f"CREATE ROLE writer LOGIN SUPERUSER PASSWORD '{secret}'")
    known = tmp_path / "pgpass"
    known.write_text(f"*:*:*:writer:{secret}\n")
    known.chmod(0o600)
    asked = dsn.replace("user=postgres", "user=writer")
    command = [sys.executable, "-m", "pipeline", "postgis", packages[0], asked, "by_pass"]
    listed = ""
    given = [{"PGPASSWORD": secret}, {"PGPASSFILE": str(known)}]
    for one in given:
        with subprocess.Popen(command, cwd=ROOT, env=os.environ | one) as load:
            while load.poll() is None:
                ps = ["ps", "-ewwo", "args"]
                listed += subprocess.run(ps, check=True, capture_output=True, text=True).stdout
        assert load.returncode == 0
    assert "--dbname=host=" in listed
    assert secret not in listed
    assert int(ask(dsn, "SELECT count(*) FROM by_pass.links")[0][0]) > 0
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PGPASSWORD": f"{secret}x"}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: psql: ")
    assert secret not in done.stderr


@pytest.mark.parametrize(
    "dsn",
    [
        "dbname=gis password=s3cret",
        "dbname=gis password = 's3 cret'",
        "dbname=gis sslpassword=s3cret",
        "postgresql://me:s3cret@localhost/gis",
        "postgres://localhost/gis?user=me&password=s3cret",
    ],
)
def test_a_password_in_the_dsn_is_refused_and_not_repeated(dsn: str) -> None:
    with pytest.raises(InputError, match=r"^DSN: it holds a password.*~/\.pgpass") as refused:
        postgis.postgis(dsn, "drawn")
    assert "cret" not in str(refused.value)


# GeoParquet ---------------------------------------------------------------------------------------


def test_the_parquet_twin_holds_every_layer(packages: list[str], tmp_path: Path) -> None:
    parquet.parquet(*packages, str(tmp_path))
    for path in packages:
        border = Path(path).stem
        files = {file.stem for file in (tmp_path / border).iterdir()}
        assert files == set(layers.LAYERS)
        for name, table in layers.LAYERS.items():
            file = tmp_path / border / f"{name}.parquet"
            wanted = layers.read(path, name)
            assert pq.ParquetFile(file).metadata.num_rows == len(wanted)
            if table.geometry and len(wanted):
                read = gpd.read_parquet(file)
                assert read.crs == "EPSG:4326"
                assert read.geometry.geom_equals(wanted.geometry).all()
                schema = pq.read_schema(file)
                assert "bbox" in schema.names
                assert b'"version": "1.1.0"' in schema.metadata[b"geo"]
                column = pq.ParquetFile(file).metadata.row_group(0).column(0)
                assert column.compression == "ZSTD"


def test_every_field_of_the_parquet_twin_says_what_it_means(
    packages: list[str], tmp_path: Path
) -> None:
    parquet.parquet(packages[0], str(tmp_path))
    for name, table in layers.LAYERS.items():
        schema = pq.read_schema(tmp_path / "us-mx" / f"{name}.parquet")
        meanings = {field.name: (field.metadata or {}).get(b"description") for field in schema}
        for column in table.columns:
            assert meanings[column.name] == column.meaning.encode(), (name, column.name)
        assert all(meanings.values()), name
        assert schema.metadata[b"description"] == table.row.encode()
    db = duckdb.connect()
    file = str(tmp_path / "us-mx" / "crossings.parquet")
    assert db.execute("SELECT count(*) FROM read_parquet(?)", [file]).fetchone() == (
        len(layers.read(packages[0], "crossings")),
    )
    stored = db.execute("SELECT key FROM parquet_kv_metadata(?)", [file]).fetchall()
    assert {b"geo", b"description"} <= {key for (key,) in stored}


def test_the_parquet_twin_has_equal_bytes(packages: list[str], tmp_path: Path) -> None:
    for at in ("one", "two"):
        command = [sys.executable, "-m", "pipeline", "parquet", packages[0], str(tmp_path / at)]
        subprocess.run(command, check=True, cwd=ROOT)
    for file in sorted((tmp_path / "one" / "us-mx").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / "us-mx" / file.name).read_bytes()
