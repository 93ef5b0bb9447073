"""Share of planted faults that the tests notice, module by module.

`python -m bench.mutants OUT_DIR [--module NAME] [--sample N] [--budget SECONDS]`: for each module
of mutants.toml, or for one, a seeded sample of its faults is planted, one at a time, and the tests
that the table names for it are run: those that reach the fault, as many of the quickest as the
budget lasts. What OUT_DIR holds already is not run again, unless the function has changed, or the
fault was not noticed and the tests have changed since or the budget has grown.

The page docs/mutation.md gets the rows of those modules of which the whole sample is known; rows of
the others stay as they are. With another sample than the table's (`--sample`) the page stays.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from bench.mutations import Mutant, mutants

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".toml")
PAGE = ROOT / "docs" / "mutation.md"
SEED = "border"
SAMPLE = 60
BUDGET_S = 20.0
NOTICED = ("killed", "timed out")
PLACE = re.compile(r"(<!-- mutants -->\n).*(<!-- /mutants -->)", re.DOTALL)


@dataclass(frozen=True)
class Run:
    """Where results are kept, how many faults of a module are planted, what is spent on each."""

    out: Path
    sample: int | None  # None for the number of the table
    budget_s: float
    table_only: bool  # the table of what is known already


def main(run: Run, only: str) -> None:
    """Run what is not yet known, then print and write the table."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    tests = tested(table)
    if only and only not in tests:
        sys.exit(f"error: MODULE={only}: not in {TABLE.name}, expected one of: {', '.join(tests)}")
    run.out.mkdir(parents=True, exist_ok=True)
    for name in [] if run.table_only else [only] if only else tests:
        wanted = waiting(run, name, table)
        if wanted:
            print(f"{name}: {len(wanted)} faults", flush=True)  # noqa: T201
            # Compiled code cannot be replaced: kernels run as plain Python.
            env = os.environ | {"NUMBA_DISABLE_JIT": str(int(has_kernels(name)))}
            command = [sys.executable, "-m", "bench.mutants", str(run.out), "--session",
                       "--module", name, "--budget", str(run.budget_s),
                       *([] if run.sample is None else ["--sample", str(run.sample)])]  # fmt: skip
            subprocess.run(command, check=False, env=env)  # noqa: S603
    known = {}
    for name in tests:
        again = {one.key for one in waiting(run, name, table)}
        found = {key: one for key, one in records(run.out, name).items() if key not in again}
        known[name] = sampled(name, size(table, name, run.sample)), found
    page = PAGE.read_text(encoding="utf-8")
    text = report(known, table, page if run.sample is None else "")
    (run.out / "mutants.md").write_text(text, encoding="utf-8")
    print(text)  # noqa: T201
    if run.sample is None:
        filled = PLACE.sub(lambda found: f"{found[1]}\n{text}\n{found[2]}", page)
        PAGE.write_text(filled, encoding="utf-8")


def tested(table: dict[str, Any]) -> dict[str, list[str]]:
    """The files of tests of each module."""
    return {name: files for subject in table["tests"].values() for name, files in subject.items()}


def size(table: dict[str, Any], name: str, asked: int | None = None) -> int:
    """How many faults are planted in a module: the number asked for, or that of the table."""
    subject = next(one for one, modules in table["tests"].items() if name in modules)
    numbers = table.get("sample", {})
    return asked or int(numbers.get(name, numbers.get(subject, SAMPLE)))


def reasons(table: dict[str, Any]) -> dict[str, str]:
    """Why no test can notice a fault, by its key, which changes when its function changes."""
    return {one["key"]: one["why"] for one in table.get("unnoticed", [])}


def has_kernels(name: str) -> bool:
    """Whether a module holds code that numba compiles."""
    return "import numba" in path_of(name).read_text(encoding="utf-8")


def path_of(name: str) -> Path:
    """The file of a module of the pipeline."""
    return ROOT / "pipeline" / f"{name.replace('.', '/')}.py"


def sampled(name: str, sample: int) -> tuple[int, list[Mutant]]:
    """How many faults a module can have, and those drawn: the same while its functions stay."""
    found = mutants(path_of(name).read_text(encoding="utf-8"))
    drawn = sorted(found, key=lambda one: hashlib.sha256(f"{SEED}{one.key}".encode()).digest())
    return len(found), sorted(drawn[:sample], key=lambda one: one.lines)


def records(out: Path, name: str) -> dict[str, dict[str, Any]]:
    """What is known of each fault of a module, by its key."""
    path = out / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {record["key"]: record for record in map(json.loads, lines)}


def fingerprint(files: list[str]) -> str:
    """A hash of the tests of a module."""
    text = b"".join((ROOT / "tests" / f"{file}.py").read_bytes() for file in files)
    return hashlib.sha256(text).hexdigest()[:16]


def waiting(run: Run, name: str, table: dict[str, Any]) -> list[Mutant]:
    """Faults that were not yet planted, or not noticed by the tests as they were."""
    known, tests = records(run.out, name), fingerprint(tested(table)[name])
    explained = reasons(table)

    def settled(record: dict[str, Any] | None) -> bool:
        return record is not None and (
            record["status"] in NOTICED
            or record["key"] in explained
            or (
                record["fingerprint"] == tests
                and (record["tests"] == record["of"] or record["budget"] >= run.budget_s)
            )
        )

    drawn = sampled(name, size(table, name, run.sample))[1]
    return [one for one in drawn if not settled(known.get(one.key))]


