"""The table of the whole flow by size in docs/scale.md, filled from the rows of the bench.

`python -m bench.flow_table OUT_DIR docs/scale.md`, after `make bench` of the rows flow-100k and
flow-1M.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any

from pipeline.core import files

HEAD = "| stage | 100,000 links: s | peak | a million links: s | peak | exponent |"
LINE = "| --- | --- | --- | --- | --- | --- |"
ROWS = ("flow-100k", "flow-1M")
LEAST_S = 9.0  # stages that take less at a million links stand in one row

Row = dict[str, Any]


def main(out: str, path: str) -> None:
    """Replace the table of the page by that of the rows in `out`."""
    small, large = (
        json.loads((Path(out) / "rows" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ROWS
    )
    page = Path(path)
    files.write_text(page, filled(page.read_text(encoding="utf-8"), small, large))


def filled(text: str, small: Row, large: Row) -> str:
    """The text with its table of the flow made anew.

    Parameters
    ----------
    text : str
        A page that holds the table.
    small, large : dict
        Rows of the bench, as `flow.measured` makes them.

    Returns
    -------
    str
        The page.
    """
    before, found, rest = text.partition(f"{HEAD}\n{LINE}\n")
    if not found:
        raise SystemExit(f"error: no table begins with {HEAD!r}, expected it in the page")
    after = rest[rest.index("\n\n") :]
    return before + found + "\n".join(table(small, large)) + after


def table(small: Row, large: Row) -> list[str]:
    """The lines of the table: stages in the order they run, short ones together, all of them."""
    stages = list(large["stages_cpu_s"])
    shown = [name for name in stages if large["stages_cpu_s"][name] >= LEAST_S]
    others = [name for name in stages if name not in shown]
    groups = [(name, [name]) for name in shown]
    groups += [(f"{len(others)} others", others)] if others else []
    return [_line(label, names, small, large) for label, names in [*groups, ("all", stages)]]


def _line(label: str, names: list[str], small: Row, large: Row) -> str:
    """Seconds of the processor, most memory, and how the seconds grow with the links."""
    seconds = [sum(row["stages_cpu_s"][name] for name in names) for row in (small, large)]
    peaks = [max(row["stages_mb"][name] for name in names) / 1024 for row in (small, large)]
    grown = math.log(seconds[1] / seconds[0]) / math.log(large["links"] / small["links"])
    cells = [f"{value:.0f} | {peak:.1f} GB" for value, peak in zip(seconds, peaks, strict=True)]
    return f"| {label} | {cells[0]} | {cells[1]} | {grown:.2f} |"


if __name__ == "__main__":
    main(*sys.argv[1:])
