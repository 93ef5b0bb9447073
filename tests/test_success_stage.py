"""What the stage of success writes on a drawn border, and that its tables agree."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.core import schema, store
from pipeline.measures import shapley, success_ranges, success_ways
from pipeline.measures.success import Ways, outcome
from pipeline.measures.success_ranges import FACTORS
from pipeline.ops.proof import success as proof
from pipeline.stages import success
from tests import drawn, ground
from tests.frames import cell, cells
from tests.test_demand import places
from tests.test_placement_stage import LINKS, TOML, WHERE
from tests.test_routing import cross

TABLES = ("success", "success_parameters", "displacement", "harm")
MORE = "2 more posts at +50 km"
SINCE = "posts since 2014 or 2015"
# Walks over the line at km 30 and, far from any road, at km 52; behind a fence and a river.
WALKS = pd.DataFrame({
    "border_km": [30, 52], "walk_minutes_flat": [40.0, 300.0], "walk_minutes_open": [45.0, 320.0],
    "walk_minutes": [60.0, 400.0], "kind": ["river", "land"], "fenced_share": [0.0, 0.5],
    "post_minutes": [25.0, None],
})  # fmt: skip


def run(at: Path, monkeypatch: pytest.MonkeyPatch, *walks: int) -> dict[str, pd.DataFrame]:
    """The stage's tables for the roads of the placement, with some walks over the line."""
    monkeypatch.setattr(success, "SAMPLES", 20)
    monkeypatch.setattr(success, "DRAWS", 50)
    ground.network(at / "network", WHERE, *LINKS, posts={"p": "checkpoint", "v": "toll"})
    (at / "aa-bb.toml").write_text(TOML, encoding="utf-8")
    tables = {
        name: store.read(at / "network", name)
        for name in ("border", "provenance", "posts", "post_nodes")
    }
    since: list[Any] = [2014, None]
    tables["posts"] = tables["posts"].assign(since_year=since)
    tables |= {name: schema.empty(name) for name in ("stations", "reach")}
    tables["places"] = places(("A", 10, -60.0, "town", 1000.0), ("B", 10, 60.0, "town", 1000.0))
    nodes, links = drawn.draw(WHERE, *LINKS)
    store.write(at / "network", tables | {"nodes": nodes, "links": links})
    on_line = nodes.loc[nodes["kind"] == "border", "node_id"]
    groups = {f"x{name[1:]}": name for name in on_line}
    crossings, joins = cross(nodes, links, groups, x2="official")
    store.write(at / "crossings", {"crossings": crossings, "crossing_links": joins})
    on_foot = WALKS[WALKS["border_km"].isin(walks)]
    for stage, name in (("terrain", "walk_km"), ("posture", "border_km")):
        columns = {
            column.name: on_foot.get(column.name, "" if column.kind == "text" else 0.0)
            for column in schema.TABLES[name].columns
        }
        frame = pd.DataFrame(columns, index=on_foot.index)
        if name == "border_km":
            frame["geometry"] = cell(tables["border"], 0, "geometry")
        store.write(at / stage, {name: schema.conform(frame, name)})
    store.write(at / "placement", {"placements": placed(links)})
    facts = at / "facts"
    facts.mkdir()
    (facts / "reference.csv").write_text(
        "border,quantity,value,year,source\n"
        "aa-bb,detentions_january_april,12345,2015,a\n"
        "aa-bb,new_routes_after_2014,7,2016,b\n"
        "aa-bb,length_km,60,2016,b\nother,new_routes_after_2014,9,2016,b\n"
    )
    (facts / "sources.csv").write_text("source,name\na,An office\nb,A study\n")
    stages = ("network", "crossings", "terrain", "posture", "placement")
    success.success(*(str(at / name) for name in (*stages, "facts", "aa-bb.toml", "success")))
    return {name: store.read(at / "success", name) for name in TABLES} | {
        "border": tables["border"], "placements": placed(links),
        "programme": pd.DataFrame({"posts": [1]}),
    }  # fmt: skip


def placed(links: pd.DataFrame) -> pd.DataFrame:
    """Posts on both roads behind the line, and on one of them in other placements."""
    ends = links["from_node"] + links["to_node"]
    both = links.loc[ends.isin(["mu", "mv"]), "link_id"].tolist()
    assert len(both) == 2
    asked = dict(success.PLACED) | {"depth_km": 50.0, "share": 1.0, "value": 0.3}
    rows = [asked | {"link_id": link} for link in both]
    others: list[dict[str, object]] = [
        {"model": "randomised"}, {"existing": "none"}, {"walking": True}, {"n_posts": 4},
        {"chance": 1.0}, {"mode": "rail"},
    ]  # fmt: skip
    rows += [asked | other | {"link_id": both[0]} for other in others]
    frame = pd.DataFrame(rows).assign(name=None)
    frame["geometry"] = [links.geometry.iloc[0].interpolate(0.5)] * len(rows)
    return schema.conform(frame, "placements")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, pd.DataFrame], list[Ways]]:
    """The tables, and the ways of which the share stopped was computed, in their order."""
    seen: list[Ways] = []
    ways = success_ways.ways

    def kept(*given: Any) -> Ways:
        seen.append(ways(*given))
        return seen[-1]

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(success_ways, "ways", kept)
        return run(tmp_path_factory.mktemp("success"), monkeypatch, 30, 52), seen


