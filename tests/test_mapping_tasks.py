"""Tasks for OpenStreetMap: what one more link would do, and twenty planted errors on top."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core import schema
from pipeline.graph import flow, joins
from pipeline.measures.mapping_tasks import Mapped, ranked
from pipeline.network import issues as data_issues
from pipeline.network import zones
from pipeline.network.issues import Issue
from pipeline.publish import mapping_tasks as formats
from tests import drawn
from tests.test_flow import Links, arcs_of, mask, networks
from tests.test_routing import border_file, cross

PLANTED = 20
HOSTILE = "<b>]]>\x00&amp; {{x}}\x1e\n\"'"


@settings(max_examples=50, deadline=None)
@given(networks(), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=6))
def test_gains_are_those_of_solving_with_the_link(
    case: tuple[int, Links, set[int], set[int]], candidates: list[tuple[int, int]]
) -> None:
    n, links, sources, sinks = case
    wanted = [(a % n, b % n) for a, b in candidates]
    start, end = (np.array([pair[k] for pair in wanted], dtype=np.int64) for k in (0, 1))
    zone = mask(n, sources), mask(n, sinks)
    value, found = joins.gains(arcs_of(n, links), *zone, start, end)
    for pair, gain in zip(wanted, found, strict=True):
        if set(pair) & sources and set(pair) & sinks:
            assert gain
            continue
        between, _ = flow.between(arcs_of(n, [*links, (*pair, False)]), *zone)
        assert gain == (flow.solve(between).value == value + 1), pair


def border() -> tuple[Mapped, gpd.GeoDataFrame]:
    """A border with three roads over it, twenty main roads that all but meet, and other doubts.

    Of the twenty gaps each parts a primary road of its own. Forty more gaps part dead ends: to mend
    one adds a crossing and no way through. Tracks, informal ways and tags are no tasks.
    """
    places: drawn.Places = {"s": (0, -40), "t": (0, 40)}
    links, issues = [], []
    for k in range(3):
        places |= {f"o{k}": (k, 0)}
        links += [f"s-o{k}", f"o{k}-t"]
    for k in range(PLANTED):
        places |= {f"g{k}": (10 + 2 * k, -0.005), f"h{k}": (10 + 2 * k, 0.005)}
        links += [f"s-g{k}", f"h{k}-t"]
        issues.append(nearly(places, f"g{k}", f"h{k}"))
    for k in range(40):
        places |= {f"a{k}": (60 + k, -1), f"b{k}": (60 + k, -0.005), f"c{k}": (60 + k, 0.005)}
        places |= {f"d{k}": (60 + k, 1)}
        links += [f"a{k}-b{k} secondary", f"c{k}-d{k} secondary"]
        issues.append(nearly(places, f"b{k}", f"c{k}"))
    for k, kind in enumerate(("track", "primary informal", "foot", "service")):
        places |= {f"i{k}": (110 + k, -0.005), f"j{k}": (110 + k, 0.005)}
        links += [f"s-i{k} {kind}", f"j{k}-t {kind}"]
        issues.append(nearly(places, f"i{k}", f"j{k}"))
    issues.append(Issue("unreadable_number", "high", "w1", 0, 0, "lanes=two", "two", "a cut"))
    issues.append(Issue("line_gap", "high", "w2", 0, 0, "a gap", "bridged", "the line"))
    nodes, ways = drawn.draw(places, *links)
    crossings, at = cross(nodes, ways, {f"x{k}": f"o{k}" for k in range(3)}, x0="official")
    file = border_file(depths_km=(10.0, 30.0), target=(0.0, 40 * drawn.DEGREES_PER_KM))
    mapped = Mapped(
        nodes, ways, gpd.GeoDataFrame(crossings), at, zones.zone_pairs(nodes, ways, file),
        ("AA", "BB"), {"road": {}, "rail": {}},
    )  # fmt: skip
    return mapped, data_issues.table(issues)


def nearly(places: drawn.Places, one: str, other: str) -> Issue:
    lon, lat = (part * drawn.DEGREES_PER_KM for part in places[one][:2])
    found = f"a road ends 10 m from another {HOSTILE}"
    return Issue("ends_nearly_meet", "high", f"{one} {other}", lon, lat, found, "no", "cuts")


@pytest.fixture(scope="module")
def tasks() -> gpd.GeoDataFrame:
    mapped, issues = border()
    return ranked(issues, mapped)


def test_twenty_planted_errors_rank_on_top(tasks: gpd.GeoDataFrame) -> None:
    first = tasks.head(PLANTED)
    assert set(first["element"]) == {f"g{k} h{k}" for k in range(PLANTED)}
    assert (
        first["moves"]
        .str.contains("the minimum cut of roads at +10 km from 3 to 4", regex=False)
        .all()
    )
    assert not tasks["moves"].iloc[PLANTED:].str.contains("minimum cut").any()
    assert len(tasks) == PLANTED + 40


def test_nothing_leads_mappers_to_tracks_or_to_what_imagery_cannot_show(
    tasks: gpd.GeoDataFrame,
) -> None:
    named = " ".join(tasks["element"])
    assert not [word for word in named.split() if word[0] in "ij"]
    assert set(tasks["kind"]) == {"ends_nearly_meet"}


def test_grazes_controls_and_ends_on_the_line() -> None:
    places: drawn.Places = {
        "s": (0, -40), "o": (0, 0), "t": (0, 40), "e": (5, 0), "f": (5, 1), "u": (9, 0),
        "v": (9, -1),
    }  # fmt: skip
    nodes, ways = drawn.draw(places, "s-o", "o-t", "s-e", "f-t", "v-u tertiary")
    crossings, at = cross(nodes, ways, {"x": "o", "graze": "u"}, graze="graze")
    crossings = crossings.set_index("crossing_id")
    crossings["in_headline"] = crossings["counted"]
    crossings.loc["graze", "status"] = "official"
    crossings = crossings.reset_index()
    file = border_file(depths_km=(10.0,), target=(0.0, 40 * drawn.DEGREES_PER_KM))
    mapped = Mapped(
        nodes, ways, gpd.GeoDataFrame(crossings), at, zones.zone_pairs(nodes, ways, file),
        ("AA", "BB"), {"road": {}, "rail": {}},
    )  # fmt: skip
    km = drawn.DEGREES_PER_KM
    issues = data_issues.table([
        Issue("ends_on_line", "high", "e", 5 * km, 0, "ends", "no", "one"),
        Issue("uncounted_crossing", "high", "graze", 9 * km, 0, "grazes", "no", "one"),
        Issue("control_without_way", "medium", "n9", 0.5 * km, 0, "a control", "none", "official"),
        Issue("control_without_way", "medium", "n8", 50 * km, 0, "a control", "none", "official"),
    ])  # fmt: skip
    found = ranked(issues, mapped).set_index("element")["moves"]
    assert found["e"].startswith("road crossings from 1 to 2; the minimum cut of roads at −10 km")
    assert found["graze"] == "road crossings from 1 to 2; official road crossings from 0 to 1"
    assert found["n9"] == "official road crossings from 0 to 1"
    assert "n8" not in found


def test_the_challenge_is_a_feature_collection_a_line(tasks: gpd.GeoDataFrame) -> None:
    text = formats.challenge(tasks)
    lines = text.split("\n")[:-1]
    assert text.endswith("\n") and len(lines) == len(tasks)
    assert [line[0] for line in lines] == ["\x1e"] * len(tasks)
    read: list[dict[str, Any]] = [json.loads(line[1:]) for line in lines]
    assert {one["type"] for one in read} == {"FeatureCollection"}
    assert [one["features"][0]["properties"]["rank"] for one in read] == list(
        range(1, len(tasks) + 1)
    )
    assert text.count("\x1e") == len(tasks) and "\x00" not in text


def test_josm_opens_the_places_and_uploads_none(tasks: gpd.GeoDataFrame) -> None:
    root = ET.fromstring(formats.josm(tasks))
    assert root.attrib["upload"] == "never"
    nodes = root.findall("node")
    assert len(nodes) == len(tasks)
    assert all(int(node.attrib["id"]) < 0 for node in nodes)
    tags = {tag.attrib["k"]: tag.attrib["v"] for tag in nodes[0].findall("tag")}
    assert tags["border_task:found"].startswith("a road ends 10 m")
    assert max(len(v) for v in tags.values()) <= 255


def test_the_instructions_follow_the_guidelines(tasks: gpd.GeoDataFrame) -> None:
    text = formats.instructions(tasks, HOSTILE, "OpenStreetMap")
    assert "Organised_Editing_Guidelines" in text and formats.HASHTAG in text
    assert "<b>" not in text and "{{x}}" not in text
    assert "{{question}}" in text


def test_no_issue_is_no_task() -> None:
    mapped, _ = border()
    none = ranked(gpd.GeoDataFrame(schema.empty("data_issues")), mapped)
    assert not len(none)
    assert formats.challenge(none) == ""
    assert ET.fromstring(formats.josm(none)).tag == "osm"
