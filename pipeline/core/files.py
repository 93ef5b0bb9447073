"""Files written whole, locked, and known by their content: the only place that does any of it.

Whatever is written stands aside until it is complete and is then renamed: no reader, kill or full
disk meets half a file. Standard library only: make uses it before .venv is there.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.disk_room import room

# What SQLite leaves beside a database that is open or was not closed.
JOURNALS = ("-journal", "-wal", "-shm")
SQLITE = {".gpkg", ".sqlite", ".db"}
ASIDE = ".aside."  # what a file that is being written is called before its name
LOCK = ".lock"  # held by whoever uses the folder that it lies in
FORMER = ".former."  # likewise the list of a set whose files are being replaced


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; renamed to `path` if the block ends well, else removed.

    Its name ends like that of `path`, by which libraries choose a format; `path` stays until then.

    Parameters
    ----------
    path
        The file to write; its folder is made.

    Yields
    ------
    Path
        Where to write. It does not exist yet.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{ASIDE}{path.name}")
    _remove(aside)
    forget_journals(aside)
    try:
        with room(path.parent):
            yield aside
        put(aside, path)
    finally:
        _remove(aside)


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """A path beside `path` for temporary files on the way to it, removed in the end.

    Parameters
    ----------
    path
        The file or folder to be made.

    Yields
    ------
    Path
        Not there yet.
    """
    used = path.with_name(f".scratch.{path.name}")
    _remove(used)
    try:
        with room(path.parent):
            yield used
    finally:
        _remove(used)


@contextmanager
def temporary(kind: str, at: Path | None = None) -> Iterator[Path]:
    """A folder for files on the way, removed in the end; it holds nothing but its lock.

    A process that is killed cannot remove its own: whoever makes one of the same kind at the same
    place removes those whose process is gone. Each is locked as long as it is in use.

    Parameters
    ----------
    kind
        What the folder is for; its name begins so.
    at
        The folder to make it in, which is there; None for the system's own.

    Yields
    ------
    Path
        The folder.
    """
    place = at or Path(tempfile.gettempdir())
    for left in place.glob(f"{kind}-*"):
        if _is_own_folder(left) and (left / LOCK).is_file() and not is_locked(left / LOCK):
            _clear(left)
    made = Path(tempfile.mkdtemp(dir=place, prefix=f"{kind}-"))
    # The lock gets its name when it is held: nobody finds it free before.
    with locked(made / f"{LOCK}.new"):
        try:
            (made / f"{LOCK}.new").rename(made / LOCK)
            yield made
        finally:
            _clear(made)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """An empty folder beside `path` to fill; it takes the place of `path` if the block ends well.

    A folder cannot be renamed over one that is not empty: there is a moment at which neither is
    there, and a reader must look again.

    Parameters
    ----------
    path
        The folder to be made or replaced.

    Yields
    ------
    Path
        The empty folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{ASIDE}{path.name}")
    _remove(aside)
    aside.mkdir()
    try:
        with room(path.parent):
            yield aside
        _remove(path)
        aside.rename(path)
    finally:
        _remove(aside)


@contextmanager
def whole_set(folder: Path, stamp: str) -> Iterator[Path]:
    """An empty folder to fill; its files are moved into `folder` one by one if the block ends well.

    The file `stamp`, which make watches, names the files of the set. It is put aside before the
    first move and made anew after the last: whoever dies in between is run again. What the set
    before it had and this one has not goes; files that no set wrote stay.

    Parameters
    ----------
    folder
        The folder to fill, which may be there already.
    stamp
        Name of the file that is written last.

    Yields
    ------
    Path
        The empty folder.
    """
    aside = folder.with_name(f"{ASIDE}{folder.name}")
    _remove(aside)
    aside.mkdir(parents=True)
    try:
        with room(aside):
            yield aside
        folder.mkdir(parents=True, exist_ok=True)
        former = folder / f"{FORMER}{stamp}"
        if (folder / stamp).is_file():
            (folder / stamp).replace(former)
        before = former.read_text(encoding="utf-8").splitlines() if former.is_file() else []
        names = sorted(path.name for path in aside.iterdir())
        for name in names:
            put(aside / name, folder / name)
        for path in folder.iterdir():
            if path.name in before and path.name not in names:
                path.unlink()
        write_text(folder / stamp, "".join(f"{name}\n" for name in names))
        former.unlink(missing_ok=True)
    finally:
        _remove(aside)


def write_text(path: Path, text: str) -> None:
    """Write a text file, UTF-8, whole.

    Parameters
    ----------
    path
        The file to be made or replaced.
    text
        Its content.
    """
    with whole(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole.

    Parameters
    ----------
    path
        The file to be made or replaced.
    content
        Its content.
    """
    with whole(path) as aside:
        aside.write_bytes(content)


def put(new: Path, path: Path) -> None:
    """Rename a file that is complete to `path`, which it replaces.

    Beside a SQLite file that a GIS has open lie its write-ahead log and index. They belong to the
    file that was there: read together with another one they are malformed or, where pages happen
    to fit, mix two files unnoticed. They are removed before the rename and, since a reader may
    come in between, after it. The GIS keeps the old file, under no name, until it closes it.

    Parameters
    ----------
    new
        The complete file, on the same file system.
    path
        The name that it gets.
    """
    forget_journals(path)
    new.replace(path)
    forget_journals(path)


def forget_journals(path: Path) -> None:
    """Remove what SQLite would take for unfinished business of the file `path`.

    Parameters
    ----------
    path
        A file; nothing is done unless it is a SQLite file by its name.
    """
    for suffix in JOURNALS if path.suffix in SQLITE else ():
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)


def journals(path: Path) -> list[Path]:
    """What SQLite keeps beside the file `path` that is there now.

    Parameters
    ----------
    path
        A SQLite file.

    Returns
    -------
    list of Path
        Write-ahead log, index and journal, if they exist.
    """
    beside = [path.with_name(f"{path.name}{suffix}") for suffix in JOURNALS]
    return [one for one in beside if one.exists()]


def flush(path: Path) -> None:
    """Let the content of a file, or the names in a folder, outlast a loss of power.

    Parameters
    ----------
    path
        A file or folder.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal, read piece by piece.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        64 digits.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[int]:
    """Hold the lock `path`, an empty file that stays; it ends with its last holder, however.

    Parameters
    ----------
    path
        The lock's file; its folder is made.
    wait
        Whether to wait for another holder.

    Yields
    ------
    int
        The open file: a process that inherits it holds the lock too.

    Raises
    ------
    BlockingIOError
        Where another process holds it and `wait` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield handle
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock `path`; nothing is made to find out.

    Parameters
    ----------
    path
        The lock file.

    Returns
    -------
    bool
        False where it could be locked at this moment, or is not there.
    """
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _is_own_folder(path: Path) -> bool:
    try:
        about = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()


def _clear(folder: Path) -> None:
    """Remove a folder that other processes may be removing too; the next one removes what stays."""
    shutil.rmtree(folder, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
