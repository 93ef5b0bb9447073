"""Questions to an Overpass server, and the check that an answer is whole.

Every question requests the elements and then their count, so that an answer that is short, wrongly
empty or cut off is noticed. There is one question for each tile: a union of ways by tag, nodes by
tag, relations of controls, ferry lines and waters with their ways, and the nodes of all these ways.
Relations of countries are requested once for each border.
"""

import html
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import requests
from shapely.geometry import LineString

from pipeline.core.country import country_code
from pipeline.core.errors import InputError, quoted
from pipeline.sources.overpass.tiles import Tile
from pipeline.sources.wanted import DEEP_GROUPS, DEEP_WAYS, NEAR_GROUPS, NEAR_WAYS, NODES

SERVER_TIMEOUT_S = 180  # time limit of a question on the server; the default of public servers
# Servers keep older states of the map only since the change of licence
# (https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL#date).
FIRST_DAY = date(2012, 9, 12)

LARGEST_ID = 1 << 63  # ids are signed numbers of 64 bits
# Words of a server that is busy, full or starting: another try may succeed.
PASSING = ("too busy", "timeout", "timed out", "rate_limited", "open64", "dispatcher", "memory")

Element = dict[str, Any]


class RefusedError(Exception):
    """An answer that is not whole; the message says why, `response` is what the server sent."""

    def __init__(self, reason: str, response: requests.Response | None = None) -> None:
        super().__init__(reason)
        self.response = response


class RepeatedError(RefusedError):
    """A server refused a question because it received the same words a short time ago."""


COUNTRY = '["boundary"="administrative"]["admin_level"="2"]'
CODED = '~"^ISO3166-1(:alpha2)?$"'


def head(day: str | None, today: date) -> str:
    """The settings at the beginning of a question.

    Parameters
    ----------
    day
        Request the map as it was at the beginning of this day (YYYY-MM-DD, UTC); None: as it is
        now.
    today
        The present day. For a future day a server would send today's map with a false date.

    Raises
    ------
    InputError
        If there is no such day, it is not over, or it is before the first day that servers keep.
    """
    if day is None:
        return f"[out:json][timeout:{SERVER_TIMEOUT_S}];"
    expected = f"expected a day from {FIRST_DAY} to yesterday, such as 2017-01-20"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise InputError(f"day {day!r}, {expected}")
    try:
        wanted = date.fromisoformat(day)
    except ValueError as error:
        raise InputError(f"day {day!r}: there is no such day, {expected}") from error
    if not FIRST_DAY <= wanted < today:
        raise InputError(f"day {day!r}, {expected}")
    return f'[out:json][timeout:{SERVER_TIMEOUT_S}][date:"{day}T00:00:00Z"];'


def again(question: str, time: int) -> str:
    """The same question in other words, when it is sent for the `time`-th time.

    A server refuses a question that it receives again within the question's time limit
    ("duplicate_query"). It compares questions without comments and white space. So each repeated
    question has a time limit that is one second longer.
    """
    return question.replace(
        f"[timeout:{SERVER_TIMEOUT_S}]", f"[timeout:{SERVER_TIMEOUT_S + time}]", 1
    )


def line_question(pair: tuple[str, str]) -> str:
    """A question for the border ways of two countries and the relations of both and of neighbours.

    Relations are sent with the ids of their members only; only shared ways are sent with nodes.
    """
    return (
        f"{_countries(pair)}way.wa.wb->.line;(.countries;.line;node(w.line););out body;out count;"
    )


def outlines_question(pair: tuple[str, str]) -> str:
    """A question for the outlines of two countries and the relations of both and neighbours."""
    return f"{_countries(pair)}(.countries;.own;node(w.own););out body;out count;"


def _countries(pair: tuple[str, str]) -> str:
    """Part of a query: ways of two countries (`wa`, `wb`, `own`), relations with any of them."""
    both = "".join(
        f'rel{COUNTRY}[{CODED}~"^{code}$"]->.{name};way(r.{name})->.w{name};'
        for code, name in zip(pair, "ab", strict=True)
    )
    return f'{both}(.wa;.wb;)->.own;rel(bw.own){COUNTRY}[{CODED}~"."]->.countries;'


def tile_question(tile: Tile) -> str:
    """A question for everything that is wanted on a tile."""
    points = tile.outline.exterior.coords[:-1]
    inside = '(poly:"' + " ".join(f"{lat:.6f} {lon:.6f}" for lon, lat in points) + '");'
    ways = _filters(NEAR_WAYS if tile.every_class else DEEP_WAYS)
    asked = [f"way{one}{inside}" for one in ways] + [
        f"node{one}{inside}" for one in _filters(NODES)
    ]
    groups = [
        f'rel["type"="{kind}"]{one}{inside}'
        for kind, tags in (NEAR_GROUPS if tile.every_class else DEEP_GROUPS).items()
        for one in _filters(tags)
    ]
    return (
        f"({''.join(asked)})->.found;({''.join(groups)})->.groups;"
        "way(r.groups)->.parts;(.found;.groups;.parts;node(w.found);node(w.parts););"
        "out body;out count;"
    )


