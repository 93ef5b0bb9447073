"""The choices on which a figure may depend, and the name of a figure with given choices.

A figure is a row with a column for each choice (empty if the choice does not apply). Its key, the
column `measure` of comparison.csv, contains the choices that say what it is, such as
`min_cut_links_at_+50_km`, and after a bar each choice that differs from the headline, such as
`min_cut_links_at_+50_km|undirected`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import Row, records
from pipeline.core.measures import VARIED
from pipeline.core.modes import COMBINED, MODES
from pipeline.core.numbers import is_absent
from pipeline.measures.completeness import ESTIMATED
from pipeline.measures.cost import SCENARIOS
from pipeline.network.access import VEHICLES
from pipeline.network.line import RULER

DETOUR = parameters.filled("{detour_limit} times")
SITES = parameters.filled("{site_km} km sites")
NEAR_SITES = parameters.filled("{merge_m} m sites")
NO_LIMIT = "no limit"
# Separates what is counted from the distance within which two are merged.
MERGED = " merged within "
_LIMITS = (*parameters.numbers("other_detour_limits"), parameters.number("detour_limit"))
_MINUTES = (
    *parameters.numbers("walk_minutes"),
    *parameters.numbers("post_reach_minutes"),
    parameters.number("post_near_minutes"),
)
_TRANSFERS = (
    parameters.number("transfer_minutes"),
    *parameters.numbers("other_transfer_minutes"),
)
# Every choice and its options; a depth is written like "+50 km" or "deepest +". The names of
# measures are in measures.toml, those of parts of the line and kinds of post in stage posture.
CHOICES: dict[str, tuple[str, ...]] = {
    "measure": (
        *("length", "crossings", "min_cut", "unguarded", "second_line", "cordon"),
        *("extra_minutes", "cut_off_crossings", "cut_off_share", "first_two_share"),
        *("walk_share", "post_share", "near_post_share", "walked_round_share", "line_share"),
        *("posts", "posts_per_100_km", "unfenced_km", "walk_minutes_median", "post_minutes_median"),
        *("cost", "cost_per_km", "cost_per_point", "posts_added", "stopped_share"),
        *("closings", "closings_on_foot", "closings_rail", "stoppable_share", "by_rail_share"),
        *("front_width", "links_per_100_km", "min_cut_on_foot", "unguarded_on_foot"),
        *("routes", "evasion_price", "clean_share", "meets_post_share"),
        *("stations", "stations_that_join"),
        *("success_share", "success_swing", "success_shapley"),
        *("met_by_1_posts", "met_by_5_posts"),
        *("met_by_1_posts_with_walking", "met_by_5_posts_with_walking"),
        *("routes_left_by_programme", "moved_by_programme"),
        *("staff_on_record", "staff_per_km_on_record", "staff_assumed"),
    ),
    "mode": (*MODES, "road and rail", COMBINED),
    "ruler": (RULER, "as drawn", "official"),
    "status": (
        *("open", "official", "informal", "unmarked", "closed", "restricted"),
        *("open or restricted", "informal inventory", "open by hours", "open at all hours"),
        ESTIMATED,
        *(f"open to {vehicle}" for vehicle in VEHICLES),
    ),
    "count": ("crossings", "links", "lanes", "sites", SITES, NEAR_SITES),
    "of": (
        *("fenced", "vehicle_barrier", "river", "built_up", "land"),
        *("crossings", "cut sites", "bypasses", "posts"),
        *("all", "inland checkpoint", "official crossing", "checkpoint", "border_control"),
        *(
            "customs",
            "immigration",
            "none",
            "stated",
            "impassable",
            "either side",
            "from side",
            "to side",
        ),
        *("barriers", "forces", "routes"),
    ),
    "side": ("either side", "from side", "to side"),
    "scenario": SCENARIOS,
    "stopped": tuple(f"{100 * share:g}%" for share in parameters.numbers("stopped_shares")),
    "within": (
        parameters.filled("{post_near_km} km"),
        *dict.fromkeys(f"{minutes:g} minutes" for minutes in sorted(_MINUTES)),
    ),
    "depth": ("deepest +", "deepest -"),
    "direction": ("directed", "undirected"),
    "third_countries": ("transit excluded", "transit allowed"),
    "ways": (
        *("headline", "tertiary and above", "minor roads too", "ferries too", "tracks too"),
        *("restricted too", "disused too"),
    ),
    "demand": ("through", "local", "uniform", "irregular"),
    "detour": (*(f"{limit:g} times" for limit in sorted(set(_LIMITS))), NO_LIMIT),
    "obstacles": ("stated", "none", "impassable"),
    "slopes": ("steeper",),
    "level": ("low", "mid", "high"),
    "wages": ("same", "own"),
    "walking": (
        "no walking",
        *(f"walking {m:g} minutes" for m in parameters.numbers("walk_minutes")),
    ),
    "transfer": tuple(f"transfer {minutes:g} minutes" for minutes in _TRANSFERS),
    "per": ("border", "100 km"),
}
# The choices of the headline; all others are variants, which are named after a bar.
HEADLINE = {
    "direction": "directed",
    "third_countries": "transit excluded",
    "ways": "headline",
    "demand": "through",
    "detour": DETOUR,
    "obstacles": "stated",
    "slopes": "",
    "level": "mid",
    "wages": "same",
    "walking": "no walking",
    "transfer": f"transfer {_TRANSFERS[0]:g} minutes",
    "per": "border",
}
# The headline counts crossings, except for cuts, which count links.
_COUNTED = {"min_cut", "unguarded", "second_line", "cordon"}
_OF_ALL = {"evasion_price", "clean_share", "meets_post_share"}
# Different definitions of usable crossings.
USABLE = ("open", "official", "open or restricted")
SPELLED = ("status", "count", "of", "side", "scenario", "stopped", "within", "depth")
# The choices over which the range of a headline figure is computed.
RANGES: dict[str, tuple[str, ...]] = {
    "length": ("ruler",),
    **dict.fromkeys(_COUNTED, ("direction", "third_countries", "ways")),
    "links_per_100_km": ("direction", "third_countries"),
    "walk_share": ("obstacles", "slopes"),
    **dict.fromkeys(("walked_round_share", "walk_minutes_median", "min_cut_on_foot"), ("slopes",)),
    "cost": ("level", "wages"),
    "cost_per_km": ("level", "wages"),
    "closings": ("demand", "detour", "count", "transfer"),
    **dict.fromkeys(("closings_rail", "by_rail_share"), ("transfer",)),
    "closings_on_foot": ("detour",),
    "stoppable_share": ("detour",),
    "routes": ("detour",),
    **dict.fromkeys(_OF_ALL, ("demand", "of")),
}


def key(row: Mapping[str, Any]) -> str:
    """The name of a figure in comparison.csv.

    Parameters
    ----------
    row : mapping
        The choices of the figure; those that do not apply are empty or missing.

    Returns
    -------
    str
        Such as `crossings_open_lanes`, or `cost_fence_on_land|low` for a variant.
    """
    measure = str(row["measure"])
    base, varied = [measure], []
    for name in SPELLED:
        value = str(row.get(name) or "")
        if name == "count" and MERGED in value:
            value, merged = value.split(MERGED)
            varied.append(f"merged within {merged}")
        if not value or (name == "count" and value == "crossings"):
            continue
        if name == "of" and measure in _OF_ALL:
            varied += [] if value == "all" else [value]
        elif name == "count" and measure not in (*_COUNTED, "crossings"):
            varied.append(value)
        else:
            base.append({"stopped": "to_stop_", "depth": "at_"}.get(name, "") + value)
    ruler = str(row.get("ruler") or RULER)
    base += [] if ruler == RULER else [ruler]
    varied += [
        str(row[name]) for name, usual in HEADLINE.items() if (row.get(name) or usual) != usual
    ]
    return VARIED.join([_slug("_".join(base)), *map(_slug, varied)])


def _slug(text: str) -> str:
    return text.replace(" ", "_").replace("%", "").replace(",", "")


def ranges(figures: pd.DataFrame) -> Iterator[tuple[float | None, float | None]]:
    """The range of each figure over its choices.

    Parameters
    ----------
    figures : pandas.DataFrame
        A column for each of CHOICES, `value`, and `key` as from function `key`.

    Yields
    ------
    tuple of float or None
        Smallest and largest value of the figures that differ from this one only in those choices;
        None if it is not a headline, is absent, or has no such choices.
    """
    rows = records(figures)
    heads = [_head(row) for row in rows]
    values = figures["value"].astype(float).groupby(heads)
    low, high = values.min(), values.max()
    for row, head in zip(rows, heads, strict=True):
        if head is None or not _is_headline(row) or is_absent(row["value"]):
            yield None, None
        else:
            yield float(low[head]), float(high[head])


def _head(row: Row) -> str | None:
    """The common part of the figures of one range: mode, and name without the free choices."""
    measure, count = row["measure"], row["count"].split(MERGED)[0]
    free = RANGES.get(measure, ())
    if measure == "crossings":
        counted = count == "crossings" and row["status"] in USABLE
        free = ("status",) if counted else ()
    if not free:
        return None
    plain = {name: "" if name in free else value for name, value in row.items()}
    return f"{row['mode']} {key(plain | ({} if 'count' in free else {'count': count}))}"


def _is_headline(row: Row) -> bool:
    if MERGED in row["count"] or VARIED in row["key"]:
        return False
    if row["measure"] == "length":
        return bool(row["ruler"] == RULER)
    return bool(row["measure"] != "crossings" or row["status"] == "open")
