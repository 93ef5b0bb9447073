"""Refresh a source: fetch and run everything in a separate folder, check it, then serve it.

Run by `make refresh SOURCE=...`. If anything fails, the served files stay as they were. A snapshot
is a folder data/snapshots/<source>/<time> with the raw files and all results; the last ones are
kept. The one being made is called `new`; after its check and until all of it is served, it contains
the mark `checked`. If make finds that mark, it first finishes serving that snapshot.
Exit status: 0 served, 1 could not begin (bad source, another refresh running), 3 fetching, the flow
or its checks failed, 4 refused because too much changed (ACCEPT_CHURN=1 accepts it).
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyogrio

from pipeline.core import files, parameters, store
from pipeline.core.errors import InputError
from pipeline.core.numbers import percent
from pipeline.core.terminal import printable
from pipeline.core.version import SCHEMA_VERSION, VERSION
from pipeline.ops import change_report, changes, jobs, serving
from pipeline.publish.layers import evidence, packages

# Shares that may change from one refresh to the next. A day's edits to OpenStreetMap change far
# less than one percent; a bad edit or a broken server can halve a count. F(D) is a small number, so
# one road more or less may be a third of it.
MOST_CHURN = parameters.table("most_churn")
VERSIONS = (str(SCHEMA_VERSION), VERSION)
KEEP = parameters.whole("kept_snapshots")
RESUME_H = parameters.number("resume_hours")
FAILED, REFUSED = 3, 4
SNAPSHOTS, PROCESSED, RAW = Path("data/snapshots"), Path("data/processed"), Path("data/raw")
# Variables of make's command line that a refresh passes on to the makes that it runs.
HANDED_ON = ("BORDERS", "ELEVATION")


def refresh(source: str, venv: str = ".venv") -> None:
    """Fetch, run, check and serve the source; see the module for exit statuses."""
    if not source or "/" in source or source.startswith("."):
        raise InputError(f"SOURCE={source!r}, expected the name of one source")
    base = SNAPSHOTS / source
    base.mkdir(parents=True, exist_ok=True)
    with only_one(base / ".lock", source) as lock:
        new = base / "new"
        if (new / "checked").exists():
            _say("a refresh that was broken off while it was served is finished")
        else:
            begin(new, source)
            flow = Flow(source, venv, lock)
            run_flow(flow, new, "all", "verify")
            check(new, source, last(flow, new))
            run_flow(flow, new, "all", *twin(source))
            (new / "checked").touch()
        serve(new, source)
        shutil.rmtree(base / "refused", ignore_errors=True)
        shutil.rmtree(new / "served-again", ignore_errors=True)
        files.put(new, base / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}")
        prune(base)


@contextmanager
def only_one(lock: Path, source: str) -> Iterator[int]:
    """Hold the lock; InputError if another process holds it. It ends with the process."""
    try:
        with files.locked(lock) as handle:
            yield handle
    except BlockingIOError as error:
        raise InputError(f"another refresh of {source} is at work, expected one") from error


def begin(new: Path, source: str) -> None:
    """An empty folder, or that of an interrupted refresh that is recent enough to continue."""
    started = new / "started"
    if started.exists() and time.time() - started.stat().st_mtime < RESUME_H * 3600:
        return
    shutil.rmtree(new, ignore_errors=True)
    (new / "raw").mkdir(parents=True)
    for path in sorted((RAW / source).glob("*")) if is_fetched(source) else ():
        if path.suffix == ".toml" or ".dem." in path.name:
            shutil.copy2(path, new / "raw" / path.name)
    started.touch()


def is_fetched(source: str) -> bool:
    """Whether the source's raw files are downloaded, not made or put there by the user."""
    return source in ("overpass", "geofabrik") or source.startswith("overpass-")


@dataclass(frozen=True)
class Flow:
    """The variables for each make of a refresh, and the lock that it holds too.

    If such a make outlives this process, no other refresh can begin while it runs.
    """

    source: str
    venv: str
    lock: int


def run_flow(flow: Flow, new: Path, *goals: str, raw: Path | None = None) -> None:
    """Let make fetch and run what is missing in a folder; raw files are in `raw` or that folder.

    Parameters
    ----------
    flow
        The variables for make.
    new
        The folder, with `processed` and, for a source that is downloaded, `raw`.
    goals
        What to make.
    raw
        Folder of the raw files, if it is another one.
    """
    words = [f"SOURCE={flow.source}", f"OUT={new / 'processed'}", f"VENV={flow.venv}"]
    if is_fetched(flow.source):
        words.append(f"RAW={raw or new / 'raw'}")
    words += [f"{name}={os.environ[name]}" for name in HANDED_ON if name in os.environ]
    above = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
    environment = {key: value for key, value in os.environ.items() if key not in above}
    # As many stages side by side as the make that was asked for the refresh may run.
    side_by_side = f"-j{os.environ.get('JOBS') or jobs.jobs()}"
    program = [os.environ.get("MAKE") or "make", side_by_side, *words, *goals]
    done = subprocess.run(program, env=environment, check=False, pass_fds=[flow.lock])  # noqa: S603
    if done.returncode:
        _end(FAILED, f"refresh of {flow.source}: make ended with status {done.returncode}")


