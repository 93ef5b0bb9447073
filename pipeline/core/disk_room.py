"""Find out whether a library failed because a disk is full. Standard library only, like `files`."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
ROOM = 16 << 20  # bytes; a library that failed to write had less free space than this


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Raise the system's error "disk full" if a library failed in the block for that reason.

    Libraries report a full disk in different ways or not at all: a database misses a table, or a
    file that was just written cannot be read. So this function measures the free space itself.

    Parameters
    ----------
    folder
        The folder that the block writes to; it must exist when the block fails.

    Yields
    ------
    None
        The block runs once.

    Raises
    ------
    OSError
        The system's error if nothing more can be written there; otherwise the block's own error is
        raised.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in FULL:
            raise OSError(error.errno, os.strerror(error.errno), str(folder)) from error
        raise
    except Exception:
        trial = folder / ".aside.room"
        try:
            with trial.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, ROOM)
        except OSError as error:
            if error.errno in FULL:
                raise OSError(error.errno, os.strerror(error.errno), str(folder)) from error
        finally:
            trial.unlink(missing_ok=True)
        raise
