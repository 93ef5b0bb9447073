"""Write files whole, lock them and compute their hashes: only this module does so.

A file is first written under another name and renamed when it is complete, so that a kill or a full
disk never leaves half a file for a reader. Standard library only: make uses this module before
.venv exists.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.disk_room import room

# Files that SQLite leaves next to a database that is open or was not closed.
JOURNALS = ("-journal", "-wal", "-shm")
SQLITE = {".gpkg", ".sqlite", ".db"}
ASIDE = ".aside."  # prefix of a file that is still being written
LOCK = ".lock"  # lock file that is held while the folder around it is in use


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path to write to; rename it to `path` if the block succeeds, otherwise remove it.

    Its name ends like that of `path`, since libraries choose the format by the suffix. The old file
    `path` stays until the rename.

    Parameters
    ----------
    path
        The file to write; its folder is created if needed.

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
    """Yield a path next to `path` for temporary files; it is removed at the end.

    Parameters
    ----------
    path
        The file or folder that is being made.

    Yields
    ------
    Path
        Does not exist yet.
    """
    used = path.with_name(f".scratch.{path.name}")
    remove(used)
    try:
        with room(path.parent):
            yield used
    finally:
        remove(used)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8 under another name, then rename it.

    Parameters
    ----------
    path
        The file to create or replace.
    text
        Its content.
    """
    with whole(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under another name, then rename it.

    Parameters
    ----------
    path
        The file to create or replace.
    content
        Its content.
    """
    with whole(path) as aside:
        aside.write_bytes(content)


def put(new: Path, path: Path) -> None:
    """Rename a complete file to `path`; it replaces the file that was there.

    A SQLite file that a GIS has open has a write-ahead log and its index next to it. They belong to
    the old file. Together with the new file they would be malformed or, if the pages happen to fit,
    would mix two files without an error. So they are removed before the rename and, since a reader
    may open the file in between, again after it. The GIS keeps the old file, which then has no
    name, until it closes it.

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
    """Remove the log, index and journal that SQLite would apply to the file `path`.

    Parameters
    ----------
    path
        A file; nothing is done unless its suffix is that of a SQLite file.
    """
    for suffix in JOURNALS if path.suffix in SQLITE else ():
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)


def journals(path: Path) -> list[Path]:
    """The log, index and journal of SQLite that are next to the file `path` now.

    Parameters
    ----------
    path
        A SQLite file.

    Returns
    -------
    list of Path
        Those that exist.
    """
    beside = [path.with_name(f"{path.name}{suffix}") for suffix in JOURNALS]
    return [one for one in beside if one.exists()]


def flush(path: Path) -> None:
    """Write a file's content, or a folder's names, to the disk, so that a power cut cannot lose it.

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
    """The SHA-256 of a file in hexadecimal; the file is read piece by piece.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[int]:
    """Hold the lock `path`; the system frees it when its last holder ends, even if it is killed.

    Parameters
    ----------
    path
        The lock file, which is empty and stays; its folder is created if needed.
    wait
        Whether to wait if another process holds the lock.

    Yields
    ------
    int
        Descriptor of the open file: a process that inherits it holds the lock too.

    Raises
    ------
    BlockingIOError
        If another process holds the lock and `wait` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield handle
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock `path`; no file is created by the check.

    Parameters
    ----------
    path
        The lock file.

    Returns
    -------
    bool
        False if it could be locked at this moment, or does not exist.
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
