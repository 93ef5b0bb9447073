"""Share of planted faults that the tests notice, module by module.

`python -m bench.mutants OUT_DIR [--module NAME] [--sample N] [--budget SECONDS]`: for each module
of mutants.toml, or for one, a seeded sample of its faults is planted, one at a time, and the tests
that the table names for it are run: those that reach the fault, as many of the quickest as the
budget lasts. What OUT_DIR holds already is not run again, unless the function has changed, or the
fault was not noticed and the tests have changed since or the budget has grown.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import pandas as pd

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
    sample: int
    budget_s: float
    table_only: bool  # the table of what is known already


def main(run: Run, only: str) -> None:
    """Run what is not yet known, then print and write the table."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    tests = tested(table)
    explained = reasons(table)
    if only and only not in tests:
        sys.exit(f"error: MODULE={only}: not in {TABLE.name}, expected one of: {', '.join(tests)}")
    run.out.mkdir(parents=True, exist_ok=True)
    for name in [] if run.table_only else [only] if only else tests:
        wanted = waiting(run, name, tests[name], explained)
        if wanted:
            print(f"{name}: {len(wanted)} faults", flush=True)  # noqa: T201
            # Compiled code cannot be replaced: kernels run as plain Python.
            env = os.environ | {"NUMBA_DISABLE_JIT": str(int(has_kernels(name)))}
            command = [sys.executable, "-m", "bench.mutants", str(run.out), "--session",
                       "--module", name, "--sample", str(run.sample),
                       "--budget", str(run.budget_s)]  # fmt: skip
            subprocess.run(command, check=False, env=env)  # noqa: S603
    known = {name: (sampled(name, run.sample), records(run.out, name)) for name in tests}
    text = report(known, table)
    (run.out / "mutants.md").write_text(text, encoding="utf-8")
    print(text)  # noqa: T201
    if run.sample == SAMPLE and not only:
        page = PAGE.read_text(encoding="utf-8")
        filled = PLACE.sub(lambda found: f"{found[1]}\n{text}\n{found[2]}", page)
        PAGE.write_text(filled, encoding="utf-8")


def tested(table: dict[str, Any]) -> dict[str, list[str]]:
    """The files of tests of each module."""
    return {name: files for subject in table["tests"].values() for name, files in subject.items()}


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


def waiting(run: Run, name: str, files: list[str], explained: dict[str, str]) -> list[Mutant]:
    """Faults that were not yet planted, or not noticed by the tests as they were."""
    known, tests = records(run.out, name), fingerprint(files)

    def settled(record: dict[str, Any] | None) -> bool:
        return record is not None and (
            record["status"] in NOTICED
            or record["key"] in explained
            or (
                record["fingerprint"] == tests
                and (record["tests"] == record["of"] or record["budget"] >= run.budget_s)
            )
        )

    return [one for one in sampled(name, run.sample)[1] if not settled(known.get(one.key))]


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
    plugin = Session(task, waiting(run, name, tests[name], reasons(table)), note)
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
) -> str:
    """The table of modules, and the faults that were not noticed with the reason of each."""
    explained = reasons(table)
    rows, unnoticed = [], []
    for subject, modules in table["tests"].items():
        for name in modules:
            (possible, drawn), found = known[name]
            status = [found[one.key]["status"] for one in drawn if one.key in found]
            left = [
                one for one in drawn if one.key in found and found[one.key]["status"] not in NOTICED
            ]
            rows.append(
                {"subject": subject, "module": name, "possible": possible, "planted": len(status),
                 "killed": status.count("killed"), "timed_out": status.count("timed out"),
                 "survived": len(left), "alike": sum(one.key in explained for one in left)}
            )  # fmt: skip
            unnoticed += [
                {"module": name, "function": one.function, "change": one.change,
                 "why": explained.get(one.key) or missing(found[one.key])}
                for one in left
            ]  # fmt: skip
    text = [
        "| Subject | Module | Possible faults | Planted | Failed a test | Timed out | Not noticed "
        "| Of these explained | Noticed (95 % interval) | Of those that a test can notice |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    text += [line(row) for row in rows if row["planted"]]
    total = pd.DataFrame(rows).sum(numeric_only=True).to_dict()
    text += [
        line(
            {"subject": "All", "module": "", **{str(key): number for key, number in total.items()}}
        ),
        "",
    ]
    text += ["| Module | Function | Fault not noticed | Why |", "|---|---|---|---|"]
    text += [
        "| " + " | ".join([one["module"], one["function"], code(one["change"]), one["why"]]) + " |"
        for one in unnoticed
    ]
    return "\n".join(text) + "\n"


def missing(record: dict[str, Any]) -> str:
    """The entry of a fault without an explanation."""
    if record["tests"] < record["of"]:
        return (
            f"tried with the {record['tests']} quickest of the {record['of']} tests that reach it"
        )
    return "no test looks at it yet"


def line(row: dict[str, Any]) -> str:
    """One line of the table."""
    noticed = row["killed"] + row["timed_out"]
    low, high = interval(noticed, row["planted"])
    counts = [
        str(int(row[key]))
        for key in ("possible", "planted", "killed", "timed_out", "survived", "alike")
    ]
    share = f"{noticed / row['planted']:.0%} ({low:.0%} to {high:.0%})"
    able = f"{noticed / max(row['planted'] - row['alike'], 1):.0%}"
    shares = [text.replace("%", " %") for text in (share, able)]
    return "| " + " | ".join([row["subject"], row["module"], *counts, *shares]) + " |"


def code(text: str) -> str:
    """A change as a cell of a table."""
    return " → ".join(f"`{part}`" for part in text.replace("|", "\\|").split(" → "))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--module", default="")
    parser.add_argument("--sample", type=int, default=SAMPLE)
    parser.add_argument("--budget", type=float, default=BUDGET_S)
    parser.add_argument("--session", action="store_true")
    parser.add_argument("--table", action="store_true", help="plant nothing, print what is known")
    given = parser.parse_args()
    of = Run(given.out.resolve(), given.sample, given.budget, given.table)
    if given.session:
        session(of, given.module)
    else:
        main(of, given.module)