def twin(source: str) -> list[str]:
    """The goal for GeoParquet files if such are served: they must not be older than the rest."""
    return ["parquet"] if (PROCESSED / source / "parquet").is_dir() else []


def last(flow: Flow, new: Path) -> Path:
    """The folder of results to compare the new ones with: what is served, made by this version.

    Results of an older version are first made again from their own raw files: otherwise a change
    of definitions would be reported, and refused, as a change of the map. A source that is not
    downloaded still has its raw files, so its new results are the old ones made by this version.
    """
    served = PROCESSED / flow.source
    if all(made_by(path) == VERSIONS for path in packages(served)):
        return served
    if not is_fetched(flow.source):
        return new / "processed"
    raw = RAW / flow.source
    gone = [one.stem for one in packages(served) if not (raw / f"{one.stem}.osm.pbf").is_file()]
    if gone:
        sys.stderr.write(
            f"warning: {', '.join(gone)}: the raw file from which an older version made the served"
            " files is gone: changes of definitions are reported as changes of the map\n"
        )
        return served
    _say(f"{flow.source} was served by another version: it is first made again from its raw files")
    again = new / "served-again"
    run_flow(flow, again, f"{again / 'processed'}/comparison.csv", raw=raw)
    return again / "processed"


def made_by(path: Path) -> tuple[str | None, str | None]:
    """Version of the schema and of the tool with which a GeoPackage was made."""
    where = next((one for one in (path, evidence(path)) if has_layer(one, "provenance")), None)
    if where is None:
        return None, None
    rows = pyogrio.read_dataframe(where, layer="provenance")
    known = dict(zip(rows["key"], rows["value"], strict=True))
    return known.get("schema_version"), known.get("tool_version")


def has_layer(path: Path, name: str) -> bool:
    """Whether there is a GeoPackage with this layer."""
    return path.is_file() and name in pyogrio.list_layers(path)[:, 0]


def check(new: Path, source: str, old: Path) -> None:
    """Write what changed, for publish and for readers, and refuse if it is too much.

    `old` is the folder of results to compare with.
    """
    found, worst = {}, []
    for after in packages(new / "processed"):
        served = old / after.name
        before = served if served.is_file() else None
        found[after.stem] = changed = changes.changes(before, after)
        worst += [
            f"{after.stem}: {what} changed by {percent(share)}, "
            f"at most {percent(MOST_CHURN[kind])} expected"
            for kind, what, share in changes.churn(changed, before)
            if share > MOST_CHURN[kind]
        ]
        store.write(new / "processed" / after.stem / "changes", {"changes": changed})
    if not found:
        _end(FAILED, f"refresh of {source}: no GeoPackage was made, expected one for each border")
    change_report.write(found, worst, new / "processed")
    if worst and os.environ.get("ACCEPT_CHURN") != "1":
        shutil.rmtree(SNAPSHOTS / source / "refused", ignore_errors=True)
        files.put(new, SNAPSHOTS / source / "refused")
        _end(
            REFUSED,
            f"refresh of {source} refused: {'; '.join(worst)}. Look at {SNAPSHOTS / source}/refused"
            f"/processed/changes.md; `make refresh SOURCE={source} ACCEPT_CHURN=1` accepts it"
            + ("" if is_fetched(source) else ", to undo, put the former file back"),
        )


def serve(new: Path, source: str) -> None:
    """Copy the files of the checked snapshot to the place where they are served."""
    raw = new / "raw" if is_fetched(source) else None
    processed = new / "processed"
    serving.serve(serving.moves(processed, PROCESSED / source, raw, RAW / source))
    _say(f"{source} is served from {PROCESSED / source}")


def prune(base: Path) -> None:
    """Remove all but the last snapshots."""
    kept = int(os.environ.get("KEEP_SNAPSHOTS", KEEP))
    whole = sorted(path for path in base.iterdir() if path.name[:2].isdigit())
    for path in whole[: max(0, len(whole) - max(1, kept))]:
        shutil.rmtree(path)


def _say(text: str) -> None:
    sys.stdout.write(f"{printable(text)}\n")


def _end(status: int, text: str) -> None:
    sys.stderr.write(f"error: {printable(text)}\n")
    sys.exit(status)
