import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.core import measures, schema, store
from pipeline.core.errors import InputError
from pipeline.measures import claims, figures
from pipeline.ops import show
from pipeline.publish import layers
from pipeline.report import words
from pipeline.stages import compare, publish
from tests import finished, world
from tests.recomputed import verdicts_of

FEWER = tuple(link for link in finished.LINKS if "x2" not in link and "rail" not in link)


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
    assert [answer["kind"] for answer in answers.values()] == [
        *["comparison"] * 4,
        *["dependence"] * 3,
    ]
    primary = answers["C1"]["measures"][0]
    assert (primary["us-mx"], primary["mx-gt"]) == (2700, 810)
    assert primary["ratio"] == pytest.approx(10 / 3)
    assert answers["C1"]["verdict"] == "supported"
    # Equal on both borders: a ratio of 1 is on neither side.
    assert answers["C3"]["verdict"] == "contradicted"
    assert answers["C3"]["measures"][0]["us-mx"] == 0.2
    # The drawn depths are 10 and 25 km: the headline depth of 50 is not there.
    assert answers["C2b"]["verdict"] == "not tested"
    # No share stopped is drawn; what is known of barriers stands there as facts.
    for claim in ("C4", "C5", "C6"):
        assert answers[claim]["verdict"] == "not tested"
        assert {m["role"] for m in answers[claim]["measures"]} == {"primary", "beside", "fact"}


def test_crossings_that_an_inventory_counts_decide_c2a(both: Path) -> None:
    """Three crossings against two: one more would be enough, and an inventory counts 56."""
    answer = _claims(both)["C2a"]
    assert answer["verdict"].startswith("depends on crossings that the data lack")
    assert _csv(both)["mx-gt", "road", "crossings_informal_inventory"]["value"] == "56"


def test_specifications_are_all_combinations_and_beside_is_not_counted(both: Path) -> None:
    found = _claims(both)["C2a"]["measures"]
    roles = pd.Series([measure["role"] for measure in found]).value_counts()
    assert roles.to_dict() == {"variant": 2 * 3 * 4 - 1, "beside": 5, "primary": 1}
    dense = next(measure for measure in found if measure.get("per") == "100 km")
    assert dense["unit"] == "crossings per 100 km"
    assert dense["us-mx"] == pytest.approx(3 / 27, rel=1e-5)


def test_equal_input_gives_equal_bytes(both: Path, tmp_path: Path) -> None:
    compare.compare(str(both / "mx-gt.gpkg"), str(both / "us-mx.gpkg"), str(tmp_path))
    for name in ("comparison.csv", "claims.json"):
        assert (tmp_path / name).read_bytes() == (both / name).read_bytes()


def test_one_border_is_enough_but_answers_no_comparison(both: Path, tmp_path: Path) -> None:
    compare.compare(str(both / "us-mx.gpkg"), str(tmp_path))
    assert {border for border, _, _ in _csv(tmp_path)} == {"us-mx"}
    answer = _claims(tmp_path)["C1"]
    assert answer["verdict"] == "not tested"
    assert answer["why"] == "This needs both borders, and there is none of mx-gt."
    assert answer["measures"][0]["us-mx"] == 2700
    assert answer["measures"][0]["ratio"] is None


def test_other_borders_have_figures_and_no_official_length(tmp_path: Path) -> None:
    path = finished.gpkg(tmp_path, "ch-li")
    compare.compare(str(path), str(tmp_path))
    assert ("ch-li", "", "length_official") not in _csv(tmp_path)
    assert all(answer["measures"] == [] for answer in _claims(tmp_path).values())


def test_a_border_twice_is_bad_input(both: Path, tmp_path: Path) -> None:
    path = str(both / "us-mx.gpkg")
    with pytest.raises(InputError, match="border us-mx is in two files"):
        compare.compare(path, path, str(tmp_path))
    assert not list(tmp_path.iterdir())


# Figures and claims ------------------------------------------------------------------------------


def test_every_choice_of_the_shipped_claims_is_a_figure(both: Path) -> None:
    """A claim that uses a figure which compare never makes would be untested without notice."""
    asked = claims.read()
    found = {name: layers.read(both / "us-mx.gpkg", name) for name in figures.LAYERS}
    frame = figures.figures(found, asked)
    for claim in asked.claims:
        for name, value in claim.primary.items():
            for choice in [value, *claim.variants.get(name, []), *claim.beside.get(name, [])]:
                for own in choice.split(" / "):
                    drawn_less_deep = name == "depth" and own[1:] in ("50 km", "100 km")
                    assert drawn_less_deep or own in set(frame[name]), (claim.claim, name, own)


