"""The report as a browser shows it: silent, closed to the outside, for mouse, keys and reader."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import access, browser, tools
from tests.reported import HOSTILE, NAMES
from tests.test_what_if_page import ticked


@pytest.fixture(scope="module")
def opened(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    tools.need_chromium()
    with browser.page(tmp_path_factory.mktemp("chromium") / "profile") as view:
        view.open(page, 1280)
        yield view


def test_it_opens_in_silence_and_asks_for_nothing(opened: browser.Page, page: Path) -> None:
    assert opened.complaints == []
    asked = [url for url in opened.requests if not url.startswith("data:")]
    assert set(asked) == {page.resolve().as_uri()}


@pytest.mark.parametrize("width", [1400, 768, 400])
def test_nothing_sticks_out_at_any_width(opened: browser.Page, width: int) -> None:
    opened.resize(width, 900)
    opened.settle()
    assert opened.run("document.documentElement.scrollWidth") <= width
    opened.resize(1280, 900)
    opened.settle()


def test_a_crossing_chosen_shows_its_figures_and_bypass(opened: browser.Page) -> None:
    chosen = """(() => {
      const section = document.querySelector('[data-map="us-mx"]');
      const list = section.querySelector('.goto select');
      const option = [...list.options].find((o) => o.textContent === 'Puente');
      list.value = option.value;
      list.dispatchEvent(new Event('change'));
      return section.querySelector('.detail').innerText; })()"""
    text = opened.run(chosen)
    assert "Puente" in text
    assert re.search(r"Minutes round it\s+70", text)
    assert re.search(r"First choice of\s+\d", text)
    green = '.canvas path[stroke="#009e73"]'
    greens = f"document.querySelectorAll('[data-map=us-mx] {green}').length"
    assert opened.run(greens) == 1
    opened.run("document.querySelector('[data-map=\"us-mx\"] .detail > button').click()")
    assert opened.run(greens) == 0


def settled(opened: browser.Page, script: str) -> Any:
    """What the script gives once it gives the same twice: the page draws when it has time."""
    before, now = None, opened.run(script)
    while now != before:
        time.sleep(0.2)
        before, now = now, opened.run(script)
    return now


def in_view(opened: browser.Page, border: str) -> None:
    """Bring a map into view, all of it, nothing chosen."""
    section = f"document.querySelector('[data-map={border}]')"
    opened.run(f"{section}.scrollIntoView({{behavior:'instant'}})")
    opened.run(f"{section}.querySelector('.canvas').focus({{preventScroll:true}})")
    for key in ("Escape", "0"):
        opened.key(key)


WHERE = """(() => { const p = document.querySelector(
  '[data-map=us-mx] .symbol.crossings').getBoundingClientRect(); return [p.x, p.y]; })()"""


def test_switches_and_keys_do_what_they_say(opened: browser.Page) -> None:
    in_view(opened, "us-mx")
    blue = '.leaflet-routes-pane path[stroke="#0072b2"]'
    lines = f"document.querySelectorAll('[data-map=us-mx] {blue}').length"
    assert settled(opened, lines) == 0
    switch = """(() => { const box = [...document.querySelectorAll('#maps .controls label')]
      .find((l) => l.textContent.includes('%s')).querySelector('input'); box.click(); })()"""
    opened.run(switch % "witness")
    assert settled(opened, lines) == 2  # F(D) at the depth that is shown first
    crossings = "document.querySelectorAll('[data-map=us-mx] .symbol.crossings').length"
    assert opened.run(crossings) == 3
    opened.run(switch % "crossings")
    assert opened.run(crossings) == 0
    opened.run(switch % "crossings")
    in_view(opened, "us-mx")
    start = settled(opened, WHERE)
    opened.key("+")
    larger = settled(opened, WHERE)
    assert larger != start
    opened.key("ArrowLeft")
    assert settled(opened, WHERE) != larger
    opened.key("0")
    assert settled(opened, WHERE) == start


def test_showing_all_is_not_lost_while_the_map_still_zooms(opened: browser.Page) -> None:
    in_view(opened, "us-mx")
    start = settled(opened, WHERE)
    press = "document.querySelector('[data-map=us-mx] [aria-label=\"%s\"]').click()"
    opened.run(press % "Zoom in")
    opened.settle()
    assert opened.run("document.querySelectorAll('.leaflet-zoom-anim').length") == 1
    opened.run(press % "Show all")
    time.sleep(0.5)  # longer than a zoom takes
    assert settled(opened, WHERE) == start


def test_the_wheel_turns_the_page_until_the_map_is_chosen(opened: browser.Page) -> None:
    in_view(opened, "us-mx")
    x, y = opened.run("""(() => { const c = document.querySelector('[data-map=us-mx] .canvas')
      .getBoundingClientRect(); return [c.x + c.width / 2, c.y + c.height / 2]; })()""")
    apart = """(() => { const [a, b] = [...document.querySelectorAll(
      '[data-map=us-mx] .symbol.crossings')].map((n) => n.getBoundingClientRect().x);
      return Math.round(Math.abs(a - b)); })()"""
    opened.run("document.activeElement.blur()")
    before = settled(opened, apart)
    opened.wheel(x, y, -120)
    assert settled(opened, apart) == before
    in_view(opened, "us-mx")
    opened.wheel(x, y, -120)
    time.sleep(0.2)
    assert settled(opened, apart) > before
    in_view(opened, "us-mx")


def middle(opened: browser.Page, selector: str) -> tuple[float, float]:
    x, y = opened.run(f"""(() => {{ const p = document.querySelector('{selector}')
      .getBoundingClientRect(); return [p.x + p.width / 2, p.y + p.height / 2]; }})()""")
    return x, y


def test_a_click_on_the_map_chooses_what_is_there(opened: browser.Page) -> None:
    in_view(opened, "mx-gt")
    detail = "document.querySelector('[data-map=mx-gt] .detail').innerText"
    x, y = middle(opened, "[data-map=mx-gt] .symbol.crossings")
    opened.hover(x, y)
    tip = "document.querySelector('[data-map=mx-gt] .leaflet-tooltip')?.innerText"
    assert settled(opened, tip) == "Paso"
    opened.click(x, y)
    assert opened.run(detail).startswith("Paso")
    opened.key("Escape")
    assert opened.run(detail).startswith("Drawn, road, 25 km into BB")


def test_a_link_can_be_pointed_at_and_chosen(opened: browser.Page) -> None:
    """On the canvas no link has an element of its own; a road leads north from every crossing."""
    in_view(opened, "mx-gt")
    x, y = middle(opened, "[data-map=mx-gt] .symbol.crossings")
    detail = "document.querySelector('[data-map=mx-gt] .detail').innerText"
    tip = "document.querySelector('[data-map=mx-gt] .leaflet-tooltip')?.innerText"
    opened.hover(x, y - 40)
    assert settled(opened, tip)
    opened.click(x, y - 40)
    assert re.search(r"Link\s+\S+.*Class\s+\S+", opened.run(detail), re.S)
    sky = '.canvas path[stroke="#56b4e9"]'
    picked = f"document.querySelectorAll('[data-map=mx-gt] {sky}').length"
    assert opened.run(picked) == 1
    opened.click(x + 12, y - 40)
    assert opened.run(picked) == 0
    assert opened.run(detail).startswith("Drawn, road, 25 km into BB")


def choose(opened: browser.Page, box: str, value: str) -> None:
    """Choose a value in one of the boxes that stand above all maps."""
    opened.run(f"""(() => {{ const box = [...document.querySelectorAll('#maps .controls label')]
      .find((l) => l.textContent.startsWith('{box}')).querySelector('select');
      box.value = '{value}'; box.dispatchEvent(new Event('change')); }})()""")
    opened.settle()


def go_to(opened: browser.Page, border: str, title: str) -> None:
    """Choose a crossing of a map by its title."""
    opened.run(f"""(() => {{
      const list = document.querySelector('[data-map={border}] .goto select');
      list.value = [...list.options].find((o) => o.textContent === '{title}').value;
      list.dispatchEvent(new Event('change')); }})()""")
    opened.settle()


def test_mode_and_depth_are_those_of_both_maps(opened: browser.Page) -> None:
    titles = "[...document.querySelectorAll('[data-map] .detail h4')].map((n) => n.textContent)"
    choose(opened, "Depth", "-10")
    assert opened.run(titles) == ["Drawn, road, 10 km into AA"] * 2
    choose(opened, "Mode", "rail")
    assert all(title.startswith("Drawn, rail") for title in opened.run(titles))
    choose(opened, "Mode", "road")
    choose(opened, "Depth", "+25")
    assert opened.run(titles) == ["Drawn, road, 25 km into BB"] * 2


def test_what_was_chosen_goes_with_its_mode(opened: browser.Page) -> None:
    """A crossing by road, its figures and its bypass, do not stay when railways are shown."""
    detail = "document.querySelector('[data-map=us-mx] .detail').innerText"
    green = "document.querySelectorAll('[data-map=us-mx] .canvas path[stroke=\"#009e73\"]').length"
    go_to(opened, "us-mx", "Puente")
    assert opened.run(detail).startswith("Puente")
    assert opened.run(green) == 1
    choose(opened, "Depth", "+10")
    assert opened.run(detail).startswith("Puente")  # it is on the map at any depth
    choose(opened, "Mode", "rail")
    assert opened.run(detail).startswith("Drawn, rail")
    assert opened.run(green) == 0
    choose(opened, "Mode", "road")
    choose(opened, "Depth", "+25")


def test_go_to_lists_crossings_by_name(opened: browser.Page) -> None:
    listed = "[...document.querySelectorAll('[data-map=us-mx] .goto optgroup')].map((group) =>" \
        " [group.label, [...group.children].map((o) => o.textContent)])"  # fmt: skip
    for kind, titles in opened.run(listed):
        assert kind in ("crossings", "cut sites")
        assert titles == sorted(titles, key=str.casefold)


def test_a_view_can_be_sent_by_its_address(opened: browser.Page, page: Path) -> None:
    choose(opened, "Depth", "-10")
    go_to(opened, "mx-gt", "Paso")
    first = "document.querySelector('[data-whatif=us-mx] input').value"
    closed = opened.run(first)
    ticked(opened, "us-mx", [closed])
    address = opened.run("location.hash")
    opened.open(page, 1280)
    assert opened.run("document.querySelector('[data-map=mx-gt] .detail h4').textContent") != "Paso"
    opened.run(f"location.hash = {json.dumps(address)}")
    opened.settle()
    assert opened.run("document.querySelector('[data-map=mx-gt] .detail h4').textContent") == "Paso"
    title = "document.querySelector('[data-map=us-mx] .detail h4').textContent"
    assert opened.run(title) == "Drawn, road, 10 km into AA"
    assert opened.run("document.querySelector('[data-whatif=us-mx] input:checked').value") == closed
    opened.run("location.hash = '#view?mode=nonsense&depth=1e9&closed=%3Cscript%3E'")
    opened.settle()
    assert opened.complaints == []
    opened.open(page, 1280)


def test_on_paper_nothing_is_folded_away_and_no_control_is_left(opened: browser.Page) -> None:
    opened.run("dispatchEvent(new Event('beforeprint'))")
    assert opened.run("document.querySelectorAll('details:not([open])').length") == 0
    opened.send("Emulation.setEmulatedMedia", media="print")
    shown = "[...document.querySelectorAll('button, select, .screen, summary, input')]" \
        ".filter((n) => n.getClientRects().length).length"  # fmt: skip
    assert opened.run(shown) == 0
    opened.send("Emulation.setEmulatedMedia", media="screen")
    opened.run("dispatchEvent(new Event('afterprint'))")
    assert opened.run("document.querySelectorAll('details[open]').length") == 0
    opened.settle()


def test_the_answer_stands_on_the_first_screen(opened: browser.Page) -> None:
    opened.resize(1400, 900)
    opened.settle()
    ends = "document.querySelector('table.claims').getBoundingClientRect().bottom + scrollY"
    assert opened.run(ends) <= 900
    opened.resize(1280, 900)
    opened.settle()


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
    if (document.querySelectorAll(`body > ${tag}, #answer > ${tag}`).length !== 1)
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


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_bar(opened: browser.Page, width: int) -> None:
    opened.resize(width, 900)
    in_view(opened, "us-mx")
    opened.hover(*middle(opened, "[data-map=us-mx] .symbol.crossings"))
    assert access.barriers(opened) == []
    opened.resize(1280, 900)


def test_axe_finds_in_print_no_bar_but_the_one_that_is_put_there(opened: browser.Page) -> None:
    opened.run("document.querySelector('main').append(Object.assign("
               "document.createElement('img'), {src: 'data:,', id: 'bar'}))")  # fmt: skip
    found = access.barriers(opened, "print")
    opened.run("document.getElementById('bar').remove()")
    assert len(found) == 1
    assert found[0].startswith("critical: Images must have alternate text")


def test_hostile_names_run_nothing_in_a_browser(
    opened: browser.Page, page: Path, hostile: Path
) -> None:
    opened.open(hostile, 1280)
    opened.run("""document.querySelectorAll('#maps select').forEach((list) => {
      for (const option of list.options) { list.value = option.value;
        list.dispatchEvent(new Event('change')); } })""")
    assert opened.run("window.hacked") is None
    assert opened.run("document.querySelectorAll('img[src=x]').length") == 0
    assert HOSTILE in opened.run("document.body.textContent")
    in_view(opened, "us-mx")
    opened.hover(*middle(opened, "[data-map=us-mx] .symbol.crossings"))
    tip = "document.querySelector('[data-map=us-mx] .leaflet-tooltip')"
    assert settled(opened, f"{tip}?.textContent") == " ".join(NAMES[:2])
    assert opened.run(f"{tip}.querySelectorAll('*').length") == 1  # its bdi
    assert opened.complaints == []
    opened.open(page, 1280)
