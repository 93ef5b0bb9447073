"""One question to an Overpass server, asked through osmnx until its answer is whole, and kept.

The one place where osmnx is used. Of it come the request, the pause that the server's status asks
for, and the rate limit; the answers are taken raw, before any graph is made of them. It is called
one step below its public functions: these ask for ways or for features of a polygon that they
buffer, without a count of the elements and with all members of a relation, which for a country are
its whole outline; so requirements.lock holds its version, and a test holds what is relied on.
Manners and query language: https://wiki.openstreetmap.org/wiki/Overpass_API.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import osmnx
import requests
from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError
from osmnx._overpass import _overpass_request
from tqdm import tqdm

from pipeline.core import deadline, files, http
from pipeline.core.errors import InputError
from pipeline.sources.overpass import questions
from pipeline.sources.overpass.questions import Element, RefusedError, RepeatedError
from pipeline.sources.overpass.tiles import Tile

SERVER = "https://overpass-api.de/api"  # unless OVERPASS_URL names another
TRIES = 5  # of one question, before its tile is halved
WAIT_S = 30.0  # before the second try, as the public servers ask after a 429; doubled each time
REWORDINGS = 20  # ways of asking tried at once where a question counts as a repeated one
KEEP_H = 24.0  # answers of a broken run are used again if not older; a day's edits then may differ
NO_NAME = 406  # what overpass-api.de says to programs that do not say who they are
REFUSALS = (
    *(RefusedError, InsufficientResponseError, ResponseStatusCodeError),
    *(*http.FAULTS, RecursionError),
)
WHOLE_S = 3600.0  # for a whole answer, waiting for a slot on the server included
TIMEOUT_S = 240.0  # without a byte from the server, somewhat more than it grants a question


@dataclass(frozen=True)
class Answer:
    """Where an answer is kept, what it is to, its data's time, and its number of elements."""

    path: Path
    tile: Tile | None
    time: str
    elements: int


def ask(
    keep: Path,
    question: str,
    tile: Tile | None,
    bar: "tqdm[Any] | None" = None,
    asked: int = 0,
) -> Answer:
    """The answer to a question: the one that is kept, or one asked for now, up to TRIES times.

    `asked` says how often it was asked before: no two times in the same words. Raises RefusedError
    with the last reason; InputError where asking again is no use.
    """
    path = kept_at(keep, question)
    kept = _kept(path, tile)
    if kept:
        return kept

    times = count(asked)

    def once() -> Answer:
        answer = _asked(question, times)
        held = len(questions.elements(answer))
        if tile is None and not held:
            raise RefusedError("nothing came, expected two countries and their border")
        _keep(path, answer)
        return Answer(path, tile, questions.timestamp(answer), held)

    def waiting(seconds: float, error: Exception) -> None:
        if bar is not None and not bar.disable:
            bar.set_postfix_str(f"waiting {seconds:g} s: {_reason(error)}")
        else:
            http.tell(seconds, error)

    try:
        return http.retried(once, http.Patience(TRIES, WAIT_S), REFUSALS, waiting=waiting)
    except REFUSALS as error:
        raise RefusedError(f"{_reason(error)}, {TRIES} tries") from error


def _asked(question: str, times: Iterator[int]) -> dict[str, Any]:
    """The answer to a question, in other words at once where it is refused as a repeated one."""
    for left in reversed(range(REWORDINGS)):
        try:
            asked = OrderedDict(data=questions.again(question, next(times)))
            answer: dict[str, Any] = deadline.within(
                WHOLE_S, partial(_overpass_request, asked), "an answer"
            )
        except RepeatedError:
            if not left:
                raise
        else:
            return answer
    raise AssertionError


def _reason(error: Exception) -> str:
    return http.without_secrets(str(error))[:200] or type(error).__name__


def server() -> str:
    """The server as it may be told: without user name and password."""
    return http.without_secrets(osmnx.settings.overpass_url)


