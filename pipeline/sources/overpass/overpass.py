"""Stage 1, by Overpass: ask a server for the corridor tile by tile, through osmnx.

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
import tempfile
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import osmium
import osmnx
import requests
from osmium.osm.mutable import Node, Relation, Way
from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError
from osmnx._overpass import _overpass_request
from shapely.geometry import LineString
from tqdm import tqdm

from pipeline.core import borderfile, files, http
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.sources.overpass import questions
from pipeline.sources.overpass.questions import Element, RefusedError, RepeatedError
from pipeline.sources.overpass.tiles import Tile, halves, tiles
from pipeline.sources.record import put, record_of
from pipeline.sources.trim import trim
from pipeline.sources.wanted import ground

SERVER = "https://overpass-api.de/api"  # unless OVERPASS_URL names another
TRIES = 5  # of one question, before its tile is halved
WAIT_S = 30.0  # before the second try, as the public servers ask after a 429; doubled each time
HALVINGS = 3  # down to an eighth of a tile; what fails then is not too large
REWORDINGS = 20  # ways of asking tried at once where a question counts as a repeated one
EMPTY_TRIES = 2  # a tile that is empty beside one that is not is asked for so often again
KEEP_H = 24.0  # answers of a broken run are used again if not older; a day's edits then may differ
NO_NAME = 406  # what overpass-api.de says to programs that do not say who they are
REFUSALS = (
    *(RefusedError, InsufficientResponseError, ResponseStatusCodeError),
    *(requests.RequestException, RecursionError),
)
TIMEOUT_S = 240.0  # without a byte from the server, somewhat more than it grants a question


@dataclass(frozen=True)
class Answer:
    """Where an answer is kept, what it is to, its data's time, and its number of elements."""

    path: Path
    tile: Tile | None
    time: str
    elements: int


def overpass(border_toml: str, out: str, date: str | None = None) -> None:
    """Write what is wanted in the border's corridor to the OSM file `out`, with its record beside.

    `date` (YYYY-MM-DD) asks for the map as it was then. Answers are kept in a folder beside `out`
    until it is whole, so that a rerun asks only for what is missing. Raises InputError where the
    server does not give whole answers; nothing is written then. Of borders that are fetched side by
    side the second waits: public servers wish one user to ask one question at a time.
    """
    border = borderfile.read(border_toml)
    head = questions.head(date, datetime.now(UTC).date())
    target = Path(out)
    with files.locked(target.with_name(".overpass.lock"), wait=True):
        _fetch_border(border, target, head, date)


def _fetch_border(border: BorderFile, target: Path, head: str, date: str | None) -> None:
    pair = (border.from_, border.to)
    began = datetime.now(UTC)
    keep = _folder(target, border.border, dated=date is not None)
    _configure()
    try:
        line = ask(keep, head + questions.line_question(pair), None)
    except RefusedError as error:
        raise InputError(f"{_server()}: the border line: {error}") from error
    try:
        lines = questions.border_lines(_elements(line), pair, _server())
    except InputError:
        line.path.unlink()
        raise
    area = ground(lines, border.big_roads_km)
    found, empty = fetch(keep, head, tiles(area), lines)
    for tile in empty:
        if any(tile.shape.intersects(one) for one in lines):
            raise InputError(
                f"{_server()}: tile {tile.name} on the border line came empty "
                f"{1 + EMPTY_TRIES} times, expected the line itself at least"
            )
    aside = target.with_name(f".aside.{target.name}")
    with tempfile.TemporaryDirectory(dir=keep) as scratch:
        rough = gather([line, *found], Path(scratch))
        data_time = f"{date}T00:00:00Z" if date else min(one.time for one in (line, *found))
        counts = trim(rough, area, pair, aside, data_time)
    asked = {
        "url": _server(),
        "query": head + questions.tile_question(found[0].tile) if found[0].tile else "",
        "tiles": len(found),
        "tiles_confirmed_empty": [tile.name for tile in empty],
        "big_roads_km": border.big_roads_km,
    }
    put(aside, target, border.border, record_of(aside, began, data_time, counts, asked))
    shutil.rmtree(keep)


