"""Files written whole, locked, and known by their content: the only place that does any of it.

Whatever is written stands aside until it is complete and is then renamed: no reader, kill or full
disk meets half a file. Standard library only: make uses it before .venv is there.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.disk_room import room

# What SQLite leaves beside a database that is open or was not closed.
JOURNALS = ("-journal", "-wal", "-shm")
SQLITE = {".gpkg", ".sqlite", ".db"}
ASIDE = ".aside."  # what a file that is being written is called before its name
LOCK = ".lock"  # held by whoever uses the folder that it lies in


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
    remove(aside)
    forget_journals(aside)
    try:
        with room(path.parent):
            yield aside
        put(aside, path)
    finally:
        remove(aside)


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
    remove(used)
    try:
        with room(path.parent):
            yield used
    finally:
        remove(used)


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


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that it holds, if it is there.

    Parameters
    ----------
    path
        The file or folder; of a link, the link.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
