"""Whether a library failed because a disk is full. Standard library only, as `files`."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
ROOM = 16 << 20  # bytes; what a library failed to write was less, or there would be more room


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Say that the disk is full where that is why a library failed in the block.

    Libraries tell it in their own ways, or not at all: a database has lost a table, a file that was
    written is not readable. So the disk is asked itself.

    Parameters
    ----------
    folder
        Where the block writes; it is there when the block fails.

    Yields
    ------
    None
        The block runs once.

    Raises
    ------
    OSError
        What the system says where no more can be written there; else what the block raised.
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
