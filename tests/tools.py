"""Programs that a test needs and this machine may lack: skipped with a reason, never in CI."""

import os
import subprocess
from pathlib import Path

import pytest

from tests import browser

# Debian's own Python, which has PyQGIS; the one that runs the tests has not.
SYSTEM_PYTHON = "/usr/bin/python3"
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def need(found: object, what: str) -> None:
    """Skip the test where `found` is nothing; in CI, where all is installed, fail."""
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed, expected it in CI")
    pytest.skip(f"{what} is not installed")


def need_chromium() -> None:
    """Skip where there is no Chromium."""
    need(browser.CHROMIUM, "chromium")


def need_qgis() -> None:
    """Skip where Debian's Python has no QGIS."""
    if not Path(SYSTEM_PYTHON).exists():
        need(None, "python3-qgis")
    done = subprocess.run(
        [SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False
    )
    need(done.returncode == 0, "python3-qgis")
