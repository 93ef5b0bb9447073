import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from pipeline.core.errors import InputError
from pipeline.ops import verify
from pipeline.ops.proof import gather
from tests import finished


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished.gpkg(tmp_path_factory.mktemp("sound"))


def _evidence(path: Path) -> Path:
    return path.with_name(f"{path.stem}-evidence.gpkg")


def _altered(path: Path, to: Path, layer: str, change: Callable[[pd.DataFrame], object]) -> Path:
    """A copy of the GeoPackage with one layer changed in place by `change`."""
    copy = to / "altered.gpkg"
    files = [file for file in (path, _evidence(path)) if file.exists()]
    shapes = {name: shape for file in files for name, shape in pyogrio.list_layers(file)}
    where = {name: file for file in files for name, _ in pyogrio.list_layers(file)}
    for name in gather.LAYERS:
        frame = pyogrio.read_dataframe(where[name], layer=name)
        if name == layer:
            changed = change(frame)
            frame = frame if changed is None else changed
        pyogrio.write_dataframe(frame, copy, layer=name, driver="GPKG", geometry_type=shapes[name])
    return copy


def _without(frame: pd.DataFrame, row: int) -> pd.DataFrame:
    return frame.drop(index=row)


def _failing(path: Path) -> dict[str, str]:
    return {name: problems[0] for name, problems in verify.check(path) if problems}


def test_a_sound_file_passes_every_check(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verify.verify(str(sound), str(sound))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * (1 + len(verify.CHECKS))
    assert all(line.startswith("ok    ") for line in lines)


def test_a_copy_of_a_sound_file_passes(sound: Path, tmp_path: Path) -> None:
    assert not _failing(_altered(sound, tmp_path, "links", lambda frame: None))


def test_a_dropped_cut_link_fails_loudly(
    sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = _altered(sound, tmp_path, "cut_links", lambda frame: frame.iloc[1:])
    assert _failing(bad) == {
        "as many cut links as F(D)": "rail undirected -25 km: the cut nearest `from` has 0 links, "
        "F is 1",
        "no way is left when the cut is closed": "rail undirected -25 km: a way is left when the "
        "cut nearest `from` is closed",
    }
    with pytest.raises(SystemExit) as ended:
        verify.verify(str(bad))
    assert ended.value.code == "error: 2 checks failed"
    assert "FAIL  " in capsys.readouterr().out


def test_every_single_cut_link_is_needed(sound: Path, tmp_path: Path) -> None:
    cuts = pyogrio.read_dataframe(_evidence(sound), layer="cut_links")
    for row in range(0, len(cuts), 7):
        folder = tmp_path / str(row)
        folder.mkdir()
        bad = _altered(sound, folder, "cut_links", partial(_without, row=row))
        assert "no way is left when the cut is closed" in _failing(bad)


def test_a_cut_link_swapped_for_another_leaves_a_way(sound: Path, tmp_path: Path) -> None:
    def swap(frame: pd.DataFrame) -> None:
        row = frame.query("mode == 'road' and directed and depth_km == 25 and end == 'to'").index[0]
        frame.loc[row, "link_id"] = "w1.0"

    failing = _failing(_altered(sound, tmp_path, "cut_links", swap))
    assert "no way is left when the cut is closed" in failing
    assert "as many cut links as F(D)" in failing  # w1.0 is not marked in_min_cut
    assert "in_min_cut" in failing["as many cut links as F(D)"]


def test_a_bent_path_fails(sound: Path, tmp_path: Path) -> None:
    def bend(frame: gpd.GeoDataFrame) -> None:
        coordinates = shapely.get_coordinates(frame.geometry.iloc[3])
        coordinates[1] += 0.01
        frame.loc[3, "geometry"] = shapely.MultiLineString([coordinates])

    failing = _failing(_altered(sound, tmp_path, "witness_paths", bend))
    assert list(failing) == ["witness paths are drawn along their links"]


@pytest.mark.parametrize("layer", ["witness_paths", "witness_links"])
def test_a_dropped_path_fails(sound: Path, tmp_path: Path, layer: str) -> None:
    def drop(frame: pd.DataFrame) -> pd.DataFrame:
        here = "mode == 'road' and directed and depth_km == 10 and path_no == 2"
        return frame.drop(index=frame.query(here).index)

    failing = _failing(_altered(sound, tmp_path, layer, drop))
    assert failing["as many witness paths as F(D)"].startswith("road directed +10 km: ")


def test_a_path_dropped_from_both_layers_fails(sound: Path, tmp_path: Path) -> None:
    here = "not (mode == 'rail' and directed and depth_km == 25)"
    bad = _altered(sound, tmp_path, "witness_paths", lambda frame: frame.query(here))
    (tmp_path / "again").mkdir()
    bad = _altered(bad, tmp_path / "again", "witness_links", lambda frame: frame.query(here))
    assert _failing(bad) == {
        "as many witness paths as F(D)": "rail directed +25 km: 0 paths drawn, 0 listed, F is 1"
    }


def test_a_curve_of_closures_that_falls_fails(sound: Path, tmp_path: Path) -> None:
    def fall(frame: pd.DataFrame) -> pd.DataFrame:
        rows = [
            {"mode": "road", "aim": "stop", "k": k, "crossing_id": f"road.{crossing}",
             "demand_stopped_share": share, "cut_off_share": 0.0, "mean_extra_minutes": 0.0,
             "exact": False, "gap": 0.1, "geometry": shapely.Point(0, 0)}
            for k, share in ((1, 0.5), (2, 0.45), (3, 0.6)) for crossing in range(k)
        ]  # fmt: skip
        fallen: pd.DataFrame = gpd.GeoDataFrame(rows, crs=4326)
        return fallen

    assert _failing(_altered(sound, tmp_path, "closures", fall)) == {
        "closing one more never stops less": (
            "road, aim stop: demand_stopped_share of 2 closures is less than of 1"
        )
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"walked_60_links": 2}, "walked_60_links is less than min_cut_links"),
        (
            {"walked_60_links": 5, "walked_180_links": 4},
            "walked_180_links is less than walked_60_links",
        ),
        (
            {"front_width_km": 200.0, "links_per_100_km": 1.4},
            "links_per_100_km is not F over front_width_km",
        ),
    ],
)
def test_a_walk_or_a_front_that_disagrees_with_f_fails(
    sound: Path, tmp_path: Path, values: dict[str, float], message: str
) -> None:
    def change(frame: pd.DataFrame) -> None:
        rows = frame.query("mode == 'road' and directed and depth_km == 10 and not third_open")
        for column, value in values.items():
            frame[column] = frame[column].astype(float)
            frame.loc[rows.index, column] = value

    failing = _failing(_altered(sound, tmp_path, "cordons", change))
    assert failing == {"walking and fronts agree with F(D)": f"road directed +10 km: {message}"}


