"""The one error that bad input raises, and how a stage ends on it."""

import sys
from collections.abc import Callable


class InputError(Exception):
    """Input that cannot be used; the message names what was found and what was expected."""


def run(stage: Callable[..., None], arguments: list[str], usage: str) -> None:
    """Call `stage` with the command line's paths; bad input ends in one line and status 1.

    `usage` names the arguments in order; one in square brackets may be missing, one that ends in
    `...` may stand several times.
    """
    words = usage.split()
    required = sum(not word.startswith("[") for word in words)
    too_many = len(arguments) > len(words) and "..." not in usage
    if len(arguments) < required or too_many:
        sys.exit(f"error: got {len(arguments)} arguments, expected: {usage}")
    try:
        stage(*arguments)
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {error.filename or ''}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(130)
