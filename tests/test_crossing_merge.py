"""Which hits on the line are one crossing, from tables alone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from pipeline.measures import crossing_merge
from tests import drawn

LON, LAT = 60.0, 45.0  # where neither a degree's length nor a sine is a round number


@dataclass(frozen=True)
class Hit:
    """A way over the line: metres along it, direction (0 both ways), class, ref, form."""

    at_m: float
    direction: int = 0
    klass: str = "primary"
    ref: str | None = None
    form: str = "way"
    counted: bool = True
    touches: bool = True
    more: tuple[int, ...] = ()  # directions of further links that end at the hit


def rows_of(name: str, hit: Hit) -> list[dict[str, float | str | None]]:
    """A link on either side, which meet at the hit."""
    common = {"class": hit.klass, "ref": hit.ref, "form": hit.form, "length_m": 900.0}
    found = []
    for direction in (hit.direction, *hit.more):
        near = {"depth_min_km": -0.5, "depth_max_km": 0.0, "oneway": direction != 0}
        far = {"depth_min_km": 0.0, "depth_max_km": 0.5, "oneway": direction != 0}
        before, after = f"{name}-", f"{name}+"
        if direction < 0:
            ends = [(near, name, before), (far, after, name)]
        else:
            ends = [(near, before, name), (far, name, after)]
        found += [common | depth | {"from_node": a, "to_node": b} for depth, a, b in ends]
    return found


def merged(
    *hits: Hit, controls: dict[str, frozenset[str]] | None = None, tracks: object = None
) -> list[int]:
    """Numbers of the crossings, from 0 in the order of the hits."""
    names = [f"h{row}" for row in range(len(hits))]
    links = pd.DataFrame([row for name, hit in zip(names, hits, strict=True)
                          for row in rows_of(name, hit)])  # fmt: skip
    if isinstance(tracks, list):
        links = pd.concat([links, pd.DataFrame(tracks)], ignore_index=True)
    links["oneway"] = links["oneway"].astype(bool)
    east = [LON + hit.at_m / 1000 * drawn.DEGREES_PER_KM / np.cos(np.radians(LAT)) for hit in hits]
    nodes = pd.DataFrame({"node_id": names, "geometry": [Point(lon, LAT) for lon in east]})
    table = pd.DataFrame({
        "node_id": names, "group": range(len(hits)), "counted": [hit.counted for hit in hits],
        "touches_from": [hit.touches for hit in hits], "touches_to": False,
    })  # fmt: skip
    found = crossing_merge.merged(
        table, links, nodes, controls or {}, 250.0, rail=tracks is not None
    )
    return [int(number) for number in pd.factorize(found)[0]]


BOTH, TO, BACK = 0, 1, -1
ONE, TWO = [0, 0], [0, 1]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Hit(0, TO), Hit(200, BACK), ONE),
        (Hit(0, BACK), Hit(200, TO), ONE),
        (Hit(0, TO), Hit(260, BACK), TWO),
        (Hit(0, TO), Hit(60, TO), TWO),
        (Hit(0, BACK), Hit(60, BACK), TWO),
        (Hit(0), Hit(60), TWO),
        (Hit(0, TO), Hit(60), TWO),
        (Hit(0), Hit(60, BACK), TWO),
        (Hit(0, TO), Hit(60, BACK, "tertiary"), TWO),
        (Hit(0, TO, ref="A1"), Hit(60, BACK, ref="B2"), TWO),
        (Hit(0, TO, ref="A1;B2"), Hit(60, BACK, ref="B2"), ONE),
        (Hit(0, TO, ref="A1"), Hit(60, BACK), ONE),
        (Hit(0, TO, ref="A1;"), Hit(60, BACK, ref="; B2"), TWO),
        (Hit(0, TO), Hit(60, BACK, counted=False), TWO),
        (Hit(0, TO, counted=False), Hit(60, BACK), TWO),
        (Hit(0, TO), Hit(60, BACK, form="area"), TWO),
        (Hit(0, TO), Hit(60, BACK, touches=False), TWO),
        (Hit(0, TO, more=(BOTH,)), Hit(60, BACK), TWO),
        (Hit(0, TO, more=(BACK,)), Hit(60, BACK), TWO),
    ],
)
def test_carriageways_of_one_road(one: Hit, other: Hit, expected: list[int]) -> None:
    assert merged(one, other) == expected


def test_a_carriageway_has_one_partner_the_nearest() -> None:
    assert merged(Hit(0, TO), Hit(150, BACK), Hit(200, BACK)) == [0, 0, 1]
    assert merged(Hit(0, BACK), Hit(120, TO), Hit(200, BACK)) == [0, 1, 1]
    assert merged(Hit(0, TO), Hit(30, BACK), Hit(100, TO), Hit(130, BACK)) == [0, 0, 1, 1]


def test_ways_past_one_control_are_one_crossing() -> None:
    booths = {"h0": frozenset({"p", "q"}), "h1": frozenset({"q"}), "h2": frozenset({"r"})}
    assert merged(Hit(0), Hit(40), Hit(80), controls=booths) == [0, 0, 1]
    assert merged(Hit(0), Hit(300), controls=booths) == TWO


def track(one: str, other: str, length_m: float, nearest_km: float = 0.2) -> dict[str, object]:
    return {
        "class": "main", "ref": None, "form": "way", "oneway": False, "from_node": one,
        "to_node": other, "length_m": length_m, "depth_min_km": nearest_km,
        "depth_max_km": nearest_km + 0.1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("refs", "tracks", "expected"),
    [
        ((None, None), [], TWO),
        (("12", "12"), [], ONE),
        (("12", "13"), [], TWO),
        ((None, None), [track("h0", "s", 900), track("s", "h1", 900)], ONE),
        ((None, None), [track("h0", "s", 1100), track("s", "h1", 1100)], TWO),
        ((None, None), [track("h0", "s", 1100), track("s", "h0", 400), track("h1", "s", 900)], ONE),
        ((None, None), [track("h0", "s", 900, 1.1), track("s", "h1", 900, 1.1)], TWO),
        ((None, None), [track("h0", "s", 900, 1.0), track("s", "h1", 900, 0.9995)], ONE),
    ],
)
def test_tracks_with_one_number_or_switches_between_them(
    refs: tuple[str | None, str | None], tracks: list[dict[str, object]], expected: list[int]
) -> None:
    hits = [Hit(60.0 * row, ref=ref) for row, ref in enumerate(refs)]
    assert merged(*hits, tracks=tracks) == expected


def test_no_hit_is_no_crossing() -> None:
    columns = ["node_id", "group", "counted", "touches_from", "touches_to"]
    found = crossing_merge.merged(
        pd.DataFrame(columns=columns), pd.DataFrame(), pd.DataFrame(), {}, 250.0, rail=False
    )
    assert len(found) == 0


@pytest.mark.parametrize(
    ("at_km", "expected"), [([], []), ([5], [0]), ([0, 7, 16, 15], [0, 0, 1, 1]), ([0, 11], [0, 1])]
)
def test_sites_are_pairwise_near(at_km: list[float], expected: list[int]) -> None:
    east = LON + np.array(at_km, dtype=float) * drawn.DEGREES_PER_KM / np.cos(np.radians(LAT))
    found = crossing_merge.sites(east, np.full(len(at_km), LAT), 10_000.0)
    assert pd.factorize(found)[0].tolist() == expected
    rows = pd.DataFrame({"geometry": [Point(lon, LAT) for lon in east]})
    assert crossing_merge.sites_of(rows).tolist() == expected