def elements(answer: Mapping[str, Any]) -> list[Element]:
    """The elements of a whole answer; raises RefusedError for any other answer."""
    if "remark" in answer:
        remark = str(answer["remark"])[:200]
        refuse_no_history(remark)
        raise RefusedError(f"the server remarks: {remark}")
    found = answer.get("elements")
    if not isinstance(found, list) or not timestamp(answer):
        raise RefusedError(f"got keys {sorted(answer)!r:.200}, expected osm3s and elements")
    total = found[-1] if found else None
    if not isinstance(total, dict) or total.get("type") != "count" or not _is_tags(total):
        raise RefusedError("the answer ends without the count of its elements")
    found = found[:-1]
    if str(len(found)) != str(total.get("tags", {}).get("total")):
        raise RefusedError(f"got {len(found)} elements, {quoted(total.get('tags'))} were counted")
    for one in found:
        if not _is_element(one):
            raise RefusedError(f"got {quoted(one)}, expected an element of OpenStreetMap")
    nodes = {one["id"] for one in found if one["type"] == "node"}
    for one in found:
        if one["type"] == "way" and not nodes.issuperset(one.get("nodes", ())):
            raise RefusedError(f"way {one['id']} came without all its nodes")
    return found


def _is_element(one: object) -> bool:
    """Whether it is a node, way or relation with all fields of the right type."""
    if not isinstance(one, dict) or not _is_id(one.get("id")) or not _is_tags(one):
        return False
    match one.get("type"):
        case "node":
            return _is_degrees(one.get("lon"), 180) and _is_degrees(one.get("lat"), 90)
        case "way":
            nodes = one.get("nodes")
            return isinstance(nodes, list) and all(map(_is_id, nodes))
        case "relation":
            members = one.get("members")
            return isinstance(members, list) and all(map(_is_member, members))
    return False


def _is_member(one: object) -> bool:
    return (
        isinstance(one, dict)
        and one.get("type") in ("node", "way", "relation")
        and _is_id(one.get("ref"))
        and isinstance(one.get("role"), str)
    )


def _is_id(value: object) -> bool:
    return type(value) is int and 0 < value < LARGEST_ID


def _is_degrees(value: object, most: float) -> bool:
    return type(value) in (int, float) and -most <= value <= most  # type: ignore[operator]


def _is_tags(one: dict[str, Any]) -> bool:
    tags = one.get("tags", {})
    return isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())


def words_of(page: str) -> str:
    """The text of an HTML page on one line, without head, comments and tags."""
    for left_out in (r"<!--.*?-->", r"<head\b.*?</head>", r"<[^>]*>"):
        page = re.sub(left_out, " ", page, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(html.unescape(page).split())


def refuse_page(page_text: str, response: requests.Response) -> None:
    """Raise the error for a web page that a server sends instead of an answer.

    Real servers send pages with status 200 (src/overpass_api/dispatch/web_query.cc of the server).
    """
    refuse_no_history(page_text)
    if "duplicate_query" in page_text:
        raise RepeatedError(page_text, response)
    if any(word in page_text for word in PASSING):
        raise RefusedError(page_text, response)
    raise InputError(
        f"got a web page, expected the JSON of an Overpass server: {quoted(page_text)} "
        "(is the path of OVERPASS_URL right? it ends in /api)"
    )


def refuse_no_history(page_text: str) -> None:
    """Raise InputError if a server says that it keeps no older states of the map."""
    if "museum file" in page_text or "attic" in page_text.lower():
        raise InputError(
            f"the server keeps no older states of the map ({page_text[:200]}); name one that does "
            "in OVERPASS_URL, or fetch the map of today"
        )


def timestamp(answer: Mapping[str, Any]) -> str:
    """The time of the server's data, ISO 8601; empty if the answer does not state it."""
    stated = answer.get("osm3s")
    return str(stated.get("timestamp_osm_base", "")) if isinstance(stated, dict) else ""


def border_lines(found: list[Element], pair: tuple[str, str], path: str) -> list[LineString]:
    """The ways of the border on land, in degrees, from an answer to `line_question`.

    Raises InputError if a country or every way of the border is missing.
    """
    owned: dict[str, set[int]] = {}
    for one in found:
        code = country_code(one.get("tags", {})) if one["type"] == "relation" else None
        if code:
            ways = {m["ref"] for m in one["members"] if m["type"] == "way"}
            owned[code] = owned.get(code, set()) | ways
    for code in pair:
        if code not in owned:
            others = ", ".join(sorted(owned)) or "none"
            raise InputError(f"{path}: no relation of country {code}; found: {others}")
    shared = owned[pair[0]] & owned[pair[1]]
    at = {one["id"]: (one["lon"], one["lat"]) for one in found if one["type"] == "node"}
    lines = [
        LineString([at[node] for node in one["nodes"]])
        for one in found
        if one["type"] == "way"
        and one["id"] in shared
        and one.get("tags", {}).get("maritime") != "yes"
        and len(set(one["nodes"])) > 1
    ]
    if not lines:
        raise InputError(f"{path}: no way of the border {'–'.join(pair)} on land, expected some")
    return lines


def _filters(wanted: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Filters for all wanted tags: one for keys with any value, one for each other key."""
    alone = "|".join(key for key, values in wanted.items() if not values)
    filters = [f'[~"^({alone})$"~"."]'] if alone else []
    return filters + [f'["{key}"~"^({"|".join(v)})$"]' for key, v in wanted.items() if v]