def configure() -> None:
    """Settings of osmnx: no cache but ours, no other host than the server, no wait without end."""
    osmnx.settings.overpass_url = (os.environ.get("OVERPASS_URL") or SERVER).rstrip("/")
    osmnx.settings.overpass_rate_limit = False
    osmnx.settings.http_user_agent = osmnx.settings.http_referer = http.user_agent()
    osmnx.settings.use_cache = False
    osmnx.settings.doh_url_template = None
    osmnx.settings.requests_timeout = TIMEOUT_S
    osmnx.settings.requests_kwargs = {"hooks": {"response": _look_at}}
    osmnx.settings.log_console = False
    # osmnx would wait a minute before each question to a server without a status page.
    named = {"User-Agent": http.user_agent()}
    try:
        url = f"{osmnx.settings.overpass_url}/status"
        status = deadline.within(
            http.WHOLE_S,
            lambda: requests.get(url, headers=named, timeout=http.TIMEOUT_S),
            "the server's status",
        )
    except http.FAULTS:
        return  # the first question will say what is wrong
    osmnx.settings.overpass_rate_limit = _has_slots(status)


def _look_at(response: requests.Response, *_: Any, **__: Any) -> None:
    """Refuse what osmnx itself would ask again for without bound, and what no try can mend.

    A server of one's own has no limit, and its status no line about slots: osmnx would take
    its next line for a question at work and wait for the end of that for ever.
    """
    if response.url.endswith("/status"):
        if not _has_slots(response):
            osmnx.settings.overpass_rate_limit = False
        return
    is_page = response.content.lstrip()[:1] == b"<"
    page_text = http.words_of(response.text) if is_page else ""
    if response.ok and is_page:
        try:
            questions.refuse_page(page_text, response)
        except InputError as error:
            raise InputError(f"{server()}: {error}") from error
    if response.ok:
        return
    status = f"{response.status_code} {response.reason}"
    if response.status_code in http.LASTING:
        hint = " (CONTACT says how you can be reached)" if response.status_code == NO_NAME else ""
        url = http.without_secrets(response.url)
        raise InputError(f"{url}: {status}: {page_text or response.text[:200]}"[:300] + hint)
    raise RefusedError(f"status {status} {page_text}".strip(), response)


def _has_slots(response: requests.Response) -> bool:
    """Whether a status page states slots: a server of one's own has no limit, or no such page."""
    unlimited = re.search(r"^Rate limit: 0\s*$", response.text, re.MULTILINE)
    return response.ok and not unlimited and "lot" in response.text


def folder(target: Path, border: str, *, dated: bool) -> Path:
    """The folder for answers, without those that are too old to stand beside new ones."""
    kept = target.with_name(f".answers.{border}")
    kept.mkdir(parents=True, exist_ok=True)
    for path in kept.iterdir():
        old = time.time() - path.stat().st_mtime > KEEP_H * 3600
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name.startswith(files.ASIDE) or (old and not dated):
            path.unlink()
    return kept


def kept_at(keep: Path, question: str) -> Path:
    """Where the answer to a question is kept: another server's answers lie elsewhere."""
    asked = f"{osmnx.settings.overpass_url} {question}"
    return keep / f"{hashlib.sha256(asked.encode()).hexdigest()}.json.gz"


def _keep(path: Path, answer: dict[str, Any]) -> None:
    packed = gzip.compress(json.dumps(answer).encode(), compresslevel=5, mtime=0)
    files.write_bytes(path, packed)


def _kept(path: Path, tile: Tile | None) -> Answer | None:
    """The answer at `path`, if one is kept and whole."""
    if not path.is_file():
        return None
    try:
        answer = json.loads(gzip.decompress(path.read_bytes()))
        return Answer(path, tile, questions.timestamp(answer), len(questions.elements(answer)))
    except (ValueError, EOFError, OSError, RefusedError):
        path.unlink()
        return None


def elements(answer: Answer) -> list[Element]:
    """The elements of a kept answer, raw."""
    return questions.elements(json.loads(gzip.decompress(answer.path.read_bytes())))
