"""The atlas and the files published with it: public profile, ranking, place of the results."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from pipeline.core import store
from pipeline.world import atlas, pages, rows
from pipeline.world.cutting import Cut
from pipeline.world.standing import standing
from pipeline.world.store import Store
from tests import finished, planted, s3_server
from tests.frames import cells

DRAWN = Cut("drawn", "AA", "BB", "Drawn", 40.0, "", "", 0)
OTHER = Cut("other", "BB", "CC", "Other", 90.0, "other: no data", "", 0)


def handed_on(results: Store, out: Path) -> gpd.GeoDataFrame:
    table = rows.rows([DRAWN, OTHER], {}, results)
    rows.write(table, out)
    atlas.write(table, out, pages.write(table, results, out))
    return table


def test_the_atlas_is_public_and_its_page_opens_with_the_profile(tmp_path: Path) -> None:
    """Marks stand in every withheld field of the tables that its rows are made of.

    The page that a row opens is held to the same by the test of the public page; it is made of the
    unmarked border here, since its figures of the whole border are handed on.
    """
    planted.package(tmp_path / "marked")
    finished.gpkg(tmp_path / "unmarked")
    for name in ("drawn.gpkg", "drawn-evidence.gpkg"):
        (tmp_path / "unmarked" / name).replace(tmp_path / "marked" / name)
    out = tmp_path / "out"
    table = handed_on(Store(str(tmp_path / "marked"), tmp_path), out)
    handed = planted.content(out)
    assert not [mark for mark in planted.marks() if mark in handed]
    assert {"world.csv", "world.gpkg", "atlas.html"} <= {path.name for path in out.iterdir()}
    page = (out / "drawn/page/report.html").read_text(encoding="utf-8")
    assert "This page may be handed on" in page
    assert page.index('id="profile-drawn"') < page.index('id="maps"')
    stands = page.index("Where Drawn stands among the borders that were run")
    assert "2 of 2" in page[stands : page.index("</table>", stands)]
    atlas_text = (out / "atlas.html").read_text(encoding="utf-8")
    assert '<a href="drawn/page/report.html">Drawn</a>' in atlas_text
    assert "Informal per 50 km" in atlas_text
    row = table.set_index("border").loc["drawn"]
    assert "road_informal" not in table.columns
    crossings = store.read(tmp_path / "marked/drawn/crossings", "crossings")
    is_informal = crossings["counted"] & crossings["mode"].eq("road")
    informal = (is_informal & crossings["status"].eq("informal")).sum() / row["length_km"] * 50
    assert row["road_informal_per_50_km"] == pytest.approx(informal, abs=1e-3)


def test_ranks_count_from_the_most_and_leave_out_what_one_alone_states() -> None:
    table = pd.DataFrame(
        {"border": ["a", "b", "c", "d"], "name": list("ABCD"), "failed": "",
         "length_km": [10.0, 30.0, 20.0, 20.0], "k90": pd.array([3, None, None, None], "Int64"),
         "road_min_cut_links_plus_10_km": pd.array([1, 2, None, 4], "Int64")}
    )  # fmt: skip
    found = standing(table, "c").set_index("figure")
    assert list(found.index) == ["Length, km"]
    assert cells(found, "Length, km", "rank", "of", "least", "middle", "most") == [
        2, 4, 10.0, 20.0, 30.0
    ]  # fmt: skip
    first = standing(table, "a").set_index("figure")
    assert first["rank"].to_dict() == {"Length, km": 4, "Minimum cut at +10 km": 3}


def test_pages_are_sent_to_where_results_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = finished.gpkg(tmp_path)
    with s3_server.served(monkeypatch, "kept") as system:
        for name in ("drawn.gpkg", "drawn-evidence.gpkg"):
            system.put_file(str(local.with_name(name)), f"kept/out/{name}")
        for stage in ("network", "crossings", "chokepoints"):
            system.put(f"{tmp_path}/drawn/{stage}/", f"kept/out/drawn/{stage}/", recursive=True)
        results = Store("s3://kept/out", tmp_path / "scratch")
        handed_on(results, tmp_path / "out")
        system.invalidate_cache()
        sent = system.cat_file("kept/out/drawn/page/report.html")
    assert sent == (tmp_path / "out/drawn/page/report.html").read_bytes()
