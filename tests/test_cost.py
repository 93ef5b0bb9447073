"""Cost from counts that are known and unit costs that are stated."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import asdict
from shapely.geometry import Point

from pipeline.core import parameters, schema, store
from pipeline.measures import choices, cost_figures
from pipeline.stages import cost
from tests import ground
from tests.drawn import PASSED
from tests.frames import cell, row_of

ROOT = Path(__file__).parents[1]
KM_PER_MILE = 1.609344
MXN_PER_USD_2015 = 15.9
# Round unit costs, wages of the drawn country at half, and ten years.
STATED: dict[str, object] = {
    "cost_years": 10,
    "fence_build_per_km": [1, 2, 3],
    "fence_upkeep_per_km_year": [0.1, 0.2, 0.3],
    "post_build": [5, 5, 10],
    "post_officers": [10, 20, 30],
    "officer_musd_year": [0.1, 0.1, 0.1],
    "wages": {"BB": 0.5},
}


@pytest.fixture(autouse=True)
def stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's parameters with round unit costs."""
    entries = {
        name: asdict(entry) | ({"value": STATED[name]} if name in STATED else {})
        for name, entry in parameters.entries().items()
    }
    path = tmp_path / "parameters.toml"
    path.write_text("".join(f"[{name}]\n{_toml(entry)}" for name, entry in entries.items()))
    monkeypatch.setattr(parameters, "PATH", path)
    return path


def _toml(entry: dict[str, Any]) -> str:
    def inline(value: Any) -> str:
        if isinstance(value, dict):
            return (
                "{ "
                + ", ".join(f"{json.dumps(key)} = {inline(one)}" for key, one in value.items())
                + " }"
            )
        return json.dumps(value)

    return "".join(f"{key} = {inline(value)}\n" for key, value in entry.items())


def crossing(name: str, mode: str, status: str = "official", **more: Any) -> dict[str, Any]:
    return {
        "crossing_id": name, "mode": mode, "name": None, "status": status, "counted": True,
        "class": "primary", "n_links": 1, "lanes": 2, "border_km": 1.0, "span_m": 0.0, **PASSED,
        "walkable": True, "geometry": Point(0, 0),
    } | more  # fmt: skip


CROSSINGS = [
    crossing("1", "road"),
    crossing("2", "road", "informal"),
    crossing("3", "road", "closed"),
    crossing("4", "road", counted=False),
    crossing("5", "road", **{"class": "restricted"}),
    crossing("6", "rail", "unmarked"),
    crossing("7", "foot"),
]


def run(
    tmp_path: Path,
    rail_links: int | None = 2,
    why: str | None = None,
    no_irregular: str | None = None,
) -> pd.DataFrame:
    """Costs by scenario, level and wages: 2 roads and a railway cross, 40 km lie bare."""
    network = ground.network(tmp_path / "n", {"a": (1, -5), "b": (2, -5)}, "a-b")
    store.write(tmp_path / "c", {
        "crossings": pd.DataFrame(CROSSINGS), "crossing_links": schema.empty("crossing_links"),
    })  # fmt: skip
    cordons = pd.DataFrame([
        {"mode": mode, "directed": True, "third_open": False, "depth_km": 50.0,
         "cordon_links": 9, "min_cut_links": links, "unguarded_links": free,
         "is_upper_bound": False,
         "why_absent": why if links is None else None}
        for mode, links, free in (("road", 3, 1), ("rail", rail_links, None))
    ]).reindex(columns=[c.name for c in schema.TABLES["cordons"].columns])  # fmt: skip
    store.write(tmp_path / "k", {"cordons": cordons})
    counts = pd.DataFrame([
        {"mode": mode, "demand": "through", "unit": "crossing", "detour_limit": limit,
         "stopped_share": share, "of": 3, "closings_low": k, "closings": k, "why_absent": None}
        for mode, ks in (("road", (1, 2, 2)), ("rail", (1, 1, 1)))
        for share, k in zip((0.5, 0.9, 1.0), ks, strict=True)
        for limit in ("1.5", "no way")
    ])  # fmt: skip
    # Other counts need other sets: for local demand, of sites, and for ways of any length.
    others = [counts.assign(demand="local"), counts.assign(unit="site"),
              counts[counts["detour_limit"].eq("1.5")].assign(detour_limit="2")]  # fmt: skip
    counts = pd.concat([counts, *(other.assign(closings=2) for other in others)])
    sets = {("road", 1): ["2"], ("road", 2): ["1", "2"], ("rail", 1): ["6"]}
    share = {("road", 1): 0.6, ("road", 2): 1.0, ("rail", 1): 1.0}
    closures = pd.DataFrame([
        {"mode": mode, "aim": "stop", "k": k, "crossing_id": one, "cut_off_share": 0.0,
         "demand_stopped_share": share[mode, k], "mean_extra_minutes": 0.0, "exact": True,
         "gap": 0.0, "sure_stopped_share": None, "sure_extra_minutes": None,
         "geometry": Point(0, 0)}
        for (mode, k), ids in sets.items() for one in ids
    ])  # fmt: skip
    store.write(tmp_path / "l", {"closure_counts": counts, "closures": closures})
    walked = (0, 60, 180, 360)
    through = {1: (0.6, 0.4, 0.0, 0.0), 2: (1.0, 0.4, 0.0, 0.0)}
    irregular = {1: (0.1, 0.1, 0.0, 0.0), 2: (1.0, 0.5, 0.25, 0.0)}
    walks = pd.DataFrame([
        {"mode": "road", "demand": demand, "k": k, "within_minutes": minutes, "walked_round": 0,
         "demand_stopped_share": None if absent else share, "cut_off_share": 0.0,
         "why_absent": absent}
        for demand, by_k, absent in (
            ("through", through, None), ("irregular", irregular, no_irregular))
        for k, shares in by_k.items() for minutes, share in zip(walked, shares, strict=True)
    ])  # fmt: skip
    store.write(tmp_path / "f", {"closures_on_foot": walks})
    posture = pd.DataFrame([
        {"measure": "unfenced_km", "mode": "", "of": of, "within": "", "slopes": "", "value": km,
         "unit": "km", "why_absent": None}
        for of, km in (("", 40.0), ("land", 25.0))
    ])  # fmt: skip
    store.write(tmp_path / "p", {"posture": posture})
    folders = [str(network), *(str(tmp_path / name) for name in "cklfpo")]
    cost.cost(*folders)
    return store.read(tmp_path / "o", "costs").set_index(["scenario", "level", "wages"])