Found = tuple[dict[str, pd.DataFrame], list[Ways]]


def test_its_tables_agree(found: Found) -> None:
    layers: Any = SimpleNamespace(layers=found[0])
    for check in (proof.factors, proof.parameters, proof.moved, proof.scenarios):
        assert list(check(layers)) == []


def test_shares_are_those_at_the_values_that_are_named(found: Found) -> None:
    tables, (today, *_) = found
    ranges = success_ranges.read()
    # Of the walks, the one that lies 32 km from the nearest road is none.
    assert today.options.guarded.tolist() == [False, True, False, False]
    assert today.options.afoot.tolist() == [False, False, False, True]
    assert today.to.posts[0].tolist() == [1, 0, 0, 0]
    middle = outcome(today, success_ranges.middle(ranges)).stopped
    factors = tables["success"].query("demand == 'through'").set_index("factor")
    for factor in FACTORS:
        low, high = (outcome(today, success_ranges.at_end(ranges, end, factor=factor)).stopped
                     for end in ("low", "high"))  # fmt: skip
        expected = [low, middle, high, abs(high - low)]
        assert cells(factors, factor, "s_low", "s_mid", "s_high", "swing") == expected
        assert low != high
    table = tables["success_parameters"].query("demand == 'through'").set_index("parameter")
    for one in ranges:
        assert cells(table, one.name, "low", "mid", "high") == [one.low, one.mid, one.high]
        for end in ("low", "high"):
            alone = success_ranges.at_end(ranges, end, name=one.name)
            assert cell(table, one.name, f"s_{end}") == outcome(today, alone).stopped
            for factor in set(FACTORS) - {one.factor}:
                ends = [
                    outcome(today, success_ranges.at_end(ranges, other, factor=factor)
                            | {one.name: getattr(one, end)}).stopped
                    for other in ("low", "high")
                ]  # fmt: skip
                swing = cell(table, one.name, f"{factor}_swing_{end}")
                assert swing == pytest.approx(abs(ends[1] - ends[0]), abs=1e-12)


def test_quantiles_and_effects_are_those_of_the_samples(found: Found) -> None:
    tables, (today, *_) = found
    ranges = success_ranges.read()
    effects = shapley.effects(
        lambda shares: np.array(
            [outcome(today, success_ranges.drawn(ranges, one)).stopped for one in shares]
        ),
        success_ranges.factor_of(ranges), 20, 50,
    )  # fmt: skip
    factors = tables["success"].query("demand == 'through'").set_index("factor")
    low, middle, high = np.quantile(effects.outcome, [0.05, 0.5, 0.95])
    assert cells(factors, "all", "s_low", "s_mid", "s_high", "swing") == [
        low, middle, high, high - low,
    ]  # fmt: skip
    columns = ["shapley", "shapley_low", "shapley_high"]
    expected = np.column_stack([effects.effect, effects.low, effects.high])
    assert factors.reindex(FACTORS)[columns].to_numpy(float) == pytest.approx(expected)


def test_what_posts_move_and_what_was_reported(found: Found) -> None:
    tables, (today, *scenarios) = found
    harmed = tables["harm"].query("demand == 'through'").set_index("scenario")
    middle = success_ranges.middle(success_ranges.read())
    stopped = [outcome(ways, middle).stopped for ways in scenarios]
    both = ("stopped_before", "stopped_after")
    assert [*cells(harmed, SINCE, *both), *cells(harmed, MORE, *both)] == stopped
    without, standing, before, after = scenarios
    assert not without.to.posts.any()
    assert standing.to.posts.tolist() == before.to.posts.tolist() == today.to.posts.tolist()
    assert not before.on.posts.any()
    assert after.on.posts[0].tolist() == [1, 1, 1, 1]
    assert cells(harmed, SINCE, "n_posts", "reported") == [
        1, "detentions from January to April 2015: 12,345; new routes after 2014, counted in "
        "2016: 7 (A study; An office)",
    ]  # fmt: skip
    assert cell(harmed, MORE, "n_posts") == 2
    assert pd.isna(cell(harmed, MORE, "reported"))
    absent = tables["harm"].query("demand == 'irregular'")
    assert absent["why_absent"].str.startswith("AA: no place").all()
    assert absent["moved_share"].isna().all()


def test_without_an_elevation_model_no_share_is_stated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = run(tmp_path, monkeypatch)
    why = {"no elevation model: ways on foot are not known"}
    assert set(tables["success"]["why_absent"]) == set(tables["harm"]["why_absent"]) == why
    assert tables["success"]["s_mid"].isna().all()
    assert tables["success_parameters"]["s_low"].isna().all()
    assert not len(tables["displacement"])
    assert set(tables["harm"]["n_posts"]) == {1, 2}
