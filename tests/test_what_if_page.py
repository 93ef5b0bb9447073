"""What the page works out when crossings are ticked: equal to what the stages work out."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from pipeline.core.frames import records
from pipeline.measures import claims, figures, verdict
from pipeline.publish import layers
from pipeline.report import what_if_claim
from pipeline.report.borders import Border
from pipeline.stages import compare
from pipeline.travel import closing
from tests import browser, finished, tools

BORDERS = ("us-mx", "mx-gt")
TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
ROOMS_KM = 4.0  # random crossings lie on a line of so many km: several to a site
BOXES = "[...document.querySelectorAll('[data-whatif=%s] input')].map((box) => box.value)"


@pytest.fixture(scope="module")
def opened(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    tools.need_chromium()
    with browser.page(tmp_path_factory.mktemp("chromium") / "profile") as view:
        view.open(page, 1280)
        yield view


def ticked(opened: browser.Page, border: str, ids: list[str]) -> dict[str, Any]:
    """What the page works out of travel when these crossings of a border alone are ticked."""
    opened.run(f"""document.querySelectorAll('[data-whatif={border}] input').forEach((box) => {{
      if (box.checked !== {ids}.includes(box.value)) box.click(); }})""")
    found = f"document.querySelector('[data-whatif={border}]').dataset.effect"
    effect: dict[str, Any] = json.loads(opened.run(found))
    return effect


def test_shares_and_minutes_are_those_of_the_stages(opened: browser.Page) -> None:
    ids = sorted(opened.run(BOXES % "us-mx"))
    assert len(set(ids)) == 3
    chosen = finished.chosen(len(ids))
    for number in range(2 ** len(ids)):
        closed = np.flatnonzero([number >> at & 1 for at in range(len(ids))])
        effect = ticked(opened, "us-mx", [ids[at] for at in closed])
        wanted = closing.effect(chosen, closed)
        assert effect["stopped"] == pytest.approx(wanted["demand_stopped_share"], abs=1e-6)
        assert effect["cutOff"] == pytest.approx(wanted["cut_off_share"], abs=1e-6)
        assert effect["extra"] == pytest.approx(wanted["mean_extra_minutes"], abs=0.02)
        assert sum(effect["share"]) == pytest.approx(1 - effect["cutOff"], abs=1e-6)
        assert all(effect["share"][at] == 0 for at in closed)


@pytest.mark.parametrize(
    ("of_first", "of_second"), [((), ()), ((0,), ()), ((), (0, 1)), ((0, 1, 2), ()), ((1,), (2,))]
)
def test_headline_and_verdict_are_those_of_the_stages(
    opened: browser.Page,
    page: Path,
    tmp_path: Path,
    of_first: tuple[int, ...],
    of_second: tuple[int, ...],
) -> None:
    """Ticked in the page, and closed in the GeoPackages that are then compared anew."""
    packages: list[str] = []
    for border, places in zip(BORDERS, (of_first, of_second), strict=True):
        ids = sorted(opened.run(BOXES % border))
        ticked(opened, border, [ids[at] for at in places])
        packages.append(str(shutil.copy(page.parent / f"{border}.gpkg", tmp_path)))
        evidence = page.parent / f"{border}-evidence.gpkg"
        shutil.copy(evidence, tmp_path)
        close(Path(packages[-1]), [ids[at] for at in places])
    compare.compare(*packages, str(tmp_path))
    judged = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    wanted = next(answer for answer in judged if answer["claim"] == "C2a")
    verdict = json.loads(opened.run("document.querySelector('.verdictline').dataset.verdict"))
    headline = wanted["measures"][0]
    assert [verdict["first"], verdict["second"]] == [headline[border] for border in BORDERS]
    assert verdict["verdict"] == wanted["verdict"]
    line = opened.run("document.querySelector('.verdictline').textContent")
    assert f"Claim C2a: {wanted['verdict']}" in line
    dimmed = "document.querySelectorAll('[data-map=us-mx] .symbol.closed').length"
    assert opened.run(dimmed) == len(of_first)
    for border in BORDERS:
        ticked(opened, border, [])


def close(package: Path, ids: list[str]) -> None:
    """Mark crossings of a GeoPackage as closed."""
    with sqlite3.connect(package) as file:
        # Triggers of the spatial index call functions that SQLite alone does not have.
        for (name,) in file.execute(TRIGGERS).fetchall():
            file.execute(f'DROP TRIGGER "{name}"')
        changed = ((one,) for one in ids)
        file.executemany("UPDATE crossings SET status = 'closed' WHERE crossing_id = ?", changed)
    file.close()


def random_crossings(one: pd.DataFrame, seed: int) -> gpd.GeoDataFrame:
    """Crossings of all kinds, close to each other, each otherwise as the one given."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 30))
    frame = pd.concat([one] * n, ignore_index=True)
    at = rng.uniform(0, ROOMS_KM / 100, (2, n))
    return gpd.GeoDataFrame(
        frame.assign(
            crossing_id=[f"c{number}" for number in range(n)],
            mode=rng.choice(["road", "road", "rail", "foot"], n),
            status=rng.choice(["official", "official", "informal", "unmarked", "closed"], n),
            **{"class": rng.choice(["primary", "track", "restricted"], n)},
            counted=rng.random(n) < 0.9,
            n_links=rng.integers(1, 4, n),
            lanes=rng.integers(1, 9, n),
        ),
        geometry=gpd.points_from_xy(*at),
        crs=one.crs,
    )


