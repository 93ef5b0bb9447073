import json
import re
import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pipeline.core.errors import InputError
from pipeline.report import claim_cards, leaflet, tables, web_map
from pipeline.stages import report
from tests import finished
from tests.reported import HOSTILE, NAMES, built


def test_equal_input_gives_equal_bytes(page: Path, tmp_path: Path) -> None:
    again = built(tmp_path / "again")
    assert again.read_bytes() == page.read_bytes()
    for picture in sorted((page.parent / "pictures").iterdir()):
        assert (again.parent / "pictures" / picture.name).read_bytes() == picture.read_bytes()


def test_it_names_every_claim_its_verdict_and_the_source(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for claim in json.loads((page.parent / "claims.json").read_text()):
        assert claim["statement"] in text
        assert tables.text(claim["why"]) in text
        assert f"</span> {claim['verdict']}</p>" in text
    assert '<aside class="source"' in text
    assert "drawn by hand" in text
    assert len(text) < 15_000_000


def test_every_picture_stands_beside_it_twice(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names = re.findall(r"pictures/([\w-]+)\.svg", text)
    assert names
    assert len(set(names)) == len(names)
    beside = {path.name for path in (page.parent / "pictures").iterdir()}
    assert beside == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    for name in names:
        ET.parse(page.parent / "pictures" / f"{name}.svg")


class Elements(HTMLParser):
    """The page's own addresses, and its inline scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self._open: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for key, value in attrs if key in ("src", "href", "srcset")]
        run = tag in self.inline and dict(attrs).get("type") is None
        self._open = tag if run else None
        if self._open:
            self.inline[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inline[self._open][-1] += data


def test_it_asks_for_nothing_from_outside(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = Elements(text)
    assert all(address.startswith(("#", "data:")) for address in found.addresses)
    assert not any(re.search(r"@import|url\(", style) for style in found.inline["style"])
    assert "sourceMappingURL" not in text


def test_its_policy_lets_run_what_it_holds_and_nothing_else(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for tag, inline in Elements(text).inline.items():
        digests = [b64encode(sha256(one.encode()).digest()).decode() for one in inline]
        assert rules[f"{tag}-src"].split() == [f"'sha256-{digest}'" for digest in digests]


def test_the_map_library_comes_with_its_licence(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "Leaflet 1.9" in text
    assert "Redistributions in binary form must reproduce the above copyright notice" in text
    for rule in re.findall(r"[^{}]*\{[^{}]*\}", leaflet.style()):
        assert "url(" not in rule
    assert ".leaflet-marker-icon" in leaflet.style()


def test_hostile_names_stay_text(hostile: Path) -> None:
    text = hostile.read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert "<img src=x" not in text
    assert all(tables.text(name) in text for name in NAMES)
    downloads = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]*)"', text)
    for encoded in downloads:
        for cell in b64decode(encoded).decode("utf-8-sig").replace("\r\n", ",").split(","):
            assert not cell.lstrip('"').startswith(("=", "@"))


def test_a_broken_file_is_named(page: Path, tmp_path: Path) -> None:
    packages = [str(page.parent / f"{border}.gpkg") for border in ("us-mx", "mx-gt")]
    (tmp_path / "broken.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="got columns"):
        report.report(*packages, str(tmp_path / "broken.csv"), "none.json", "out.html")
    with pytest.raises(InputError, match=r"none\.json: no such file"):
        report.report(*packages, str(page.parent / "comparison.csv"), "none.json", "out.html")


def test_claims_of_borders_that_are_not_there_are_told_once() -> None:
    answers: list[dict[str, Any]] = [
        {"claim": claim, "statement": f"Statement {claim}", "measures": [],
         "verdict": "not measured", "why": "needs two borders"}
        for claim in ("C1", "C2a")
    ]  # fmt: skip
    said = claim_cards.cards(answers, Path("nowhere"), "")
    assert said.count("needs two borders") == 1
    assert all(f"Statement {claim}" in said for claim in ("C1", "C2a"))


# The map's data, and tables -----------------------------------------------------------------------


def test_the_map_draws_what_the_layers_hold(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = re.search(r'id="data-us-mx">(.*?)</script>', text, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    assert data["links_of"] == len(finished.LINKS)
    number = {link: at for at, link in enumerate(data["links"]["id"])}
    assert set(data["cuts"]["road +25 to"]) <= set(number.values())
    assert len(data["cuts"]["road +25 to"]) == data["values"]["road +25"][0]
    assert len(data["witness"]["road +25"]) == data["values"]["road +25"][0]
    # The first vertex, then steps: a drawn link of 10 km due north is 1,000 units of 10 m long.
    steps = data["links"]["shape"][number[data["links"]["id"][0]]]
    assert len(steps) % 2 == 0


def test_permeability_is_drawn_where_it_is_known() -> None:
    plane = web_map._Plane(
        gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1).exterior], crs=4326),
        gpd.GeoDataFrame(geometry=[], crs=4326),
    )
    kilometres = gpd.GeoDataFrame(
        {"walk_minutes": [12.6, None]},
        geometry=[shapely.linestrings([(0, 0), (0.1, 0)]), shapely.linestrings([(0.1, 0), (1, 0)])],
        crs=4326,
    )
    ((minutes, lines),) = web_map._permeability(kilometres, plane)
    assert minutes == 13
    assert len(lines) == 1
    unknown = kilometres.assign(walk_minutes=np.nan)
    assert web_map._permeability(unknown, plane) == []
    assert web_map._permeability(kilometres[["geometry"]], plane) == []


def test_lines_are_simplified_to_the_most_vertices() -> None:
    wave = np.column_stack([np.arange(5000.0), np.sin(np.arange(5000.0) / 30) * 40])
    shapes = np.array([shapely.linestrings(wave)], dtype=object)
    simple, tolerance_m = web_map._simplified(shapes, 120)
    assert shapely.get_num_coordinates(simple).sum() <= 120
    assert tolerance_m > web_map.FIRST_TOLERANCE_M
    assert shapely.hausdorff_distance(simple, shapes)[0] <= tolerance_m / web_map.UNIT_M + 1e-9


def test_steps_add_up_to_the_line() -> None:
    line = shapely.linestrings([(3.2, 4.1), (3.3, 4.2), (10, 4), (12, -6)])
    (steps,) = web_map._lines(line)
    points = np.cumsum(np.array(steps).reshape(-1, 2), axis=0)
    assert points.tolist() == [[3, 4], [10, 4], [12, -6]]


def test_a_table_cell_that_a_spreadsheet_runs_is_quoted() -> None:
    frame = pd.DataFrame({"name": ["=1+1", "@x", "fine", None], "value": [-1.5, 2.0, np.nan, 3.0]})
    link = tables.download(frame, "x.csv")
    found = re.search(r"base64,([^\"]*)", link)
    assert found
    rows = b64decode(found[1]).decode("utf-8-sig").split("\r\n")
    assert rows == ["name,value", "'=1+1,-1.5", "'@x,2", "fine,", ",3", ""]
