"""Folders written whole or for a while: filled aside and then moved, or removed in the end.

What `core.files` does for a file is done here for a folder, and for a set of files in one.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core import files
from pipeline.core.disk_room import room

FORMER = ".former."  # before the name of the list of a set whose files are being replaced


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
        lock = left / files.LOCK
        if _is_own_folder(left) and lock.is_file() and not files.is_locked(lock):
            _clear(left)
    made = Path(tempfile.mkdtemp(dir=place, prefix=f"{kind}-"))
    # The lock gets its name when it is held: nobody finds it free before.
    with files.locked(made / f"{files.LOCK}.new"):
        try:
            (made / f"{files.LOCK}.new").rename(made / files.LOCK)
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
    aside = path.with_name(f"{files.ASIDE}{path.name}")
    files.remove(aside)
    aside.mkdir()
    try:
        with room(path.parent):
            yield aside
        files.remove(path)
        aside.rename(path)
    finally:
        files.remove(aside)


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
    aside = folder.with_name(f"{files.ASIDE}{folder.name}")
    files.remove(aside)
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
            files.put(aside / name, folder / name)
        for path in folder.iterdir():
            if path.name in before and path.name not in names:
                path.unlink()
        files.write_text(folder / stamp, "".join(f"{name}\n" for name in names))
        former.unlink(missing_ok=True)
    finally:
        files.remove(aside)


def _is_own_folder(path: Path) -> bool:
    try:
        about = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()


def _clear(folder: Path) -> None:
    """Remove a folder that other processes may be removing too; the next one removes what stays."""
    shutil.rmtree(folder, ignore_errors=True)
