"""Notes on files from outside: make runs again what was made from other content.

A newer download may have an older date, and a file that is gone has no date at all; a copied tree
or a restored cache changes only dates. So a note `<name>.seen` keeps the hash of a file's content
and the file's size and times at that moment: while these are the same, the file is not read again.
The date of the note is when the content last changed. Run by make, standard library only.
"""

import os
import sys
from pathlib import Path

from pipeline.core import files

NONE = "none"


def stale(*words: str) -> str:
    """The notes to check, from words `note=file` (`note=` if there is no file)."""
    pairs = (word.split("=", 1) for word in words)
    return " ".join(note for note, path in pairs if _noted(note)[1:] != _state(path))


def same(*words: str) -> str:
    """The files, from words `note=file`, whose content is the one that was noted."""
    pairs = (word.split("=", 1) for word in words)
    return " ".join(
        path for note, path in pairs if path and _noted(note)[0] == files.sha256(Path(path))
    )


def note(at: str, path: str = "") -> None:
    """Write the note `at` on a file or its absence; its date stays if the content does."""
    digest = files.sha256(Path(path)) if path else NONE
    before = Path(at).stat() if _noted(at)[0] == digest else None
    files.write_text(Path(at), " ".join([digest, *_state(path)]) + "\n")
    if before:
        os.utime(at, ns=(before.st_atime_ns, before.st_mtime_ns))


def _noted(at: str) -> list[str]:
    try:
        return Path(at).read_text(encoding="utf-8").split() or [""]
    except (FileNotFoundError, NotADirectoryError):
        return [""]


def _state(path: str) -> list[str]:
    """What identifies a file that was read: its name, size, times and inode."""
    if not path:
        return [NONE]
    try:
        found = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return ["gone"]
    numbers = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    return [Path(path).name.replace(" ", "_"), *map(str, numbers)]


if __name__ == "__main__":
    task, *given = sys.argv[1:]
    if task in ("stale", "same"):
        sys.stdout.write({"stale": stale, "same": same}[task](*given))
    else:
        note(*given)
