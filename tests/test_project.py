import json
import os
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyogrio
import pytest

from pipeline.core.errors import InputError
from pipeline.publish import basemap, layers, qgis, styles
from pipeline.stages import project, publish
from tests import finished, tools

HOSTILE = "=HYPERLINK(1) <script>alert(1)</script> & [% 1/0 %] \"; DROP TABLE links; -- 'é\u202e"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("project")
    packages = []
    for border, length_km, name in (("us-mx", 40.0, HOSTILE), ("mx-gt", 20.0, "Paso")):
        packages.append(str(at / f"{border}.gpkg"))
        folders = finished.folders(
            at, border, length_km=length_km, name=name, source=f"a {name} source"
        )
        publish.publish(*folders, packages[-1])
    project.project(*packages, str(at / "borders.qgz"))
    return at / "borders.qgz"


def document(path: Path) -> ET.Element:
    with zipfile.ZipFile(path) as file:
        assert file.namelist() == ["borders.qgs"]
        return ET.fromstring(file.read("borders.qgs"))


def ids(border: str) -> list[str]:
    """Every layer of a drawn border in the project."""
    named = dict.fromkeys((field.name for field in fields(qgis.Drawn)), "")
    drawn = qgis.Drawn(**(named | {"border": border}))  # type: ignore[arg-type]
    return [qgis.key(drawn, name) for name in qgis.names()]


def test_both_borders_stand_in_groups_with_every_layer(made: Path) -> None:
    root = document(made)
    groups = root.findall("layer-tree-group/layer-tree-group")
    assert [group.get("name") for group in groups] == ["Drawn", "Drawn"]
    for group, border in zip(groups, ("us-mx", "mx-gt"), strict=True):
        leaves = [leaf.get("id") for leaf in group.iter("layer-tree-layer")]
        assert leaves == ids(border)
        assert set(qgis.names()) == {*layers.LAYERS, qgis.CUT}
        assert all(leaf.get("name", "")[0].isupper() for leaf in group.iter("layer-tree-layer"))
    known = [node.text for node in root.findall("projectlayers/maplayer/id")]
    assert known == [*ids("us-mx"), *ids("mx-gt"), qgis.BASE]


def test_it_opens_on_the_shortest_border_in_a_plane_that_every_gis_knows(made: Path) -> None:
    root = document(made)
    groups = root.findall("layer-tree-group/layer-tree-group")
    assert [group.get("expanded") for group in groups] == ["0", "1"]
    assert root.findtext("projectCrs/spatialrefsys/authid") == "EPSG:32631"
    west, south, east, north = (float(root.findtext(f"mapcanvas/extent/{side}") or "nan")
                                for side in ("xmin", "ymin", "xmax", "ymax"))  # fmt: skip
    assert 30_000 < east - west < 80_000  # the drawn network is 40 km wide and 60 km high
    assert 60_000 < north - south < 80_000


def test_land_lies_under_everything_and_needs_no_network(made: Path) -> None:
    root = document(made)
    order = [node.get("id") for node in root.findall("layerorder/layer")]
    assert order[-1] == qgis.BASE
    (base,) = [one for one in root.iter("maplayer") if one.findtext("id") == qgis.BASE]
    assert base.findtext("datasource") == "./borders-base.fgb"
    assert (made.parent / "borders-base.fgb").is_file()
    assert "http" not in "".join(node.text or "" for node in root.iter("datasource"))


def test_paths_are_relative(made: Path) -> None:
    sources = [node.text or "" for node in document(made).iter("datasource")]
    known = r"\./((us-mx|mx-gt)(-evidence)?\.gpkg\||borders-base\.fgb$)"
    assert all(re.match(known, source) for source in sources)
    assert str(made.parent) not in zipfile.ZipFile(made).read("borders.qgs").decode()


def test_themes_name_layers_that_are_there(made: Path) -> None:
    root = document(made)
    known = {node.text for node in root.findall("projectlayers/maplayer/id")}
    themes = root.findall("visibility-presets/visibility-preset")
    assert [theme.get("name") for theme in themes] == list(qgis.THEMES)
    for theme in themes:
        assert {layer.get("id") for layer in theme.findall("layer")} <= known


