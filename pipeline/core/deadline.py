"""A time limit for calls that wait for a server."""

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
    """Run `call` with a time limit; return what it returns or raise what it raises.

    The timeout of a socket counts from the last byte, so a server that sends one byte now and then
    could hold up a program for days. The call runs in a thread. When time is up, the thread is
    abandoned but may still run: `call` must therefore only read and not write anything.

    Parameters
    ----------
    seconds
        Time limit of the whole call.
    call
        What to do.
    waited_for
        What the message calls the answer that is waited for.
    give_up
        Called when time is up, to end the call if that is possible.

    Returns
    -------
    Answer
        What the call returned.

    Raises
    ------
    TimeoutError
        If the call did not end in time.
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
