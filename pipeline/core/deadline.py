"""A bound of time for what waits for others."""

import threading
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def within(
    seconds: float,
    call: Callable[[], Answer],
    waited_for: str,
    give_up: Callable[[], object] = lambda: None,
) -> Answer:
    """What `call` returns or raises, if it comes in time.

    The timeout of a socket counts from the last byte, so a server that sends a byte now and then
    would keep a program for days. The call runs in a thread, which is left behind when time is up:
    `call` may only read, and write nothing.

    Parameters
    ----------
    seconds
        Time for the whole call.
    call
        What to do.
    waited_for
        What the message calls it.
    give_up
        Called when time is up, to end the call where that can be done.

    Returns
    -------
    Answer
        What the call returned.

    Raises
    ------
    TimeoutError
        Where it did not end in time.
    """
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as error:  # noqa: BLE001 (raised below, in the thread that asked)
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        give_up()
        raise TimeoutError(
            f"{waited_for} did not come within {seconds:g} s: the server is too slow"
        )
    return answers[0]
