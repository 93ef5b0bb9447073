"""How far the embedded source reaches, beside an independent map."""

from pathlib import Path

import pytest
from shapely import box

from pipeline.core import borderfile
from pipeline.network import tags
from pipeline.sources.gazetteer import facts
from pipeline.sources.gazetteer.facts import Facts
from tests.embedded import (
    BORDERS,
    FOLDER,
    ROOT,
    SHARED,
    Drawn,
    Tags,
    countries,
    lines_of,
    projected,
)


@pytest.fixture(scope="module")
def tables() -> Facts:
    return facts.read(FOLDER)


@pytest.fixture(scope="module")
def drawn(embedded_maps: Path) -> dict[str, Drawn]:
    return {border: Drawn(embedded_maps / f"{border}.osm.pbf") for border in BORDERS}


# Natural Earth's extracts end here; so does the ground that is compared. In Mexico on mx-gt the
# roads that count lead to the Isthmus: those over a line of depth are counted west of Yucatán.
GROUND = {"us-mx": box(-118.5, 24.5, -96, 34.5), "mx-gt": box(-98, 13.5, -87.5, 19.5)}
WEST_OF = {("mx-gt", "MX"): -92.0}
EDGES_KM = (0, 25, 50, 75, 100, 125, 150, 200, 250, 300, 350, 400)


@pytest.fixture(scope="module")
def reach(drawn: dict[str, Drawn], tables: Facts) -> dict[tuple[str, str, int], list[float]]:
    """By border, country and far edge of a band of depth (km): 1,000 km² of land; road km and
    links per 1,000 km² of the gazetteer, road km of Natural Earth (1:10m, an independent map);
    roads over the far edge, of both.
    """
    result = {}
    for border in BORDERS:
        path = SHARED / f"ne-{border}.osm.pbf"
        if not path.is_file():
            pytest.skip(f"{path.name} is not there: reach cannot be checked")
        roads = [
            projected([d.line(w) for w, (_, own) in d.ways.items() if is_road(own)], border)
            for d in (drawn[border], Drawn(path))
        ]
        line = projected([lines_of(tables, border)[border].segmentize(0.01)], border).iloc[0]
        buffers = [line.buffer(km * 1000, quad_segs=32) for km in EDGES_KM]
        for country in border.upper().split("-"):
            outline = countries()[country].intersection(GROUND[border]).segmentize(0.05)
            land = projected([outline], border).iloc[0]
            west = box(-125, 10, WEST_OF.get((border, country), -80), 40).segmentize(0.05)
            counted = land.intersection(projected([west], border).iloc[0])
            for far, inner, outer in zip(EDGES_KM[1:], buffers, buffers[1:], strict=False):
                band = outer.difference(inner).intersection(land)
                edge = outer.boundary.intersection(counted)
                thousands = band.area / 1e9
                if thousands < 1:
                    continue
                inside = [road.intersection(band).length for road in roads]
                result[border, country, far] = [
                    thousands,
                    inside[0].sum() / 1000 / thousands,
                    (inside[0] > 0).sum() / thousands,
                    inside[1].sum() / 1000 / thousands,
                    *(road.intersects(edge).sum() for road in roads),
                ]
    return result


def is_road(own: Tags) -> bool:
    return any(kind.mode == "road" and kind.class_ != "ferry" for kind in tags.kinds(own))


# The depths that must hold, and one deeper where the gazetteer is the thinner map.
HOLDS = {
    ("us-mx", "US"): ([25, 50, 75, 100], 125),
    ("us-mx", "MX"): ([25, 50, 75, 100], 200),
    ("mx-gt", "GT"): ([25, 50, 75, 100, 125, 150], 200),
    ("mx-gt", "MX"): ([100, 125, 150, 200, 250, 300, 350, 400], None),
}


@pytest.mark.parametrize(("border", "country"), HOLDS)
def test_reach_is_as_stated(
    border: str, country: str, reach: dict[tuple[str, str, int], list[float]]
) -> None:
    """Up to `reach_km` as many roads pass each depth as on the other map; deeper, fewer."""
    depths, beyond = HOLDS[border, country]
    path = ROOT / "pipeline" / "borders" / f"{border}.toml"
    stated = borderfile.read(path, FOLDER / f"{border}.toml")
    assert stated.reach_km[country] == depths[-1]
    for depth in depths:
        own, other = reach[border, country, depth][4:]
        assert own >= other, depth
    if beyond is not None:
        own, other = reach[border, country, beyond][4:]
        assert own < other


def test_readme_states_the_reach_measured(
    reach: dict[tuple[str, str, int], list[float]],
) -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for (border, country, far), found in reach.items():
        near = EDGES_KM[EDGES_KM.index(far) - 1]
        row = f"| {border} | {country} | {near}–{far} | {found[0]:.1f} | {found[1]:.0f} | "
        row += f"{found[2]:.2f} | {found[3]:.0f} | {found[4]} | {found[5]} |"
        assert row in text
