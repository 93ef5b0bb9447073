import json
import re
import time
import xml.etree.ElementTree as ET
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import compare, publish, report
from pipeline.errors import InputError
from pipeline.page import charts, htmltable, pagemap
from pipeline.verdicts import tipping
from tests import browser, finished, tools

HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
NAMES = (
    f"=1+1 {HOSTILE}",
    '=HYPERLINK("http://x.test","y")',
    '"; DROP TABLE links; --',
    "\u202egnol$`${x}`",
)


def built(at: Path, *names: str) -> Path:
    """The report of two drawn borders with these names of crossings."""
    packages = []
    for border, name in zip(("us-mx", "mx-gt"), names or ("Puente", "Paso"), strict=True):
        at.mkdir(exist_ok=True)
        packages.append(at / f"{border}.gpkg")
        publish.publish(*finished.folders(at, border, name=name), str(packages[-1]))
    out = [str(path) for path in packages]
    compare.compare(*out, str(at))
    page = at / "report.html"
    report.report(*out, str(at / "comparison.csv"), str(at / "claims.json"), str(page))
    return page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def opened(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    tools.need_chromium()
    with browser.page(tmp_path_factory.mktemp("chromium") / "profile") as view:
        view.open(page, 1280)
        yield view


def test_equal_input_gives_equal_bytes(page: Path, tmp_path: Path) -> None:
    again = built(tmp_path / "again")
    assert again.read_bytes() == page.read_bytes()
    for picture in sorted((page.parent / "pictures").iterdir()):
        assert (again.parent / "pictures" / picture.name).read_bytes() == picture.read_bytes()


def test_it_names_every_claim_its_verdict_and_the_source(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for claim in json.loads((page.parent / "claims.json").read_text()):
        assert claim["statement"] in text
        assert htmltable.text(claim["why"]) in text
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


def test_it_asks_for_nothing_from_outside(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    sources = re.findall(r'\s(?:src|href)="([^"]*)"', text)
    assert all(source.startswith(("#", "data:")) for source in sources)
    assert not re.search(r"@import|url\((?!data:)", text)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("hostile"), " ".join(NAMES[:2]), "".join(NAMES[:1:-1]))


def test_hostile_names_stay_text(hostile: Path) -> None:
    text = hostile.read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert "<img src=x" not in text
    assert all(htmltable.text(name) in text for name in NAMES)
    tables = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]*)"', text)
    for encoded in tables:
        for cell in b64decode(encoded).decode("utf-8-sig").replace("\r\n", ",").split(","):
            assert not cell.lstrip('"').startswith(("=", "@"))