def test_a_path_led_over_another_link_fails(sound: Path, tmp_path: Path) -> None:
    def reroute(frame: pd.DataFrame) -> None:
        rows = frame.query("mode == 'road' and directed and depth_km == 10 and path_no == 1")
        frame.loc[rows.index[-1], "link_id"] = (
            "w9.0" if rows["link_id"].iloc[-1] != "w9.0" else "w8.0"
        )

    failing = _failing(_altered(sound, tmp_path, "witness_links", reroute))
    assert failing["witness paths are continuous"].startswith("road directed +10 km path 1: ")
    assert "witness paths are drawn along their links" in failing


def test_a_path_cut_short_does_not_reach_the_ground(sound: Path, tmp_path: Path) -> None:
    def shorten(frame: pd.DataFrame) -> pd.DataFrame:
        last = frame.query("mode == 'rail' and directed and depth_km == 25")["seq"].max()
        return frame.query(
            f"not (mode == 'rail' and directed and depth_km == 25 and seq == {last})"
        )

    failing = _failing(_altered(sound, tmp_path, "witness_links", shorten))
    assert failing["witness paths lead from one zone to the other"] == (
        "rail directed +25 km path 1: it does not end deep enough"
    )


def test_two_paths_on_one_link_fail(sound: Path, tmp_path: Path) -> None:
    def double(frame: pd.DataFrame) -> pd.DataFrame:
        here = "mode == 'road' and directed and depth_km == 10"
        second = frame.query(f"{here} and path_no == 2").index
        first = frame.query(f"{here} and path_no == 1").assign(path_no=2)
        return pd.concat([frame.drop(index=second), first])

    failing = _failing(_altered(sound, tmp_path, "witness_links", double))
    assert failing["witness paths share no link"].startswith("road directed +10 km path 1: link ")
    assert "witness paths are continuous" not in failing


