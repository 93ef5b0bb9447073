"""Faults that are planted to try the tests: where they go, and that they can be run."""

from types import FunctionType
from typing import Any

import pytest

from bench.mutants import report, size
from bench.mutations import mutants, plant

SOURCE = '''
def lowest(values: list[int | None], least: int = 0) -> int:
    """The first value from `least` on."""
    found = 9
    for value in values:
        if value is not None and value >= least:
            found = min(found, value)
    if found == 9:
        raise ValueError(f"{1 + 1}")
    return found
'''


def test_faults_go_where_a_test_could_notice_them() -> None:
    changes = [one.change for one in mutants(SOURCE)]
    assert changes == [
        "9 → 10",
        "value is not None and value >= least → value is not None or value >= least",
        "value is not None → value is None",
        "value >= least → value > least",
        "value >= least → value < least",
        "min → max",
        "value is not None and value >= least → not (value is not None and value >= least)",
        "found == 9 → found != 9",
        "9 → 10",
        "raise ValueError(f'{1 + 1}') → pass",
        "return found → return None",
    ]
    assert len({one.key for one in mutants(SOURCE)}) == len(changes)
    moved = "X = 1\n\n\n" + SOURCE
    assert [one.key for one in mutants(moved)] == [one.key for one in mutants(SOURCE)]


def test_a_planted_fault_changes_what_the_function_says() -> None:
    space: dict[str, FunctionType] = {}
    exec(compile(SOURCE, "lowest.py", "exec"), space)
    lowest = space["lowest"]
    assert lowest([4, 2, None, 3], 2) == 2
    answers = {}
    for one in mutants(SOURCE):
        lowest.__code__ = plant(SOURCE, "lowest.py", one.key)
        try:
            answers[one.change] = lowest([4, 2, None, 3], 2)
        except (TypeError, ValueError) as error:
            answers[one.change] = type(error)
    assert answers["value >= least → value > least"] == 3
    assert answers["min → max"] is ValueError
    assert answers["value is not None → value is None"] is TypeError
    assert answers["return found → return None"] is None


def test_faults_that_no_test_can_notice_are_counted_separately() -> None:
    """Of five that are planted one is not noticed though a test could; a sixth is not yet tried."""
    planted = mutants(SOURCE)[:6]
    statuses = ["killed", "killed", "timed out", "survived", "survived"]
    found = {
        one.key: {"status": status, "tests": 2, "of": 2}
        for one, status in zip(planted, statuses, strict=False)
    }
    why = {"key": planted[3].key, "why": "the same to all"}
    table = {"tests": {"cut": {"graph.lowest": ["test_lowest"]}}, "unnoticed": [why]}
    lines = report({"graph.lowest": ((11, planted), found)}, table).splitlines()
    assert lines[2] == (
        "| cut | graph.lowest | 11 | 5 | 2 | 1 | 2 | 1 | 60 % (23 % to 88 %) | 75 % |"
    )
    assert [line.split(" | ")[-1] for line in lines[-2:]] == [
        "the same to all |",
        "no test looks at it yet |",
    ]


@pytest.mark.parametrize("tried", [0, 1, 2])
def test_a_module_keeps_its_rows_until_all_its_faults_are_known(tried: int) -> None:
    planted = mutants(SOURCE)[:2]
    table: dict[str, Any] = {"tests": {"cut": {"graph.lowest": [], "graph.most": []}}}
    statuses = ["killed", "survived"]
    record = [{"status": status, "tests": 2, "of": 3} for status in statuses]
    known = dict(zip([one.key for one in planted], record, strict=True))
    once = dict.fromkeys(("graph.lowest", "graph.most", "graph.gone"), ((11, planted), known))
    gone = {"tests": {"cut": table["tests"]["cut"] | {"graph.gone": []}}}
    page = report(once, gone).replace("11", "99")
    assert page.count("graph.gone") == 2
    later = [{"status": "killed", "tests": 1, "of": 1} for _ in planted]
    again = dict(zip([one.key for one in planted], later[:tried], strict=False))
    text = report(once | {"graph.most": ((11, planted), again)}, table, page)
    rows = [line for line in text.splitlines() if "graph.most" in line]
    kept = [line for line in page.splitlines() if "graph.most" in line]
    assert len(kept) == 2
    assert rows == (kept if tried < 2 else ["| cut | graph.most | 11 | 2 | 2 | 0 | 0 | 0 | 100 % "
                                            "(34 % to 100 %) | 100 % |"])  # fmt: skip
    assert "| cut | graph.lowest | 11 | 2 | 1 | 0 | 1 | 0 | 50 % (9 % to 91 %) | 50 % |" in text
    assert f"| All |  | {110 if tried < 2 else 22} | 4 | {2 if tried < 2 else 3} |" in text
    assert "graph.gone" not in text


def test_the_sample_is_that_asked_for_of_the_module_of_its_subject_or_the_usual() -> None:
    table = {
        "tests": {"cut": {"graph.lowest": []}, "figures": {"a": [], "b": []}},
        "sample": {"figures": 12, "b": 7},
    }
    found = [size(table, name) for name in ("graph.lowest", "a", "b")]
    assert found == [60, 12, 7]
    assert size(table, "b", 30) == 30
