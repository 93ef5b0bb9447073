"""Update an extract by the differences that its server publishes, with pyosmium."""

import sys
from pathlib import Path

import osmium
import requests
from osmium.replication.server import ReplicationServer
from osmium.replication.utils import get_replication_header

from pipeline.core import deadline, files, http
from pipeline.core.errors import InputError

DIFFERENCE_S = 900.0  # for one daily difference of a continent
MOST = 60  # daily differences; to download more of them would take longer than the whole extract
IN_MEMORY_KB = 400_000  # of differences held at a time; merging takes about three times as much
TIMEOUT_S = 60


class _Server(ReplicationServer):
    """A server whose differences must arrive within a time limit."""

    def get_diff_block(self, seq: int) -> str:
        whole = super().get_diff_block  # explicit, since the call runs in a thread
        block: str = deadline.within(DIFFERENCE_S, lambda: whole(seq), f"difference {seq}")
        return block


def update(target: Path, mirror: tuple[str, str]) -> bool:
    """Update `target` by all published differences; return whether that succeeded.

    The file is written under another name and then moved into place; after a failure it is
    unchanged. A failure is printed on standard error, because the caller will then download the
    whole extract.
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
            server.set_request_parameter("hooks", http.HOOKS)
            server.set_request_parameter("headers", {"User-Agent": http.user_agent()})
            newest = deadline.within(http.WHOLE_S, server.get_state_info, "the newest state")
            if newest is None or newest.sequence - header.sequence > MOST:
                return _given_up(target, f"no differences at {url} that reach back to it")
            done, source = header.sequence, target
            while done < newest.sequence:
                step = target.with_name(f".updated-{done}.{target.name}")
                step.unlink(missing_ok=True)
                # The file still names its own server, not the mirror that was used.
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
    """Raise InputError unless the file begins like an OSM PBF."""
    try:
        osmium.io.Reader(str(path), osmium.osm.NOTHING).header()
    except RuntimeError as error:
        raise InputError(f"{path}: not readable as OpenStreetMap data ({error})") from error


def _given_up(target: Path, reason: str) -> bool:
    reason_text = http.without_secrets(reason)
    sys.stderr.write(f"{target.name}: {reason_text}; downloading the whole extract\n")
    return False
