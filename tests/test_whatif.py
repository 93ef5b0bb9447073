"""The effect of closing, opening and posting on a drawn border with known answers."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.core import schema, store
from pipeline.core.errors import InputError
from pipeline.core.numbers import percent
from pipeline.ops import place, whatif
from tests import drawn, ground
from tests.test_bypass import SETTLED
from tests.test_demand import places
from tests.test_routing import cross
from tests.travelled import travelled

# Two roads over the line; x3 is closed. A walk through km 30 is a third way.
WHERE: dict[str, tuple[float, float] | tuple[float, float, str]] = {
    "a": (0, -90), "b": (0, 90), "c1": (0, 0), "c2": (10, 0), "c3": (20, 0), "d": (20, -60),
    "e": (20, 60),
}  # fmt: skip
LINKS = ("a-c1", "c1-b", "a-c2", "c2-b", "a-d", "d-c3 closed", "c3-e closed", "e-b")
NAMES = {"x1": 'O\'Neill "the" gate', "x2": "Paso, viejo", "x3": "Norte"}
TOML = """name = "Drawn"
from = "AA"
to = "BB"
corridor_km = 100
depths_km = [10, 50]
target = [0.0, 0.8]
[anchors]
AA = [[0.0, -0.3]]
BB = [[0.0, 0.3]]
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a source whose stages have run on the drawn border."""
    at = tmp_path_factory.mktemp("source")
    folder = at / "aa-bb"
    ground.network(folder / "network", WHERE, *LINKS)
    tables = {name: store.read(folder / "network", name) for name in ("border", "provenance")}
    nodes, links = drawn.draw(WHERE, *LINKS)
    crossings, joins = cross(nodes, links, {"x1": "c1", "x2": "c2", "x3": "c3"})
    crossings = crossings.assign(name=crossings["crossing_id"].map(NAMES))
    crossings["status"] = ["official", "informal", "closed"]
    tables |= {"nodes": nodes, "links": links, "places": places(*SETTLED)}
    tables |= {name: schema.empty(name) for name in ("reach", "posts", "post_nodes", "stations")}
    store.write(folder / "network", tables)
    store.write(folder / "crossings", {"crossings": crossings, "crossing_links": joins})
    (at / "aa-bb.toml").write_text(TOML, encoding="utf-8")
    travelled(folder / "network", folder / "crossings", at / "aa-bb.toml", folder / "travel")
    store.write(folder / "placement", {"placement_links": schema.empty("placement_links")})
    store.write(folder / "chokepoints", {"chokepoints": schema.empty("chokepoints")})
    walk = pd.DataFrame({"border_km": [30], "why_absent": [None]})
    for name in schema.TABLES["walk_km"].columns:
        if name.name.startswith("walk_minutes"):
            walk[name.name] = 45.0
    store.write(folder / "terrain", {"walk_km": walk})
    km = pd.DataFrame({
        "border_km": np.arange(60), "kind": "land", "fenced_share": 0.0,
        "vehicle_barrier_share": 0.0, "built_up_share": 0.0, "post_minutes": 30.0,
        "from_post_minutes": 30.0, "to_post_minutes": 30.0,
        "geometry": [tables["border"].geometry.iloc[0]] * 60,
    })  # fmt: skip
    store.write(folder / "posture", {"border_km": km})
    return at


def printed(source: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    whatif.whatif(str(source), str(source), str(source / "none"), *words, "aa-bb")
    return capsys.readouterr().out


def test_closing_by_name_with_quotes(
    source: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whatif, "LISTED_SHARE", 0)
    text = printed(source, capsys, NAMES["x1"], "", "")
    assert f"closed: x1  {NAMES['x1']}, official, km 0" in text
    assert "+50 km: 2 to 1 links; chance to meet one of 5 moving posts" in text
    assert "travel by road: 1 of 2 crossings closed" in text
    assert "through demand: 100 % used them" in text
    assert "travel by truck: 1 of 2 crossings closed" in text
    assert "through (only on roads known to allow trucks) demand: 100 % used them" in text
    assert "in the middle, of through demand:" in text
    assert "\n    km 0 to 50: 100 % to 100 % of demand\n" in text
    assert not re.search(r"\d%", text)


def test_a_name_with_a_comma_is_not_two_names(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "closed: x2" in printed(source, capsys, "PASO, VIEJO", "", "")
    both = printed(source, capsys, "Paso, viejo; x1", "", "")
    assert "closed: x1" in both
    assert "closed: x2" in both
    assert "+50 km: 2 to 0 links" in both


def test_opening_adds_a_way(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(source, capsys, "", "norte", "")
    assert "opened: x3  Norte, closed, km 20" in text
    assert "+50 km: 2 to 3 links" in text
    assert "through demand: before" in text
    assert "travel by truck: 0 of 2 crossings closed" in text
    assert text.count("through demand: before") == 2


def test_posts_leave_the_ways_that_pass_none(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(source, capsys, "", "", "w1.0")
    assert "1 post, one on each of these links:\n    w1.0  no name\n" in text
    assert "1 way without a common link passes none of the added posts" in text
    assert "fewer are stopped" not in text
    success = text.split("in the middle, of through demand: ")[1]
    share = [float(number) for number in re.findall(r"([\d.]+) %", success)]
    assert share[1] > share[0]  # stopped, after and before
    assert "30.0 to 30.0 minutes from the nearest post" in success
    assert "0 ways without a common link" in printed(source, capsys, "", "", "w1.0, x2")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("x9", "", ""), "CLOSE: x9: no such crossing"),
        (("", "x1;nowhere", ""), "OPEN: nowhere: no such crossing"),
        (("", "", "w99.0"), "POSTS: w99.0: no such link, crossing or chokepoint"),
        (("", " ", ""), "CLOSE, OPEN and POSTS are empty"),
        (("x1", "x1", ""), "CLOSE and OPEN both name x1"),
    ],
)
def test_what_names_nothing_is_refused(
    source: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        printed(source, capsys, *words)
    assert capsys.readouterr().out == ""


def test_one_placement_is_reported(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (str(source), str(source), str(source / "none"))
    place.place(*words, "1", "50", "aa-bb")
    text = capsys.readouterr().out
    assert "Drawn (aa-bb), +50 km, 1 post, by road" in text
    assert "moving unpredictably: 50.0 % chance to meet one on the best way" in text
    assert "the traveller spreads over 2 ways\n      share of the time that a post is on" in text
    assert "fixed and known: the best way meets none (none without the new ones); 0.0 % are" in text
    assert "    2 posts are needed so that every way meets 1\n" in text
    assert re.search(r"0\.50 w\d+\.0  no name, \d\.\d{3}° [NS] \d\.\d{3}° E\n", text)
    wrong_ones = (("0", "50"), ("x", "50"), ("1.5", "50"), ("1", "70"), ("1", "deep"))
    for wrong in (*wrong_ones, ("nan", "50"), ("inf", "50"), ("1", "nan")):
        with pytest.raises(InputError, match="expected"):
            place.place(*words, *wrong, "aa-bb")


def test_counting_posts_see_what_passes(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One pair of towns, whose demand worth following takes one road: a post on it sees all."""
    words = (str(source), str(source), str(source / "none"))
    place.place(*words, "1", "50", "aa-bb", aim="observe")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Drawn (aa-bb), 1 post for counting, by road"
    assert "they see 100 % of through demand" in lines[1]
    assert len(lines) == 3
    with pytest.raises(InputError, match="AIM: got 'see', expected one of stop, observe"):
        place.place(*words, "2", "50", "aa-bb", aim="see")


def test_posts_that_stand_may_stop_otherwise_than_new_ones(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two new posts close two roads; with one, a road stays open."""
    words = (str(source), str(source), str(source / "none"))
    for n_posts, stopped in (("1", 0.0), ("2", place.CHANCE)):
        place.place(*words, n_posts, "50", "aa-bb", standing="0.3")
        sentence = f"stopping 30 % and a new one {percent(place.CHANCE)}: {percent(stopped, 1)} are"
        assert sentence in capsys.readouterr().out
    for wrong in ("2", "often"):
        with pytest.raises(InputError, match=f"STANDING: got '{wrong}', expected a probability"):
            place.place(*words, "2", "50", "aa-bb", standing=wrong)
