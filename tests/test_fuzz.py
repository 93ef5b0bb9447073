"""Hostile input, drawn by seed: each case ends in a right result or in one clear line.

`FUZZ_CASES=20000 pytest tests/test_fuzz.py -s` runs as many instead of the default, more of them
through the stages, each within a bound of time and the process within one of memory. A failure
names its case; `FUZZ_ONLY=network:17` runs that alone, `FUZZ_ONLY=network` all of them of that
kind. `FUZZ_FROM=100000` draws others: the seeds of each kind count from there.
"""

import contextlib
import io
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from pipeline.core import errors
from pipeline.core.terminal import printable
from pipeline.network import read
from pipeline.sources.extracts import clip
from pipeline.stages.network import network
from tests import fuzz_inputs, fuzz_osm, fuzz_proof
from tests.world import table

CASES = int(os.environ.get("FUZZ_CASES", "500"))
FROM = int(os.environ.get("FUZZ_FROM", "0"))
ONLY = os.environ.get("FUZZ_ONLY", "")
LONG = CASES > 1000
BOUND_S = 120
MORE_MEMORY = 6 << 30  # bytes of addresses beyond those that imports have taken
LONGEST_LINE = 1000
ENOUGH = 20  # cases of a kind of which some must be right and some refused


def read_osm(folder: Path, seed: int) -> None:
    raw, _ = fuzz_osm.written(folder, seed)
    found = read.read(raw)
    assert len(found.ways.start) == len(found.ways.osm_id) + 1
    assert len(found.ways.vertex) == found.ways.start[-1]
    assert found.ways.vertex.max(initial=-1) < len(found.vertices.osm_id)
    for where, most in ((found.vertices.lon, 180), (found.vertices.lat, 90)):
        assert (abs(where) <= most).all()


def clip_extract(folder: Path, seed: int) -> None:
    raw, toml = fuzz_osm.written(folder, seed, extract=True)
    out = folder / "clipped" / "aa-bb.osm.pbf"
    clip.clip(str(toml), str(raw.parent), str(out))
    assert len(read.read(out).ways.osm_id) <= len(read.read(raw).ways.osm_id)
    assert out.with_name("aa-bb.record.json").is_file()


KINDS: dict[str, Callable[[Path, int], None]] = {
    "border": fuzz_inputs.border_file,
    "facts": fuzz_inputs.facts_folder,
    "answer": fuzz_inputs.server_answer,
    "record": fuzz_inputs.record_beside,
    "poly": fuzz_inputs.outline,
    "dem": fuzz_inputs.elevation,
    "read": read_osm,
    "clip": clip_extract,
    "network": fuzz_proof.network_holds,
    "whole": fuzz_proof.proof_holds,
}
# Of a thousand cases; what runs stages costs most.
SHARES = {"border": 500, "facts": 60, "answer": 230, "record": 80, "poly": 40, "dem": 14,
          "read": 50, "clip": 20, "network": 4, "whole": 2}  # fmt: skip
LONG_SHARES = {"border": 350, "facts": 40, "answer": 180, "record": 80, "poly": 80, "dem": 40,
               "read": 150, "clip": 50, "network": 22, "whole": 8}  # fmt: skip


