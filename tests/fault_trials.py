"""Stages that lack a resource or are killed, each in its own process: their messages and files.

`python -m tests.fault_trials FOLDER TRIAL...` prints a line of JSON for each trial. One process
imports everything once and forks; the tests look at what it prints.
"""

import hashlib
import importlib
import json
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.core import errors, files, folders, store
from pipeline.core import stages as table
from pipeline.sources.gazetteer import gazetteer
from pipeline.stages import publish
from pipeline.stages.crossings import crossings
from pipeline.stages.network import network
from tests import finished, synthetic, world

ROOT = Path(__file__).parents[1]
FACTS = ROOT / "data" / "raw" / "gazetteer"
MAPS = (
    ("0,-15 0,-5 0,5 0,15 primary", "2,-15 2,15 path"),
    ("0,-15 0,-5 0,5 0,15 secondary", "1,-15 1,15 rail", "3,-15 3,15 tertiary"),
)
BORDER = "aa-bb"
Stage = Callable[[Path], None]
TRACEBACK, BAD, GOOD = 70, 1, 0
BOUND_S = 300  # for a stage; one that takes longer hangs


def stages(folder: Path, wanted: set[str]) -> dict[str, tuple[Stage, Stage]]:
    """Each stage on two inputs: what it writes goes to the folder that it is given."""
    found: dict[str, list[Stage]] = {"network": [], "crossings": [], "publish": [], "gazetteer": []}
    for number, ways in enumerate(MAPS):
        place = folder / f"input{number}"
        raw, toml = world.draw(place, *ways), world.border_toml(place)
        network(str(raw), str(toml), str(place / "network"))
        tables: list[str] = []
        if "publish" in wanted:
            tables = finished.folders(place / "finished", "drawn", name=f"Bridge {number}")
        made = place / "network"
        border = ("mx-gt", "us-mx")[number]
        found["network"].append(partial(_network, str(raw), str(toml)))
        found["crossings"].append(partial(_crossings, str(made), str(toml)))
        found["publish"].append(partial(_publish, tables))
        found["gazetteer"].append(partial(_gazetteer, border))
    return {name: (first, second) for name, (first, second) in found.items()}


def every_stage(folder: Path) -> dict[str, tuple[Stage, Stage]]:
    """Each stage of the flow on two drawn borders, by the table of stages.

    Their inputs are made by other processes: one that has run compiled code on several threads
    may not fork.
    """
    known, _ = table.read()
    flow = [stage for stage in known.values() if not stage.makes]
    found: dict[str, list[Stage]] = {stage.name: [] for stage in flow}
    for number, count in enumerate((4, 6)):
        place = folder / f"whole{number}"
        place.mkdir(parents=True)
        drawn = synthetic.synthetic(
            width_km=24, deep_km=30, crossings=count, cut_links=3, cut_depth_km=12, towns=20
        )
        depths_km = (10.0, 20.0)
        toml = synthetic.border_toml(drawn, depths_km)
        (place / f"{BORDER}.toml").write_text(toml, encoding="utf-8")
        synthetic.write_pbf(drawn, place / f"{BORDER}.osm.pbf")
        for stage in flow:
            words = _words(stage, known, place, place)
            command = [sys.executable, "-m", "pipeline", stage.name, *words]
            subprocess.run(command, check=True, cwd=ROOT)
            found[stage.name].append(partial(_one, stage, known, place))
    return {name: (first, second) for name, (first, second) in found.items()}


def _one(stage: table.Stage, known: dict[str, table.Stage], place: Path, out: Path) -> None:
    module = importlib.import_module(f"pipeline.{stage.module}")
    getattr(module, table.function(stage.module))(*_words(stage, known, place, out))


def _words(stage: table.Stage, known: dict[str, table.Stage], place: Path, out: Path) -> list[str]:
    """The words of a stage that reads what lies in `place` and writes below `out`."""
    given = {
        "raw": place / f"{BORDER}.osm.pbf", "border": place / f"{BORDER}.toml", "facts": FACTS,
        "name": Path(BORDER),
    }  # fmt: skip

    def word(name: str) -> list[str]:
        if name in known:
            files = known[name].outputs or (name,)
            return [str(place / one.replace("<border>", BORDER)) for one in files]
        if name == "output":
            at = stage.outputs[0].replace("<border>", BORDER) if stage.outputs else stage.name
            return [str(out if len(stage.outputs) > 1 else out / at)]
        return [str(given[name])] if name in given else []

    return table.arguments(stage, known, word)


def _network(raw: str, toml: str, out: Path) -> None:
    network(raw, toml, str(out / "network"))


def _crossings(made: str, toml: str, out: Path) -> None:
    crossings(made, toml, str(out / "crossings"))


