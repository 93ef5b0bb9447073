"""The PBFs that are drawn from the embedded source."""

import itertools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely import LineString, Point

from pipeline.core.geo import WGS84
from pipeline.network import point_kinds, tags
from pipeline.sources.gazetteer import facts
from pipeline.sources.gazetteer.facts import Facts
from tests.embedded import BORDERS, FOLDER, Drawn, crossings_of, lines_of, projected


@pytest.fixture(scope="module")
def tables() -> Facts:
    return facts.read(FOLDER)


@pytest.fixture(scope="module")
def drawn(embedded_maps: Path) -> dict[str, Drawn]:
    return {border: Drawn(embedded_maps / f"{border}.osm.pbf") for border in BORDERS}


@pytest.mark.parametrize("border", BORDERS)
def test_counts_match_the_tables(border: str, tables: Facts, drawn: dict[str, Drawn]) -> None:
    drawing = drawn[border]
    links = [row for row in tables.links.values() if row["network"] == border]
    closed = [row for row in crossings_of(tables, border).values() if row["status"] == "closed"]
    gates = 1 if border == "us-mx" else 0  # the San Miguel gate, informal and with no link
    assert len(drawing.network()) == len(links) + len(closed) + gates
    places = [row for row in tables.places.values() if row["network"] == border]
    kinds = Counter(own["place"] for _, own in drawing.nodes.values() if "place" in own)
    assert kinds == Counter(row["kind"] for row in places if row["kind"] != "junction")
    rivers = [row for row in tables.barriers if row["kind"] == "river"]
    barriers = [row for row in tables.barriers if row["border"] == border and row not in rivers]
    assert sum("barrier" in own for _, own in drawing.ways.values()) == len(barriers)
    modes = Counter(row["mode"] for row in links)
    found = Counter(
        "rail" if "railway" in own else "ferry" if "route" in own else "road"
        for _, own in (drawing.ways[way] for way in drawing.network())
        if "distance" in own
    )
    assert found == +Counter(
        rail=modes["rail"], ferry=modes["ferry"], road=modes["road"] + modes["track"]
    )


@pytest.mark.parametrize("border", BORDERS)
def test_pbf_is_sorted_whole_and_recorded(
    border: str, embedded_maps: Path, drawn: dict[str, Drawn]
) -> None:
    drawing = drawn[border]
    assert drawing.order == sorted(drawing.order, key=lambda e: ("nwr".index(e[0]), e[1]))
    assert len(set(drawing.order)) == len(drawing.order)
    used = {node for nodes, _ in drawing.ways.values() for node in nodes}
    assert used <= set(drawing.nodes)
    assert {way for ways, _ in drawing.relations.values() for way in ways} <= set(drawing.ways)
    record = json.loads((embedded_maps / f"{border}.record.json").read_text(encoding="utf-8"))
    assert record["nodes"] == len(drawing.nodes)
    assert record["bytes"] == (embedded_maps / f"{border}.osm.pbf").stat().st_size
    assert "not a street map" in record["statement"]
    assert any("CC BY 4.0" in text for text in record["attribution"])
    assert any("Open Database License" in text for text in record["attribution"])
    assert not list(embedded_maps.glob(".aside*"))


@pytest.mark.parametrize("border", BORDERS)
def test_every_crossing_is_on_the_border_and_on_a_way(
    border: str, tables: Facts, drawn: dict[str, Drawn]
) -> None:
    drawing = drawn[border]
    on_border = {node for way in drawing.border() for node in drawing.ways[way][0]}
    on_network = {node: way for way in drawing.network() for node in drawing.ways[way][0]}
    found = set()
    for row in crossings_of(tables, border).values():
        here = drawing.at((row["lon"], row["lat"])) & on_border & set(on_network)
        assert len(here) == 1, row["id"]
        found |= here
        own = drawing.ways[on_network[next(iter(here))]][1]
        state = {kind.state for kind in tags.kinds(own)}
        assert (state == {"open"}) == (row["status"] != "closed"), row["id"]
        assert (own.get("informal") == "yes") == (row["status"] == "informal"), row["id"]
    assert len(found) == len(crossings_of(tables, border))


@pytest.mark.parametrize("border", BORDERS)
def test_no_way_meets_a_line_elsewhere(border: str, tables: Facts, drawn: dict[str, Drawn]) -> None:
    drawing = drawn[border]
    on_border = {node for way in drawing.border() for node in drawing.ways[way][0]}
    for way in drawing.network():
        shared = [drawing.nodes[n][0] for n in drawing.ways[way][0] if n in on_border]
        assert len(shared) <= 1
        for line in lines_of(tables, border).values():
            for met in shapely.get_coordinates(drawing.line(way).intersection(line)):
                assert any(np.allclose(met, point, rtol=0, atol=1e-7) for point in shared), way


