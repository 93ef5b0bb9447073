"""The stages of one border as tasks: which are needed, how each is run, and its outcome."""

import contextlib
import hashlib
import importlib
import io
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.core import files, folders
from pipeline.core import stages as table
from pipeline.core.errors import InputError
from pipeline.core.stages import Stage
from pipeline.world.store import Store

PACKAGE = Path(__file__).parents[1]
FACTS = PACKAGE.parent / "data" / "raw" / "gazetteer"


@dataclass(frozen=True)
class Job:
    """A border to run.

    `raw` and `results` are folders or addresses; `toml` and `dem` (empty if none) are in `raw` with
    `<border>.osm.pbf`. `digest` is the hash of their contents, `size` the bytes of that file.
    """

    border: str
    raw: str
    results: str
    toml: str
    dem: str
    digest: str
    size: int


@dataclass(frozen=True)
class Outcome:
    """The outcome of a stage: the reason if it failed, seconds, peak memory in MB."""

    stage: str
    error: str
    seconds: float
    peak_mb: float
    ran: bool


def of_border(stages: Mapping[str, Stage], until: str | None = None) -> list[Stage]:
    """The stages that run for each border, in order; `until` names the last one to run."""
    chosen = [one for one in stages.values() if one.per == "border" and not one.makes]
    if until is None:
        return chosen
    needed = {until}
    for stage in reversed(chosen):
        if stage.name in needed:
            needed.update(stage.inputs)
    if until not in {stage.name for stage in chosen}:
        raise InputError(f"stage {until}, expected one of {[stage.name for stage in chosen]}")
    return [stage for stage in chosen if stage.name in needed]


def keys(job: Job, stages: Sequence[Stage], code: str) -> dict[str, str]:
    """For each stage, the hash of all its inputs: code, raw file, earlier stages."""
    found: dict[str, str] = {}
    for stage in stages:
        parts = [code, stage.name, job.digest, *(found.get(one, "") for one in stage.inputs)]
        found[stage.name] = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return found


def code_sum() -> str:
    """The hash of the package's code and tables, and of the facts: a new version runs again."""
    total = hashlib.sha256()
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.toml"), *FACTS.glob("*.csv")]
    for path in sorted(files):
        if "borders" not in path.parts:
            total.update(path.name.encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def run(job: Job, name: str, key: str, scratch: str, before: Sequence[Outcome]) -> Outcome:
    """Run a stage of a border, unless its output exists or an earlier stage failed.

    Parameters
    ----------
    job
        The border.
    name
        The stage.
    key
        The hash of what its output is made from, kept with the output; checked first.
    scratch
        A folder for local copies of what lies at an address, that of the system if empty.
    before
        The outcomes of the stages whose output it reads.

    Returns
    -------
    Outcome
        With the reason if it failed.
    """
    failed = next((one for one in before if one.error), None)
    if failed:
        return Outcome(name, failed.error, 0.0, 0.0, ran=False)
    if scratch:
        Path(scratch).mkdir(parents=True, exist_ok=True)
    # A separate folder: tasks of one border run side by side and fetch the same tables.
    with folders.temporary(f"{job.border}-{name}", Path(scratch) if scratch else None) as own:
        results, raw = Store(job.results, own / "results"), Store(job.raw, own / "raw")
        # A worker that counts as lost, or whose run was killed, may still be at work: wait for it.
        with files.locked(results.at(f"{job.border}/.{name}.lock"), wait=True):
            return _unless_done(job, name, key, results, raw)


def _unless_done(job: Job, name: str, key: str, results: Store, raw: Store) -> Outcome:
    note = f"{job.border}/{name}.json"
    noted = _note_of(results.text(note))
    if noted.get("key") == key:
        return Outcome(name, "", noted["seconds"], noted["peak_mb"], ran=False)
    # It describes what is about to be replaced: a run that is killed here must not count as done.
    results.remove(note)
    began = time.perf_counter()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _call(job, name, results, raw)
    except InputError as error:
        return Outcome(name, f"{name}: {error}", time.perf_counter() - began, 0.0, ran=True)
    except MemoryError:
        return Outcome(
            name, f"{name}: not enough memory", time.perf_counter() - began, 0.0, ran=True
        )
    except Exception as error:  # noqa: BLE001 (one border must not end the others)
        reason = f"{name}: {type(error).__name__}: {str(error)[:300]}"
        return Outcome(name, reason, time.perf_counter() - began, 0.0, ran=True)
    done = Outcome(name, "", round(time.perf_counter() - began, 3), round(_peak_mb(), 1), ran=True)
    results.put_text(note, json.dumps({"key": key, **asdict(done)}) + "\n")
    return done


def _peak_mb() -> float:
    """The most memory that this process has held; `resource` would count what its parent held."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return next(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line), 0.0
    )


def _note_of(text: str | None) -> dict[str, Any]:
    try:
        return dict(json.loads(text)) if text else {}
    except ValueError:
        return {}


def _call(job: Job, name: str, results: Store, raw: Store) -> None:
    stages = table.read()[0]
    stage = stages[name]

    def word(name: str) -> list[str]:
        if name == "output":
            results.at(output).parent.mkdir(parents=True, exist_ok=True)
            return [str(results.at(output))]
        if name in stages:
            return [str(results.fetch(f"{job.border}/{name}"))]
        if name == "facts":
            return [str(FACTS)]
        record = f"{job.border}.record.json"
        if name == "raw" and raw.exists(record):  # also read, with the raw file
            raw.fetch(record)
        given = {"raw": f"{job.border}.osm.pbf", "border": job.toml, "dem": job.dem}
        return [str(raw.fetch(given[name]))] if given.get(name) else []

    output = f"{job.border}/{stage.name}"
    if stage.outputs:
        output = stage.outputs[0].replace("<border>", job.border)
    module = importlib.import_module(f"pipeline.{stage.module}")
    getattr(module, stage.module.rpartition(".")[2])(*table.arguments(stage, stages, word))
    results.put(output)
    for beside in results.at(output).parent.glob(f"{job.border}-*{Path(output).suffix}"):
        if stage.outputs:
            results.put(beside.relative_to(results.at("")).as_posix())
