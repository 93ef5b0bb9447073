"""Download whole files over HTTP with pooch: unchanged files are kept, broken downloads resumed.

pooch compares hashes and moves the finished file into place. The downloader here adds what pooch
lacks: ranges, so that a broken download continues where it stopped, and conditional requests.
"""

import json
import logging
import re
import shutil
from pathlib import Path
from typing import Any

import pooch
import requests
from tqdm import tqdm

from pipeline.core import deadline, files, http
from pipeline.core.errors import InputError, quoted

TRIES = 6  # of one request; each continues where the previous one stopped
WAIT_S = 5.0  # before the second try; doubled before each further one
PROGRESS_BYTES = 100_000  # a try that received this much is not counted
PIECE = 1 << 18  # bytes taken at a time
PIECE_S = 120.0  # for each: if the server sends less than 2 kB a second, the request is sent again
SPARE_BYTES = 1 << 30  # to be left free on the disk after the download
BROKEN = "the connection broke"


def fetch(url: str, target: Path) -> bool:
    """Bring `target` up to date with `url`; return whether anything was downloaded.

    The file must have the MD5 that the server publishes at `<url>.md5`. Nothing is downloaded if
    the server says that the file has not changed. The old file stays until the new one is whole and
    checked. Raises InputError for a bad status, a disk that is too full, or a wrong MD5.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    plain = http.without_secrets(url)
    offered = http.ask("HEAD", url, _patience(), _condition(url, target))
    if offered.status_code == requests.codes.not_modified:
        return False
    size = int(offered.headers.get("Content-Length", 0))
    _refuse_full_disk(target.parent, size, url)
    last = ""
    # the server may have published a new file with another MD5 between the two requests
    for _ in range(2):
        wanted = _published_md5(url)
        pooch.get_logger().setLevel(logging.ERROR)
        try:
            pooch.retrieve(url, f"md5:{wanted}", target.name, target.parent, downloader=_resume)
        except ValueError as error:
            last = str(error)
            continue
        files.write_text(
            _state(target), json.dumps(_validators(offered) | {"url": plain, "md5": wanted})
        )
        return True
    reason = http.without_secrets(last)[:200]
    raise InputError(
        f"{plain}: the downloaded file does not have the MD5 that the server publishes ({reason})"
    )


def forget(target: Path) -> None:
    """Make the next download unconditional, because the file was changed locally."""
    files.write_text(_state(target), "{}")


def is_ours(target: Path) -> bool:
    """Whether this module downloaded the file; a user's own file has no state beside it."""
    return _state(target).is_file()


def _state(target: Path) -> Path:
    return target.with_name(f"{target.name}.state.json")


def _condition(url: str, target: Path) -> dict[str, str]:
    """Headers that request the file only if it has changed since the last download."""
    if not target.is_file() or not _state(target).is_file():
        return {}
    try:
        state = json.loads(_state(target).read_text())
    except ValueError:
        return {}
    if state.get("url") != http.without_secrets(url):
        return {}
    names = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
    return {names[key]: state[key] for key in names if state.get(key)}


def _validators(response: requests.Response) -> dict[str, str | None]:
    headers = response.headers
    return {"etag": headers.get("ETag"), "last_modified": headers.get("Last-Modified")}


def _refuse_full_disk(folder: Path, size: int, url: str) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        raise InputError(
            f"{folder}: {free / 1e9:.1f} GB free, expected {(size + SPARE_BYTES) / 1e9:.1f} GB "
            f"for {http.without_secrets(url)}"
        )


def _published_md5(url: str) -> str:
    text = http.ask("GET", f"{url}.md5", _patience()).text
    found = re.match(r"\s*([0-9a-fA-F]{32})\b", text)
    if not found:
        raise InputError(f"{http.without_secrets(url)}.md5: got {quoted(text)}, expected an MD5")
    return found[1].lower()


def _patience() -> http.Patience:
    return http.Patience(TRIES, WAIT_S)


def _resume(url: str, output_file: Any, _: Any) -> None:
    """Download for pooch into a scratch file that stays if a run breaks."""
    out = Path(output_file)
    name = re.sub(r"\W+", "-", http.without_secrets(url).split("://", 1)[-1])
    part = out.with_name(f".{name}.part")
    before = _size(part)

    def onward() -> None:
        nonlocal before
        before = _size(part)
        _piece(url, part)

    def progressed() -> bool:
        # A server that delivers the file in parts does not count as failing.
        return _size(part) - before >= PROGRESS_BYTES

    try:
        http.retried(onward, _patience(), http.FAULTS, progressed=progressed)
    except http.FAULTS as error:
        kept = f"{_size(part)} bytes are kept, a rerun continues from there"
        message = f"{http.without_secrets(url)}: {http.reason(error)}; {kept}"
        raise InputError(message) from error
    files.put(part, out)
    _tag(part).unlink(missing_ok=True)


def _piece(url: str, part: Path) -> None:
    """Continue the download where `part` ends; raises RequestException if it is then not whole."""
    tag = _tag(part).read_text() if _tag(part).is_file() else ""
    headers = {"Accept-Encoding": "identity", "User-Agent": http.user_agent()}
    if _size(part) and tag:
        headers |= {"Range": f"bytes={_size(part)}-", "If-Range": tag}
    response = deadline.within(
        http.WHOLE_S,
        lambda: requests.get(
            url, headers=headers, timeout=http.TIMEOUT_S, stream=True, hooks=http.HOOKS
        ),
        "the head of an answer",
    )
    with response:
        if response.status_code in http.LASTING:
            status = f"{response.status_code} {response.reason}"
            raise InputError(http.without_secrets(f"{url}: {status}"))
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            part.unlink()
            raise requests.ConnectionError(BROKEN)
        response.raise_for_status()
        onward = response.status_code == requests.codes.partial_content
        begin = _size(part) if onward else 0
        sent_range = response.headers.get("Content-Range", "")
        if onward and not sent_range.startswith(f"bytes {begin}-"):
            part.unlink()
            raise requests.ConnectionError(BROKEN)
        length = response.headers.get("Content-Length")
        total = None if length is None else begin + int(length)
        _tag(part).write_text(response.headers.get("ETag", ""))
        public_url = http.without_secrets(url)
        bar = tqdm(
            total=total, initial=begin, unit="B", unit_scale=True, disable=None, desc=public_url
        )
        with part.open("ab" if onward else "wb") as file, bar:
            pieces = response.iter_content(PIECE)
            end = response.raw.shutdown  # closing without this would wait for the whole piece
            while content := deadline.within(
                PIECE_S, lambda: next(pieces, b""), f"{PIECE} bytes", end
            ):
                file.write(content)
                bar.update(len(content))
    if total is not None and _size(part) != total:
        raise requests.ConnectionError(BROKEN)


def _tag(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0