def cases() -> Iterator[tuple[str, int]]:
    if ONLY:
        kind, _, number = ONLY.partition(":")
        for seed in [int(number)] if number else range(FROM, FROM + CASES):
            yield kind, seed
        return
    shares = LONG_SHARES if LONG else SHARES
    for kind, share in shares.items():
        for seed in range(CASES * share // 1000):
            yield kind, FROM + seed


def complaint(kind: str, folder: Path, seed: int) -> tuple[str, str]:
    """How a case ended: `right`, `refused`, or `wrong` with what is wrong about it."""
    screen = io.StringIO()
    try:
        with contextlib.redirect_stderr(screen), contextlib.redirect_stdout(screen):
            errors.run(KINDS[kind], folder, seed)
    except SystemExit as ended:
        line = str(ended.code)
        if not line.startswith("error: ") or len(line) > LONGEST_LINE:
            return "wrong", f"printed {line!r}"
        if printable(line) != line:
            return "wrong", f"not one printable line: {line!r}"
        if line.startswith("error: memory ran out"):
            return "wrong", line
        return "refused", ""
    except Exception:  # noqa: BLE001 (how a case ends is reported, and fails the test)
        return "wrong", traceback.format_exc(limit=-6)
    strange = [part for part in screen.getvalue().splitlines() if printable(part) != part]
    return ("wrong", f"printed {strange[0]!r}") if strange else ("right", "")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def too_long(*_: object) -> None:
    raise TimeoutError(f"more than {BOUND_S} s")


@pytest.fixture
def bounded() -> Iterator[None]:
    """Bounds of time and of addresses, of the long run alone: other tests share the process."""
    if not LONG:
        yield
        return
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * 4096
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + MORE_MEMORY, before[1]))
    signal.signal(signal.SIGALRM, too_long)
    yield
    signal.alarm(0)
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.usefixtures("bounded")
def test_every_case_ends_in_a_right_result_or_one_clear_line(tmp_path: Path) -> None:
    ends: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    began, slowest = time.monotonic(), (0.0, "")
    for number, (kind, seed) in enumerate(cases()):
        folder = tmp_path / f"{kind}-{seed}"
        folder.mkdir()
        signal.alarm(BOUND_S if LONG else 0)
        start = time.monotonic()
        end, what = complaint(kind, folder, seed)
        slowest = max(slowest, (time.monotonic() - start, f"{kind}:{seed}"))
        ends.setdefault(kind, Counter())[end] += 1
        if end == "wrong":
            wrong.append(f"FUZZ_ONLY={kind}:{seed} {what}")
            say(wrong[-1])
        fuzz_inputs.removed(folder)
        if number % 1000 == 999:
            say(f"{number + 1} cases, {time.monotonic() - began:.0f} s")
    counts = ", ".join(f"{kind} {dict(sorted(found.items()))}" for kind, found in ends.items())
    say(f"{sum(found.total() for found in ends.values())} cases: {counts}; slowest {slowest}")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:20])
    if not ONLY:
        enough = [found for found in ends.values() if found.total() >= ENOUGH]
        assert enough
        assert all(found["right"] and found["refused"] for found in enough), counts


def test_the_same_seed_makes_the_same_file(tmp_path: Path) -> None:
    for seed in random.Random(0).sample(range(10_000), 5):
        found = []
        for name in ("a", "b"):
            folder = tmp_path / f"{name}{seed}"
            folder.mkdir()
            raw, toml = fuzz_osm.written(folder, seed)
            found.append((raw.name, raw.read_bytes(), toml.read_bytes()))
        assert found[0] == found[1]


@pytest.mark.skipif(not LONG, reason="takes minutes; FUZZ_CASES=20000 runs it")
@pytest.mark.usefixtures("bounded")
def test_a_way_of_a_million_nodes_is_read_within_bounds(tmp_path: Path) -> None:
    raw, toml = fuzz_osm.written(tmp_path, 1, partial(fuzz_osm.long_way, count=10**6))
    began = time.monotonic()
    network(str(raw), str(toml), str(tmp_path / "network"))
    say(f"a way of a million nodes: {time.monotonic() - began:.0f} s")
    links = table(tmp_path / "network", "links")
    assert links["geometry"].map(lambda line: len(line.coords)).sum() > 10**6


def test_files_that_cannot_be_read_leave_no_thread_behind(tmp_path: Path) -> None:
    threads: list[int] = []
    for seed in (10, 10, 16, 20):
        folder = tmp_path / str(len(threads))
        folder.mkdir()
        assert complaint("read", folder, seed) == ("refused", "")
        threads.append(psutil.Process().num_threads())
    assert threads[-1] == threads[0]
