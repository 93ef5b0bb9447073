"""Full disks, limits, read-only folders and kills: the last good output stays, a rerun heals.

`FAULT_KILLS=200 pytest -s tests/test_faults.py` kills as many times instead of a few, in every
stage of the flow, and prints a line for each trial.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.core import stages as table
from tests.fault_trials import BAD

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("FAULT_KILLS", "2"))
# The message and the remedy for each missing resource.
LACKS = {
    "size": ("File too large", "ulimit -f"),
    "files": ("Too many open files", "ulimit -n"),
    "full": ("No space left on device", "free some space"),
    "readonly": ("Read-only file system", "folder that can be written to"),
}
LACKING = ["network:size", "gazetteer:size", "network:files"]
MOUNTED = ["gazetteer:full", "network:readonly"]
STAGES = ("network", "gazetteer", "crossings", "publish")
if len(STAGES) < KILLS:
    LACKING += [f"{stage}:size" for stage in ("crossings", "publish")]
    MOUNTED += [f"{stage}:{lack}" for stage in STAGES for lack in ("full", "readonly")]
    MOUNTED = sorted(set(MOUNTED))


def can_mount(folder: Path) -> bool:
    """Whether a small disk can be made here, which needs an administrator."""
    place = folder / "mounted"
    place.mkdir()
    words = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    done = subprocess.run(["mount", *words], capture_output=True, check=False)
    if done.returncode == 0:
        subprocess.run(["umount", str(place)], check=True)
    return done.returncode == 0


def tried(folder: Path, trials: list[str]) -> Iterator[dict[str, Any]]:
    """Each trial as soon as it ends."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.fault_trials", str(folder), *trials]
    lines, left = [], list(trials)
    folder.mkdir(exist_ok=True)
    with (
        (folder / "errors").open("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as running,
    ):
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith('{"trial"'):
                one = json.loads(line)
                left.remove(one["trial"])
                yield one
            lines.append(line)
        assert running.wait() == 0 and not left, (left, lines, (folder / "errors").read_text())


def healed(one: dict[str, Any]) -> bool:
    """Whether a stage that was killed left no half file, and a rerun gave what it should."""
    return one["healed"] and not (one["half"] or one["mixed_and_stamped"] or one["left"])


def test_what_a_stage_lacks_is_reported_and_its_last_output_stays(tmp_path: Path) -> None:
    trials = LACKING + (MOUNTED if can_mount(tmp_path) else [])
    for one in tried(tmp_path / "tried", trials):
        trial = one["trial"]
        lack, remedy = LACKS[trial.partition(":")[2]]
        assert os.waitstatus_to_exitcode(one["status"]) == BAD, one
        *_, line = one["output"].splitlines()
        assert line.startswith("error: /"), one
        assert lack in line, one
        assert remedy in line, one
        assert "Traceback" not in one["output"], one
        assert one["kept"] or trial == "network:files", one
    if not set(MOUNTED) <= set(trials):
        pytest.skip("no disk can be mounted here: full and read-only ones were left out")


def test_killed_at_any_moment_no_half_file_stands_and_a_rerun_heals(tmp_path: Path) -> None:
    names: tuple[str, ...] = STAGES
    if len(STAGES) < KILLS:
        flow, _ = table.read()
        names += tuple(name for name in flow if not flow[name].makes and name not in STAGES)
    trials = [f"{names[seed % len(names)]}:kill:{seed}" for seed in range(KILLS)]
    wrong = []
    for number, one in enumerate(tried(tmp_path / "tried", trials), 1):
        wrong += [] if healed(one) else [one]
        end = "healed" if healed(one) else f"WRONG: {one}"
        sys.stdout.write(f"{number} of {KILLS}: {one['trial']}: {end}\n")
        sys.stdout.flush()
    assert wrong == []
