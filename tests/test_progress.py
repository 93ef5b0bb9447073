"""A long stage tells how far it has come; a short one says nothing."""

import io
import sys
import time

import pytest

from pipeline.core.progress import progress


@pytest.mark.parametrize(
    ("seconds", "output"),
    [(10.0, ""), (45.0, "cuts: 2 of 4\n"), (70.0, "cuts: 1 of 4\ncuts: 2 of 4\ncuts: 3 of 4\n")],
)
def test_a_line_a_minute_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, seconds: float, output: str
) -> None:
    clock, screen = [0.0], io.StringIO()
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(sys, "stderr", screen)
    seen = []
    for item in progress("abcd", "cuts"):
        seen.append(item)
        clock[0] += seconds
    assert (seen, screen.getvalue()) == (list("abcd"), output)
