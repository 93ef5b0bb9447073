"""The claims: what claims.toml says of each, checked as a border file is."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import config
from pipeline.core.config import expect_keys, texts, wrong
from pipeline.core.errors import InputError

PATH = Path(__file__).with_name("claims.toml")
# Every choice that a figure may rest on, and what may be chosen; a depth is such as "+50 km".
CHOICES: dict[str, tuple[str, ...]] = {
    "measure": (
        "length",
        "crossings",
        "min_cut",
        "unguarded",
        "second_line",
        "cordon",
        "extra_minutes",
        "cut_off_crossings",
        "cut_off_share",
        "first_two_share",
        "walk_share",
        "post_share",
        "near_post_share",
        "walked_round_share",
        "line_share",
        "posts_per_100_km",
        "cost",
        "cost_per_km",
        "closings",
        "closings_on_foot",
        "stoppable_share",
        "front_width",
        "links_per_100_km",
        "min_cut_on_foot",
        "routes",
        "evasion_price",
        "clean_share",
        "meets_post_share",
    ),
    "demand": ("through", "local", "uniform"),
    "detour": ("1.25 times", "1.5 times", "2 times", "no limit"),
    "stopped": ("50%", "90%", "100%"),
    "mode": ("road", "rail", "foot", "road and rail"),
    "ruler": ("2 km", "as drawn", "official"),
    "status": (
        "open",
        "official",
        "informal",
        "unmarked",
        "closed",
        "restricted",
        "open or restricted",
    ),
    "depth": ("deepest +", "deepest -"),
    "direction": ("directed", "undirected"),
    "third_countries": ("shut", "open"),
    "ways": (
        "headline",
        "tertiary and above",
        "minor roads too",
        "ferries too",
        "tracks too",
        "restricted too",
        "disused too",
    ),
    "count": ("crossings", "links", "lanes", "sites", "10 km sites"),
    "per": ("border", "100 km"),
    "obstacles": ("stated", "none", "impassable"),
    # Slopes as the elevation model shows them, where empty.
    "slopes": ("steeper",),
    "side": ("either side", "from side", "to side"),
    # What stands on the line, what posts are near to, which posts.
    "of": (
        "fenced",
        "vehicle_barrier",
        "river",
        "built_up",
        "crossings",
        "cut sites",
        "bypasses",
        "posts",
        "all",
        "inland checkpoint",
        "official crossing",
    ),
    "within": (
        "2 km",
        "15 minutes",
        "30 minutes",
        "60 minutes",
        "180 minutes",
        "360 minutes",
    ),
    "scenario": (
        "posts on every crossing",
        "posts 50 km behind",
        "fence where there is none",
        "fence on land",
        "posts to stop 50%",
        "posts to stop 90%",
        "posts to stop 100%",
    ),
    "level": ("low", "mid", "high"),
    "wages": ("same", "own"),
}
SIDE = "supported_if_ratio"
SIDES = ("above 1", "below 1")

Settings = dict[str, str]


@dataclass(frozen=True)
class Claim:
    """A claim; without `primary` it is not measured, and `not_measured` says why.

    `variants` and `beside` name other choices, `more` further variants by what differs from the
    primary, `also` other measures with a side of their own, which are shown and not counted.
    """

    claim: str
    statement: str
    reading: str
    note: str
    side: str
    not_measured: str
    primary: Settings
    variants: dict[str, list[str]]
    more: list[Settings]
    beside: dict[str, list[str]]
    also: list[Settings]


@dataclass(frozen=True)
class Claims:
    """The claims in order, the two borders they compare, and the lengths to set beside."""

    borders: tuple[str, str]
    official_length_km: dict[str, float]
    claims: tuple[Claim, ...]


def read(path: Path = PATH) -> Claims:
    """The claims file; raises InputError that names an unknown or wrong key."""
    table = config.read(path, "the claims")
    expect_keys(path, table, {"borders", "official_length_km", "claims"})
    borders = texts(path, table.get("borders"), "borders")
    if len(borders) != 2:
        raise wrong(path, "borders", borders, "two names")
    lengths = table.get("official_length_km", {})
    if not isinstance(lengths, dict) or not all(type(v) in (int, float) for v in lengths.values()):
        raise wrong(path, "official_length_km", lengths, "kilometres by border")
    rows = table.get("claims")
    if not isinstance(rows, list) or not rows:
        raise wrong(path, "claims", rows, "one or more tables")
    claims = tuple(_claim(path, row) for row in rows)
    names = [claim.claim for claim in claims]
    if len(set(names)) < len(names):
        raise wrong(path, "claims.claim", names, "each claim once")
    kilometres = {border: float(value) for border, value in lengths.items()}
    return Claims((borders[0], borders[1]), kilometres, claims)


TEXTS = ("claim", "statement", "reading", "note", SIDE, "not_measured")
TABLES = ("primary", "variants", "beside")
LISTS = ("more", "also")


def _claim(path: Path, row: Any) -> Claim:
    if not isinstance(row, dict) or not isinstance(row.get("claim"), str):
        raise wrong(path, "claims", row, "tables that each name their claim")
    where = f"{row['claim']}."
    expect_keys(path, row, {*TEXTS, *TABLES, *LISTS}, ("statement",), where)
    kinds = ((TEXTS, str, "a text"), (TABLES, dict, "a table"), (LISTS, list, "a list of tables"))
    for keys, kind, expected in kinds:
        for key in keys:
            if not isinstance(row.get(key, kind()), kind):
                raise wrong(path, where + key, row[key], expected)
    if ("primary" in row) == ("not_measured" in row):
        raise wrong(path, where + "primary", row.get("primary"), "it, or else not_measured")
    side = row.get(SIDE)
    if "primary" in row and side not in SIDES:
        raise wrong(path, where + SIDE, side, f"one of {SIDES}")
    _expect_choices(path, row, where)
    _expect_more(path, row, where)
    return Claim(
        claim=row["claim"],
        statement=row["statement"],
        reading=row.get("reading", ""),
        note=row.get("note", ""),
        side=side or "",
        not_measured=row.get("not_measured", ""),
        primary=row.get("primary", {}),
        variants=row.get("variants", {}),
        more=row.get("more", []),
        beside=row.get("beside", {}),
        also=row.get("also", []),
    )


def _expect_choices(path: Path, row: dict[str, Any], where: str) -> None:
    """The primary and `also` name known choices; all else names others of the primary's."""
    primary = row.get("primary", {})
    for name, value in primary.items():
        _expect_choice(path, f"{where}primary.{name}", name, value)
    for table, name in [(t, n) for t in ("variants", "beside") for n in row.get(t, {})]:
        key = f"{where}{table}.{name}"
        if name not in primary:
            raise InputError(f"{path}: unknown key {key}, expected one of {sorted(primary)}")
        values = texts(path, row[table][name], key)
        for value in values:
            _expect_choice(path, key, name, value)
            if value == primary[name] or values.count(value) > 1:
                raise wrong(path, key, value, "each choice once")


def _expect_more(path: Path, row: dict[str, Any], where: str) -> None:
    """Each of `more` differs from the primary; each of `also` has a side of its own."""
    primary = row.get("primary", {})
    for table, settings in [(t, settings) for t in LISTS for settings in row.get(t, [])]:
        if not isinstance(settings, dict) or not settings:
            raise wrong(path, where + table, settings, "a table of choices")
        for name, value in settings.items():
            if table == "more" and primary.get(name) in (None, value):
                raise wrong(path, f"{where}more.{name}", value, "another choice than the primary")
            if name != SIDE:
                _expect_choice(path, f"{where}{table}.{name}", name, value)
        if table == "also" and settings.get(SIDE) not in SIDES:
            raise wrong(path, f"{where}also.{SIDE}", settings.get(SIDE), f"one of {SIDES}")


def _expect_choice(path: Path, key: str, name: str, value: object) -> None:
    if name not in CHOICES:
        raise InputError(f"{path}: unknown key {key}, expected one of {sorted(CHOICES)}")
    if name == "depth" and isinstance(value, str) and re.fullmatch(r"[+-]\d+(\.\d+)? km", value):
        return
    if value not in CHOICES[name]:
        raise wrong(path, key, value, f"one of {CHOICES[name]}")
