"""What a figure of the page rests on: the same as the command tells, shown when it is chosen."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.ops import explain
from pipeline.publish import layers
from pipeline.report import borders, evidence, rests_on
from tests import access, browser, finished, tools


@pytest.fixture(scope="module")
def gpkg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished.gpkg(tmp_path_factory.mktemp("rests"))


@pytest.fixture(scope="module")
def found(gpkg: Path) -> dict[str, Any]:
    """What the page is given of the drawn border."""
    (border,) = borders.read([str(gpkg)]).values()
    given: dict[str, Any] = json.loads(json.dumps(rests_on.draw(border)))
    return given


def test_every_stated_cut_is_reported_link_by_link_and_path_by_path(
    gpkg: Path, found: dict[str, Any]
) -> None:
    cordons = layers.read(gpkg, "cordons").query("directed and not third_open")
    stated = cordons[cordons["min_cut_links"].notna()]
    assert set(found["cuts"]) == {
        f"{mode} {depth:+g}" for mode, depth in zip(stated["mode"], stated["depth_km"], strict=True)
    }
    cuts = layers.read(gpkg, "cut_links").query("directed")
    for row in stated.to_dict("records"):
        cut = found["cuts"][f"{row['mode']} {row['depth_km']:+g}"]
        here = cuts[(cuts["mode"] == row["mode"]) & (cuts["depth_km"] == row["depth_km"])]
        for end in ("from", "to"):
            ids = {found["links"][at][0] for at in cut[end]}
            assert ids == set(here.loc[here["end"] == end, "link_id"])
            assert len(ids) == row["min_cut_links"]
        assert len(cut["witness"]) == row["min_cut_links"]


def test_what_may_be_handed_on_tells_no_cut_on_foot(gpkg: Path) -> None:
    """Its figures are there; the links and paths are not, nor which links may be walked."""
    (border,) = borders.read([str(gpkg)], "public").values()

    def with_foot(name: str) -> Any:
        frame = border.layer(name)
        return frame.replace({"mode": {"rail": "foot"}}) if name == "cordons" else frame

    handed_on = rests_on.draw(replace(border, layer=with_foot))
    assert handed_on["cuts"]
    assert {key.split()[0] for key in handed_on["cuts"]} == {"road"}


def test_the_page_and_the_command_tell_the_same(
    gpkg: Path, found: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    explain.explain(str(gpkg), "road", "F+10")
    printed = " ".join(capsys.readouterr().out.split())
    own = found["cuts"]["road +10"]
    for at in own["from"] + [at for at, _, _ in own["left"]]:
        assert found["links"][at][0] in printed
    for km, links, over, _ in own["witness"]:
        assert f"{km:.0f} km, {links} links, over the line at {over}" in printed
    for line in found["used"]["cut"]:
        assert " ".join(line.split()) in printed
    assert " ".join(found["cite"].split()) in printed


def test_crossings_that_count_are_those_of_the_headline(gpkg: Path, found: dict[str, Any]) -> None:
    crossings = layers.read(gpkg, "crossings")
    for mode, rows in crossings.groupby("mode"):
        counted = found["counted"][str(mode)]
        assert len(counted["in"]) == int(rows["in_headline"].sum())
        assert len(counted["out"]) == int((~rows["in_headline"]).sum())
    joins = layers.read(gpkg, "crossing_links")
    for crossing, own in found["crossings"].items():
        ids = {found["links"][at][0] for at in own["links"]}
        assert ids == set(joins.loc[joins["crossing_id"] == crossing, "link_id"])


def test_a_path_that_nothing_names_is_reported_by_its_crossing(gpkg: Path) -> None:
    read = partial(layers.read, gpkg)

    def unnamed(name: str) -> Any:
        frame = read(name)
        return frame.assign(name=None, ref=None) if name == "links" else frame

    paths = list(evidence.witness(unnamed, "road", 10.0))
    assert [path.by for path in paths] == [[]] * len(paths)
    assert all(path.over for path in paths)
    assert [path.n_links for path in paths] == [
        path.n_links for path in evidence.witness(read, "road", 10.0)
    ]


def test_the_last_edit_of_a_way_is_reported_where_a_file_says_it(
    gpkg: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    explain.explain(str(gpkg), "rail", "F-25")
    ways = re.findall(r"openstreetmap.org/way/(\d+)/history", capsys.readouterr().out)
    raw = tmp_path / "edited.osm"
    raw.write_text(
        '<osm version="0.6"><node id="1" lon="0" lat="0" version="1"/>'
        f'<way id="{ways[0]}" version="7" timestamp="2021-03-05T10:00:00Z"><nd ref="1"/></way>'
        '<way id="999" version="2" timestamp="2020-01-01T00:00:00Z"><nd ref="1"/></way></osm>'
    )
    explain.explain(str(gpkg), "rail", "F-25", raw=str(raw))
    printed = capsys.readouterr().out
    assert f"way/{ways[0]} (version 7 of 2021-03-05; " in printed
    assert "version 2 of" not in printed


@pytest.fixture(scope="module")
def opened(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    tools.need_chromium()
    with browser.page(tmp_path_factory.mktemp("chromium") / "profile") as view:
        view.open(page, 1280)
        yield view


DETAIL = "[data-map=us-mx] .detail"
ITEMS = f"document.querySelectorAll('{DETAIL} [aria-label=\"%s\"] li').length"


def test_a_click_on_a_figure_shows_what_it_rests_on(opened: browser.Page, page: Path) -> None:
    opened.run(f"document.querySelector('{DETAIL} [data-rests=cut]').click()")
    count = int(opened.run(f"document.querySelector('{DETAIL} .printed').textContent"))
    assert opened.run(ITEMS % "Links of the cut") == count
    assert opened.run(ITEMS % "Witness paths") == count
    hrefs = f"[...document.querySelectorAll('{DETAIL} .rests a')].map((a) => a.href)"
    for href in opened.run(hrefs):
        assert re.match(r"https://www\.openstreetmap\.org/way/\d+|http://127\.0\.0\.1:8111/", href)
    assert "rests-us-mx=cut" in opened.run("location.hash")
    assert access.barriers(opened) == []
    opened.run(f"document.querySelector('{DETAIL} [data-rests=crossings]').click()")
    assert opened.run(ITEMS % "Crossings that count") == 3
    address = opened.run("location.hash")
    opened.open(page, 1280)
    assert opened.run(ITEMS % "Crossings that count") == 0
    opened.run(f"location.hash = {json.dumps(address)}")
    opened.settle()
    assert opened.run(ITEMS % "Crossings that count") == 3
    opened.open(page, 1280)


def test_the_figures_of_the_first_screen_lead_there(opened: browser.Page) -> None:
    figures = "[...document.querySelectorAll('table.claims [data-view]')]"
    views = opened.run(f"{figures}.map((a) => a.dataset.view)")
    assert {re.sub(r".*rests-", "", view) for view in views} >= {
        f"{border}=crossings" for border in ("us-mx", "mx-gt")
    }
    opened.run(f"{figures}.find((a) => a.dataset.view.endsWith('us-mx=crossings')).click()")
    opened.settle()
    assert opened.run(ITEMS % "Crossings that count") == 3
    assert opened.complaints == []


def test_what_names_hold_stays_text(hostile: Path, opened: browser.Page) -> None:
    opened.open(hostile, 1280)
    for which in ("cut", "crossings"):
        opened.run(f"document.querySelector('{DETAIL} [data-rests={which}]').click()")
        opened.settle()
        assert opened.run("typeof window.hacked") == "undefined"
        assert opened.run(f"document.querySelectorAll('{DETAIL} .rests script').length") == 0


def test_a_bypass_tells_what_is_closed_for_it(opened: browser.Page, page: Path) -> None:
    joins = layers.read(page.parent / "us-mx.gpkg", "chokepoint_links")
    chokepoint = "crossing.road.x3"
    opened.run(f"location.hash = '#view?at-us-mx={chokepoint}'")
    opened.settle()
    opened.run(f"document.querySelector('{DETAIL} [data-rests=bypass]').click()")
    links = int((joins["chokepoint_id"] == chokepoint).sum())
    assert links == 3
    assert opened.run(ITEMS % "Links that are closed") == links
    text = opened.run(f"document.querySelector('{DETAIL} .rests').textContent")
    assert f"pipeline explain us-mx bypass {chokepoint}" in text
    assert "official_wait_minutes = " in text
    assert opened.complaints == []
    opened.open(page, 1280)


def test_the_bypass_of_a_cut_tells_its_links(gpkg: Path) -> None:
    """Of chokepoints that are no crossings the links that the chokepoint has."""
    (border,) = borders.read([str(gpkg)]).values()
    links = layers.read(gpkg, "links").query("mode == 'road'")["link_id"].head(2).tolist()
    read = border.layer

    def with_a_cut(name: str) -> Any:
        frame = read(name)
        if name == "chokepoint_links":
            return frame.head(2).assign(chokepoint_id="cut.one", link_id=links)
        if name in ("chokepoints", "bypasses"):
            row = frame.head(1).assign(chokepoint_id="cut.one")
            return row.assign(kind="cut") if name == "chokepoints" else row
        return frame

    found = rests_on.draw(replace(border, layer=with_a_cut))
    assert set(found["bypasses"]) == {"cut.one"}
    ids = [found["links"][at][0] for at in found["bypasses"]["cut.one"]["links"]]
    assert sorted(ids) == sorted(links)