@pytest.mark.parametrize(
    ("key", "posts", "standing", "fence_km", "musd"),
    [
        # One of three open crossings has a control: two posts are added.
        (("posts on every crossing", "mid", "same"), 2, 1, 0, 2 * (5 + 10 * 2)),
        (("posts on every crossing", "high", "own"), 2, 1, 0, 2 * (10 + 10 * 3 * 0.5)),
        # Of three roads two carry a post already; of the railways none is known to.
        (("posts 50 km behind", "low", "same"), 3, 2, 0, 3 * (5 + 10 * 1)),
        # The best single road to close has no control, the best two have one.
        (("posts to stop 50%", "mid", "same"), 2, 0, 0, 2 * 25),
        (("posts to stop 100%", "mid", "same"), 2, 1, 0, 2 * 25),
        (("fence where there is none", "mid", "same"), 0, 0, 40, 40 * (2 + 10 * 0.2)),
        (("fence on land", "low", "own"), 0, 0, 25, 25 * (1 + 10 * 0.1) * 0.5),
        (("fence and posts", "mid", "same"), 2, 1, 40, 2 * 25 + 40 * 4),
    ],
)
def test_costs_by_hand_of_what_is_added(
    tmp_path: Path,
    key: tuple[str, str, str],
    posts: float,
    standing: float,
    fence_km: float,
    musd: float,
) -> None:
    row = row_of(run(tmp_path), key)
    assert (row["posts"], row["posts_standing"], row["fence_km"]) == (posts, standing, fence_km)
    assert row["cost_musd"] == pytest.approx(musd)
    assert row["why_absent"] is None


def effects_of(tmp_path: Path) -> pd.DataFrame:
    effects = store.read(tmp_path / "o", "cost_effects")
    return effects.set_index(["scenario", "demand", "walking"])


@pytest.mark.parametrize(
    ("key", "share", "per_point"),
    [
        (("posts on every crossing", "through", "no walking"), 1.0, 50 / 100),
        (("posts on every crossing", "through", "walking 60 minutes"), 0.4, 50 / 40),
        # People who walk up to three hours are not stopped, so there is no cost per point.
        (("posts on every crossing", "through", "walking 180 minutes"), 0.0, None),
        (("posts to stop 50%", "through", "no walking"), 0.6, 50 / 60),
        # A fence closes no crossing; with posts on all of them no way is left.
        (("fence where there is none", "through", "no walking"), 0.0, None),
        (("fence and posts", "through", "walking 180 minutes"), 1.0, (50 + 160) / 100),
        # The same posts stop another share of irregular demand, so its cost per point differs.
        (("posts on every crossing", "irregular", "walking 60 minutes"), 0.5, 50 / 50),
        (("posts on every crossing", "irregular", "walking 180 minutes"), 0.25, 50 / 25),
        (("posts to stop 50%", "irregular", "no walking"), 0.1, 50 / 10),
        (("fence on land", "irregular", "walking 60 minutes"), 0.0, None),
        (("fence and posts", "irregular", "walking 180 minutes"), 1.0, (50 + 160) / 100),
    ],
)
def test_what_each_scenario_stops_and_what_a_point_costs(
    tmp_path: Path, key: tuple[str, str, str], share: float, per_point: float | None
) -> None:
    run(tmp_path)
    effects = effects_of(tmp_path)
    assert effects["stopped_share"][key] == pytest.approx(share)
    found = effects["cost_per_point_musd"][key]
    assert pd.isna(found) if per_point is None else found == pytest.approx(per_point)