def test_a_path_against_a_one_way_link_fails_where_tags_bind(sound: Path, tmp_path: Path) -> None:
    def turn(frame: pd.DataFrame) -> None:
        for column, value in (("from_node", "x3"), ("to_node", "f3"), ("oneway", True)):
            frame.loc[frame["link_id"] == "w9.0", column] = value

    def step_back(frame: pd.DataFrame) -> None:
        frame.loc[frame["link_id"] == "w9.0", "forward"] = False

    turned = _altered(sound, tmp_path, "links", turn)
    (tmp_path / "again").mkdir()
    failing = _failing(_altered(turned, tmp_path / "again", "witness_links", step_back))
    assert list(failing) == ["witness paths use links in an allowed way"]
    message = failing["witness paths use links in an allowed way"]
    assert message.startswith("road directed -25 km path ")
    assert message.endswith("it uses a one-way link against its direction")


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [
        ("state", "closed", "witness paths use links in an allowed way"),
        ("class", "restricted", "witness paths use links in an allowed way"),
        ("side", "CC", "witness paths use links in an allowed way"),
        ("length_m", 1.0, "witness paths are drawn along their links"),
    ],
)
def test_a_link_that_is_not_what_the_paths_take_it_for(
    sound: Path, tmp_path: Path, column: str, value: Any, check: str
) -> None:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[frame["link_id"] == "w13.0", column] = value

    assert check in _failing(_altered(sound, tmp_path, "links", change))


@pytest.mark.parametrize(
    ("depth_km", "value", "check"),
    [
        (25.0, 4, "F(D) never rises with |D|"),
        (25.0, 4, "F(D) is at most each cordon that paths must cross"),
        (10.0, 2, "as many witness paths as F(D)"),
        (10.0, 2, "as many cut links as F(D)"),
        (10.0, None, "F(D) is stated, or its absence explained"),
        (25.0, 1, "more ways never lower F(D)"),
    ],
)
def test_a_wrong_f_fails(
    sound: Path, tmp_path: Path, depth_km: float, value: int | None, check: str
) -> None:
    def change(frame: pd.DataFrame) -> None:
        rows = (frame["mode"] == "road") & (frame["depth_km"] == depth_km) & ~frame["third_open"]
        rows &= ~frame["directed"] if value == 1 else frame["directed"]
        frame.loc[rows, "min_cut_links"] = value

    assert check in _failing(_altered(sound, tmp_path, "cordons", change))


HERE = "mode == 'road' and depth_km == 10"


def _change_figure(frame: pd.DataFrame, column: str, by: int) -> None:
    rows = frame.query(f"{HERE} and directed and not third_open").index
    frame.loc[rows, column] += by


def test_the_sound_file_has_unguarded_paths_to_check(sound: Path) -> None:
    paths = pyogrio.read_dataframe(_evidence(sound), layer="unguarded_paths").query(HERE)
    assert paths["link_ids"].str.contains("w8.0").tolist() == [True]  # by x2, where no post is


@pytest.mark.parametrize("by", [-1, 1])
def test_a_wrong_g_fails(sound: Path, tmp_path: Path, by: int) -> None:
    change = partial(_change_figure, column="unguarded_links", by=by)
    failing = _failing(_altered(sound, tmp_path, "cordons", change))
    assert list(failing) == [
        "as many unguarded paths as G(D)", "G(D) is the minimum cut without links at posts"
    ]  # fmt: skip
    assert failing["G(D) is the minimum cut without links at posts"] == (
        f"road directed +10 km: G is {1 + by}, computed again 1"
    )


