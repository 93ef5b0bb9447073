"""The model of success: against a plain logit over every way, and where the answer is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from pipeline.core.errors import InputError
from pipeline.core.types import Floats
from pipeline.measures import shapley, success_figures, success_ranges
from pipeline.measures.success import Legs, Options, Ways, outcome
from pipeline.measures.success_ranges import FACTORS, PATH, Values

RANGES = success_ranges.read()
MIDDLE = success_ranges.middle(RANGES)
INF = np.inf


def options(*kinds: str, **columns: list[float]) -> Options:
    """Options by kind (post, informal, foot); columns of numbers that are not 0."""
    n = len(kinds)
    names = ("wait", "flat", "slope", "response")
    numbers = {f"{name}_minutes": np.array(columns.get(name, [0.0] * n)) for name in names}
    return Options(
        guarded=np.array([kind == "post" for kind in kinds]),
        informal=np.array([kind == "informal" for kind in kinds]),
        afoot=np.array([kind == "foot" for kind in kinds]),
        river=np.array(columns.get("river", [0.0] * n)),
        fenced=np.array(columns.get("fenced", [0.0] * n)),
        **numbers,
    )


def legs(minutes: list[list[float]], posts: list[list[float]] | None = None,
         clean: list[list[float]] | None = None) -> Legs:  # fmt: skip
    taken = np.array(minutes)
    met = np.zeros_like(taken) if posts is None else np.array(posts)
    return Legs(taken, met, taken if clean is None else np.array(clean))


def drawn(seed: int) -> Ways:
    """A random border: two origins, three destinations, a post, an informal way, two on foot."""
    random = np.random.default_rng(seed)
    sides = []
    for n in (2, 3):
        minutes = random.uniform(20, 200, (n, 4))
        posts = random.integers(0, 3, (n, 4)).astype(float)
        longer = minutes + random.uniform(0, 60, (n, 4))
        clean = np.where(posts > 0, np.where(random.random((n, 4)) < 0.3, INF, longer), minutes)
        sides.append(Legs(minutes, posts, clean))
    foot = np.array([0.0, 0.0, 1.0, 1.0])
    line = options(
        "post", "informal", "foot", "foot",
        wait=[30.0, 0.0, 0.0, 0.0], flat=(foot * random.uniform(10, 90, 4)).tolist(),
        slope=(foot * random.uniform(0, 60, 4)).tolist(), response=[0.0, 0.0, 20.0, INF],
        river=(foot * [0, 0, 1, 0]).tolist(), fenced=(foot * random.random(4)).tolist(),
    )  # fmt: skip
    return Ways(sides[0], sides[1], line, random.random((2, 3)))


def by_hand(ways: Ways, value: Values) -> tuple[float, Floats]:
    """Share stopped and share by option: every way of every pair in a loop."""
    line, rate, price = ways.options, value["minutes_weight"], value["risk_minutes"]
    stopped, share = 0.0, np.zeros(len(line.afoot))
    for (i, j), weight in np.ndenumerate(ways.weight / ways.weight.sum()):
        odds, caught, which = [], [], []
        for c in range(len(line.afoot)):
            walk = value["slope_share"] * line.slope_minutes[c] + line.flat_minutes[c]
            walk += value["river_minutes"] * line.river[c] + value["fence_minutes"] * line.fenced[c]
            at_line = value["post_chance"] if line.guarded[c] else 0.0
            if line.afoot[c]:
                delay = walk + value["pursuit_minutes"]
                reply = line.response_minutes[c] / value["response_speed"] / value["posts_factor"]
                reply += value["alarm_minutes"]
                at_line = 0.0
                if np.isfinite(reply):
                    scatter = np.sqrt((0.3 * delay) ** 2 + (0.3 * reply) ** 2)
                    at_line = value["detection_chance"] * norm.cdf((delay - reply) / scatter)
            for to in ("fast", "clean"):
                for on in ("fast", "clean"):
                    minutes, posts = line.wait_minutes[c] + walk * line.afoot[c], 0.0
                    for leg, row, way in ((ways.to, i, to), (ways.on, j, on)):
                        again = way == "clean" and leg.posts[row, c] == 0
                        chosen = leg.minutes if way == "fast" else leg.clean_minutes
                        minutes += INF if again else chosen[row, c]
                        posts += leg.posts[row, c] if way == "fast" else 0.0
                    past = (1 - at_line) * (1 - value["post_chance"]) ** (
                        posts * value["posts_factor"]
                    )
                    few = value["known_share"] if not line.guarded[c] else 1.0
                    odds.append(few * np.exp(-rate * (minutes - price * np.log(past))))
                    caught.append(1 - past)
                    which.append(c)
        odds_of = np.array(odds) / np.sum(odds)
        stopped += weight * float(odds_of @ np.array(caught))
        np.add.at(share, which, weight * odds_of)
    return stopped, share


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("end", ["low", "mid", "high"])
def test_the_model_is_a_logit_over_every_way(seed: int, end: str) -> None:
    value = {one.name: float(getattr(one, end)) for one in RANGES}
    ways = drawn(seed)
    found = outcome(ways, value)
    stopped, share = by_hand(ways, value)
    assert found.stopped == pytest.approx(stopped, abs=1e-9)
    assert found.share == pytest.approx(share, abs=1e-9)
    assert found.share.sum() == pytest.approx(1)


def test_where_one_post_is_all_there_is_it_stops_its_share() -> None:
    ways = Ways(legs([[10.0]]), legs([[10.0]]), options("post"), np.ones((1, 1)))
    assert outcome(ways, MIDDLE).stopped == pytest.approx(MIDDLE["post_chance"])
    twice = replace(ways, on=legs([[10.0]], [[1.0]], [[INF]]))
    both = 1 - (1 - MIDDLE["post_chance"]) ** 2
    assert outcome(twice, MIDDLE).stopped == pytest.approx(both)


def test_an_informal_way_that_nobody_watches_stops_nobody() -> None:
    ways = Ways(legs([[10.0]]), legs([[10.0]]), options("informal"), np.ones((1, 1)))
    assert outcome(ways, MIDDLE).stopped == 0


def test_where_no_way_leads_nothing_is_reported() -> None:
    ways = Ways(legs([[INF]]), legs([[10.0]]), options("post"), np.ones((1, 1)))
    assert np.isnan(outcome(ways, MIDDLE).stopped)


def test_how_far_all_places_lie_from_the_line_changes_no_share() -> None:
    """Odds are taken relative to the fastest leg: those of far places do not vanish."""
    ways = drawn(1)
    far = replace(ways.to, minutes=ways.to.minutes + 1e6, clean_minutes=np.full((2, 4), INF))
    near = replace(ways.to, clean_minutes=np.full((2, 4), INF))
    found, expected = (outcome(replace(ways, to=to), MIDDLE) for to in (far, near))
    assert found.stopped == pytest.approx(expected.stopped)
    assert found.share == pytest.approx(expected.share)


def effects(ways: Ways) -> Floats:
    found = shapley.effects(
        lambda shares: np.array(
            [outcome(ways, success_ranges.drawn(RANGES, one)).stopped for one in shares]
        ),
        success_ranges.factor_of(RANGES), 200, 50,
    )  # fmt: skip
    return found.effect


def test_without_obstacles_barriers_have_no_effect() -> None:
    line = options("post", "foot", wait=[30.0, 0.0], flat=[0.0, 40.0], response=[0.0, 20.0])
    minutes = [[50.0, 60.0]]
    ways = Ways(legs(minutes), legs(minutes), line, np.ones((1, 1)))
    found = dict(zip(FACTORS, effects(ways), strict=True))
    assert found["barriers"] == pytest.approx(0, abs=1e-9)
    ends = [
        outcome(ways, success_ranges.at_end(RANGES, end, factor="barriers")).stopped
        for end in ("low", "high")
    ]
    assert ends[0] == ends[1]
    walled = replace(ways, options=replace(line, fenced=np.array([0.0, 1.0])))
    ends = [
        outcome(walled, success_ranges.at_end(RANGES, end, factor="barriers")).stopped
        for end in ("low", "high")
    ]
    assert ends[0] != ends[1]


def test_with_posts_alone_only_forces_matter() -> None:
    ways = Ways(legs([[10.0, 10.0]]), legs([[5.0, 5.0]]), options("post", "post"), np.ones((1, 1)))
    assert effects(ways) == pytest.approx([0, 1, 0], abs=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('factor = "barriers"', 'factor = "walls"', "river_minutes.factor"),
        ("mid = 15.0", "mid = 99.0", "river_minutes.mid"),
        ("low = 5.0", 'low = "few"', "river_minutes.low"),
        ("low = 5.0", "low = -5.0", "river_minutes.low"),
        ("mid = 15.0", "mid = 4.9", "river_minutes.mid"),
        # Rises from weak to strong by falling: from 30 minutes of alarm to 5.
        ("low = 30.0\nmid = 15.0", "low = 30.0\nmid = 30.1", "alarm_minutes.mid"),
        ("mid = 15.0\nhigh = 5.0", "mid = 4.9\nhigh = 5.0", "alarm_minutes.mid"),
        ("[river_minutes]", "[rivers]", "rivers"),
        ('reason = "low: a ford', 'why = "low: a ford', "why"),
    ],
)
def test_a_wrong_range_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = PATH.read_text(encoding="utf-8").replace(old, new, 1)
    (tmp_path / "success.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        success_ranges.read(tmp_path / "success.toml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("low = 30.0\nmid = 15.0", "low = 30.0\nmid = 30.0"),
        ("mid = 15.0\nhigh = 5.0", "mid = 5.0\nhigh = 5.0"),
    ],
)
def test_the_middle_of_a_range_may_be_an_end(tmp_path: Path, old: str, new: str) -> None:
    text = PATH.read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / "success.toml").write_text(text.replace(old, new), encoding="utf-8")
    found = success_ranges.middle(success_ranges.read(tmp_path / "success.toml"))
    value = float(new.split("mid = ")[1].split("\n", maxsplit=1)[0])
    assert found == MIDDLE | {"alarm_minutes": value}


def test_a_place_in_a_range_is_reached_in_a_straight_line_by_way_of_the_middle() -> None:
    for at, parts in ((0, (1, 0)), (0.25, (0.5, 0)), (0.5, (0, 0)), (0.75, (0, 0.5)), (1, (0, 1))):
        found = success_ranges.drawn(RANGES, np.full(len(RANGES), at))
        assert found == pytest.approx({
            one.name: one.mid + parts[0] * (one.low - one.mid) + parts[1] * (one.high - one.mid)
            for one in RANGES
        })  # fmt: skip


# The swing of barriers with one other parameter at an end of its range.
SWINGS = pd.DataFrame({
    "parameter": ["river_minutes", "known_share", "post_chance", "known_share"],
    "demand": ["through", "through", "through", "irregular"],
    "barriers_swing_low": [None, 0.001, 0.02, 0.5], "barriers_swing_high": [None, 0.03, 0.01, 0.1],
    "forces_swing_low": None, "forces_swing_high": None,
})  # fmt: skip


def test_a_swing_hangs_most_on_the_parameter_that_moves_it_most() -> None:
    held = success_figures.hinges(SWINGS, "through", "barriers")
    assert held.index.tolist() == ["known_share", "post_chance"]
    assert list(held.loc["known_share"]) == [0.001, 0.03]


def test_figures_have_the_ranges_that_stand_beside_them() -> None:
    factor = {"demand": "through", "why_absent": None}
    success = pd.DataFrame([
        factor | {"factor": "all", "s_low": 0.2, "s_mid": 0.5, "s_high": 0.9, "swing": 0.7},
        factor | {"factor": "barriers", "s_low": 0.4, "s_mid": 0.5, "s_high": 0.42, "swing": 0.02,
                  "shapley": 0.1, "shapley_low": 0.05, "shapley_high": 0.2},
        factor | {"factor": "forces", "swing": None, "why_absent": "no elevation model"},
    ])  # fmt: skip
    rows = success_figures.figures(success, SWINGS)
    found = {(row["measure"], row.get("of")): row for row in rows}
    share, swing = found["success_share", None], found["success_swing", "barriers"]
    assert [share[name] for name in ("value", "low", "high", "unit")] == [0.5, 0.2, 0.9, "share"]
    assert [swing[name] for name in ("value", "low", "high")] == [0.02, 0.001, 0.03]
    effect = found["success_shapley", "barriers"]
    assert [effect[name] for name in ("value", "low", "high")] == [0.1, 0.05, 0.2]
    assert len(found) == 5
    absent = found["success_swing", "forces"]
    assert absent["why_absent"] == "no elevation model"
    assert not absent.keys() & {"low", "high"}