def test_a_broken_file_is_named(page: Path, tmp_path: Path) -> None:
    packages = [str(page.parent / f"{border}.gpkg") for border in ("us-mx", "mx-gt")]
    (tmp_path / "broken.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="got columns"):
        report.report(*packages, str(tmp_path / "broken.csv"), "none.json", "out.html")
    with pytest.raises(InputError, match=r"none\.json: no such file"):
        report.report(*packages, str(page.parent / "comparison.csv"), "none.json", "out.html")


# The map's data, charts and tables ----------------------------------------------------------------


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


def test_lines_are_simplified_to_the_most_vertices() -> None:
    import shapely

    wave = np.column_stack([np.arange(5000.0), np.sin(np.arange(5000.0) / 30) * 40])
    shapes = np.array([shapely.linestrings(wave)], dtype=object)
    simple, tolerance_m = pagemap._simplified(shapes, 120)
    assert shapely.get_num_coordinates(simple).sum() <= 120
    assert tolerance_m > pagemap.FIRST_TOLERANCE_M
    assert shapely.hausdorff_distance(simple, shapes)[0] <= tolerance_m / pagemap.UNIT_M + 1e-9


def test_steps_add_up_to_the_line() -> None:
    import shapely

    line = shapely.linestrings([(3.2, 4.1), (3.3, 4.2), (10, 4), (12, -6)])
    (steps,) = pagemap._lines(line)
    points = np.cumsum(np.array(steps).reshape(-1, 2), axis=0)
    assert points.tolist() == [[3, 4], [10, 4], [12, -6]]


def measure(first: float, second: float, role: str = "variant") -> dict[str, Any]:
    ratio = first / second if second else None
    return {"role": role, "measure": "min_cut", "mode": "road", "per": "border", "unit": "links",
            "us-mx": first, "mx-gt": second, "ratio": ratio, "supports": first > second,
            "why_absent": None}  # fmt: skip


def test_the_tipping_point_is_the_least_that_flips() -> None:
    measures = [measure(32, 5, "primary"), *[measure(20 + at, 5) for at in range(19)]]
    claim = {"measures": measures, "verdict": "supported"}
    fewer, level, turn = tipping.roads(claim, ("us-mx", "mx-gt")) or ("", 0, None)
    assert (fewer, level) == ("mx-gt", 27)

    def share(more: int) -> float:
        return float(np.mean([m["us-mx"] > m["mx-gt"] + more for m in measures]))

    assert turn == next(more for more in range(100) if share(more) < 0.9)


def test_no_tipping_point_where_roads_are_not_counted() -> None:
    length = measure(3000, 800, "primary") | {"measure": "length"}
    borders = ("us-mx", "mx-gt")
    assert tipping.roads({"measures": [length], "verdict": "supported"}, borders) is None
    assert tipping.roads({"measures": [], "verdict": "not measured"}, borders) is None
    level = {"measures": [measure(5, 5, "primary")], "verdict": "contradicted"}
    assert tipping.roads(level, borders) is None


def test_ratios_of_nought_and_over_nought_are_drawn() -> None:
    claim = {"claim": "C6", "measures": [measure(0, 3, "primary"), measure(4, 0), measure(4, 2)]}
    figure = charts.specification(claim, ("us-mx", "mx-gt"))
    assert figure is not None
    figure.canvas.draw()
    assert {"0", "n / 0"} <= {tick.get_text() for tick in figure.axes[0].get_yticklabels()}


def test_the_curves_carry_the_fewest_closings() -> None:
    shares = {"us-mx": [0.2, 0.5, 0.7, 0.9, 0.95], "mx-gt": [0.1, 1 - 1e-12]}
    rows = {
        border: pd.DataFrame({"mode": "road", "aim": "stop", "k": range(1, len(of) + 1)}).assign(
            demand_stopped_share=of
        )
        for border, of in shares.items()
    }
    marked = {border: charts.closings_marked(pd.Series(of, range(1, len(of) + 1)))
              for border, of in shares.items()}  # fmt: skip
    assert marked == {"us-mx": {2: ["k50"], 4: ["k90"]}, "mx-gt": {2: ["k50", "k90", "k100"]}}
    figure = charts.closures(rows, "road")
    assert figure is not None
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert texts == {"k50 = 2", "k90 = 4", "k50 = k90 = k100 = 2"}
    assert charts.closings_marked(pd.Series(dtype=float)) == {}


def test_absent_and_empty_layers_leave_their_pictures_out() -> None:
    assert charts.closures({"us-mx": pd.DataFrame({"mode": []}).assign(
        demand_stopped_share=[], k=[], aim=[])}, "road") is None  # fmt: skip
    assert charts.permeability("us-mx", pd.DataFrame()) is None
    assert charts.overview([], ("us-mx", "mx-gt")) is None


def test_a_table_cell_that_a_spreadsheet_runs_is_quoted() -> None:
    frame = pd.DataFrame({"name": ["=1+1", "@x", "fine", None], "value": [-1.5, 2.0, np.nan, 3.0]})
    link = htmltable.download(frame, "x.csv")
    found = re.search(r"base64,([^\"]*)", link)
    assert found
    rows = b64decode(found[1]).decode("utf-8-sig").split("\r\n")
    assert rows == ["name,value", "'=1+1,-1.5", "'@x,2", "fine,", ",3", ""]


# In a browser -------------------------------------------------------------------------------------


def test_it_opens_in_silence_and_asks_for_nothing(opened: browser.Page, page: Path) -> None:
    assert opened.complaints == []
    asked = [url for url in opened.requests if not url.startswith("data:")]
    assert set(asked) == {page.resolve().as_uri()}


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_nothing_sticks_out_at_any_width(opened: browser.Page, width: int) -> None:
    opened.resize(width, 900)
    opened.settle()
    assert opened.run("document.documentElement.scrollWidth") <= width
    opened.resize(1280, 900)
    opened.settle()


def test_a_crossing_chosen_shows_its_figures_and_bypass(opened: browser.Page) -> None:
    chosen = """(() => {
      const section = document.querySelector('[data-map="us-mx"]');
      const list = [...section.querySelectorAll('select')].at(-1);
      const option = [...list.options].find((o) => o.textContent === 'Puente');
      list.value = option.value;
      list.dispatchEvent(new Event('change'));
      return section.querySelector('.detail').innerText; })()"""
    said = opened.run(chosen)
    assert "Puente" in said
    assert re.search(r"Minutes round it\s+70", said)
    assert re.search(r"First choice of\s+\d", said)
    greens = 'document.querySelectorAll(\'[data-map="us-mx"] path[stroke="#009e73"]\').length'
    assert opened.run(greens) > 1  # one is the legend's


def settled(opened: browser.Page, script: str) -> Any:
    """What the script gives once it gives the same twice: the page draws when it has time."""
    before, now = None, opened.run(script)
    while now != before:
        time.sleep(0.2)
        before, now = now, opened.run(script)
    return now


def test_switches_and_keys_do_what_they_say(opened: browser.Page) -> None:
    blue = 'document.querySelectorAll(\'[data-map="us-mx"] .canvas path[stroke="#0072b2"]\').length'
    before = settled(opened, blue)
    opened.run("""(() => { const box = [...document.querySelectorAll('[data-map="us-mx"] label')]
      .find((l) => l.textContent.includes('witness')).querySelector('input'); box.click(); })()""")
    assert settled(opened, blue) > before
    where = "document.querySelector('[data-map=\"us-mx\"] svg g').getAttribute('transform')"
    opened.run("document.querySelector('[data-map=\"us-mx\"] .canvas svg').focus()")
    opened.key("0")
    start = settled(opened, where)
    opened.key("+")
    larger = settled(opened, where)
    assert larger != start
    opened.key("ArrowLeft")
    assert settled(opened, where) != larger
    opened.key("0")
    assert settled(opened, where) == start


def test_a_click_on_the_map_chooses_what_is_there(opened: browser.Page) -> None:
    opened.run(
        "document.querySelector('[data-map=\"mx-gt\"]').scrollIntoView({behavior:'instant'})"
    )
    opened.settle()
    x, y = opened.run("""(() => { const p = [...document.querySelectorAll(
      '[data-map="mx-gt"] .canvas svg path[fill="#0072b2"]')].find((n) =>
      n.getAttribute('display') !== 'none').getBoundingClientRect();
      return [p.x + p.width / 2, p.y + p.height / 2]; })()""")
    opened.click(x, y)
    assert "Paso" in opened.run("document.querySelector('[data-map=\"mx-gt\"] .detail').innerText")


ACCESS = """(() => {
  const wrong = [];
  const say = (what, node) => wrong.push(`${what}: ${node.outerHTML.slice(0, 120)}`);
  document.querySelectorAll('img:not([alt]), img[alt=""]').forEach((n) => say('no alt', n));
  document.querySelectorAll('th:not([scope])').forEach((n) => say('no scope', n));
  document.querySelectorAll('table').forEach((n) => n.caption || say('no caption', n));
  document.querySelectorAll('input, select').forEach((n) =>
    n.labels.length || n.ariaLabel || say('no label', n));
  document.querySelectorAll('button').forEach((n) => n.innerText.trim() || n.ariaLabel ||
    say('no name', n));
  const ids = [...document.querySelectorAll('[id]')].map((n) => n.id);
  if (new Set(ids).size < ids.length) wrong.push('an id stands twice');
  document.querySelectorAll('[aria-labelledby]').forEach((n) =>
    document.getElementById(n.getAttribute('aria-labelledby')) || say('label missing', n));
  document.querySelectorAll('a[href^="#"]').forEach((n) =>
    document.querySelector(n.getAttribute('href')) || say('leads nowhere', n));
  let level = 0;
  document.querySelectorAll('h1, h2, h3, h4').forEach((n) => {
    const now = Number(n.tagName[1]);
    if (now > level + 1) say('heading skipped', n);
    level = now;
  });
  for (const tag of ['main', 'header', 'nav', 'footer'])
    if (document.querySelectorAll(`body > ${tag}, body > header > ${tag}`).length !== 1)
      wrong.push(`not one ${tag}`);
  const light = (colour) => { const [r, g, b] = colour.map((c) => { c /= 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(node) || node.closest('script, style, svg'))
      continue;
    seen.add(node);
    let under = node, ground = [255, 255, 255];
    while (under) { const [r, g, b, a = 1] = parse(getComputedStyle(under).backgroundColor);
      if (a > 0.5) { ground = [r, g, b]; break; } under = under.parentElement; }
    const [a, b] = [light(parse(getComputedStyle(node).color).slice(0, 3)), light(ground)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) say(`contrast ${ratio.toFixed(2)}`, node);
  }
  return wrong; })()"""


def test_it_can_be_read_without_eyes_and_with_weak_ones(opened: browser.Page) -> None:
    assert opened.run(ACCESS) == []


def test_hostile_names_run_nothing_in_a_browser(
    opened: browser.Page, page: Path, hostile: Path
) -> None:
    opened.open(hostile, 1280)
    opened.run("""document.querySelectorAll('[data-map] select').forEach((list) => {
      for (const option of list.options) { list.value = option.value;
        list.dispatchEvent(new Event('change')); } })""")
    assert opened.run("window.hacked") is None
    assert opened.run("document.querySelectorAll('img[src=x]').length") == 0
    assert HOSTILE in opened.run("document.body.textContent")
    assert opened.complaints == []
    opened.open(page, 1280)
