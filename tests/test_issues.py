"""The table of data issues: stable ids, gravest first, one row for each thing."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.network import issues
from pipeline.network.issues import Issue


def issue(element: str = "w7", severity: issues.Severity = "high", found: str = "a gap") -> Issue:
    return Issue("line_gap", severity, element, 1.0, 2.0, found, "a straight line", "the length")


def test_an_id_is_made_of_kind_and_element_and_the_text_of_the_three_clauses() -> None:
    row = issues.table([issue("w7 w9")]).iloc[0]
    assert row["issue_id"] == "line_gap-w7-w9"
    assert row["text"] == "A gap. Assumed: a straight line. May change: the length."
    assert (row["geometry"].x, row["geometry"].y) == (1.0, 2.0)


@given(st.permutations(["w1", "w2", "n3", "r4"]))
def test_ids_and_rows_do_not_depend_on_the_order_in_which_issues_were_met(order: list[str]) -> None:
    found = issues.table([issue(element) for element in order])
    assert found["element"].tolist() == ["n3", "r4", "w1", "w2"]


def test_a_repeated_issue_is_one_row() -> None:
    assert len(issues.table([issue(found="first"), issue(found="second")])) == 1


def test_two_stages_join_and_the_summary_counts_by_severity() -> None:
    network = issues.table([issue("w1", "low"), issue("w2", "high")])
    crossings = issues.table([issue("w3", "medium")], "crossing_issues")
    both = issues.joined(network, crossings)
    assert issues.summary(both) == "3 data issues (1 high, 1 medium, 1 low)"
    assert issues.gravest(both, 2)["element"].tolist() == ["w2", "w3"]


def test_none_is_a_legal_table_and_says_so() -> None:
    assert issues.summary(issues.joined(issues.table([]))) == "0 data issues"
