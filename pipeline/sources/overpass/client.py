"""Send one question to an Overpass server through osmnx until the answer is whole, and keep it.

Only this module uses osmnx. From osmnx come the request, the pause that the server's status asks
for, and the rate limit; the raw answers are used, before any graph is made of them. The module
calls functions one level below the public functions of osmnx. The public ones buffer the polygon,
do not count the elements, and ask for all members of a relation, which for a country are its whole
outline. So requirements.lock fixes the version of osmnx, and a test checks the behaviour that is
needed. Rules of use and query language: https://wiki.openstreetmap.org/wiki/Overpass_API.
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
TRIES = 5  # for one question, before its tile is halved
WAIT_S = 30.0  # before the second try, as public servers ask after status 429; doubled each time
REWORDINGS = 20  # wordings tried at once if the server refuses a question as a repeated one
# older answers of a broken run are not used again; newer ones may differ by a day's edits
KEEP_H = 24.0
NO_NAME = 406  # answer of overpass-api.de to programs that do not say who they are
REFUSALS = (
    *(RefusedError, InsufficientResponseError, ResponseStatusCodeError),
    *(*http.FAULTS, RecursionError),
)
WHOLE_S = 3600.0  # for a whole answer, waiting for a slot on the server included
# without a byte from the server: somewhat more than its time limit for a question
TIMEOUT_S = 240.0


@dataclass(frozen=True)
class Answer:
    """An answer: its file, its tile, the time of its data, and its number of elements."""

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
    """The answer to a question: the kept one, or a new one, requested up to TRIES times.

    `asked` is how often the question was asked before, so that its wording changes each time.
    Raises RefusedError with the last reason, and InputError if another try cannot succeed.
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
            raise RefusedError("the answer is empty, expected two countries and their border")
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
        tries = "" if http.is_lasting(error) else f", {TRIES} tries"
        raise RefusedError(f"{_reason(error)}{tries}") from error


def _asked(question: str, times: Iterator[int]) -> dict[str, Any]:
    """The answer to a question; if it is refused as repeated, it is sent again in other words."""
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
    return http.reason(error)[:200]


def server() -> str:
    """The server's address without user name and password."""
    return http.without_secrets(osmnx.settings.overpass_url)


def configure() -> None:
    """Set up osmnx: without its cache, with this server as the only host, without endless waits."""
    osmnx.settings.overpass_url = (os.environ.get("OVERPASS_URL") or SERVER).rstrip("/")
    osmnx.settings.overpass_rate_limit = False
    osmnx.settings.http_user_agent = osmnx.settings.http_referer = http.user_agent()
    osmnx.settings.use_cache = False
    osmnx.settings.doh_url_template = None
    osmnx.settings.requests_timeout = TIMEOUT_S
    osmnx.settings.requests_kwargs = {"hooks": {"response": [http.stay_encrypted, _look_at]}}
    osmnx.settings.log_console = False
    # Otherwise osmnx would wait a minute before each question to a server without a status page.
    named = {"User-Agent": http.user_agent()}
    try:
        url = f"{osmnx.settings.overpass_url}/status"
        status = deadline.within(
            http.WHOLE_S,
            lambda: requests.get(url, headers=named, timeout=http.TIMEOUT_S, hooks=http.HOOKS),
            "the server's status",
        )
    except http.FAULTS:
        return  # the first question will show what is wrong
    osmnx.settings.overpass_rate_limit = _has_slots(status)


def _look_at(response: requests.Response, *_: Any, **__: Any) -> None:
    """Raise for answers that osmnx would request again without limit, and for lasting errors.

    A private server has no limit, and its status has no line about slots: osmnx would read the next
    line as a running question and wait for its end for ever.
    """
    if response.url.endswith("/status"):
        if not _has_slots(response):
            osmnx.settings.overpass_rate_limit = False
        return
    is_page = response.content.lstrip()[:1] == b"<"
    page_text = questions.words_of(response.text) if is_page else ""
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
    """Whether a status page states slots; a private server has no limit, or no such page."""
    unlimited = re.search(r"^Rate limit: 0\s*$", response.text, re.MULTILINE)
    return response.ok and not unlimited and "lot" in response.text


def folder(target: Path, border: str, *, dated: bool) -> Path:
    """The folder for answers; answers too old to combine with new ones are removed."""
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
    """The path for the answer to a question; it differs for another server."""
    asked = f"{osmnx.settings.overpass_url} {question}"
    return keep / f"{hashlib.sha256(asked.encode()).hexdigest()}.json.gz"


def _keep(path: Path, answer: dict[str, Any]) -> None:
    packed = gzip.compress(json.dumps(answer).encode(), compresslevel=5, mtime=0)
    files.write_bytes(path, packed)


def _kept(path: Path, tile: Tile | None) -> Answer | None:
    """The answer at `path`, if there is one and it is whole."""
    if not path.is_file():
        return None
    try:
        answer = json.loads(gzip.decompress(path.read_bytes()))
        return Answer(path, tile, questions.timestamp(answer), len(questions.elements(answer)))
    except (ValueError, EOFError, OSError, RefusedError):
        path.unlink()
        return None


def elements(answer: Answer) -> list[Element]:
    """The raw elements of a kept answer."""
    return questions.elements(json.loads(gzip.decompress(answer.path.read_bytes())))
