"""Cost from counts that are known and unit costs that are stated."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from pipeline.core import schema, store
from pipeline.core.errors import InputError
from pipeline.stages import cost
from tests import ground

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "pipeline" / "cost.toml"
KM_PER_MILE = 1.609344
MXN_PER_USD_2015 = 15.9
UNITS = """years = 10
[fence_build_per_km]
musd = [1, 2, 3]
source = "a"
[fence_upkeep_per_km_year]
musd = [0.1, 0.2, 0.3]
source = "b"
[post_build]
musd = [5, 5, 10]
source = "c"
[post_year]
musd = [1, 2, 3]
source = "d"
[wages]
BB = 0.5
"""


@pytest.fixture(autouse=True)
def stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cost.toml"
    path.write_text(UNITS, encoding="utf-8")
    monkeypatch.setattr(cost, "PATH", path)
    monkeypatch.setattr(cost.read, "__defaults__", (path,))
    return path


def crossing(name: str, mode: str, status: str = "official", **more: Any) -> dict[str, Any]:
    return {
        "crossing_id": name, "mode": mode, "name": None, "status": status, "counted": True,
        "class": "primary", "n_links": 1, "lanes": 2, "border_km": 1.0, "span_m": 0.0,
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


def run(tmp_path: Path, rail_links: int | None = 2, why: str | None = None) -> pd.DataFrame:
    """Costs by scenario, level and wages: 2 roads and a railway cross, 40 km lie bare."""
    network = ground.network(tmp_path / "n", {"a": (1, -5), "b": (2, -5)}, "a-b")
    store.write(tmp_path / "c", {
        "crossings": pd.DataFrame(CROSSINGS), "crossing_links": schema.empty("crossing_links"),
    })  # fmt: skip
    cordons = pd.DataFrame([
        {"mode": mode, "directed": True, "third_open": False, "depth_km": 50.0,
         "cordon_links": 9, "min_cut_links": links, "why_absent": why if links is None else None}
        for mode, links in (("road", 3), ("rail", rail_links))
    ]).reindex(columns=[c.name for c in schema.TABLES["cordons"].columns])  # fmt: skip
    store.write(tmp_path / "k", {"cordons": cordons})
    counts = pd.DataFrame([
        {"mode": mode, "demand": "through", "unit": "crossing", "detour_limit": limit,
         "stopped_share": share, "of": 3, "closings_low": k, "closings": k, "why_absent": None}
        for mode, ks in (("road", (1, 2, 2)), ("rail", (1, 1, 1)))
        for share, k in zip((0.5, 0.9, 1.0), ks, strict=True)
        for limit in ("1.5", "no way")
    ])  # fmt: skip
    store.write(tmp_path / "l", {"closure_counts": counts})
    posture = pd.DataFrame([
        {"measure": "unfenced_km", "mode": "", "of": of, "within": "", "value": km, "unit": "km",
         "why_absent": None}
        for of, km in (("", 40.0), ("land", 25.0))
    ])  # fmt: skip
    store.write(tmp_path / "p", {"posture": posture})
    folders = [str(network), *(str(tmp_path / name) for name in "cklpo")]
    cost.cost(*folders)
    return store.read(tmp_path / "o", "costs").set_index(["scenario", "level", "wages"])


@pytest.mark.parametrize(
    ("key", "quantity", "musd"),
    [
        (("posts on every crossing", "mid", "same"), 3, 3 * (5 + 10 * 2)),
        (("posts on every crossing", "high", "own"), 3, 3 * (10 + 10 * 3 * 0.5)),
        (("posts 50 km behind", "low", "same"), 5, 5 * (5 + 10 * 1)),
        (("posts to stop 50%", "mid", "same"), 2, 2 * 25),
        (("posts to stop 100%", "mid", "same"), 3, 3 * 25),
        (("fence where there is none", "mid", "same"), 40, 40 * (2 + 10 * 0.2)),
        (("fence on land", "low", "own"), 25, 25 * (1 + 10 * 0.1) * 0.5),
    ],
)
def test_costs_by_hand(
    tmp_path: Path, key: tuple[str, str, str], quantity: float, musd: float
) -> None:
    row = run(tmp_path).loc[key]
    assert row["quantity"] == quantity
    assert row["cost_musd"] == pytest.approx(musd)
    assert row["why_absent"] is None


def test_a_cut_that_is_not_stated_costs_nothing_known(tmp_path: Path) -> None:
    row = run(tmp_path, None, "data on the BB side reach 40 km").loc["posts 50 km behind"]
    assert row["cost_musd"].isna().all()
    assert set(row["why_absent"]) == {"rail: data on the BB side reach 40 km"}


def test_where_no_railway_lies_none_is_guarded(tmp_path: Path) -> None:
    row = run(tmp_path, None, "no railway lies 50 km deep on the BB side").loc["posts 50 km behind"]
    assert set(row["quantity"]) == {3}


def test_unknown_wages_are_no_wages(tmp_path: Path, stated: Path) -> None:
    stated.write_text(UNITS.replace("BB", "ZZ"), encoding="utf-8")
    found = run(tmp_path).xs("own", level="wages")
    assert found["cost_musd"].isna().all()
    assert found["why_absent"].str.startswith("no wages of BB").all()
    assert run(tmp_path).xs("same", level="wages")["cost_musd"].notna().all()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("years = 10", "years = 0", "key years: got 0"),
        ("years = 10", "", "key years is missing"),
        ("years = 10", "years = 10\nextra = 1", "unknown key extra"),
        ('[1, 2, 3]\nsource = "a"', '[3, 2, 1]\nsource = "a"', "expected three numbers that rise"),
        ('[1, 2, 3]\nsource = "a"', '[1, 2]\nsource = "a"', "expected three numbers that rise"),
        ('source = "a"', 'source = ""', "key fence_build_per_km.source: got ''"),
        ("BB = 0.5", "BB = -1", "key wages"),
        ("[wages]", "[wages", "not TOML"),
    ],
)
def test_wrong_unit_costs_name_their_key(stated: Path, old: str, new: str, told: str) -> None:
    assert old in UNITS
    stated.write_text(UNITS.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=told) as error:
        cost.read(stated)
    assert "cost.toml" in str(error.value)


def published(quantity: str, source: str) -> float:
    """A figure of the gazetteer's table of published ones."""
    rows = pd.read_csv(ROOT / "data" / "raw" / "gazetteer" / "reference.csv")
    found = rows[(rows["quantity"] == quantity) & (rows["source"] == source)]["value"]
    assert len(found) == 1, (quantity, source)
    return float(found.iloc[0])


