"""What is shipped to run a refresh on a schedule is read without complaint by those who run it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[1] / "deploy"


def test_systemd_reads_the_service_and_the_timer(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed")
    units = [tmp_path / f"pipeline-refresh@{name}" for name in ("overpass.service", ".service")]
    units.append(tmp_path / "pipeline-refresh@.timer")
    for unit in units:
        shutil.copy(DEPLOY / f"pipeline-refresh{unit.suffix}", unit)
    done = subprocess.run([tool, "verify", *units], capture_output=True, text=True, check=False)
    # Units of the machine itself may be complained of.
    assert "pipeline-refresh" not in done.stderr
    assert done.returncode == 0 or "pipeline" not in done.stdout + done.stderr
    broken = units[0].read_text().replace("Type=oneshot", "Typ=oneshot").replace("ExecStart", "Exe")
    units[0].write_text(broken)
    done = subprocess.run([tool, "verify", units[0]], capture_output=True, text=True, check=False)
    assert "pipeline-refresh" in done.stderr, "a broken unit must be seen"


def test_the_workflow_is_one(tmp_path: Path) -> None:
    def complaint(path: Path) -> str:
        tool = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
        done = subprocess.run(
            [*tool, "vendor.github-workflows", path], capture_output=True, text=True, check=False
        )
        return done.stdout if done.returncode else ""

    workflow = DEPLOY / "github" / "refresh.yml"
    assert complaint(workflow) == ""
    broken = tmp_path / "refresh.yml"
    broken.write_text(workflow.read_text().replace("runs-on", "run-on"))
    assert "run-on" in complaint(broken)


def test_the_crontab_has_times_and_goals_that_there_are() -> None:
    lines = [line for line in (DEPLOY / "crontab").read_text().splitlines() if line[:1].isdigit()]
    makefile = (DEPLOY.parent / "Makefile").read_text()
    assert len(lines) == 2
    for line in lines:
        times, command = line.split("  ", 1)
        assert re.fullmatch(r"[0-5]?\d ([01]?\d|2[0-3]) \* \* [0-6*]", times)
        goal = re.search(r"make --silent (\w+)", command)
        assert goal
        assert re.search(rf"^{goal[1]}:.*##", makefile, re.M)
