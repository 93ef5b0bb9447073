"""Compiled functions that numba keeps on disk."""

import hashlib
from pathlib import Path

from pipeline.core import files

STAMP = "compiled.stamp"


def drop_outdated(package: Path) -> None:
    """Remove the compiled functions of a package after any of its files has changed.

    Numba compares the file of a function with that from which it was compiled, but not the files of
    the functions that it calls: their machine code is part of its own, and would be used further.

    Parameters
    ----------
    package
        The folder of the package. If nothing can be written there, numba keeps nothing there.
    """
    folder = package / "__pycache__"
    state = _state(package)
    stamp = folder / STAMP
    try:
        if stamp.is_file() and stamp.read_text(encoding="ascii") == state:
            return
        for index in folder.glob("*.nbi"):
            index.unlink(missing_ok=True)
        folder.mkdir(exist_ok=True)
        files.write_text(stamp, state)
    except OSError:
        return


def _state(package: Path) -> str:
    """A digest of all files of the package."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(package.glob("*.py")):
        digest.update(path.name.encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()