def fetch(
    keep: Path, head: str, wanted: list[Tile], lines: list[LineString]
) -> tuple[list[Answer], list[Tile]]:
    """Whole answers that cover all tiles, and the tiles that hold nothing though neighbours do."""
    found: list[Answer] = []
    with tqdm(total=len(wanted), unit="tile", disable=None, desc="overpass") as bar:
        for done, tile in enumerate(wanted):
            try:
                found += ask_tile(keep, head, tile, bar, HALVINGS)
            except RefusedError as error:
                raise InputError(
                    f"{_server()}: tile {tile.name}: {error}; {done} of "
                    f"{len(wanted)} tiles are kept in {keep}, a rerun goes on from there"
                ) from error
            bar.update()
            bar.set_postfix_str(f"{sum(one.elements for one in found):,} elements")
        return _without_wrong_gaps(keep, head, found, lines, bar)


def ask_tile(keep: Path, head: str, tile: Tile, bar: "tqdm[Any]", halvings: int) -> list[Answer]:
    """Whole answers for a tile: one, or those of its halves where it fails as a whole."""
    question = head + questions.tile_question(tile)
    halved = _path(keep, question).with_suffix(".halved")
    if not halved.exists():
        try:
            return [ask(keep, question, tile, bar)]
        except RefusedError:
            if not halvings:
                raise
            halved.touch()
    parts = halves(tile)
    return [one for part in parts for one in ask_tile(keep, head, part, bar, halvings - 1)]


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
    path = _path(keep, question)
    kept = _kept(path, tile)
    if kept:
        return kept

    times = count(asked)

    def once() -> Answer:
        answer = _asked(question, times)
        elements = len(questions.elements(answer))
        if tile is None and not elements:
            raise RefusedError("nothing came, expected two countries and their border")
        _keep(path, answer)
        return Answer(path, tile, questions.timestamp(answer), elements)

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
            answer: dict[str, Any] = _overpass_request(
                OrderedDict(data=questions.again(question, next(times)))
            )
        except RepeatedError:
            if not left:
                raise
        else:
            return answer
    raise AssertionError


def _reason(error: Exception) -> str:
    return http.without_secrets(str(error))[:200] or type(error).__name__


def _server() -> str:
    """The server as it may be told: without user name and password."""
    return http.without_secrets(osmnx.settings.overpass_url)


def gather(answers: list[Answer], scratch: Path) -> Path:
    """One sorted OSM file of all answers, each element as the latest of them gives it."""
    unsorted, rough = scratch / "unsorted.osm.pbf", scratch / "rough.osm.pbf"
    seen = {kind: osmium.index.IdSet() for kind in ("node", "way", "relation")}
    add = {"node": "add_node", "way": "add_way", "relation": "add_relation"}
    order = sorted(answers, key=lambda one: (one.time, one.path.name), reverse=True)
    with osmium.SimpleWriter(str(unsorted)) as writer:
        for answer in tqdm(order, unit="answer", disable=None, desc="gather"):
            for one in _elements(answer):
                if not seen[one["type"]].get(one["id"]):
                    seen[one["type"]].set(one["id"])
                    getattr(writer, add[one["type"]])(_element(one))
    merged = osmium.MergeInputReader()
    merged.add_file(str(unsorted))
    with osmium.SimpleWriter(str(rough)) as writer:
        merged.apply(writer)
    return rough


def _configure() -> None:
    """Settings of osmnx: no cache but ours, no other host than the server, no wait without end."""
    osmnx.settings.overpass_url = os.environ.get("OVERPASS_URL", SERVER).rstrip("/")
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
        status = requests.get(
            f"{osmnx.settings.overpass_url}/status", headers=named, timeout=http.TIMEOUT_S
        )
    except requests.RequestException:
        return  # the first question will say what is wrong
    osmnx.settings.overpass_rate_limit = _has_slots(status)


