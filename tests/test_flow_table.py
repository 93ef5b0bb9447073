"""The table of the whole flow by size is made of the bench's own rows."""

import pytest

from bench import flow_table

SMALL = {
    "links": 100_000,
    "stages_cpu_s": {"network": 6.0, "terrain": 1.0, "cost": 1.0},
    "stages_mb": {"network": 512.0, "terrain": 256.0, "cost": 128.0},
}
LARGE = {
    "links": 1_000_000,
    "stages_cpu_s": {"network": 60.0, "terrain": 1.5, "cost": 0.5},
    "stages_mb": {"network": 3072.0, "terrain": 512.0, "cost": 256.0},
}
PAGE = f"Before\n\n{flow_table.HEAD}\n{flow_table.LINE}\n| an older line |\n\nAfter\n"


def test_the_table_is_filled_from_the_rows() -> None:
    before, lines, after = flow_table.filled(PAGE, SMALL, LARGE).split("\n\n")
    assert (before, after) == ("Before", "After\n")
    assert lines.splitlines()[2:] == [
        "| network | 6 | 0.5 GB | 60 | 3.0 GB | 1.00 |",
        "| 2 others | 2 | 0.2 GB | 2 | 0.5 GB | 0.00 |",
        "| all | 8 | 0.5 GB | 62 | 3.0 GB | 0.89 |",
    ]


def test_a_page_without_the_table_is_reported() -> None:
    with pytest.raises(SystemExit, match="no table begins with"):
        flow_table.filled("Nothing here\n", SMALL, LARGE)
