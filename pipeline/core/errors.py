"""The one error that bad input raises, and how a command ends on it."""

import sys
from collections.abc import Callable


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
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error.filename or ''}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)
