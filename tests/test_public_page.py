"""The page to hand on: nothing that the public profile withholds, and what it says instead."""

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipeline.core.errors import InputError
from pipeline.publish import layers, profiles
from pipeline.report import borders, profile, web_map
from pipeline.report.map_plane import Plane
from pipeline.stages import compare, report
from pipeline.travel import closing
from tests import browser, finished, planted, tools
from tests.test_what_if_page import BOXES, ticked


@pytest.fixture(scope="module")
def public_page(planted_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public page of the planted border, in a folder of its own.

    Figures of the whole border are handed on: they come from the border as it was before.
    """
    at = tmp_path_factory.mktemp("page")
    compare.compare(str(finished.gpkg(at / "before")), str(at))
    given = [str(at / name) for name in ("comparison.csv", "claims.json")]
    out = at / "public" / "report.html"
    out.parent.mkdir()
    report.report(str(planted_package), *given, str(out), profile="public")
    return out


def firsts(value: Any) -> set[tuple[int, int]]:
    """Where every line and point of the data begins: two numbers at the start of a list of them."""
    found: set[tuple[int, int]] = set()
    if isinstance(value, dict):
        found |= {(value["x"], value["y"])} if {"x", "y"} <= value.keys() else set()
        return found.union(*map(firsts, value.values()))
    if isinstance(value, list) and value:
        if all(type(one) is int for one in value):
            return {(value[0], value[1])} if len(value) > 1 else set()
        return found.union(*map(firsts, value))
    return found


def test_no_file_of_the_public_page_holds_what_is_withheld(
    public_page: Path, planted_package: Path
) -> None:
    public = planted.content(public_page.parent)
    assert not [mark for mark in planted.marks() if mark in public]
    local = json.dumps(web_map.draw(borders.read([str(planted_package)])["drawn"]))
    assert planted.MARK in local


def test_nothing_is_drawn_where_only_withheld_rows_lie(
    public_page: Path, planted_package: Path
) -> None:
    border = borders.read([str(planted_package)])["drawn"]
    plane = Plane(border.layer("border"), border.layer("links"))
    x, y = plane.points(gpd.GeoSeries([shapely.Point(planted.PLACE)], crs="EPSG:4326"))[0]
    assert (x, y) in firsts(web_map.draw(border))
    text = public_page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data-drawn">(.*?)</script>', text)
    assert found
    assert (x, y) not in firsts(json.loads(found[1]))


def test_it_counts_what_it_does_not_place(public_page: Path, planted_package: Path) -> None:
    public = borders.read([str(planted_package)], "public")["drawn"]
    local = borders.read([str(planted_package)])["drawn"]
    assert len(public.withheld) == len(layers.LAYERS["crossings"].withheld_rows)
    assert (
        dict(profile.profile(public).facts)["Crossings, road"]
        == (dict(profile.profile(local).facts)["Crossings, road"])
    )
    assert profile.profile(public).sentence == profile.profile(local).sentence
    text = public_page.read_text(encoding="utf-8")
    assert "This page may be handed on" in text
    assert "as counts for each 50 km" in text


def test_layers_keep_their_columns_and_withheld_values_are_missing(planted_package: Path) -> None:
    def whole(name: str) -> Any:
        return layers.read(planted_package, name)

    shown = profiles.public_view(whole)
    for name, table in layers.LAYERS.items():
        frame = shown(name)
        assert list(frame.columns) == list(whole(name).columns), name
        assert not (table.withheld and len(frame)), name
        for column in table.columns:
            assert not column.withheld or frame[column.name].isna().all(), (name, column.name)


def test_an_unknown_profile_is_refused(planted_package: Path) -> None:
    with pytest.raises(InputError, match="PROFILE=secret: expected public or local"):
        borders.read([str(planted_package)], "secret")


def test_closing_crossings_in_a_browser_gives_the_figures_of_the_stages_and_no_more(
    public_page: Path, planted_package: Path, tmp_path: Path
) -> None:
    """Every set of the crossings that are shown, ticked in the page that may be handed on."""
    tools.need_chromium()
    border = borders.read([str(planted_package)], "public")["drawn"]
    shown = set(border.layer("crossings")["crossing_id"])
    with browser.page(tmp_path / "profile") as opened:
        opened.open(public_page, 1280)
        assert "Nothing is closed yet" in opened.run("document.querySelector('.whatif').innerText")
        ids = sorted(opened.run(BOXES % "drawn"))
        assert ids
        assert set(ids) <= shown
        chosen = finished.chosen(len(ids))
        for number in range(2 ** len(ids)):
            closed = [at for at in range(len(ids)) if number >> at & 1]
            effect = ticked(opened, "drawn", [ids[at] for at in closed])
            wanted = closing.effect(chosen, np.array(closed, dtype=np.int64))
            assert effect["stopped"] == pytest.approx(wanted["demand_stopped_share"], abs=1e-6)
            assert effect["cutOff"] == pytest.approx(wanted["cut_off_share"], abs=1e-6)
            assert effect["extra"] == pytest.approx(wanted["mean_extra_minutes"], abs=0.02)
            seen = opened.run("location.hash + document.body.innerText").encode()
            assert not [mark for mark in planted.marks() if mark in seen]
        assert opened.complaints == []
