"""Tables of success and of what posts move, checked against each other."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipeline.ops.proof import success as proof

FACTORS = ("barriers", "forces", "routes")
SHAPLEY = {"barriers": 0.1, "forces": 0.6, "routes": 0.3}
CHECKS = {
    "factors": proof.factors, "parameters": proof.parameters, "moved": proof.moved,
    "scenarios": proof.scenarios,
}  # fmt: skip


def layers() -> dict[str, pd.DataFrame]:
    """Half of demand is stopped today; two more posts move a tenth of it to the second 50 km."""
    key = {"demand": "through", "why_absent": None}
    rows: list[dict[str, Any]] = [
        key | {"factor": name, "s_low": 0.4, "s_mid": 0.5, "s_high": 0.7, "swing": 0.3}
        | {"shapley": SHAPLEY[name], "shapley_low": 0.05, "shapley_high": 0.65}
        for name in FACTORS
    ]  # fmt: skip
    rows.append(key | {"factor": "all", "s_low": 0.3, "s_mid": 0.45, "s_high": 0.8, "swing": 0.5})
    parameter = {"demand": "through", "parameter": "alarm", "factor": "forces", "low": 30.0}
    parameter |= {"mid": 15.0, "high": 5.0, "s_low": 0.4, "s_high": 0.6}
    swings = {f"{name}_swing_{end}": 0.1 for name in ("barriers", "routes") for end in proof.ENDS}
    own = {f"forces_swing_{end}": None for end in proof.ENDS}
    scenario = {"scenario": "2 more posts at +50 km", "demand": "through"}
    stretches = [
        scenario | {"from_km": km, "to_km": km + 50, "share_before": before, "share_after": after}
        | {"on_foot_before": 0.1, "on_foot_after": 0.2}
        for km, before, after in ((0, 0.8, 0.7), (50, 0.2, 0.3))
    ]  # fmt: skip
    harm = scenario | {"n_posts": 2, "moved_share": 0.1, "why_absent": None, "stopped_before": 0.5}
    harm |= {"stopped_after": 0.6, "on_foot_before": 0.2, "on_foot_after": 0.4}
    harm |= {"walk_minutes_before": 3.0, "walk_minutes_after": 5.0}
    placed = {"mode": "road", "depth_km": 50.0, "model": "fixed", "walking": False}
    placed |= {"existing": "mapped", "chance": 0.3, "n_posts": 2}
    return {
        "success": pd.DataFrame(rows),
        "success_parameters": pd.DataFrame([parameter | swings | own]),
        "displacement": pd.DataFrame(stretches),
        "harm": pd.DataFrame([harm]),
        "placements": pd.DataFrame([placed | {"link_id": link_id} for link_id in "ab"]),
        "programme": pd.DataFrame({"posts": [0]}),
        "border": pd.DataFrame({"length_km": [80.0]}),
    }


def failing(tables: dict[str, pd.DataFrame]) -> set[str]:
    found: Any = SimpleNamespace(layers=tables)  # of the proof, layers alone are looked at
    return {name for name, check in CHECKS.items() if list(check(found))}


def test_sound_tables_agree() -> None:
    assert failing(layers()) == set()


@pytest.mark.parametrize(
    ("layer", "row", "column", "value", "finds"),
    [
        ("success", 0, "swing", 0.2, {"factors"}),
        ("success", 0, "s_mid", 0.52, {"factors"}),
        ("success", 1, "shapley", 0.5, {"factors"}),
        ("success", 1, "shapley_low", 0.61, {"factors"}),
        ("success", 3, "s_mid", 0.9, {"factors"}),
        ("success", 2, "s_high", 1.3, {"factors"}),
        ("success", 3, "factor", "luck", {"factors"}),
        ("success_parameters", 0, "mid", 40.0, {"parameters"}),
        ("success_parameters", 0, "s_low", 1.2, {"parameters"}),
        ("success_parameters", 0, "forces_swing_low", 0.1, {"parameters"}),
        ("success_parameters", 0, "routes_swing_low", None, {"parameters"}),
        ("displacement", 0, "share_after", 0.71, {"moved", "scenarios"}),
        ("displacement", 1, "from_km", 60, {"moved"}),
        ("displacement", 1, "on_foot_before", 0.3, {"moved", "scenarios"}),
        ("harm", 0, "moved_share", 0.2, {"scenarios"}),
        ("harm", 0, "stopped_before", 0.51, {"scenarios"}),
        ("harm", 0, "stopped_after", 1.6, {"scenarios"}),
        ("harm", 0, "walk_minutes_after", 0.0, {"scenarios"}),
        ("harm", 0, "n_posts", 3, {"scenarios"}),
        ("harm", 0, "why_absent", "no demand", {"scenarios"}),
        ("placements", 1, "link_id", "a", {"scenarios"}),
        ("border", 0, "length_km", 40.0, {"moved"}),
    ],
)
def test_a_figure_that_was_changed_is_found(
    layer: str, row: int, column: str, value: Any, finds: set[str]
) -> None:
    tables = layers()
    if not isinstance(value, float):
        tables[layer][column] = tables[layer][column].astype(object)
    tables[layer].loc[row, column] = value
    assert failing(tables) == finds
