"""Work on many items: here, one after the other, or wherever the caller spreads it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Spread(Protocol):
    """Does work on each item; results come in the order of the items, wherever they were made."""

    def __call__(  # noqa: D102
        self, work: Callable[[Item], Result], items: Iterable[Item], /
    ) -> Iterator[Result]: ...


def in_turn(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Work on one item after the other, in this process.

    Parameters
    ----------
    work
        What is done with an item.
    items
        Taken one by one as results are asked for.

    Returns
    -------
    iterator
        A result for each item, in their order.
    """
    return map(work, items)