def test_a_wrong_h_fails(sound: Path, tmp_path: Path) -> None:
    """Three roads lead on from the strip of 10 km, and two of them reach 25 km."""
    for value, message in ((2, None), (3, "road directed +25 km: H is 3, computed again 2")):

        def state(frame: pd.DataFrame, value: int = value) -> None:
            rows = frame.query("mode == 'road' and depth_km == 25 and directed and not third_open")
            frame["second_line_links"] = frame["second_line_links"].astype(float)
            frame.loc[rows.index, "second_line_links"] = value

        folder = tmp_path / str(value)
        folder.mkdir()
        failing = _failing(_altered(sound, folder, "cordons", state))
        expected = {} if message is None else {"H(D) is the minimum cut behind the line": message}
        assert failing == expected


def test_an_unguarded_path_that_is_dropped_or_bent_fails(sound: Path, tmp_path: Path) -> None:
    def bend(frame: gpd.GeoDataFrame) -> None:
        row = frame.query(HERE).index[0]
        coordinates = shapely.get_coordinates(frame.geometry[row])
        coordinates[1] += 0.01
        frame.loc[row, "geometry"] = shapely.MultiLineString([coordinates])

    for name, change, message in (
        ("drop", lambda frame: frame.query(f"not ({HERE})"), "as many unguarded paths as G(D)"),
        ("bend", bend, "unguarded paths are drawn along their links"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        assert list(_failing(_altered(sound, folder, "unguarded_paths", change))) == [message]


def test_an_unguarded_path_led_past_a_post_fails(sound: Path, tmp_path: Path) -> None:
    def reroute(frame: pd.DataFrame) -> None:
        row = frame.query(HERE).index[0]
        frame.loc[row, "link_ids"] = frame.loc[row, "link_ids"].replace("w8.0", "w7.0")

    failing = _failing(_altered(sound, tmp_path, "unguarded_paths", reroute))
    assert failing["unguarded paths pass no post"] == (
        "road directed +10 km path 1: it uses a link with a post"
    )
    assert "unguarded paths are continuous" in failing


def test_a_post_moved_onto_an_unguarded_path_fails(sound: Path, tmp_path: Path) -> None:
    def move(frame: pd.DataFrame) -> None:
        frame.loc[frame["node_id"] == "x1", "node_id"] = "x2"

    failing = _failing(_altered(sound, tmp_path, "post_nodes", move))
    assert "unguarded paths pass no post" in failing


def test_toll_booths_guard_nothing(sound: Path, tmp_path: Path) -> None:
    bad = _altered(sound, tmp_path, "posts", lambda frame: frame.assign(kind="toll"))
    assert "G(D) is the minimum cut without links at posts" in _failing(bad)


def test_a_lost_reference_is_named_and_stops_the_rest(sound: Path, tmp_path: Path) -> None:
    bad = _altered(sound, tmp_path, "links", lambda frame: frame[frame["link_id"] != "w13.0"])
    outcome = verify.check(bad)
    assert len(outcome) == 1
    assert "w13.0 is not in links" in " ".join(outcome[0][1])


def test_ground_towards_the_target_is_one_piece(sound: Path) -> None:
    found = gather.gather(gather.read(sound))
    assert {depth: int(part.sum()) for depth, part in found.target_parts.items()} == {10: 10, 25: 5}


def test_a_border_with_no_profile_at_all_passes(tmp_path: Path) -> None:
    assert not _failing(finished.gpkg(tmp_path, "drawn", "s-e1", "f1-x1", "x1-g1"))


@pytest.mark.parametrize("content", [None, b"", b"<html>not found</html>"])
def test_no_geopackage_is_bad_input(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.gpkg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.gpkg: "):
        verify.check(path)


def test_a_missing_layer_is_bad_input(sound: Path, tmp_path: Path) -> None:
    path, evidence = tmp_path / "thin.gpkg", tmp_path / "thin-evidence.gpkg"
    path.write_bytes(sound.read_bytes())
    evidence.write_bytes(_evidence(sound).read_bytes())
    with closing(sqlite3.connect(evidence)) as database, database:
        database.execute("DELETE FROM gpkg_contents WHERE table_name = 'cut_links'")
        database.execute("DROP TABLE cut_links")
    with pytest.raises(InputError, match="no layer cut_links"):
        verify.check(path)