def session(run: Run, name: str) -> None:
    """Plant the faults that are waiting, in forks of this process."""
    import pytest  # noqa: PLC0415 - the process that starts this one needs none of it
    from hypothesis import settings  # noqa: PLC0415

    from bench.mutant_session import Session, Task  # noqa: PLC0415

    settings.load_profile("mutants")
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    tests = tested(table)
    alike = [
        one for one in tests if tests[one] == tests[name] and has_kernels(one) == has_kernels(name)
    ]
    traced = frozenset(str(path_of(one)) for one in alike)
    code = "".join(path_of(one).read_text(encoding="utf-8") for one in alike)
    mark = hashlib.sha256(f"{fingerprint(tests[name])}{alike}{code}".encode()).hexdigest()[:16]
    kept = run.out / "reached" / f"{mark}.json"
    kept.parent.mkdir(exist_ok=True)
    known = {"fingerprint": fingerprint(tests[name]), "budget": run.budget_s}

    def note(record: dict[str, Any]) -> None:
        with (run.out / f"{name}.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(record | known, ensure_ascii=False) + "\n")

    task = Task(f"pipeline.{name}", path_of(name), run.budget_s, traced, kept)
    plugin = Session(task, waiting(run, name, table), note)
    paths = [str(ROOT / "tests" / f"{file}.py") for file in tests[name]]
    options = ["-q", "-p", "no:cacheprovider", f"--basetemp={run.out / f'tmp-{name}'}"]
    sys.exit(pytest.main([*options, *paths], plugins=[plugin]))


def interval(noticed: int, planted: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    z, share = 1.96, noticed / planted
    middle = (share + z**2 / (2 * planted)) / (1 + z**2 / planted)
    half = z / (1 + z**2 / planted) * sqrt(share * (1 - share) / planted + z**2 / (4 * planted**2))
    return middle - half, middle + half


def report(
    known: dict[str, tuple[tuple[int, list[Mutant]], dict[str, dict[str, Any]]]],
    table: dict[str, Any],
    page: str = "",
) -> str:
    """The table of modules, and the faults that were not noticed with the reason of each.

    A module of which not every fault drawn is known keeps the lines that it has on `page`.
    """
    explained = reasons(table)
    kept_rows, kept_faults = lines_of(page)
    rows, unnoticed = [], []
    for subject, modules in table["tests"].items():
        for name in modules:
            (possible, drawn), found = known[name]
            status = [found[one.key]["status"] for one in drawn if one.key in found]
            if len(status) < len(drawn) and name in kept_rows:
                rows.append(kept_rows[name])
                unnoticed += kept_faults[name]
                continue
            left = [
                one for one in drawn if one.key in found and found[one.key]["status"] not in NOTICED
            ]
            counts = (
                *(possible, len(status), status.count("killed"), status.count("timed out")),
                *(len(left), sum(one.key in explained for one in left)),
            )
            rows += [line(subject, name, counts)] if status else []
            unnoticed += [
                cells(name, one.function, code(one.change),
                      explained.get(one.key) or missing(found[one.key]))
                for one in left
            ]  # fmt: skip
    numbers = [[int(cell) for cell in split(row)[2:8]] for row in rows]
    text = [
        "| Subject | Module | Possible faults | Planted | Failed a test | Timed out | Not noticed "
        "| Of these explained | Noticed (95 % interval) | Of those that a test can notice |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        *rows,
        *([line("All", "", tuple(map(sum, zip(*numbers, strict=True))))] if rows else []),
        "",
        "| Module | Function | Fault not noticed | Why |",
        "|---|---|---|---|",
        *unnoticed,
    ]
    return "\n".join(text) + "\n"


def lines_of(page: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The lines of a page by module: its row of the first table, and its rows of the second."""
    rows: dict[str, str] = {}
    faults: dict[str, list[str]] = defaultdict(list)
    for row in page.splitlines():
        if row.startswith("| ") and len(split(row)) == 10:
            rows[split(row)[1]] = row
        elif row.startswith("| "):
            faults[split(row)[0]].append(row)
    return rows, faults


def split(row: str) -> list[str]:
    """The cells of a line of a table."""
    return row.removeprefix("| ").removesuffix(" |").split(" | ")


def cells(*texts: str) -> str:
    """A line of a table."""
    return f"| {' | '.join(texts)} |"


def missing(record: dict[str, Any]) -> str:
    """The entry of a fault without an explanation."""
    if record["tests"] < record["of"]:
        return (
            f"tried with the {record['tests']} quickest of the {record['of']} tests that reach it"
        )
    return "no test looks at it yet"


def line(subject: str, name: str, counts: tuple[int, ...]) -> str:
    """The row of a module: faults possible, planted, killed, timed out, not noticed, explained."""
    _, planted, killed, timed_out, _, alike = counts
    noticed = killed + timed_out
    low, high = interval(noticed, planted)
    share = f"{noticed / planted:.0%} ({low:.0%} to {high:.0%})"
    able = f"{noticed / max(planted - alike, 1):.0%}"
    shares = [text.replace("%", " %") for text in (share, able)]
    return cells(subject, name, *map(str, counts), *shares)


def code(text: str) -> str:
    """A change as a cell of a table."""
    return " → ".join(f"`{part}`" for part in text.replace("|", "\\|").split(" → "))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--module", default="")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--budget", type=float, default=BUDGET_S)
    parser.add_argument("--session", action="store_true")
    parser.add_argument("--table", action="store_true", help="plant nothing, print what is known")
    given = parser.parse_args()
    of = Run(given.out.resolve(), given.sample, given.budget, given.table)
    if given.session:
        session(of, given.module)
    else:
        main(of, given.module)
