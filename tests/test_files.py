"""Files written whole, locked, known by content; and a GIS that has a GeoPackage open."""

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyogrio
import pytest

from pipeline.core import files, folders
from pipeline.core.errors import InputError
from pipeline.ops import seen, serving, verify
from pipeline.publish import layers
from pipeline.stages import publish
from tests import finished

ROOT = Path(__file__).parents[1]


def broken_off(path: Path) -> None:
    with files.whole(path) as aside:
        aside.write_text("half")
        raise InputError("broken off")


def test_half_a_file_is_never_there(tmp_path: Path) -> None:
    path = tmp_path / "folder/table.csv"
    with pytest.raises(InputError):
        broken_off(path)
    assert list(path.parent.iterdir()) == []
    files.write_text(path, "whole")
    with pytest.raises(InputError):
        broken_off(path)
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_set_is_stamped_last_and_leaves_other_files(tmp_path: Path) -> None:
    folder = tmp_path / "stage"
    folder.mkdir()
    (folder / "raster.tif").write_text("kept")
    with folders.whole_set(folder, "stamp") as aside:
        (aside / "a.parquet").write_text("1")
        assert not (folder / "a.parquet").exists()
    assert {one.name for one in folder.iterdir()} == {"a.parquet", "raster.tif", "stamp"}
    with pytest.raises(InputError), folders.whole_set(folder, "stamp") as aside:
        (aside / "a.parquet").write_text("2")
        raise InputError("broken off")
    assert (folder / "a.parquet").read_text() == "1"
    assert (folder / "stamp").exists()
    assert [one.name for one in tmp_path.iterdir()] == ["stage"]


def test_what_a_set_no_longer_holds_goes_also_after_a_kill(tmp_path: Path) -> None:
    folder, foreign = tmp_path / "stage", tmp_path / "stage/notes.txt"

    def written(*names: str) -> set[str]:
        with folders.whole_set(folder, "stamp") as aside:
            for name in names:
                (aside / name).touch()
        return {one.name for one in folder.iterdir()}

    written("a.parquet", "old.parquet")
    foreign.touch()  # no set wrote it
    assert written("a.parquet", "b.parquet") == {"a.parquet", "b.parquet", "notes.txt", "stamp"}
    # Killed between two moves: the stamp is aside, b has come, a has not gone.
    (folder / "stamp").rename(folder / ".former.stamp")
    (folder / "c.parquet").touch()
    assert written("c.parquet") == {"c.parquet", "notes.txt", "stamp"}
    # A stamp that an older version left empty names nothing; no name reaches out of the folder.
    (folder / "stamp").write_text("../outside\n")
    (tmp_path / "outside").touch()
    assert written("d.parquet") == {"c.parquet", "d.parquet", "notes.txt", "stamp"}
    assert (tmp_path / "outside").exists()


def test_folders_of_a_set_are_replaced_whole_and_go_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "stage"

    def write(*names: str) -> list[str]:
        with folders.whole_set(folder, "stamp") as aside:
            for name in names:
                (aside / name).parent.mkdir(exist_ok=True)
                (aside / name).touch()
            assert (folder / "stamp").exists() == folder.exists()
        return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())

    assert write("road/a", "road/b", "rail/a") == ["rail/a", "road/a", "road/b", "stamp"]
    assert write("road/a", "c") == ["c", "road/a", "stamp"]
    assert not (folder / "rail").exists()


