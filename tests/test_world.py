"""All borders of a planet: found, cut together, run; planted cuts found, however it is run."""

import csv
import os
import signal
import threading
from pathlib import Path

import osmium
import psutil  # type: ignore[import-untyped]
import pytest

from pipeline.core.errors import InputError
from pipeline.world import cutting, run, tasks
from pipeline.world.world import world
from tests import planet
from tests.planet import Planet

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
CORRIDOR_KM = 25.0
FEW = "al-bk bl-zz"


@pytest.fixture(scope="module")
def made() -> Planet:
    return planet.small()


@pytest.fixture(scope="module")
def whole(made: Planet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planet.write(made, tmp_path_factory.mktemp("planet") / "planet.osm.pbf")


@pytest.fixture(scope="module")
def ran(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planet's cuts by one process, without Dask."""
    folder = tmp_path_factory.mktemp("world")
    go(folder, whole)
    return folder


def go(folder: Path, *files: Path, **more: object) -> None:
    settings: dict[str, object] = {"workers": 0, "until": "chokepoints", "corridor": CORRIDOR_KM}
    settings |= {"known": folder / "no-border-files"} | more
    world(folder / "raw", folder / "out", *files, **settings)  # type: ignore[arg-type]


def table(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "out/world.csv").open(encoding="utf-8") as file:
        return {row["border"]: row for row in csv.DictReader(file)}


def names(made: Planet) -> set[str]:
    return {f"{a}-{b}".lower() for a, b in made.planted}


def contents(folder: Path) -> dict[str, bytes]:
    """Every table of the borders' stages, and what stands beside them."""
    found = [*folder.rglob("*.parquet"), *(folder / "out").glob("world.*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def elements(raw: Path) -> list[str]:
    """The elements of a raw file as lines, sorted."""
    out = raw.with_name(f"{raw.name}.opl")
    with (
        osmium.io.Reader(str(raw)) as reader,
        osmium.SimpleWriter(str(out), overwrite=True) as writer,
    ):
        osmium.apply(reader, writer)
    return sorted(out.read_text(encoding="utf-8").splitlines())


# What is found ------------------------------------------------------------------------------------


def test_planted_cuts_are_found_on_every_border(made: Planet, ran: Path) -> None:
    rows = table(ran)
    assert len({code for pair in made.planted for code in pair}) == 8
    assert rows.keys() == names(made)
    assert len(rows) == 12
    for (a, b), links in made.planted.items():
        row = rows[f"{a}-{b}".lower()]
        deepest = "4" if "ZZ" in (a, b) else "10"  # the country inside another is 20 km wide
        for sign in ("minus", "plus"):
            assert row[f"road_min_cut_links_{sign}_{deepest}_km"] == str(links), (a, b, sign)
        assert row["failed"] == ""
        assert int(row["road_official"]) == 1
        assert int(row["road_official"]) + int(row["road_unmarked"]) == links


def test_the_atlas_shows_every_border(made: Planet, ran: Path) -> None:
    page = (ran / "out/atlas.html").read_text(encoding="utf-8")
    assert all(f'<tr id="{name}"' in page for name in names(made))
    assert page.count("<path ") == len(made.planted)
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize("how", ["shuffled", "regions"])
def test_the_order_of_elements_and_regional_extracts_change_nothing(
    made: Planet, ran: Path, tmp_path: Path, how: str
) -> None:
    if how == "shuffled":
        files = [planet.write(made, tmp_path / "planet.osm.pbf", shuffled=7)]
    else:
        codes = sorted({code for pair in made.planted for code in pair})
        parts = [codes[:3], codes[3:]]
        files = [
            planet.write(made, tmp_path / f"part-{number}.osm.pbf", countries=part)
            for number, part in enumerate(parts)
        ]
    found = cutting.cut_all(files, tmp_path / "raw", tmp_path, CORRIDOR_KM, [])
    assert {one.border for one in found} == names(made)
    for name in names(made):
        assert elements(tmp_path / f"raw/{name}.osm.pbf") == elements(ran / f"raw/{name}.osm.pbf")
        toml = cutting.toml_of(name)
        assert (tmp_path / "raw" / toml).read_bytes() == (ran / "raw" / toml).read_bytes()


def test_names_of_countries_change_nothing(made: Planet, tmp_path: Path) -> None:
    codes = {"AL": "QQ", "BK": "BB", "BL": "MM", "ZZ": "EE"}
    file = planet.write(made, tmp_path / "planet.osm.pbf", codes=codes)
    go(tmp_path, file, borders="bb-qq ee-mm")
    rows = table(tmp_path)
    assert rows["bb-qq"]["road_min_cut_links_plus_10_km"] == str(made.planted["AL", "BK"])
    assert rows["ee-mm"]["road_min_cut_links_plus_4_km"] == str(made.planted["BL", "ZZ"])


def test_a_border_that_fails_is_a_row_with_its_reason(
    made: Planet, whole: Path, tmp_path: Path
) -> None:
    known = tmp_path / "known"
    known.mkdir()
    (known / "al-bk.toml").write_text('name = "A"\nfrom = "AL"\nto = "BK"\ncorridor = 3\n')
    go(tmp_path, whole, borders=FEW, known=known)
    rows = table(tmp_path)
    assert "unknown key corridor" in rows["al-bk"]["failed"]
    assert rows["bl-zz"]["failed"] == ""
    assert "unknown key corridor" in (tmp_path / "out/atlas.html").read_text(encoding="utf-8")


def test_what_cannot_be_run_is_refused(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="PLANET is empty"):
        go(tmp_path)
    with pytest.raises(InputError, match=r"nowhere\.osm\.pbf: no such file"):
        go(tmp_path, tmp_path / "nowhere.osm.pbf")
    with pytest.raises(InputError, match="stage nonsense, expected one of"):
        go(tmp_path, whole, borders="al-bk", until="nonsense")


# How it is run ------------------------------------------------------------------------------------


def test_a_rerun_does_what_is_missing(
    ran: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in ran.rglob("*.parquet")}
    table_before = (ran / "out/world.csv").read_bytes()
    (ran / "out/al-bk/crossings.json").unlink()
    go(ran, whole)
    changed = {
        path.relative_to(ran).as_posix()
        for path, at in before.items()
        if path.stat().st_mtime_ns != at
    }
    assert changed
    assert all(name.startswith("out/al-bk/crossings/") for name in changed)
    assert (ran / "out/world.csv").read_bytes() == table_before
    assert "GB of disk" in capsys.readouterr().err


def listening() -> set[str]:
    """Addresses on which this process and those below it take connections."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    ports = [port for one in family for port in one.net_connections("inet")]
    return {port.laddr.ip for port in ports if port.status == psutil.CONN_LISTEN}


def test_workers_give_the_same_bytes_and_one_that_is_killed_is_made_up_for(
    ran: Path, whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "raw").symlink_to(ran / "raw")
    found = cutting.cut_all([whole], tmp_path / "raw", ran / "no-border-files", CORRIDOR_KM, [])
    jobs = [
        run.Job(
            one.border,
            str(ran / "raw"),
            str(tmp_path / "out"),
            cutting.toml_of(one.border),
            "",
            one.digest,
            one.size,
        )
        for one in found
        if one.border in FEW.split()
    ]
    with tasks.cluster(2, "", "127.0.0.1", tmp_path / "dask") as client:
        assert client is not None
        workers = client.run(os.getpid)
        assert all("127.0.0.1" in address for address in workers)
        assert client.dashboard_link.startswith("http://127.0.0.1:")
        assert listening() == {"127.0.0.1"}
        victim = next(iter(workers.values()))
        kill = threading.Timer(3.0, os.kill, (victim, signal.SIGKILL))
        kill.start()
        outcomes = tasks.run_all(jobs, "", "chokepoints", client)
        kill.join()
    assert all(not one.error for done in outcomes.values() for one in done)
    for path in (tmp_path / "out").rglob("*.parquet"):
        assert path.read_bytes() == (ran / "out" / path.relative_to(tmp_path / "out")).read_bytes()
    assert len(list((tmp_path / "out").rglob("*.parquet"))) > 10


def test_raw_files_and_results_at_an_address(
    ran: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An S3 server on loopback."""
    server = pytest.importorskip("moto.server")
    fsspec = pytest.importorskip("fsspec")
    s3 = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    s3.start()
    try:
        host, port = s3.get_host_and_port()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        system = fsspec.filesystem("s3", skip_instance_cache=True)
        system.mkdir("kept")
        go(tmp_path, whole, borders="al-bk", raw="s3://kept/raw", results="s3://kept/out")
        found = system.find("kept/out/al-bk")
        assert any(name.endswith("cordons.parquet") for name in found)
        for name in found:
            # Where the raw file came from, and when, is another by another cut.
            if name.endswith(".parquet") and "provenance" not in name:
                local = ran / name.removeprefix("kept/")
                assert system.cat_file(name) == local.read_bytes(), name
        assert system.exists("kept/raw/al-bk.osm.pbf")
        cut = "road_min_cut_links_plus_10_km"
        assert table(tmp_path)["al-bk"][cut] == table(ran)["al-bk"][cut]
        notes = {name: system.modified(name) for name in found}
        go(tmp_path, whole, borders="al-bk", raw="s3://kept/raw", results="s3://kept/out")
        system.invalidate_cache()
        assert {name: system.modified(name) for name in found} == notes
    finally:
        s3.stop()


# True data ----------------------------------------------------------------------------------------


def test_five_borders_of_three_true_extracts(tmp_path: Path) -> None:
    names = ("osm-andorra-2025", "osm-gibraltar-2017", "osm-liechtenstein-2022")
    files = [DATA / f"{name}.osm.pbf" for name in names]
    if not all(path.is_file() for path in files):
        pytest.skip("no extracts: the folder shared/data lies outside the checkout")
    together = cutting.cut_all(files, tmp_path / "raw", tmp_path, CORRIDOR_KM, [])
    assert [one.border for one in together] == ["ad-es", "ad-fr", "at-li", "ch-li", "es-gi"]
    assert not [one.error for one in together if one.error]
    alone = cutting.cut_all(files[:1], tmp_path / "alone", tmp_path, CORRIDOR_KM, ["ad-fr"])
    assert [one.border for one in alone] == ["ad-fr"]
    both = [tmp_path / name / "ad-fr.osm.pbf" for name in ("raw", "alone")]
    assert elements(both[0]) == elements(both[1])
    tomls = [tmp_path / name / cutting.toml_of("ad-fr") for name in ("raw", "alone")]
    assert tomls[0].read_bytes() == tomls[1].read_bytes()