def test_where_no_irregular_movement_begins_nothing_stops_a_share_of_it(tmp_path: Path) -> None:
    run(tmp_path, no_irregular="AA: no place")
    none = effects_of(tmp_path).xs("irregular", level="demand")
    known = none.drop(index="posts 50 km behind")
    assert none["stopped_share"].isna().all()
    assert none["cost_per_point_musd"].isna().all()
    assert set(known["why_absent"]) == {"AA: no place"}
    assert cell(effects_of(tmp_path), ("fence on land", "through"), "stopped_share").eq(0).all()


def test_each_demand_has_a_figure_of_its_own_and_through_keeps_its_name(tmp_path: Path) -> None:
    run(tmp_path)
    effects = store.read(tmp_path / "o", "cost_effects")
    values = {
        choices.key(row): row["value"]
        for row in cost_figures.figures(store.read(tmp_path / "o", "costs"), effects)
    }
    assert values["stopped_share_posts_on_every_crossing|walking_60_minutes"] == 0.4
    assert values["stopped_share_posts_on_every_crossing|irregular|walking_60_minutes"] == 0.5
    assert values["cost_per_point_posts_on_every_crossing"] == pytest.approx(0.5)
    assert values["cost_per_point_posts_to_stop_50|irregular"] == pytest.approx(5)


def test_a_cut_that_is_not_stated_costs_nothing_known(tmp_path: Path) -> None:
    row = run(tmp_path, None, "data on the BB side reach 40 km").loc["posts 50 km behind"]
    assert row["cost_musd"].isna().all()
    assert set(row["why_absent"]) == {"rail: data on the BB side reach 40 km"}


def test_demand_that_ends_before_posts_behind_the_line_is_not_counted(tmp_path: Path) -> None:
    run(tmp_path)
    behind = effects_of(tmp_path).loc["posts 50 km behind"]
    assert behind["stopped_share"].isna().all()
    assert set(behind["why_absent"]) == {
        "demand that ends before these posts is not counted separately"
    }


def test_where_no_railway_lies_none_is_guarded(tmp_path: Path) -> None:
    row = run(tmp_path, None, "no railway lies 50 km deep on the BB side").loc["posts 50 km behind"]
    assert set(row["posts"]) == {1}


def test_unknown_wages_are_no_wages(
    tmp_path: Path, stated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = stated.with_name("other.toml")
    other.write_text(stated.read_text().replace("BB", "ZZ"))
    monkeypatch.setattr(parameters, "PATH", other)
    found = run(tmp_path)
    assert found.xs("own", level="wages")["cost_musd"].isna().all()
    assert found.xs("own", level="wages")["why_absent"].str.startswith("no wages of BB").all()
    assert found.xs("same", level="wages")["cost_musd"].notna().all()


def published(quantity: str, source: str) -> float:
    """A figure of the gazetteer's table of published ones."""
    rows = pd.read_csv(ROOT / "data" / "raw" / "gazetteer" / "reference.csv")
    found = rows[(rows["quantity"] == quantity) & (rows.source == source)]["value"]
    assert len(found) == 1, (quantity, source)
    return float(found.iloc[0])


def test_the_shipped_unit_costs_are_those_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """All costs that are not judgement, recomputed from the table in their source."""
    monkeypatch.setattr(parameters, "PATH", ROOT / "pipeline" / "parameters.toml")
    miles = KM_PER_MILE
    build = [
        published("cost_per_mile_fence_corps", "niskanen") / miles,
        published("cost_per_mile_fence_average", "gao17") / miles,
        published("cost_per_mile_wall_average", "npr20") / miles,
    ]
    assert parameters.numbers("fence_build_per_km") == pytest.approx(build, rel=0.01)
    stood_km = published("fence_total", "niskanen") * miles
    upkeep = published("maintenance_20_years", "niskanen") * 1000 / 20 / stood_km
    assert parameters.numbers("fence_upkeep_per_km_year") == pytest.approx(
        [upkeep / 2, upkeep, 2 * upkeep], rel=0.03
    )
    centre = published("caitf_trinitaria_cost", "transmx") / MXN_PER_USD_2015
    assert parameters.numbers("post_build")[2] == pytest.approx(centre, rel=0.01)


def test_the_shipped_unit_costs_rise_and_say_what_is_judgement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parameters, "PATH", ROOT / "pipeline" / "parameters.toml")
    units = [name for name in STATED if name not in ("cost_years", "wages")]
    assert all(np.diff(parameters.numbers(name)).min() > 0 for name in units)
    assert parameters.table("wages")["US"] == 1
    judged = {name for name in units if "judgement" in parameters.entries()[name].source}
    assert judged == set(units) - {"fence_build_per_km"}
