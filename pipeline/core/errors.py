"""The one error that bad input raises, and how a command ends on it."""

import errno
import sys
from collections.abc import Callable

from pipeline.core.terminal import printable

# What to do where a machine lacks something that is no fault of the input.
REMEDIES = {
    errno.ENOSPC: "free some space on that disk and run it again; what was there before is whole",
    errno.EDQUOT: "free some space or raise the quota; what was there before is whole",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f); what was there before is whole",
    errno.EMFILE: "raise the limit of open files (ulimit -n) and run it again",
    errno.ENFILE: "close some programs and run it again",
    errno.EROFS: "the disk can only be read; give a folder that can be written to",
    errno.EACCES: "ask for the right to read or write there, or give another folder",
}


class InputError(Exception):
    """Input that cannot be used; the message names what was found and what was expected."""


def run(command: Callable[..., object], *arguments: object) -> None:
    """Call a stage or tool; bad input ends in one line and status 1, an interrupt in status 130.

    Parameters
    ----------
    command
        The function of the stage or tool.
    *arguments
        Its arguments.
    """
    try:
        command(*arguments)
    except InputError as error:
        sys.exit(f"error: {printable(str(error))}")
    except BrokenPipeError:
        sys.exit(141)  # as a shell has it: whoever reads has read enough
    except OSError as error:
        sys.exit(f"error: {printable(of_system(error))}")
    except MemoryError:
        sys.exit("error: memory ran out; run fewer borders side by side, or on a larger machine")
    except KeyboardInterrupt:
        sys.exit(130)


def of_system(error: OSError) -> str:
    """What an error of the system says, of which file, and what to do about it.

    Parameters
    ----------
    error
        As Python or a library raised it.

    Returns
    -------
    str
        One sentence, without a full stop.
    """
    where = f"{error.filename}: " if error.filename else ""
    message = f"{where}{error.strerror or error or type(error).__name__}"
    remedy = REMEDIES.get(error.errno or 0)
    return f"{message}; {remedy}" if remedy else message
