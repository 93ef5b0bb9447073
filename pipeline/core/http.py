"""Servers outside: who asks, and how often, the only place that tries again.

Public servers refuse programs that do not say who they are, and wish to reach whoever runs one that
is a burden (https://dev.overpass-api.de/overpass-doc/en/preface/commons.html).
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import requests

from pipeline.core.errors import InputError
from pipeline.core.version import VERSION

NAME = f"border-pipeline/{VERSION}"
TIMEOUT_S = 60.0  # without a byte
# Statuses that asking again does not change.
LASTING = frozenset({400, 401, 403, 404, 405, 406, 410})

Answer = TypeVar("Answer")


def user_agent() -> str:
    """The name, with how to reach whoever runs it where CONTACT (an address or URL) says so."""
    contact = " ".join(os.environ.get("CONTACT", "").split())
    return f"{NAME} ({contact or 'measures land borders; no contact given'})"


@dataclass(frozen=True)
class Patience:
    """How often to try, and how long to wait before the second try; doubled for each further."""

    tries: int
    wait_s: float


def retried(
    attempt: Callable[[], Answer],
    patience: Patience,
    again: tuple[type[Exception], ...],
    *,
    progressed: Callable[[], bool] = lambda: False,
    waiting: Callable[[float, Exception], object] = lambda _seconds, _error: None,
) -> Answer:
    """What `attempt` returns, tried again after a pause where it fails.

    Parameters
    ----------
    attempt
        What to do.
    patience
        How often, and how long to wait.
    again
        The errors after which another try may help; others are raised at once.
    progressed
        Whether the try that failed has brought something: the count begins anew then.
    waiting
        Called before each pause with its seconds and the error.

    Returns
    -------
    Answer
        The answer of the first try that does not fail.

    Raises
    ------
    Exception
        The error of the last try.
    """
    wait_s, left = patience.wait_s, patience.tries
    while True:
        left -= 1
        try:
            return attempt()
        except again as error:
            if progressed():
                wait_s, left = patience.wait_s, patience.tries
            if left <= 0:
                raise
            waiting(wait_s, error)
        time.sleep(wait_s)
        wait_s *= 2


def ask(
    method: str,
    url: str,
    patience: Patience,
    headers: Mapping[str, str] | None = None,
    refuse: Callable[[requests.Response], str | None] = lambda _: None,
) -> requests.Response:
    """The answer to one request, if its status is right or says that nothing was modified.

    Parameters
    ----------
    method, url, headers
        The request; the name of who asks is added.
    patience
        How often to ask, and how long to wait.
    refuse
        What is wrong with an answer whose status is right, if anything: it is asked for again.

    Returns
    -------
    requests.Response
        The answer, whole.

    Raises
    ------
    InputError
        Where the last answer was not right, or one said that no further request will be.
    """

    def once() -> requests.Response:
        named = {"User-Agent": user_agent(), **(headers or {})}
        answer = requests.request(method, url, headers=named, timeout=TIMEOUT_S)
        if answer.status_code in LASTING:
            raise InputError(f"{url}: {answer.status_code} {answer.reason}")
        said = refuse(answer) if answer.ok else f"{answer.status_code} {answer.reason}"
        if said:
            raise requests.HTTPError(said, response=answer)
        return answer

    try:
        return retried(once, patience, (requests.RequestException,))
    except requests.RequestException as error:
        raise InputError(f"{url}: {error}") from error