def test_the_north_arrow_and_the_scale_bar_stand_on_the_map(made: Path) -> None:
    """The sheet lies under the map, the map under these; the arrow needs no file of QGIS."""
    for page in document(made).findall("Layouts/Layout"):
        items = {(one.get("id") or "").split()[-1]: one for one in page.iter("LayoutItem")}
        assert {"page", "map", "inset", "north", "scale", "date"} <= items.keys()
        above = {key: float(one.get("zValue") or "nan") for key, one in items.items()}
        assert above["page"] < above["map"] < min(above["north"], above["scale"])
        assert str(items["north"].get("file")).startswith("base64:")


def test_each_page_draws_its_own_border_at_a_depth_where_the_cut_is_stated(made: Path) -> None:
    root = document(made)
    layouts = root.findall("Layouts/Layout")
    assert len(layouts) == 2
    for page, border in zip(layouts, ("us-mx", "mx-gt"), strict=True):
        drawn, inset = (
            {node.text for node in item.findall("LayerSet/Layer")}
            for item in sorted(page.iter("LayoutItem"), key=lambda one: one.get("id", ""))
            if item.find("LayerSet") is not None
        )
        if len(drawn) < len(inset):
            drawn, inset = inset, drawn
        first = [*qgis.THEMES["Minimum cut and chokepoints"]]
        wanted = {key for key, name in zip(ids(border), qgis.names(), strict=True) if name in first}
        assert drawn == {*wanted, qgis.BASE}
        assert inset < {*drawn}
    # The drawn borders state F at 10 and 25 km, not at 50.
    sources = [node.text or "" for node in root.iter("datasource") if "depth_km" in str(node.text)]
    assert sources
    assert all('"depth_km" = 25' in source for source in sources), sources
    texts = [item.get("labelText") or "" for item in root.iter("LayoutItem")]
    assert sum("cut all roads at 25 km" in text for text in texts) == 2


def test_the_orange_links_are_those_of_the_stated_depth(made: Path) -> None:
    root = document(made)
    (cut,) = [one for one in root.iter("maplayer")
              if one.findtext("id") == "us_mx_minimum_cut"]  # fmt: skip
    rows = layers.read(made.parent / "us-mx.gpkg", "cut_links")
    here = rows[(rows["mode"] == "road") & rows["directed"] & (rows["depth_km"] == 25)]
    wanted = set(here.loc[here["end"] == "to", "link_id"])
    assert set(re.findall(r"'([^']+)'", cut.findtext("datasource") or "")) == wanted
    (links,) = [one for one in root.iter("maplayer") if one.findtext("id") == "us_mx_links"]
    legend = [one.get("label") for one in links.findall("renderer-v2/categories/category")]
    assert legend
    assert not any("minimum cut" in str(label) for label in legend)


def test_equal_input_gives_equal_bytes(made: Path, tmp_path: Path) -> None:
    for border in ("us-mx", "mx-gt"):
        for file in (f"{border}.gpkg", f"{border}-evidence.gpkg"):
            shutil.copy(made.parent / file, tmp_path)
    again = tmp_path / "borders.qgz"
    project.project(str(tmp_path / "us-mx.gpkg"), str(tmp_path / "mx-gt.gpkg"), str(again))
    assert again.read_bytes() == made.read_bytes()
    base = "borders-base.fgb"
    assert (tmp_path / base).read_bytes() == (made.parent / base).read_bytes()


def test_a_package_elsewhere_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not in the folder of"):
        project.project(str(made.parent / "us-mx.gpkg"), str(tmp_path / "borders.qgz"))


