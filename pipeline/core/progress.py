"""Messages of a long stage on standard error: its progress, and warnings."""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from tqdm import tqdm

from pipeline.core.terminal import printable

# seconds between two lines in a log; a longer silence means that the stage hangs
EVERY_S = 60.0

Item = TypeVar("Item")


def progress(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Yield the items one by one and print progress on standard error.

    Without a terminal, nothing is printed for work that takes less than a minute.

    Parameters
    ----------
    items
        The items to work on.
    what
        One or two words for the items.

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
    """Print a warning on a line of its own: what was found and what is done about it.

    Parameters
    ----------
    text
        One sentence.
    """
    sys.stderr.write(f"warning: {printable(text)}\n")
    sys.stderr.flush()
