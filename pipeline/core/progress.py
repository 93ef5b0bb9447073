"""What a long stage says on standard error: how far it has come, and what it had to put up with."""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from tqdm import tqdm

from pipeline.core.terminal import printable

EVERY_S = 60.0  # between two plain lines: a log stays short, and silence means that it hangs

Item = TypeVar("Item")


def progress(items: Sequence[Item], what: str) -> Iterator[Item]:
    """The items, one by one; progress is printed on standard error.

    Nothing is printed of work that takes less than a minute where there is no terminal.

    Parameters
    ----------
    items
        What to work on.
    what
        What they are, in a word or two.

    Yields
    ------
    object
        Each item in turn.
    """
    if sys.stderr.isatty():
        yield from tqdm(items, what)
        return
    last_s = time.monotonic()
    for done, item in enumerate(items):
        if time.monotonic() - last_s >= EVERY_S:
            last_s = time.monotonic()
            sys.stderr.write(f"{what}: {done} of {len(items)}\n")
            sys.stderr.flush()
        yield item


def warn(text: str) -> None:
    """Say what was found and what is done about it, on a line of its own.

    Parameters
    ----------
    text
        One sentence.
    """
    sys.stderr.write(f"warning: {printable(text)}\n")
    sys.stderr.flush()