def looked_at(made: Path, at: Path) -> "subprocess.CompletedProcess[str]":
    """QGIS run over copies in `at`: it leaves files beside a GeoPackage that it opens."""
    tools.need_qgis()
    for path in (made, *made.parent.glob("*.gpkg"), *made.parent.glob("*.fgb")):
        if not (at / path.name).exists():
            shutil.copy(path, at)
    (at / "out").mkdir()
    (at / "run").mkdir(mode=0o700)
    check = Path(__file__).with_name("qgis_check.py")
    return subprocess.run(
        [tools.SYSTEM_PYTHON, str(check), str(at / made.name), str(at / "out")],
        capture_output=True,
        text=True,
        check=False,
        env={"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(at / "run"), "HOME": str(at),
             "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def seen(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    at = tmp_path_factory.mktemp("qgis")
    done = looked_at(made, at)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    found["pictures"] = sorted(path.name for path in (at / "out").iterdir())
    return found


def without_a_layer(package: Path) -> None:
    with closing(sqlite3.connect(package)) as opened, opened:
        opened.execute("DROP TABLE witness_links")
        opened.execute("DELETE FROM gpkg_contents WHERE table_name = 'witness_links'")


def cut_off(package: Path) -> None:
    os.truncate(package, 50_000)


def test_a_warning_of_qgis_fails_the_check(made: Path, tmp_path: Path) -> None:
    """A layer that is gone from one file, and another file that is cut off: both are reported."""
    for border, damage in (("mx-gt", without_a_layer), ("us-mx", cut_off)):
        shutil.copy(made.parent / f"{border}-evidence.gpkg", tmp_path)
        damage(tmp_path / f"{border}-evidence.gpkg")
    done = looked_at(made, tmp_path)
    assert done.returncode != 0
    warned = done.stderr.partition("QGIS warns: ")[2]
    assert "us-mx-evidence.gpkg" in warned
    assert re.search(r"mx-gt-evidence\.gpkg\|layername=witness_links", warned), warned


def test_qgis_reads_it_without_a_warning(seen: dict[str, Any]) -> None:
    assert seen["read"]
    assert seen["crs_valid"]
    assert seen["messages"] == []
    assert seen["layouts"] == ["Drawn (us-mx)", "Drawn (mx-gt)"]
    assert seen["relations"]
    assert all(seen["relations"].values())


def test_qgis_finds_every_layer_valid_and_every_row_drawn(seen: dict[str, Any]) -> None:
    names = dict(zip([*ids("us-mx"), *ids("mx-gt")], [*qgis.names()] * 2, strict=True))
    assert set(seen["layers"]) == {*names, qgis.BASE}
    for key, layer in seen["layers"].items():
        assert layer["valid"], key
        assert layer["unmatched"] == 0, key
        name = names.get(key, "")
        if name in layers.LAYERS:
            assert layer["style_loads"], f"{key}: {layer['style_says']}"
        style = styles.STYLES.get(name)
        if style and layers.LAYERS[name].geometry:
            assert layer["crs"] == "EPSG:4326", key
            legend = [label for _, label, _ in style.classes] if style.expression else [""]
            assert layer["alone"] == legend, key
            if name not in styles.IN_PROJECT:
                assert layer["legend"] == legend, key


def test_qgis_takes_hostile_names_for_text(seen: dict[str, Any]) -> None:
    assert HOSTILE in seen["names"]
    # An expression between [% and %] would be evaluated: the credit says it as it stands.
    plain = HOSTILE.replace("[%", "[ %")
    assert any(f"{plain} source" in text for text in seen["texts"])


def test_qgis_shows_readable_names_of_fields(seen: dict[str, Any]) -> None:
    assert seen["layers"]["us_mx_links"]["aliases"]["length_m"] == "Length (m)"


def test_qgis_paints_the_colours_of_the_styles(seen: dict[str, Any]) -> None:
    assert seen["pictures"] == sorted(
        ["layout-0.png", "layout-1.png"]
        + [f"theme-{name.replace(' ', '-').lower()}.png" for name in qgis.THEMES]
    )
    # Minimum cuts vermilion, official crossings indigo, the line nearly black.
    theme = set(seen["themes"]["Minimum cut and chokepoints"])
    assert {"#d55e00", "#332288", "#1b1f24"} <= theme
    assert "#0072b2" in seen["themes"]["Routes and posts"]
    assert all(len(colours) > 5 for colours in seen["themes"].values())


def test_qgis_draws_land_under_a_real_place(made: Path, tmp_path: Path) -> None:
    """The drawn borders lie in the sea: moved into Switzerland, land is all around them."""
    tools.need_qgis()
    land = basemap.countries((8.9, 46.9, 9.3, 47.3))
    assert "Switzerland" in set(land["name"])
    base = tmp_path / "base.fgb"
    pyogrio.write_dataframe(land, base, layer=qgis.BASE, driver="FlatGeobuf",
                            geometry_type="MultiPolygon")  # fmt: skip
    asked = (
        "import sys; from qgis.core import QgsApplication, QgsVectorLayer;"
        "a = QgsApplication([], False); a.initQgis();"
        "print(QgsVectorLayer(sys.argv[1], 'base', 'ogr').featureCount())"
    )
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([tools.SYSTEM_PYTHON, "-c", asked, str(base)], capture_output=True,
                          text=True, check=True, env=environment)  # fmt: skip
    assert int(done.stdout) == len(land)
