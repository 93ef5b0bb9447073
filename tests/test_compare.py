import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import schema, store
from pipeline.core.errors import InputError
from pipeline.measures import claims, verdict
from pipeline.ops import show
from pipeline.stages import compare, publish
from tests import finished

FEWER = tuple(link for link in finished.LINKS if "x2" not in link and "rail" not in link)
CLAIMS = """borders = ["us-mx", "mx-gt"]
[[claims]]
claim = "C"
statement = "s"
supported_if_ratio = "above 1"
[claims.primary]
measure = "min_cut"
mode = "road"
depth = "+10 km"
direction = "directed"
third_countries = "shut"
ways = "headline"
count = "links"
per = "border"
[claims.variants]
depth = ["+25 km"]
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both borders of the claims: three crossings and a railway, and two crossings without."""
    at = tmp_path_factory.mktemp("compared")
    paths = [
        finished.gpkg(at, "us-mx", length_km=3000),
        finished.gpkg(at, "mx-gt", *FEWER, length_km=900),
    ]
    compare.compare(*map(str, paths), str(at))
    return at


def _csv(folder: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    with (folder / "comparison.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    keyed = {(row["border"], row["mode"], row["measure"]): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


def _claims(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["claim"]: row for row in json.loads((folder / "claims.json").read_text("utf-8"))}


@pytest.mark.parametrize(
    ("key", "value", "low", "high", "unit"),
    [
        (("us-mx", "", "length"), "2700", "2700", "3145", "km"),
        (("us-mx", "", "length_as_drawn"), "3000", "", "", "km"),
        (("mx-gt", "", "length_official"), "958", "", "", "km"),
        (("us-mx", "road", "crossings_open"), "3", "2", "3", "crossings"),
        (("us-mx", "road", "crossings_official"), "2", "", "", "crossings"),
        (("us-mx", "road", "crossings_unmarked"), "1", "", "", "crossings"),
        (("us-mx", "road", "crossings_open_links"), "4", "", "", "links"),
        # At 0, 10 and 20 km: the second is within 10 km of the first, the third is not.
        (("us-mx", "road", "crossings_open_10_km_sites"), "2", "", "", "10 km sites"),
        (("mx-gt", "rail", "crossings_open"), "0", "0", "0", "crossings"),
        (("us-mx", "road", "min_cut_links_at_+10_km"), "3", "3", "3", "links"),
        (("us-mx", "road", "min_cut_links_at_-25_km"), "2", "2", "2", "links"),
        (("mx-gt", "road", "min_cut_links_at_+10_km"), "2", "2", "2", "links"),
        (("us-mx", "rail", "min_cut_links_at_+10_km"), "1", "1", "1", "links"),
        (("mx-gt", "rail", "min_cut_links_at_+10_km"), "", "", "", "links"),
        (("us-mx", "road", "unguarded_links_at_+10_km"), "1", "1", "1", "links"),
        (("mx-gt", "road", "unguarded_links_at_+10_km"), "0", "0", "0", "links"),
        # Shares 0.5, 0.3, 0.2 lose 10, 20 and 0 minutes.
        (("us-mx", "road", "extra_minutes"), "11", "", "", "minutes"),
        (("us-mx", "road", "first_two_share"), "0.8", "", "", "share"),
        (("us-mx", "road", "cut_off_crossings"), "0", "", "", "crossings"),
        (("us-mx", "rail", "cut_off_crossings"), "1", "", "", "crossings"),
    ],
)
def test_known_figures(
    both: Path, key: tuple[str, str, str], value: str, low: str, high: str, unit: str
) -> None:
    row = _csv(both)[key]
    assert (row["value"], row["low"], row["high"], row["unit"]) == (value, low, high, unit)


def test_the_columns_are_those_that_others_rely_on(both: Path) -> None:
    header = (both / "comparison.csv").read_text("utf-8").splitlines()[0]
    assert header == "border,mode,measure,value,low,high,unit"


def test_claims_are_all_there_with_both_values_and_ratio(both: Path) -> None:
    answers = _claims(both)
    assert list(answers) == ["C1", "C2a", "C2b", "C3", "C4", "C5", "C6"]
    primary = answers["C1"]["measures"][0]
    assert (primary["us-mx"], primary["mx-gt"]) == (2700, 810)
    assert primary["ratio"] == pytest.approx(10 / 3)
    assert answers["C1"]["verdict"] == "supported"
    # Drawn alike on both borders: a ratio of 1 lies on no side of it.
    assert answers["C3"]["verdict"] == "contradicted"
    assert answers["C3"]["measures"][0]["us-mx"] == 0.2
    assert answers["C4"]["measures"][0]["unit"] == "share"
    assert answers["C5"]["measures"][0]["role"] == "primary"
    # Road crossings 3 to 2, both official 2 to 2; with rail more on us-mx in every way.
    assert answers["C2a"]["verdict"] == "depends on mode"
    # G(D): the crossing with no control is one route on us-mx, and is not there on mx-gt.
    assert answers["C6"]["verdict"] == "not measured"
    # The drawn depths are 10 and 25 km: the headline depth of 50 is not there.
    assert answers["C2b"]["verdict"] == "not measured"


def test_variants_are_all_combinations_and_beside_is_not_counted(both: Path) -> None:
    measures = _claims(both)["C2a"]["measures"]
    roles = pd.Series([measure["role"] for measure in measures]).value_counts()
    assert roles.to_dict() == {"variant": 2 * 3 * 4 - 1, "beside": 5, "primary": 1}
    dense = next(measure for measure in measures if measure["per"] == "100 km")
    assert dense["unit"] == "crossings per 100 km"
    assert dense["us-mx"] == pytest.approx(3 / 27)


def test_road_and_rail_is_absent_where_one_is(both: Path) -> None:
    measures = _claims(both)["C2b"]["measures"]
    summed = [m for m in measures if m.get("mode") == "road and rail" and m["depth"] == "+10 km"]
    assert summed
    assert all(m["mx-gt"] is None and m["ratio"] is None for m in summed)
    assert summed[0]["us-mx"] == 4
    assert summed[0]["why_absent"] == "mx-gt: no rail lies that deep"


def test_equal_input_gives_equal_bytes(both: Path, tmp_path: Path) -> None:
    compare.compare(str(both / "mx-gt.gpkg"), str(both / "us-mx.gpkg"), str(tmp_path))
    for name in ("comparison.csv", "claims.json"):
        assert (tmp_path / name).read_bytes() == (both / name).read_bytes()


def test_one_border_is_enough_but_answers_no_claim(both: Path, tmp_path: Path) -> None:
    compare.compare(str(both / "us-mx.gpkg"), str(tmp_path))
    assert {border for border, _, _ in _csv(tmp_path)} == {"us-mx"}
    answer = _claims(tmp_path)["C1"]
    assert answer["verdict"] == "not measured"
    assert answer["why"] == "needs two borders, mx-gt not there"
    assert answer["measures"][0]["us-mx"] == 2700
    assert answer["measures"][0]["ratio"] is None


def test_other_borders_have_figures_and_no_official_length(tmp_path: Path) -> None:
    path = finished.gpkg(tmp_path, "ch-li")
    compare.compare(str(path), str(tmp_path))
    assert ("ch-li", "", "length_official") not in _csv(tmp_path)
    assert all(answer["measures"] == [] for answer in _claims(tmp_path).values())


def test_a_border_twice_is_bad_input(both: Path, tmp_path: Path) -> None:
    path = str(both / "us-mx.gpkg")
    with pytest.raises(InputError, match="border us-mx stands in two files"):
        compare.compare(path, path, str(tmp_path))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_never_starts_a_formula(start: str) -> None:
    assert compare._cell(f"{start}1+1") == f"'{start}1+1"
    assert compare._cell(-1.5) == "-1.5"
    assert compare._cell("road") == "road"


@given(st.lists(st.floats(0, 200), max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_sites_are_the_fewest_stretches_that_hold_all_crossings(kms: list[float], rng: Any) -> None:
    sites = compare._sites(np.array(kms))
    shuffled = rng.sample(kms, len(kms))
    assert compare._sites(np.array(shuffled)) == sites
    # Fewest stretches that hold the first n crossings, for every n.
    along, fewest = sorted(kms), [0]
    for last, end in enumerate(along):
        begins = [first for first in range(last + 1) if end - along[first] <= compare.SITE_KM]
        fewest.append(1 + min(fewest[first] for first in begins))
    assert sites == fewest[-1]


# The verdict ------------------------------------------------------------------------------------


def _figures(values: dict[tuple[str, str], float | None]) -> pd.DataFrame:
    """Figures of the claim in CLAIMS by depth and count, as compare hands them on."""
    rows = [
        {"measure": "min_cut", "mode": "road", "depth": depth, "direction": "directed",
         "third_countries": "shut", "ways": "headline", "count": count, "per": "border",
         "value": value, "unit": count, "why_absent": "" if value is not None else "thin"}
        for (depth, count), value in values.items()
    ]  # fmt: skip
    frame = pd.DataFrame(rows).reindex(columns=[*claims.CHOICES, "value", "unit", "why_absent"])
    frame["value"] = frame["value"].astype(float)
    return frame.assign(**{name: frame[name].fillna("") for name in claims.CHOICES})


def _judged(
    tmp_path: Path,
    first: dict[tuple[str, str], float | None],
    second: dict[tuple[str, str], float | None],
    *more: tuple[str, str],
) -> dict[str, Any]:
    text = CLAIMS
    for old, new in more:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "claims.toml"
    path.write_text(text, encoding="utf-8")
    asked = claims.read(path)
    return verdict.judge(asked, {"us-mx": _figures(first), "mx-gt": _figures(second)})[0]


NEAR, FAR = ("+10 km", "links"), ("+25 km", "links")


def test_supported_when_all_lie_above(tmp_path: Path) -> None:
    answer = _judged(tmp_path, {NEAR: 4, FAR: 3}, {NEAR: 2, FAR: 1})
    assert answer["verdict"] == "supported"
    assert [m["ratio"] for m in answer["measures"]] == [2, 3]
    assert "2 of 2 variants, from 2 to 3" in answer["why"]


def test_contradicted_when_none_does_and_one_is_no_side(tmp_path: Path) -> None:
    assert _judged(tmp_path, {NEAR: 1, FAR: 2}, {NEAR: 2, FAR: 2})["verdict"] == "contradicted"


def test_below_one_is_the_other_side(tmp_path: Path) -> None:
    turned = ("above 1", "below 1")
    answer = _judged(tmp_path, {NEAR: 1, FAR: 1}, {NEAR: 2, FAR: 2}, turned)
    assert answer["verdict"] == "supported"


def test_nought_on_the_second_is_on_the_side_without_a_ratio(tmp_path: Path) -> None:
    answer = _judged(tmp_path, {NEAR: 4, FAR: 0}, {NEAR: 0, FAR: 0})
    assert answer["verdict"] == "supported"
    assert [m["ratio"] for m in answer["measures"]] == [None, None]
    assert [m["supports"] for m in answer["measures"]] == [True, None]
    assert answer["measures"][1]["why_absent"] == "0 on both"


def test_it_depends_on_the_choice_that_tells_the_answers_apart(tmp_path: Path) -> None:
    lanes = {(depth, "lanes"): 5.0 for depth in ("+10 km", "+25 km")}
    fewer = {(depth, "lanes"): 9.0 for depth in ("+10 km", "+25 km")}
    counts = ('depth = ["+25 km"]\n', 'depth = ["+25 km"]\ncount = ["lanes"]\n')
    answer = _judged(tmp_path, {NEAR: 4, FAR: 3, **lanes}, {NEAR: 2, FAR: 1, **fewer}, counts)
    assert answer["verdict"] == "depends on count"
    assert answer["why"].endswith("By count: links 2 of 2, lanes 0 of 2.")


def test_an_absent_primary_is_not_measured_and_says_why(tmp_path: Path) -> None:
    answer = _judged(tmp_path, {NEAR: None, FAR: 3}, {NEAR: 2, FAR: 1})
    assert answer["verdict"] == "not measured"
    assert "us-mx: thin" in answer["why"]


def test_more_variants_count_and_other_measures_do_not(tmp_path: Path) -> None:
    more = ('["+25 km"]\n', '["+25 km"]\n[[claims.more]]\ncount = "lanes"\n')
    also = ('["+25 km"]\n', '["+25 km"]\n[[claims.also]]\nmeasure = "extra_minutes"\n'
            'mode = "road"\nsupported_if_ratio = "below 1"\n')  # fmt: skip
    lanes = ("+10 km", "lanes")
    answer = _judged(tmp_path, {NEAR: 4, FAR: 3, lanes: 1}, {NEAR: 2, FAR: 1, lanes: 9}, also, more)
    assert [m["role"] for m in answer["measures"]] == ["primary", "variant", "variant", "beside"]
    assert [m["supports"] for m in answer["measures"]] == [True, True, False, None]
    assert answer["verdict"] == "depends on count"


@pytest.mark.parametrize(("above", "expected"), [(9, "supported"), (1, "contradicted"), (8, "d")])
def test_the_rule_is_nine_in_ten(tmp_path: Path, above: int, expected: str) -> None:
    depths = [f"+{number} km" for number in range(10, 20)]
    first = {(d, "links"): 2.0 if i < above else 1.0 for i, d in enumerate(depths)}
    second = {(d, "links"): 1.5 for d in depths}
    others = ('["+25 km"]', json.dumps(depths[1:]))
    answer = _judged(tmp_path, dict(first), dict(second), others)
    assert answer["verdict"].startswith(expected)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('claim = "C"', 'claim = "C"\nweight = 3', "unknown key C.weight"),
        ("borders = ", "border = ", "unknown key border,"),
        ('["us-mx", "mx-gt"]', '["us-mx"]', "key borders: "),
        ('"above 1"', '"above 2"', "key C.supported_if_ratio: got 'above 2'"),
        ('mode = "road"', 'mode = "rode"', "key C.primary.mode: got 'rode'"),
        ('mode = "road"', 'moda = "road"', "unknown key C.primary.moda"),
        ('["+25 km"]', '["25 km"]', r"key C.variants.depth: got '25 km'"),
        ('["+25 km"]', '["+10 km"]', "each choice once"),
        ('["+25 km"]', '"+25 km"', "expected a list of texts"),
        ('depth = ["+25', 'ruler = ["2 km"]\ndepth = ["+25', "unknown key C.variants.ruler"),
        ('statement = "s"', "", "key C.statement is missing"),
        ('statement = "s"', 'statement = "s"\nnot_measured = "x"', "or else not_measured"),
        ("[[claims]]", "[[claims", "not TOML"),
        (
            'depth = ["+25 km"]',
            '[[claims.more]]\ncount = "links"',
            "another choice than the primary",
        ),
        ('depth = ["+25 km"]', '[[claims.more]]\nruler = "2 km"', "key C.more.ruler: "),
        ('depth = ["+25 km"]', '[[claims.also]]\nmode = "road"', "key C.also.supported_if_ratio"),
    ],
)
def test_a_wrong_claims_file_names_the_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "claims.toml"
    assert old in CLAIMS
    path.write_text(CLAIMS.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        claims.read(path)


def test_every_choice_of_the_shipped_claims_is_a_figure(both: Path) -> None:
    """A claim that asks for what compare never makes would be silently unmeasured."""
    asked = claims.read()
    figures = compare._figures(str(both / "us-mx.gpkg"), asked.official_length_km)[1]
    for claim in asked.claims:
        for name, value in claim.primary.items():
            for choice in [value, *claim.variants.get(name, []), *claim.beside.get(name, [])]:
                drawn_less_deep = name == "depth" and choice[1:] in ("50 km", "100 km")
                assert drawn_less_deep or choice in set(figures[name]), (claim.claim, name, choice)


# The printed table ------------------------------------------------------------------------------


def test_the_table_is_narrow_and_says_what_is_absent(
    both: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show.show(str(both))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= show.WIDTH
    text = "\n".join(lines)
    assert lines[0].split() == ["us-mx", "mx-gt"]
    assert "  mx-gt, rail F at −25, −10, +10, +25 km: no rail lies that deep" in lines
    (cut,) = [line.split() for line in lines if line.startswith("  +10 km") and "3" in line]
    assert cut == ["+10", "km", "3", "links", "2", "links"]
    assert "SUPPORTED: " in text
    for name in ("us-mx.gpkg", "mx-gt.gpkg", "comparison.csv", "claims.json"):
        assert f"  {both / name}" in lines


def test_it_says_where_a_naive_guess_ranks_traffic_better() -> None:
    ranks = {"logit": 0.5, "logit with lanes": 0.7, "first choice": 0.1, "lanes": 0.6,
             "population": 0.65}  # fmt: skip
    fits = pd.DataFrame({"guess": list(ranks), "rank_correlation": list(ranks.values())})
    east = fits.assign(measure="trucks", half="east")
    west = east.assign(half="west", rank_correlation=0.99)
    (line,) = show.winners(pd.concat([west, east]))
    assert line.startswith("trucks: logit 0.50, logit with lanes 0.70, first choice 0.10, lanes")
    assert line.endswith("; demand wins")
    east.loc[east["guess"] == "population", "rank_correlation"] = 0.71
    (line,) = show.winners(east)
    assert line.endswith("population 0.71; a naive guess wins")
    assert not list(show.winners(east[:0]))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("comparison.csv", lambda path: path.unlink()),
        ("comparison.csv", lambda path: path.write_text("")),
        ("comparison.csv", lambda path: path.write_text("a,b\n1,2\n")),
        ("claims.json", lambda path: path.unlink()),
        ("claims.json", lambda path: path.write_text("{")),
    ],
)
def test_show_names_the_file_it_cannot_use(
    both: Path, tmp_path: Path, name: str, change: Callable[[Path], None]
) -> None:
    for path in both.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    change(tmp_path / name)
    with pytest.raises(InputError, match=name):
        show.show(str(tmp_path))


def test_no_post_in_the_data_is_no_unguarded_border(tmp_path: Path) -> None:
    *folders, toml = finished.folders(tmp_path, "us-mx")
    store.write(Path(folders[0]).parent / "bare", {"posts": schema.empty("posts")})
    bare = Path(folders[0]).parent / "bare" / "posts.parquet"
    bare.replace(Path(folders[0]) / "posts.parquet")
    publish.publish(*folders, toml, str(tmp_path / "us-mx.gpkg"))
    compare.compare(str(tmp_path / "us-mx.gpkg"), str(tmp_path))
    assert _csv(tmp_path)["us-mx", "road", "unguarded_links_at_+10_km"]["value"] == ""
    measures = _claims(tmp_path)["C6"]["measures"]
    near = next(m for m in measures if m["depth"] == "+10 km" and m["mode"] == "road")
    assert near["why_absent"].startswith("us-mx: the data hold no post")


def test_ranges_hold_other_choices_of_what_is_one_crossing_and_one_site(tmp_path: Path) -> None:
    arguments = finished.folders(tmp_path)
    counts = [("road", 100, 5), ("road", 250, 3), ("road", 500, 1)]
    crossings = pd.DataFrame(counts, columns=["mode", "merge_m", "crossings"])
    sites = crossings.set_axis(["mode", "merge_m", "min_cut_sites"], axis=1).assign(depth_km=10.0)
    store.write(arguments[3], {"crossing_merges": crossings, "site_merges": sites})
    publish.publish(*arguments, str(tmp_path / "drawn.gpkg"))
    compare.compare(str(tmp_path / "drawn.gpkg"), str(tmp_path))
    rows = _csv(tmp_path)
    for measure in ("crossings_open", "min_cut_sites_at_+10_km"):
        row = rows["drawn", "road", measure]
        assert [row[name] for name in ("value", "low", "high")] == ["3", "1", "5"]
    assert not [key for key in rows if "merged" in key[2]]
