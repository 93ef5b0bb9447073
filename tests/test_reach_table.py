"""What files state of the reach, what the network shows, and which of them counts."""

import pandas as pd
import pytest
from msgspec.structs import replace

from pipeline.core import parameters
from pipeline.network.issues import Issue
from pipeline.network.reach import RECORD, applied, of_sides, through_km
from tests.two_roads import BORDER

TIMES = parameters.number("reach_differs_times")
BESIDE_STUBS_KM = parameters.number("through_beside_stubs_km")
AT = (1.0, 2.0)


def table(from_km: float = 50.0, to_km: float = 50.0, dead_ends: int = 3) -> pd.DataFrame:
    """A row for each side, and one for a window of it that is 10 km less deep."""
    rows = [
        {"side": side, "whole": whole, "from_km": None if whole else 0.0, "evidence": "network",
         "reach_km": km - (0.0 if whole else 10.0), "dead_ends": dead_ends}
        for side, km in (("AA", from_km), ("BB", to_km))
        for whole in (True, False)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def sides(
    given: pd.DataFrame,
    *,
    declared: dict[str, float] | None = None,
    evidence: dict[str, tuple[float, str]] | None = None,
    box: dict[str, float] | None = None,
) -> tuple[dict[str, list[float]], list[Issue]]:
    """Reach of the side and of its window, on foot likewise, depth of a through way; issues."""
    border = replace(BORDER, reach_km=declared or {})
    found, issues = of_sides(given, border, evidence or {}, box or {}, 1.0, 15.0, AT)
    return {
        str(side): [*rows["reach_km"], *rows["foot_reach_km"], *rows["through_km"].unique()]
        for side, rows in found.groupby("side")
    }, issues


def test_what_the_network_shows_counts_where_nothing_is_stated() -> None:
    shown = [50.0, 40.0, 50.0, 40.0, 1.0]
    assert sides(table()) == ({"AA": shown, "BB": shown}, [])
    found, issues = sides(table(10.0))
    assert (found["AA"][0], issues) == (10.0, [])


@pytest.mark.parametrize(("side", "reach"), [("AA", (5.0, 50.0)), ("BB", (50.0, 5.0))])
def test_a_side_that_is_mapped_less_deep_than_the_zone(
    side: str, reach: tuple[float, float]
) -> None:
    found, (issue,) = sides(table(*reach))
    assert found[side][-1] == 1.0
    assert (issue.kind, issue.severity, issue.element) == ("data_end", "medium", f"side {side}")
    assert (issue.lon, issue.lat) == AT
    assert issue.found == f"on the {side} side the roads are mapped only to 5 km from the line"
    assert "its deepest ends continue" in issue.assumed
    assert "10 km deep" in issue.assumed


def test_before_a_side_of_stubs_a_shorter_way_is_a_through_way() -> None:
    found, (issue,) = sides(table(0.5, dead_ends=1))
    assert (found["AA"][-1], found["BB"][-1]) == (1.0, BESIDE_STUBS_KM)
    assert issue.severity == "high"
    assert issue.found.endswith("from the line, as stubs")
    assert "every dead end of that side continues" in issue.assumed
    # A side without dead ends shows no stubs, nor does one that is a through way deep.
    for other in (table(0.5, dead_ends=0), table(1.0)):
        assert [row[-1] for row in sides(other)[0].values()] == [1.0, 1.0]
    assert sides(table(1.0))[1][0].severity == "medium"


def test_the_box_of_the_header_bounds_what_the_network_shows() -> None:
    found, issues = sides(table(), box={"AA": 45.0, "BB": 50.0})
    assert (found["AA"][:2], found["BB"][:2], issues) == ([45.0, 40.0], [50.0, 40.0], [])
    _, (issue,) = sides(table(), box={"AA": 5.0})
    assert issue.kind == "data_end"


@pytest.mark.parametrize(
    ("stated_km", "severity"),
    [(50.0 * TIMES + 1, "high"), (50.0 * TIMES, None), (50.0, None), (50.0 / TIMES, None),
     (50.0 / TIMES - 1, "low")],
)  # fmt: skip
def test_what_is_stated_counts_and_a_large_difference_is_reported(
    stated_km: float, severity: str | None
) -> None:
    found, issues = sides(table(), evidence={"AA": (stated_km, RECORD)})
    counted = min(stated_km, BORDER.corridor_km)
    assert found["AA"][:2] == pytest.approx([counted, counted])
    # On foot as deep as every class was fetched.
    assert found["AA"][2:4] == [15.0, 15.0]
    assert found["BB"] == [50.0, 40.0, 50.0, 40.0, 1.0]
    assert [issue.severity for issue in issues] == ([severity] if severity else [])
    for issue in issues:
        assert (issue.kind, issue.element, (issue.lon, issue.lat)) == (
            "reach_differs",
            "side AA",
            AT,
        )
        assert "its network shows 50 km" in issue.found
        assert issue.may_change.startswith("minimum" if severity == "high" else "nothing")


def test_what_the_datas_own_file_declares_comes_first() -> None:
    found, issues = sides(table(5.0), declared={"AA": 6.0}, evidence={"AA": (60.0, RECORD)})
    assert found["AA"][:4] == [6.0, 6.0, 6.0, 6.0]
    assert issues == []


def test_the_border_takes_what_the_table_holds() -> None:
    found, _ = of_sides(table(0.5), BORDER, {"BB": (40.0, RECORD)}, {}, 1.0, 15.0, AT)
    border = applied(BORDER, found)
    assert border.reach_km == {"AA": 0.5, "BB": 40.0}
    assert border.foot_reach_km == {"AA": 0.5, "BB": 15.0}
    assert border.through_by_side_km == {"AA": 1.0, "BB": BESIDE_STUBS_KM}
    depths = through_km(border, ["AA", "BB", "CC"])  # type: ignore[arg-type]
    assert depths.tolist() == [1.0, BESIDE_STUBS_KM, 1.0]
    assert applied(BORDER, found[:0]) is BORDER