@pytest.mark.parametrize("border", BORDERS)
def test_ways_keep_clear_of_the_lines(border: str, tables: Facts, drawn: dict[str, Drawn]) -> None:
    """No way comes within 10 m of a line, but within 300 m of its crossing, when projected."""
    drawing = drawn[border]
    on_border = {node for way in drawing.border() for node in drawing.ways[way][0]}
    lines = projected([ln.segmentize(0.005) for ln in lines_of(tables, border).values()], border)
    ways = drawing.network()
    drawn_ways = projected([drawing.line(way).segmentize(0.005) for way in ways], border)
    for way, shape in zip(ways, drawn_ways, strict=True):
        points = [Point(drawing.nodes[n][0]) for n in drawing.ways[way][0] if n in on_border]
        near = shapely.unary_union(projected(points, border).buffer(300)) if points else Point()
        rest = shape.difference(near)
        assert rest.is_empty or lines.distance(rest).min() > 10, drawing.ways[way][1]


@pytest.mark.parametrize("border", BORDERS)
def test_one_control_at_every_official_crossing(
    border: str, tables: Facts, drawn: dict[str, Drawn]
) -> None:
    drawing = drawn[border]
    controls = {
        node: own
        for node, (_, own) in drawing.nodes.items()
        if own.get("barrier") == "border_control"
    }
    official = [r for r in crossings_of(tables, border).values() if r["status"] == "official"]
    assert len(controls) == len(official)
    on_way = {node: way for way in drawing.network() for node in drawing.ways[way][0]}
    for row in official:
        crossing = next(iter(drawing.at((row["lon"], row["lat"])) & set(on_way)))
        nodes, _ = drawing.ways[on_way[crossing]]
        mine = [n for n in nodes if n in controls]
        assert [controls[n]["name"] for n in mine] == [row["name"]]
        where = drawing.nodes[mine[0]][0]
        assert WGS84.inv(*where, row["lon"], row["lat"])[2] == pytest.approx(200, abs=1)
        assert abs(nodes.index(mine[0]) - nodes.index(crossing)) == 1


@pytest.mark.parametrize("border", BORDERS)
def test_posts_stand_on_roads_and_headquarters_are_no_posts(
    border: str, tables: Facts, drawn: dict[str, Drawn]
) -> None:
    drawing = drawn[border]
    on_way = {node for way in drawing.network() for node in drawing.ways[way][0]}
    by_name = {own["name"]: node for node, (_, own) in drawing.nodes.items() if "operator" in own}
    seen = 0
    for row in tables.posts.values():
        if tables.places[row["near_place"]]["network"] != border:
            continue
        seen += 1
        node = by_name[row["name"]]
        where, own = drawing.nodes[node]
        assert (point_kinds.post_kind(own) is not None) == bool(row["on_link"]), row["id"]
        assert (node in on_way) == bool(row["on_link"]), row["id"]
        assert WGS84.inv(*where, row["lon"], row["lat"])[2] <= 10_000, row["id"]
        if "headquarters" in row["name"]:
            assert own["office"] == "government"
    assert seen == len(by_name)


def test_third_lines_meet_at_the_tripoint(drawn: dict[str, Drawn]) -> None:
    drawing = drawn["mx-gt"]
    tripoint = drawing.at((-89.16, 17.814))
    assert len(tripoint) == 1
    meeting = [way for way in drawing.border() if drawing.ways[way][0][0] in tripoint]
    meeting += [way for way in drawing.border() if drawing.ways[way][0][-1] in tripoint]
    assert len(meeting) == 3
    of = {own["ISO3166-1"]: set(ways) for ways, own in drawing.relations.values()}
    assert set(of) == {"MX", "GT", "BZ"}
    for one, other in itertools.combinations(sorted(of), 2):
        assert len(of[one] & of[other] & set(meeting)) == 1
    assert set(drawing.border()) == set().union(*of.values())


@pytest.mark.parametrize("border", BORDERS)
def test_each_border_way_is_in_exactly_two_countries(border: str, drawn: dict[str, Drawn]) -> None:
    members = Counter(way for ways, _ in drawn[border].relations.values() for way in ways)
    assert set(members) == set(drawn[border].border())
    assert set(members.values()) == {2}


@pytest.mark.parametrize("border", BORDERS)
def test_a_stub_is_deep_on_both_sides(border: str, tables: Facts, drawn: dict[str, Drawn]) -> None:
    drawing = drawn[border]
    stubs = [way for way in drawing.network() if "distance" not in drawing.ways[way][1]]
    line = lines_of(tables, border)[border]
    dense = np.array(line.segmentize(0.001).coords)
    for way in stubs:
        nodes, _ = drawing.ways[way]
        assert len(nodes) == 3
        ends = [drawing.nodes[nodes[0]][0], drawing.nodes[nodes[2]][0]]
        for end in ends:
            near = dense[np.abs(dense - end).max(axis=1) < 0.1]
            metres = WGS84.inv(*near.T, *np.broadcast_to(end, near.shape).T)[2]
            assert metres.min() > 1000
        met = shapely.get_coordinates(LineString(ends).intersection(line))
        assert len(met) % 2 == 1  # the ends lie on either side
    assert bool(stubs) == (border == "us-mx")