def _publish(tables: list[str], out: Path) -> None:
    publish.publish(*tables, str(out / "drawn.gpkg"))


def _gazetteer(border: str, out: Path) -> None:
    gazetteer.gazetteer(str(FACTS), border, str(out / "x.osm.pbf"))


def started(stage: Stage, out: Path, output: Path, limit: Callable[[], object]) -> int:
    """The id of a process that runs the stage."""
    child = os.fork()
    if child:
        return child
    handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    end = TRACEBACK
    with suppress(BaseException):
        try:
            limit()
            errors.run(stage, out)
            end = GOOD
        except SystemExit as left:
            os.write(2, f"{left.code}\n".encode())
            end = BAD
        except Exception:  # noqa: BLE001 (it is what the test looks for)
            os.write(2, traceback.format_exc().encode())
    os._exit(end)


def ended(child: int) -> int:
    """The status of a process that has ended; one that hangs is ended, and is an error."""
    handle = os.pidfd_open(child)
    ready, _, _ = select.select([handle], [], [], BOUND_S)
    os.close(handle)
    if not ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not ready:
        raise TimeoutError(f"a stage ran for more than {BOUND_S} s")
    return status


def contents(out: Path) -> dict[str, str]:
    """The sums of the files that a stage wrote, by name."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def lacking(kind: str, stage: tuple[Stage, Stage], folder: Path) -> dict[str, Any]:
    """A stage without disk space, file handles or permission to write, beside its last output."""
    out, output = folder / "out", folder / "output"
    out.mkdir(parents=True)
    mounted = kind in ("full", "readonly")
    if mounted:
        _mount("-t", "tmpfs", "-o", "size=40m", "tmpfs", str(out))
    try:
        first, second = stage
        ended(started(first, out, output, lambda: None))
        before = contents(out)
        if kind == "full":
            free = os.statvfs(out)
            (out / "filler").write_bytes(b"x" * (free.f_bavail * free.f_frsize - 8192))
        if kind == "readonly":
            _mount("-o", "remount,ro", str(out))
        limits: dict[str, Callable[[], object]] = {
            "size": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
            "files": lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (n := len(list(Path("/proc/self/fd").iterdir())), n)
            ),
        }
        status = ended(started(second, out, output, limits.get(kind, lambda: None)))
        (out / "filler").unlink(missing_ok=True) if kind == "full" else None
        after = contents(out)
    finally:
        if mounted:
            subprocess.run(["umount", str(out)], check=True)
    return {"status": status, "output": output.read_text(encoding="utf-8", errors="replace"),
            "kept": before == after, "left": sorted(after.keys() - before.keys())}  # fmt: skip


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def killed(stage: tuple[Stage, Stage], folder: Path, share: float) -> dict[str, Any]:
    """A stage that is killed after a share of its time, where the output of another run stands."""
    first, second = stage
    good, out, output = folder / "good", folder / "out", folder / "output"
    good.mkdir(parents=True)
    out.mkdir()
    began = time.monotonic()
    ended(started(second, good, output, lambda: None))
    lasts = time.monotonic() - began
    ended(started(first, out, output, lambda: None))
    old, new = contents(out), contents(good)
    child = started(second, out, output, lambda: None)
    time.sleep(share * lasts)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    found = {
        name: sum_
        for name, sum_ in contents(out).items()
        if not any(part.startswith((files.ASIDE, folders.FORMER)) for part in Path(name).parts)
    }
    # A folder with a stamp is one set; other files are moved one by one, each complete.
    stamped = any(Path(name).name == store.STAMP for name in found)
    ended(started(second, out, output, lambda: None))
    return {
        "half": [
            name for name, sum_ in found.items() if sum_ not in (old.get(name), new.get(name))
        ],
        "mixed_and_stamped": stamped and found not in (old, new),
        "healed": new == {k: v for k, v in contents(out).items() if k in new},
        "left": [
            path.name
            for path in out.rglob("*")
            if path.name.startswith((files.ASIDE, folders.FORMER, ".scratch"))
        ],
    }


def main(folder: str, *trials: str) -> None:
    """Run trials `stage:kind` or `stage:kill:seed`."""
    wanted = {trial.partition(":")[0] for trial in trials}
    made = stages(Path(folder), wanted)
    if wanted - made.keys():
        made = every_stage(Path(folder)) | made
    for number, trial in enumerate(trials):
        name, kind, *seed = trial.split(":")
        place = Path(folder) / f"trial{number}"
        if kind == "kill":
            found = killed(made[name], place, random.Random(int(seed[0])).uniform(0, 1.1))
        else:
            found = lacking(kind, made[name], place)
        shutil.rmtree(place)
        sys.stdout.write(json.dumps({"trial": trial} | found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
