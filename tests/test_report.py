import json
import re
import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from markupsafe import escape

from pipeline.core.errors import InputError
from pipeline.publish import basemap
from pipeline.report import assets, borders, profile, summary, tables, words
from pipeline.stages import compare, report
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
        assert text.count(claim["statement"]) >= 2  # on the first screen, and in its section
        assert f'<a href="#claim-{claim["claim"]}">' in text
        assert f'id="claim-{claim["claim"]}"' in text
        assert f"</span> {claim['verdict']}</span>" in text
    assert "drawn by hand" in text
    assert len(text) < 15_000_000


def test_it_opens_with_the_answer_and_calls_borders_by_name(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    first = text[text.index('<main id="main">') : text.index('<section id="maps"')]
    answers = json.loads((page.parent / "claims.json").read_text())
    assert f"Of the {len(answers)} claims: {summary.counts(answers)}." in first
    assert first.count('<tr><th scope="row">') == len(answers)
    shown = re.sub(r"<[^>]*>", " ", first)
    assert "us-mx" not in shown
    assert "mx-gt" not in shown
    assert not re.search(r"\d\.\d{3,}", shown)


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.492932, "share", "49 %"), (0.0049, "share", "0.5 %"), (2592.985, "km", "2,593 km"),
        (4.32, "bn USD", "4.3 bn USD"), (1, "links", "1 link"), (32.0, "links", "32 links"),
        (-0.2, "minutes", "−0.2 minutes"), (None, "km", "–"), (float("nan"), "share", "–"),
        (0, "share", "0 %"), (10.0, "crossings", "10 crossings"),
    ],
)  # fmt: skip
def test_numbers_stand_as_a_person_writes_them(value: float, unit: str, written: str) -> None:
    assert words.measure(value, unit) == written


@pytest.mark.parametrize(
    ("name", "codes", "called"),
    [
        ("United States – Mexico", ("MX", "US"), ("Mexico", "United States")),
        ("Drawn", ("AA", "BB"), ("AA", "BB")),  # BB is Barbados elsewhere
        ("Andorra – España", ("ES", "AD"), ("España", "Andorra")),
    ],
)
def test_a_code_is_a_country_only_where_the_border_says_so(
    name: str, codes: tuple[str, str], called: tuple[str, str]
) -> None:
    row = {"name": [name], "from_country": [codes[0]], "to_country": [codes[1]]}
    assert tuple(words.countries(pd.DataFrame(row)).values()) == called


def test_a_border_of_its_own_opens_with_its_profile(tmp_path: Path) -> None:
    package = finished.gpkg(tmp_path, "ch-li")
    compare.compare(str(package), str(tmp_path))
    out = tmp_path / "report.html"
    files = [str(tmp_path / name) for name in ("comparison.csv", "claims.json")]
    report.report(str(package), *files, str(out))
    text = out.read_text(encoding="utf-8")
    first = text[text.index('<main id="main">') : text.index('<section id="maps"')]
    (border,) = borders.read([str(package)]).values()
    shown = profile.profile(border)
    assert shown.sentence in first
    assert "3 crossings by road" in shown.sentence
    assert re.search(r"; \d closures? cuts? all its roads \d+ km inside (AA|BB)\.", shown.sentence)
    facts = dict(shown.facts)
    assert facts["Crossings, road"] == "2 official, 1 with no control mapped"
    listed = next(table for table in shown.tables if "from the western end" in table.caption)
    crossings = border.layer("crossings").set_index("crossing_id")
    counted = crossings[crossings["counted"] & crossings["mode"].ne("foot")]
    assert [row[1] for row in listed.rows] == sorted(counted["mode"])
    assert {row[3] for row in listed.rows} == set(counted["vehicles"])
    assert "−" not in facts.get("Way round a closed crossing", "")
    assert "claims one by one" not in text


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
    for rule in re.findall(r"[^{}]*\{[^{}]*\}", assets.styles()[0]):
        assert "url(" not in rule
    assert ".leaflet-marker-icon" in assets.styles()[0]


def test_hostile_names_stay_text(hostile: Path) -> None:
    text = hostile.read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert "<img src=x" not in text
    assert all(
        str(escape(name)).replace("\x07", "\ufffd").replace("\x1b", "\ufffd") in text
        for name in NAMES
    )
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
    assert data["base"] == []  # drawn in the sea
    assert data["countries"] == {"AA": "AA", "BB": "BB"}
    # The first vertex, then steps: a drawn link of 10 km due north is 1,000 units of 10 m long.
    steps = data["links"]["shape"][number[data["links"]["id"][0]]]
    assert len(steps) % 2 == 0


def test_land_and_countries_lie_under_a_map() -> None:
    found = basemap.countries((-92.3, 14.5, -88.0, 18.0))
    assert {"Mexico", "Guatemala", "Belize"} <= set(found["name"])
    assert "Brazil" not in set(found["name"])
    west, _, _, north = found.total_bounds
    assert west >= -92.3 - 0.25 * 4.3 - 1e-9
    assert north <= 18.0 + 0.25 * 4.3 + 1e-9
    mexico = found.set_index("name").geometry["Mexico"]
    assert mexico.contains(shapely.Point(-92.0, 16.5))
    assert not mexico.contains(shapely.Point(-90.5, 14.9))


def test_a_table_cell_that_a_spreadsheet_runs_is_quoted() -> None:
    frame = pd.DataFrame({"name": ["=1+1", "@x", "fine", None], "value": [-1.5, 2.0, np.nan, 3.0]})
    link = tables.csv_of(frame, "x.csv")
    rows = b64decode(link.href.partition("base64,")[2]).decode("utf-8-sig").split("\r\n")
    assert rows == ["name,value", "'=1+1,-1.5", "'@x,2", "fine,", ",3", ""]
