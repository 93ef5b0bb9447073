"""An extract updated by the differences that its server publishes, by pyosmium."""

import sys
from pathlib import Path

import osmium
import requests
from osmium.replication.server import ReplicationServer
from osmium.replication.utils import get_replication_header

from pipeline.core import deadline, files, http
from pipeline.core.errors import InputError

DIFFERENCE_S = 900.0  # for one daily difference of a continent
MOST = 60  # daily differences; more than these are larger than the extract's own change is worth
IN_MEMORY_KB = 400_000  # of differences held at a time; some three times that while they are merged
TIMEOUT_S = 60


class _Server(ReplicationServer):
    """One that gives a difference in time or not at all."""

    def get_diff_block(self, seq: int) -> str:
        whole = super().get_diff_block  # of a thread, where super() alone means nothing
        block: str = deadline.within(DIFFERENCE_S, lambda: whole(seq), f"difference {seq}")
        return block


def update(target: Path, mirror: tuple[str, str]) -> bool:
    """Whether `target` now holds all differences that are published; if not, it is as it was.

    The file is rewritten beside and then moved into place. What fails is said on the error output,
    since the caller will fetch the whole extract then.
    """
    try:
        header = get_replication_header(str(target))
    except RuntimeError as error:
        return _given_up(target, f"not readable ({error})")
    if not header.url or header.sequence is None:
        return False
    url = header.url
    for scheme in ("https://", "http://"):
        url = url.replace(scheme + mirror[0].split("://")[1], mirror[1])
    aside = target.with_name(f".updated.{target.name}")
    try:
        with _Server(url) as server:
            server.set_request_parameter("timeout", TIMEOUT_S)
            server.set_request_parameter("headers", {"User-Agent": http.user_agent()})
            newest = deadline.within(http.WHOLE_S, server.get_state_info, "the newest state")
            if newest is None or newest.sequence - header.sequence > MOST:
                return _given_up(target, f"no differences at {url} that reach back to it")
            done, source = header.sequence, target
            while done < newest.sequence:
                step = target.with_name(f".updated-{done}.{target.name}")
                step.unlink(missing_ok=True)
                # The file goes on naming its own server, not the mirror that was asked.
                result = server.apply_diffs_to_file(
                    str(source),
                    str(step),
                    done + 1,
                    max_size=IN_MEMORY_KB,
                    extra_headers={"osmosis_replication_base_url": header.url},
                )
                if result is None or result[0] <= done:
                    step.unlink(missing_ok=True)
                    return _given_up(target, f"difference {done + 1} at {url} is missing")
                files.put(step, aside)
                done, source = result[0], aside
    except (requests.RequestException, RuntimeError, OSError) as error:
        return _given_up(target, f"{url}: {error}")
    if source is aside:
        refuse_unreadable(aside)
        files.put(aside, target)
    return True


def refuse_unreadable(path: Path) -> None:
    """InputError unless the file begins as an OSM PBF does."""
    try:
        osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    except RuntimeError as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error


def _given_up(target: Path, reason: str) -> bool:
    reason_text = http.without_secrets(reason)
    sys.stderr.write(f"{target.name}: {reason_text}; the whole extract is asked for\n")
    return False
