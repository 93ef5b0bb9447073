"""How a GIS draws each layer: one table of symbols.

Colours are those of Okabe and Ito (2008), safe for colour-blind readers; minimum cuts, crossings by
status and the line by permeability stand out.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from pipeline.core import parameters

SKY, GREEN, YELLOW = "86,180,233", "0,158,115", "240,228,66"
BLUE, VERMILION, PURPLE = "0,114,178", "213,94,0", "204,121,167"
INK, GREY, PALE, WHITE = "27,31,36", "118,118,118", "176,176,176", "255,255,255"
INDIGO, OLIVE, MAGENTA = "51,34,136", "143,143,0", "170,51,119"
# From easy to hard to walk over: the darker, the harder.
EFFORT = ("243,227,195", "223,194,125", "191,129,45", "140,81,10", "84,48,5")
DETOUR_LIMIT = parameters.number("detour_limit")
WALK_LIMITS = (parameters.number("short_walk_minutes"), *parameters.numbers("walk_minutes"))


@dataclass(frozen=True)
class Symbol:
    """A line, marker or fill: colour as r,g,b, size or width in mm, dash, shape of a marker.

    `halo` is the width of a white line under a line, to separate it from lines that it crosses;
    `edge` is the colour of a fill's outline, empty for none.
    """

    colour: str
    size_mm: float
    dash: str = "solid"
    shape: str = "circle"
    halo: float = 0.0
    alpha: int = 255
    edge: str = ""


@dataclass(frozen=True)
class Style:
    """Symbols by the value of an expression, each with its legend; "" is for all other values.

    `label` is the column written next to a feature, from scale 1 : `label_scale` on.
    """

    expression: str
    classes: tuple[tuple[str, str, Symbol], ...]
    label: str = ""
    label_scale: int = 1_000_000
    priority: int = 3  # of the label among those of other layers, up to 10
    bold: bool = False


def _one(legend: str, symbol: Symbol, label: str = "", label_scale: int = 1_000_000) -> Style:
    return Style("", (("", legend, symbol),), label, label_scale)


def walks() -> list[tuple[float, str, str]]:
    """Classes of walking: upper limit in minutes, colour, and legend."""
    found = []
    limits = (0.0, *WALK_LIMITS, math.inf)
    for at, (low, high) in enumerate(pairwise(limits)):
        size, unit = (60, "h") if low >= 60 or math.isinf(high) else (1, "min")
        legend = f"{low / size:g} to {high / size:g} {unit}"
        legend = f"under {high / size:g} {unit}" if low == 0 else legend
        legend = f"over {low / size:g} {unit}" if math.isinf(high) else legend
        found.append((high, EFFORT[at * len(EFFORT) // (len(WALK_LIMITS) + 1)], legend))
    return found


WALKS = walks()
BY_CLASS = (
    "CASE WHEN \"state\" <> 'open' THEN 'closed' "
    "WHEN \"class\" IN ('motorway', 'trunk') THEN 'big' "
    "WHEN \"class\" IN ('primary', 'secondary') THEN 'middle' WHEN \"mode\" = 'rail' THEN 'rail' "
    "WHEN \"mode\" = 'foot_only' THEN 'foot' ELSE 'minor' END"
)
LINKS = (
    "CASE WHEN \"state\" <> 'open' THEN 'closed' WHEN \"in_min_cut\" THEN 'cut' "
    f"WHEN \"is_cut_edge\" THEN 'edge' ELSE {BY_CLASS} END"
)
WALK = "CASE WHEN \"walk_minutes\" IS NULL THEN 'none' "
for _at, _limit in enumerate(WALK_LIMITS):
    WALK += f"WHEN \"walk_minutes\" < {_limit:g} THEN '{_at}' "
WALK += f"ELSE '{len(WALK_LIMITS)}' END"
STYLES = {
    "border": _one("border line", Symbol(INK, 1.1, halo=2.2)),
    "nodes": Style(
        '"kind"',
        (
            ("border", "on the border line", Symbol(BLUE, 1.2)),
            ("post", "at a post", Symbol(YELLOW, 1.2)),
            ("depth", "at a depth in use", Symbol(PALE, 0.9)),
            ("", "junction, end or other", Symbol(GREY, 0.9)),
        ),
    ),
    "links": Style(
        LINKS,
        (
            ("cut", "in a minimum cut of some depth", Symbol(VERMILION, 0.9, halo=1.7)),
            ("edge", "bridge link: isolates a place", Symbol(OLIVE, 0.8, halo=1.5)),
            ("big", "motorway, trunk", Symbol("90,90,90", 0.55)),
            ("middle", "primary, secondary", Symbol("125,125,125", 0.35)),
            ("minor", "other road", Symbol("150,150,150", 0.22)),
            ("rail", "railway", Symbol("90,90,90", 0.4, "dash")),
            ("foot", "on foot only", Symbol("150,150,150", 0.3, "dot")),
            ("closed", "closed or disused", Symbol(PALE, 0.3, "dash dot dot")),
        ),
    ),
    "places": Style(
        '"kind"',
        (
            ("city", "city", Symbol("68,68,68", 1.9)),
            ("town", "town", Symbol("68,68,68", 1.3)),
            ("", "other settlement", Symbol(GREY, 0.8)),
        ),
        "name",
        12_000_000,
    ),
    "posts": Style(
        '"kind"',
        (
            ("border_control", "border control", Symbol(YELLOW, 2.4, shape="pentagon")),
            ("customs", "customs", Symbol(YELLOW, 2.4, shape="square")),
            ("checkpoint", "checkpoint", Symbol(YELLOW, 2.2, shape="equilateral_triangle")),
            ("", "other post", Symbol(PALE, 2.0, shape="pentagon")),
        ),
    ),
    "data_issues": Style(
        '"severity"',
        (
            ("high", "doubtful: a count or the line may differ", Symbol(INK, 3.0, shape="star")),
            ("medium", "doubtful: one crossing, link or place", Symbol(GREY, 2.6, shape="star")),
            ("", "doubtful: hardly any figure depends on it", Symbol(PALE, 2.2, shape="star")),
        ),
    ),
    "stations": Style(
        '"joins"',
        (
            ("1", "station to change between road and rail", Symbol(INK, 1.8, shape="square")),
            ("", "other station", Symbol(PALE, 1.4, shape="square")),
        ),
    ),
    "crossings": Style(
        'CASE WHEN NOT "counted" THEN \'graze\' ELSE "status" END',
        (
            ("official", "official", Symbol(INDIGO, 2.8)),
            ("unmarked", "no control mapped", Symbol(WHITE, 2.8, shape="diamond")),
            ("informal", "informal", Symbol(WHITE, 2.8, shape="equilateral_triangle")),
            ("closed", "closed", Symbol(INK, 2.4, shape="cross2")),
            ("unknown", "unknown: a statement has expired", Symbol(PALE, 2.4, shape="cross2")),
            ("graze", "touches the line only", Symbol(PALE, 1.2)),
        ),
        "name",
        20_000_000,
        priority=10,
        bold=True,
    ),
    "chokepoints": Style(
        '"kind"',
        (
            ("crossing", "crossing", Symbol(INDIGO, 2.2)),
            ("cut", "site of a minimum cut", Symbol(VERMILION, 2.6, shape="square")),
            ("cut_edge", "bridge link: isolates a place", Symbol(OLIVE, 2.2, shape="diamond")),
            ("post", "post", Symbol(YELLOW, 2.0, shape="pentagon")),
        ),
    ),
    "witness_paths": _one("witness path", Symbol(BLUE, 0.6, halo=1.2)),
    "unguarded_paths": _one("route that passes no post", Symbol(PURPLE, 0.7, "dash", halo=1.3)),
    "bypasses": Style(
        f'CASE WHEN "cut_off" THEN \'part\' WHEN "detour_ratio" > {DETOUR_LIMIT:g} '
        "THEN 'long' ELSE 'short' END",
        (
            ("short", f"bypass, at most {DETOUR_LIMIT:g} times the time", Symbol(GREEN, 0.5)),
            ("long", f"bypass, more than {DETOUR_LIMIT:g} times", Symbol(PURPLE, 0.9)),
            ("part", "bypass that leaves some demand cut off", Symbol(GREEN, 0.6, "dash")),
        ),
    ),
    "barriers": Style(
        '"kind"',
        (
            ("river", "river", Symbol(SKY, 0.5)),
            ("canal", "canal", Symbol(SKY, 0.35, "dash")),
            ("fence", "fence", Symbol(MAGENTA, 0.8)),
            ("wall", "wall", Symbol(MAGENTA, 1.1)),
            ("", "vehicle barrier", Symbol(MAGENTA, 0.6, "dot")),
        ),
    ),
    "waters": _one("water", Symbol(SKY, 0.1, alpha=150)),
    "passes": _one(
        "easier to walk over than its neighbours",
        Symbol(EFFORT[0], 2.4, shape="equilateral_triangle"),
    ),
    "post_bypasses": _one("way round a post on foot", Symbol(EFFORT[3], 0.6, "dot")),
    "border_km": Style(
        WALK,
        (
            *(
                (str(at), f"walking {minutes_text}", Symbol(colour, 1.4))
                for at, (_, colour, minutes_text) in enumerate(WALKS)
            ),
            ("none", "walking not stated", Symbol(PALE, 1.0)),
        ),
    ),
}
# The style of layers without their own.
PLAIN = _one("all", Symbol(GREY, 0.5))
LAND = _one("land", Symbol("248,246,240", 0.1, edge="185,196,201"))
# In a project the links of the one cut that is shown are a separate layer.
IN_PROJECT = {
    "links": Style(
        BY_CLASS, tuple(one for one in STYLES["links"].classes if one[0] not in ("cut", "edge"))
    ),
    "minimum_cut": _one("minimum cut", Symbol(VERMILION, 1.1, halo=2.0)),
}