def test_a_folder_of_a_process_that_was_killed_is_removed_by_the_next(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from pipeline.core import folders\n"
        "with folders.temporary('osm', Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half.pbf').touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    (tmp_path / "osm-of-mine").mkdir()  # not made here: it has no lock
    for _ in range(2):
        command = [sys.executable, "-c", script, str(tmp_path)]
        assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
        assert len(list(tmp_path.glob("osm-*"))) == 2
    with (
        folders.temporary("osm", tmp_path) as first,
        folders.temporary("osm", tmp_path) as second,
        folders.temporary("tiles", tmp_path) as third,
    ):
        used = {first, second, third}
        assert len(used) == 3
        assert set(tmp_path.iterdir()) == used | {tmp_path / "osm-of-mine"}
    assert [one.name for one in tmp_path.iterdir()] == ["osm-of-mine"]


def test_those_who_remove_a_folder_at_the_same_time_do_not_fail(tmp_path: Path) -> None:
    for left in range(8):
        (tmp_path / f"osm-{left}").mkdir()
        for name in (files.LOCK, *map(str, range(200))):
            (tmp_path / f"osm-{left}" / name).touch()
    begin = threading.Barrier(8)

    def use(_: int) -> None:
        begin.wait()
        for _ in range(5):
            with folders.temporary("osm", tmp_path) as folder:
                (folder / "half.pbf").touch()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    with folders.temporary("osm", tmp_path) as last:
        assert list(tmp_path.iterdir()) == [last]


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    for version in ("1", "2"):
        with folders.whole_folder(tmp_path / "twin") as aside:
            (aside / version).touch()
    assert [one.name for one in (tmp_path / "twin").iterdir()] == ["2"]
    assert [one.name for one in tmp_path.iterdir()] == ["twin"]


def test_the_hash_is_that_of_hashlib(tmp_path: Path) -> None:
    path = tmp_path / "raw"
    path.write_bytes(os.urandom(3_000_000))
    assert files.sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_lock_keeps_another_process_out_and_ends_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "deep/.lock"
    script = (
        "import sys; from pathlib import Path; from pipeline.core import files\n"
        "print(files.is_locked(Path(sys.argv[1])))"
    )

    def seen_from_outside() -> str:
        command = [sys.executable, "-c", script, str(lock)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    with files.locked(lock):
        assert seen_from_outside() == "True"
        with pytest.raises(BlockingIOError), files.locked(lock):
            pass
    assert seen_from_outside() == "False"


# A GIS that has a GeoPackage open -----------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published border, with the folders that it is made from."""
    return finished.gpkg(tmp_path_factory.mktemp("wal"))


def saved_style(path: Path) -> sqlite3.Connection:
    """A GIS session in WAL mode with one style saved and not yet in the file itself."""
    gis = sqlite3.connect(path)
    gis.execute("PRAGMA journal_mode=WAL")
    gis.execute("SELECT count(*) FROM links").fetchone()
    gis.execute("UPDATE layer_styles SET styleName = 'mine', styleQML = ?", ("<qgis/>" * 2000,))
    gis.commit()
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    return gis


def publish_again(path: Path) -> None:
    publish.publish(*finished.folders(path.parent / "tables"), str(path))


def serve_again(path: Path) -> None:
    new = path.with_name("snapshot") / path.name
    new.parent.mkdir()
    publish.publish(*finished.folders(path.parent / "tables"), str(new))
    serving.serve({new: path})


@pytest.mark.parametrize("write", [publish_again, serve_again])
def test_a_session_of_a_gis_is_not_mixed_into_the_new_file(
    made: Path, tmp_path: Path, write: Callable[[Path], None]
) -> None:
    path = tmp_path / made.name
    for one in (made, layers.evidence(made)):
        shutil.copy(one, path.with_name(one.name))
    gis = saved_style(path)
    write(path)
    assert files.journals(path) == []
    # In a process of its own, as compare and verify are run: SQLite keeps locks by process.
    script = (
        "import sqlite3, sys\n"
        "found = sqlite3.connect(sys.argv[1])\n"
        "print(found.execute('PRAGMA integrity_check').fetchone()[0])\n"
        "print(found.execute(\"SELECT count(*) FROM layer_styles WHERE styleName = 'mine'\")"
        ".fetchone()[0])"
    )
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ok", "0"]
    links = layers.read(path, "links")
    assert links.equals(layers.read(made, "links"))
    # The session still has the file that it opened, and may end.
    assert gis.execute("SELECT count(*) FROM links").fetchone() == (len(links),)
    gis.close()
    assert [problems for _, problems in verify.check(path) if problems] == []


def test_a_mixture_from_before_is_reported_with_what_to_do(made: Path, tmp_path: Path) -> None:
    """What an earlier version left: a new file beside the log of the old one."""
    path = tmp_path / made.name
    shutil.copy(made, path)
    gis = saved_style(path)
    log = path.with_name(f"{path.name}-wal").read_bytes()
    gis.close()
    path.write_bytes(b"SQLite format 3\0" + made.read_bytes()[16:4000])  # as if other pages
    path.with_name(f"{path.name}-wal").write_bytes(log)
    with pytest.raises(InputError, match=r"not a readable GeoPackage .*-wal.*run make again"):
        layers.read(path, "links")


# Notes on files from outside ----------------------------------------------------------------------


def noted(at: Path, path: Path | None) -> tuple[bool, int]:
    """Whether the note was to be looked at, and its date when it has been."""
    word = f"{at}={path or ''}"
    stale = seen.stale(word) == str(at)
    if stale:
        seen.note(str(at), *([str(path)] if path else []))
    assert seen.stale(word) == ""
    return stale, at.stat().st_mtime_ns


def test_a_copied_tree_is_looked_at_and_changes_nothing(tmp_path: Path) -> None:
    raw, at = tmp_path / "raw.osm.pbf", tmp_path / "raw.seen"
    raw.write_text("map")
    first, date = noted(at, raw)
    assert first
    assert noted(at, raw) == (False, date)
    copy = tmp_path / "copy"
    copy.write_text("map")  # another inode, another date
    copy.replace(raw)
    assert noted(at, raw) == (True, date)


def test_another_content_counts_whatever_its_date_and_size(tmp_path: Path) -> None:
    raw, at = tmp_path / "raw.osm.pbf", tmp_path / "raw.seen"
    raw.write_text("map")
    stat = raw.stat()
    _, before = noted(at, raw)
    for content, date in (("new", 1), ("old", stat.st_mtime_ns)):
        newer = tmp_path / "download"
        newer.write_text(content)
        os.utime(newer, ns=(date, date))
        newer.replace(raw)
        stale, after = noted(at, raw)
        assert stale
        assert after > before
        before = after
    raw.unlink()
    stale, gone = noted(at, None)
    assert stale
    assert gone > before


def test_published_files_say_which_version_made_them(made: Path) -> None:
    rows = layers.read(made, "provenance").set_index("key")["value"]
    assert rows["tool_version"].count(".") == 2
    assert int(rows["schema_version"]) >= 2
    assert pyogrio.list_layers(made).shape[0] > 0
