"""Requests to servers: the program's name and the number of tries. Only this module tries again.

Public servers refuse programs that do not say who they are, and want to reach the person who runs a
program that is a burden (https://dev.overpass-api.de/overpass-doc/en/preface/commons.html).
"""

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
from urllib.parse import urljoin

import requests

from pipeline.core import deadline
from pipeline.core.errors import InputError
from pipeline.core.terminal import printable
from pipeline.core.version import VERSION

NAME = f"border-pipeline/{VERSION}"
TIMEOUT_S = 60.0  # without a byte
# for a whole short answer, or the head of a long one
WHOLE_S = 300.0
# Errors after which another try may succeed.
FAULTS = (requests.RequestException, TimeoutError)
# Statuses that another try does not change.
LASTING = frozenset({400, 401, 403, 404, 405, 406, 410})
# longest wait that a server may ask for; beyond it the request fails
LONGEST_WAIT_S = 3600.0
# Errors of an address by which no server can be reached.
NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.SSLError,
)
# Parameters of an address that hold secrets, such as keys and signatures.
SECRETS = re.compile(
    r"([?&][\w.-]*(?:key|token|secret|signature|sig|password|credential|auth)[\w.-]*=)[^&\s'\"#]+",
    re.IGNORECASE,
)
NO_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}

Answer = TypeVar("Answer")


def user_agent() -> str:
    """The program's name with the contact that CONTACT gives (an address or URL).

    Returns
    -------
    str
        Value of the header User-Agent.
    """
    contact = " ".join(os.environ.get("CONTACT", "").split())
    return f"{NAME} ({contact or 'measures land borders; no contact given'})"


@dataclass(frozen=True)
class Patience:
    """How often to try, and how long to wait before the second try; the wait doubles each time."""

    tries: int
    wait_s: float


def without_secrets(text: str) -> str:
    """The text without the user names, passwords, keys and signatures of URLs in it.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Safe to print.
    """
    without_users = re.sub(r"(\w+://)[^/\s]*@", r"\1", text)
    return SECRETS.sub(r"\1…", without_users)


def stay_encrypted(response: requests.Response, *_: object, **__: object) -> None:
    """Refuse to follow a redirect from https to http: a hook for responses.

    Parameters
    ----------
    response
        Any response, also one that redirects.

    Raises
    ------
    InputError
        If a response that came by https redirects to another scheme.
    """
    if not (response.is_redirect and response.url.startswith("https:")):
        return
    target = urljoin(response.url, response.headers["Location"])
    if not target.lower().startswith("https:"):
        message = f"{without_secrets(response.url)}: redirects to {without_secrets(target)}"
        raise InputError(f"{message}, expected an https address")


HOOKS = {"response": stay_encrypted}  # for every request


def is_lasting(error: BaseException) -> bool:
    """Whether another try cannot succeed.

    Parameters
    ----------
    error
        The error that a request raised.

    Returns
    -------
    bool
        True for a wrong address, an unknown host, or a certificate that is not trusted.
    """
    return isinstance(error, NO_ADDRESS) or _has_no_host(error)


def reason(error: BaseException) -> str:
    """What went wrong, without secrets, and in plain words where no host has the name.

    Parameters
    ----------
    error
        The error that a request raised.

    Returns
    -------
    str
        Part of a sentence.
    """
    if _has_no_host(error):
        return "no host of that name is found: there is no network, or the address is wrong"
    return without_secrets(str(error)) or type(error).__name__


def _has_no_host(error: BaseException) -> bool:
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
    """Seconds that a server asks to wait (Retry-After, a number or a date); 0 if it does not ask.

    Parameters
    ----------
    error
        The error that a request raised.

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
    """Write to standard error that a pause begins, and why.

    Parameters
    ----------
    seconds
        Length of the pause.
    error
        Its cause; user names and passwords in URLs are left out.
    """
    sys.stderr.write(f"waiting {seconds:g} s: {printable(reason(error)[:200])}\n")
    sys.stderr.flush()


def retried(
    attempt: Callable[[], Answer],
    patience: Patience,
    again: tuple[type[Exception], ...],
    *,
    progressed: Callable[[], bool] = lambda: False,
    waiting: Callable[[float, Exception], object] = tell,
) -> Answer:
    """Call `attempt`; if it fails and another try may succeed, pause and call it again.

    The pause is at least as long as the server asks.

    Parameters
    ----------
    attempt
        The function to call.
    patience
        How often to try, and how long to wait.
    again
        The errors after which another try may succeed; others are raised at once.
    progressed
        Whether the failed try has received something: if so, the count of tries starts again.
    waiting
        Called before each pause with its seconds and the error; by default `tell`.

    Returns
    -------
    Answer
        What the first successful try returned.

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
    """Send one request and return the answer if its status is good or says "not modified".

    Parameters
    ----------
    method, url, headers
        The request; the header User-Agent is added.
    patience
        How often to try, and how long to wait.
    refuse
        Says what is wrong with an answer whose status is good, if anything; the request is then
        sent again.

    Returns
    -------
    requests.Response
        The whole answer.

    Raises
    ------
    InputError
        If the last answer was wrong, or an answer shows that asking again cannot help.
    """

    def once() -> requests.Response:
        named = {"User-Agent": user_agent(), **(headers or {})}
        answer = deadline.within(
            WHOLE_S,
            lambda: requests.request(method, url, headers=named, timeout=TIMEOUT_S, hooks=HOOKS),
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
        raise InputError(f"{without_secrets(url)}: {reason(error)}") from error