def test_the_shipped_unit_costs_are_those_published() -> None:
    """All that are no judgement, recomputed from the table that they name."""
    shipped = cost.read(SHIPPED)
    miles = KM_PER_MILE
    build = [
        published("cost_per_mile_fence_corps", "niskanen") / miles,
        published("cost_per_mile_fence_average", "gao17") / miles,
        published("cost_per_mile_wall_average", "npr20") / miles,
    ]
    assert shipped.musd["fence_build_per_km"] == pytest.approx(build, rel=0.01)
    stood_km = published("fence_total", "niskanen") * miles
    upkeep = published("maintenance_20_years", "niskanen") * 1000 / 20 / stood_km
    assert shipped.musd["fence_upkeep_per_km_year"] == pytest.approx(
        [upkeep / 2, upkeep, 2 * upkeep], rel=0.03
    )
    centre = published("caitf_trinitaria_cost", "transmx") / MXN_PER_USD_2015
    assert shipped.musd["post_build"][2] == pytest.approx(centre, rel=0.01)


def test_the_shipped_unit_costs_rise_and_say_what_is_judgement() -> None:
    shipped = cost.read(SHIPPED)
    assert all(np.diff(levels).min() > 0 for levels in shipped.musd.values())
    assert shipped.wages["US"] == 1
    table = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    judged = {unit for unit in cost.UNITS if "judgement" in table[unit]["source"]}
    assert judged == {"fence_upkeep_per_km_year", "post_build", "post_year"}