@pytest.mark.parametrize("seed", range(3))
def test_verdict_on_crossings_of_every_kind(opened: browser.Page, page: Path, seed: int) -> None:
    asked = claims.read()
    asked = claims.Claims(
        asked.borders, asked.spoken_of, asked.rules,
        tuple(claim for claim in asked.claims if claim.claim == "C2a"),
        inventories=asked.inventories if seed % 2 else (),
    )  # fmt: skip
    found = {
        border: {name: layers.read(str(page.parent / f"{border}.gpkg"), name)
                 for name in figures.LAYERS}
        for border in BORDERS
    }  # fmt: skip
    for number, tables in enumerate(found.values()):
        tables["crossings"] = random_crossings(tables["crossings"].iloc[:1], 2 * seed + number)
    before = judged(asked, found)
    drawn = what_if_claim.draw([before], [as_border(key, one) for key, one in found.items()])
    assert drawn is not None
    assert drawn["left_out"] == 0
    rng = np.random.default_rng(seed)
    for share in (0.0, 0.3, 0.9):
        closed = {
            key: [one for one in tables["crossings"]["crossing_id"] if rng.random() < share]
            for key, tables in found.items()
        }
        ids = {key: f"new Set({json.dumps(each)})" for key, each in closed.items()}
        sets = ", ".join(f"'{key}': {each}" for key, each in ids.items())
        verdict = opened.run(f"whatIf.verdict({json.dumps(drawn)}, {{{sets}}})")
        wanted = judged(asked, with_closed(found, closed))
        counted = [one for one in wanted["measures"] if one["role"] in ("primary", "variant")]
        assert [[one["first"], one["second"]] for one in verdict["results"]] == [
            [one[border] for border in BORDERS] for one in counted
        ]
        assert verdict["verdict"] == wanted["verdict"]


def with_closed(
    found: dict[str, dict[str, pd.DataFrame]], closed: dict[str, list[str]]
) -> dict[str, dict[str, pd.DataFrame]]:
    """The layers with these crossings closed."""
    changed = {}
    for key, tables in found.items():
        rows = tables["crossings"]
        status = rows["status"].mask(rows["crossing_id"].isin(closed[key]), "closed")
        changed[key] = tables | {"crossings": rows.assign(status=status)}
    return changed


def judged(asked: claims.Claims, found: dict[str, dict[str, pd.DataFrame]]) -> dict[str, Any]:
    """The answer to the only claim asked for, from layers."""
    rows = {
        (border, row["mode"], row["key"]): row
        for border, tables in found.items()
        for row in records(figures.figures(tables, asked))
    }
    return verdict.judge(asked, rows, {})[0]


def as_border(key: str, tables: dict[str, pd.DataFrame]) -> Border:
    return Border(key, key, {}, "", "", {}, tables.__getitem__)
