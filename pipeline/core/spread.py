"""Apply a function to many items: one after the other in this process, or on workers."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Spread(Protocol):
    """Applies a function to each item and yields the results in the order of the items."""

    def __call__(  # noqa: D102
        self, work: Callable[[Item], Result], items: Iterable[Item], /
    ) -> Iterator[Result]: ...


def in_turn(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Apply a function to one item after the other, in this process.

    Parameters
    ----------
    work
        The function.
    items
        Taken one by one as results are asked for.

    Returns
    -------
    iterator
        A result for each item, in their order.
    """
    return map(work, items)
