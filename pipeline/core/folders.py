"""Folders that are written whole, and temporary folders, which are removed at the end.

This does for a folder, or for a set of files in it, what `core.files` does for one file.
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

FORMER = ".former."  # prefix of a stamp while the files that it lists are being replaced


@contextmanager
def temporary(kind: str, at: Path | None = None) -> Iterator[Path]:
    """Yield a folder for temporary files that holds only its lock; it is removed at the end.

    A process that is killed cannot remove its folder. So each call removes folders of the same kind
    at the same place whose process has ended. A folder is locked as long as it is in use.

    Parameters
    ----------
    kind
        What the folder is for; its name begins with this word.
    at
        An existing folder to create it in; None for the system's temporary folder.

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
    # The lock gets its final name after it is held, so that no other process can find it free.
    with files.locked(made / f"{files.LOCK}.new"):
        try:
            (made / f"{files.LOCK}.new").rename(made / files.LOCK)
            yield made
        finally:
            _clear(made)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it replaces `path` if the block succeeds.

    A folder cannot be renamed over a folder that is not empty. So for a moment neither exists, and
    a reader must try again.

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
    """Yield an empty folder; if the block succeeds, what it holds moves into `folder` one by one.

    The file `stamp`, which make watches, lists the files and folders of the set. It is renamed
    before the first move and written again after the last, so that a stage that is killed in
    between runs again. What the previous set had and the new set does not have is removed; files
    that no set wrote stay.

    Parameters
    ----------
    folder
        The folder to fill, which may already exist.
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
            if (aside / name).is_dir():
                files.remove(folder / name)
            files.put(aside / name, folder / name)
        for path in folder.iterdir():
            if path.name in before and path.name not in names:
                files.remove(path)
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