def _look_at(response: requests.Response, *_: Any, **__: Any) -> None:
    """Refuse what osmnx itself would ask again for without bound, and what no try can mend.

    A server of one's own has no limit, and its status no line that tells of slots: osmnx would take
    its next line for a question at work and wait for the end of that for ever.
    """
    if response.url.endswith("/status"):
        if not _has_slots(response):
            osmnx.settings.overpass_rate_limit = False
        return
    is_page = response.content.lstrip()[:1] == b"<"
    said = http.words_of(response.text) if is_page else ""
    if response.ok and is_page:
        try:
            questions.refuse_page(said, response)
        except InputError as error:
            raise InputError(f"{_server()}: {error}") from error
    if response.ok:
        return
    status = f"{response.status_code} {response.reason}"
    if response.status_code in http.LASTING:
        hint = " (CONTACT says how you can be reached)" if response.status_code == NO_NAME else ""
        url = http.without_secrets(response.url)
        raise InputError(f"{url}: {status}: {said or response.text[:200]}"[:300] + hint)
    raise RefusedError(f"status {status} {said}".strip(), response)


def _has_slots(response: requests.Response) -> bool:
    """Whether a status page tells of slots: a server of one's own has no limit, or no such page."""
    unlimited = re.search(r"^Rate limit: 0\s*$", response.text, re.MULTILINE)
    return response.ok and not unlimited and "lot" in response.text


def _folder(target: Path, border: str, *, dated: bool) -> Path:
    """The folder for answers, without those that are too old to stand beside new ones."""
    folder = target.with_name(f".answers.{border}")
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        old = time.time() - path.stat().st_mtime > KEEP_H * 3600
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name.startswith(files.ASIDE) or (old and not dated):
            path.unlink()
    return folder


def _path(keep: Path, question: str) -> Path:
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


def _elements(answer: Answer) -> list[Element]:
    return questions.elements(json.loads(gzip.decompress(answer.path.read_bytes())))


def _element(one: Element) -> Node | Way | Relation:
    tags = one.get("tags", {})
    if one["type"] == "node":
        return Node(id=one["id"], location=(one["lon"], one["lat"]), tags=tags)
    if one["type"] == "way":
        return Way(id=one["id"], nodes=one["nodes"], tags=tags)
    members = [(m["type"][0], m["ref"], m["role"]) for m in one["members"]]
    return Relation(id=one["id"], members=members, tags=tags)


def _without_wrong_gaps(
    keep: Path, head: str, found: list[Answer], lines: list[LineString], bar: "tqdm[Any]"
) -> tuple[list[Answer], list[Tile]]:
    """Ask again for tiles empty on the line or beside a full one: desert, or a server's fault."""
    full = [*lines, *(one.tile.outline for one in found if one.tile and one.elements)]
    result, empty = [], []
    for one in found:
        again = one
        if one.tile and not one.elements and _touches(one.tile, full):
            for time in range(1, EMPTY_TRIES + 1):
                bar.set_postfix_str(f"tile {one.tile.name} is empty, its neighbours are not")
                again.path.unlink(missing_ok=True)
                again = _ask_again(keep, head, one.tile, bar, time * TRIES)
                if again.elements:
                    break
            else:
                empty.append(one.tile)
        result.append(again)
    return result, empty


def _ask_again(keep: Path, head: str, tile: Tile, bar: "tqdm[Any]", asked: int) -> Answer:
    try:
        return ask(keep, head + questions.tile_question(tile), tile, bar, asked)
    except RefusedError as error:
        raise InputError(f"{_server()}: tile {tile.name}, empty at first: {error}") from error


def _touches(tile: Tile, others: Iterable[Any]) -> bool:
    outline = tile.outline
    return any(outline.intersects(other) for other in others)
