"""What a command took, as the bench measures it."""

import subprocess
import sys

import pytest

from bench.process import spent_by


def test_the_memory_of_a_command_is_its_own() -> None:
    """Not that of the process which starts it, nor of one that ran before."""
    held = b"x" * (300 * 2**20)
    peak_mb = spent_by([sys.executable, "-S", "-c", "pass"])[2]
    assert 1 < peak_mb < 100
    del held
    _, cpu_s, peak_mb = spent_by([sys.executable, "-S", "-c", "x = b'x' * (200 * 2**20)"])
    assert 200 < peak_mb < 300
    assert cpu_s > 0


def test_a_command_that_fails_is_reported() -> None:
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        spent_by([sys.executable, "-S", "-c", "raise SystemExit(3)"])
