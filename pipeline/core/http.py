"""Servers outside: who asks, and how often, the only place that tries again.

Public servers refuse programs that do not say who they are, and wish to reach whoever runs one that
is a burden (https://dev.overpass-api.de/overpass-doc/en/preface/commons.html).
"""

import html
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import requests

from pipeline.core import deadline
from pipeline.core.errors import InputError
from pipeline.core.terminal import printable
from pipeline.core.version import VERSION

NAME = f"border-pipeline/{VERSION}"
TIMEOUT_S = 60.0  # without a byte
WHOLE_S = 300.0  # for a short answer, or the head of a long one: a server may drip for ever
# What a request may end in that another one may not.
FAULTS = (requests.RequestException, TimeoutError)
# Statuses that asking again does not change.
LASTING = frozenset({400, 401, 403, 404, 405, 406, 410})
LONGEST_WAIT_S = 3600.0  # a server that asks for more is left alone, and a message says so
# What makes an address that no server can ever be reached by.
NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.SSLError,
)
# Parameters of addresses that let whoever reads them in.
SECRETS = re.compile(
    r"([?&][\w.-]*(?:key|token|secret|signature|sig|password|credential|auth)[\w.-]*=)[^&\s'\"#]+",
    re.IGNORECASE,
)
NO_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}

Answer = TypeVar("Answer")


def user_agent() -> str:
    """The name, with how to reach whoever runs it where CONTACT (an address or URL) says so.

    Returns
    -------
    str
        The value of the header User-Agent.
    """
    contact = " ".join(os.environ.get("CONTACT", "").split())
    return f"{NAME} ({contact or 'measures land borders; no contact given'})"


@dataclass(frozen=True)
class Patience:
    """How often to try, and how long to wait before the second try; doubled for each further."""

    tries: int
    wait_s: float


def without_secrets(text: str) -> str:
    """The text with user names, passwords, keys and signatures taken out of the URLs in it.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Fit to be printed.
    """
    without_users = re.sub(r"(\w+://)[^/\s]*@", r"\1", text)
    return SECRETS.sub(r"\1…", without_users)


def words_of(page: str) -> str:
    """What an HTML page says, on one line: no head, no comments, no tags.

    Parameters
    ----------
    page
        HTML.

    Returns
    -------
    str
        Plain text on one line.
    """
    for left_out in (r"<!--.*?-->", r"<head\b.*?</head>", r"<[^>]*>"):
        page = re.sub(left_out, " ", page, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(html.unescape(page).split())


def is_lasting(error: BaseException) -> bool:
    """Whether a fault lasts: a wrong address, no such host, a certificate that is not trusted.

    Parameters
    ----------
    error
        What a request raised.

    Returns
    -------
    bool
        True for a wrong address, an unknown host, or a certificate that is not trusted.
    """
    if isinstance(error, NO_ADDRESS):
        return True
    cause: BaseException | None = error
    for _ in range(10):
        if isinstance(cause, socket.gaierror):
            return cause.errno in NO_HOST
        inner = cause.args[0] if cause is not None and cause.args else None
        cause = getattr(inner, "reason", None) or getattr(cause, "__cause__", None)
        if cause is None:
            return False
    return False


def asked_wait_s(error: BaseException) -> float:
    """Seconds that a server asks to wait (Retry-After, as a number or a date); 0 if it does not.

    Parameters
    ----------
    error
        What a request raised.

    Returns
    -------
    float
        Seconds, 0 or more.
    """
    response = getattr(error, "response", None)
    header = "" if response is None else str(response.headers.get("Retry-After", "")).strip()
    if header.isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def tell(seconds: float, error: Exception) -> None:
    """Say on standard error that a pause begins, and why.

    Parameters
    ----------
    seconds
        Length of the pause.
    error
        Its cause; user names and passwords in URLs are taken out.
    """
    reason = without_secrets(str(error)) or type(error).__name__
    sys.stderr.write(f"waiting {seconds:g} s: {printable(reason[:200])}\n")
    sys.stderr.flush()


def retried(
    attempt: Callable[[], Answer],
    patience: Patience,
    again: tuple[type[Exception], ...],
    *,
    progressed: Callable[[], bool] = lambda: False,
    waiting: Callable[[float, Exception], object] = tell,
) -> Answer:
    """What `attempt` returns, tried again after a pause where it fails and another try may help.

    The pause is at least as long as the server asks for.

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
        Called before each pause with its seconds and the error; by default it is said.

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
            pause_s = max(wait_s, asked_wait_s(error))
            if left <= 0 or is_lasting(error) or pause_s > LONGEST_WAIT_S:
                raise
            waiting(pause_s, error)
        time.sleep(pause_s)
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
        answer = deadline.within(
            WHOLE_S,
            lambda: requests.request(method, url, headers=named, timeout=TIMEOUT_S),
            "an answer",
        )
        if answer.status_code in LASTING:
            raise InputError(without_secrets(f"{url}: {answer.status_code} {answer.reason}"))
        problem = refuse(answer) if answer.ok else f"{answer.status_code} {answer.reason}"
        if problem:
            raise requests.HTTPError(problem, response=answer)
        return answer

    try:
        return retried(once, patience, FAULTS)
    except FAULTS as error:
        raise InputError(without_secrets(f"{url}: {error}")) from error
