"""The error that bad input raises, and how a command reports it."""

import errno
import sys
from collections.abc import Callable

from pipeline.core.terminal import printable

# The remedy for each error of the system that the input did not cause.
REMEDIES = {
    errno.ENOSPC: "free some space on that disk and run it again; earlier files are undamaged",
    errno.EDQUOT: "free some space or raise the quota; earlier files are undamaged",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f); earlier files are undamaged",
    errno.EMFILE: "raise the limit of open files (ulimit -n) and run the command again",
    errno.ENFILE: "close some programs and run the command again",
    errno.EROFS: "the disk is read-only; give a folder that can be written to",
    errno.EACCES: "get permission to read or write there, or give another folder",
}


LONGEST = 200  # characters of a value that a message quotes


class InputError(Exception):
    """Input that cannot be used; the message names what was found and what was expected."""


def quoted(found: object) -> str:
    """A value of the input as a message quotes it, cut if it is long.

    A quotation mark that is lost makes half a file one value: a message that quotes all of it hides
    what was expected.

    Parameters
    ----------
    found
        The value.

    Returns
    -------
    str
        The value as Python writes it; a longer one ends with `…` and its length.
    """
    text = repr(found)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def run(command: Callable[..., object], *arguments: object) -> None:
    """Call a stage or tool; bad input gives one line and exit status 1, an interrupt status 130.

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
        sys.exit(141)  # as in a shell: the reader of the pipe has closed it
    except OSError as error:
        sys.exit(f"error: {printable(of_system(error))}")
    except MemoryError:
        sys.exit("error: memory ran out; run fewer borders side by side, or on a larger machine")
    except KeyboardInterrupt:
        sys.exit(130)


def of_system(error: OSError) -> str:
    """The message for an error of the system: what happened, to which file, and the remedy.

    Parameters
    ----------
    error
        The error that Python or a library raised.

    Returns
    -------
    str
        One sentence, without a full stop.
    """
    where = f"{error.filename}: " if error.filename else ""
    message = f"{where}{error.strerror or error or type(error).__name__}"
    remedy = REMEDIES.get(error.errno or 0)
    return f"{message}; {remedy}" if remedy else message