def test_every_figure_has_its_entry_among_the_measures(both: Path) -> None:
    for _, _, key in _csv(both):
        assert measures.find(key) is not None, key


def test_every_verdict_follows_from_comparison_csv_alone(both: Path) -> None:
    verdicts = {name: answer["verdict"] for name, answer in _claims(both).items()}
    assert {name: verdict.split()[0] for name, verdict in verdicts.items()} == verdicts_of(both)


# The printed table ------------------------------------------------------------------------------


def test_the_table_is_narrow_and_says_what_is_absent(
    both: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show.show(str(both))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= show.WIDTH
    text = "\n".join(lines)
    assert lines[0].split() == ["Drawn", "Drawn"]
    assert "  mx-gt, rail F at −25, −10, +10, +25 km: no rail lies that deep" in lines
    cuts = lines[lines.index("Minimum cut at depth D, F(D): road") :]
    cut = next(line.split() for line in cuts if line.startswith("  +10 km"))
    assert cut == ["+10", "km", "3", "links", "2", "links"]
    assert "SUPPORTED: " in text
    for name in ("us-mx.gpkg", "mx-gt.gpkg", "comparison.csv", "claims.json"):
        assert f"  {both / name}" in lines


def test_a_border_of_no_claim_is_shown_without_claims(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare.compare(str(finished.gpkg(tmp_path, "ch-li")), str(tmp_path))
    show.show(str(tmp_path))
    lines = capsys.readouterr().out.splitlines()
    assert "Minimum cut at depth D, F(D): road" in lines
    assert "The claims" not in lines
    assert not any("NOT TESTED" in line for line in lines)


def test_reasons_name_countries_and_no_codes() -> None:
    countries = {"ES": "Spain", "AD": "Andorra"}
    sentence = words.with_names("data on the ES side reach 5 km; AD: none; ESTADO stays", countries)
    assert sentence == "data on the Spain side reach 5 km; Andorra: none; ESTADO stays"


def test_it_says_where_a_baseline_ranks_traffic_better() -> None:
    ranks = {"logit with lanes, as used": 0.5, "logit with lanes": 0.7, "first choice": 0.1,
             "lanes": 0.6, "population": 0.65}  # fmt: skip
    fits = pd.DataFrame({"guess": list(ranks), "rank_correlation": list(ranks.values())})
    kind = ["model"] * 3 + ["baseline"] * 2
    east = fits.assign(measure="trucks", half="east", kind=kind)
    west = east.assign(half="west", rank_correlation=0.99)
    (line,) = show.winners(pd.concat([west, east]))
    assert line == (
        "trucks: logit with lanes, as used 0.50, best model logit with lanes 0.70, "
        "best baseline population 0.65; the model ranks better"
    )
    east.loc[east["guess"] == "population", "rank_correlation"] = 0.71
    (line,) = show.winners(east)
    assert line.endswith("best baseline population 0.71; a baseline ranks better")
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
    facts = _claims(tmp_path)["C6"]["measures"]
    near = next(m for m in facts if m["measure"] == "unguarded")
    assert near["us-mx"] is None


def test_ranges_hold_other_choices_of_what_is_one_crossing_and_one_site(tmp_path: Path) -> None:
    arguments = finished.folders(tmp_path)
    counts = [("road", 100, 5), ("road", 250, 3), ("road", 500, 1)]
    crossings = pd.DataFrame(counts, columns=["mode", "merge_m", "crossings"])
    sites = crossings.set_axis(["mode", "merge_m", "min_cut_sites"], axis=1).assign(depth_km=10.0)
    world.put(arguments[3], {"crossing_merges": crossings, "site_merges": sites})
    publish.publish(*arguments, str(tmp_path / "drawn.gpkg"))
    compare.compare(str(tmp_path / "drawn.gpkg"), str(tmp_path))
    rows = _csv(tmp_path)
    for measure in ("crossings_open", "min_cut_sites_at_+10_km"):
        row = rows["drawn", "road", measure]
        assert [row[name] for name in ("value", "low", "high")] == ["3", "1", "5"]
    assert not [key for key in rows if "merged" in key[2]]
