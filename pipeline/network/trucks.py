"""Where a truck of a stated size may go, and how fast, from the tags of a way or a node.

There are three answers: `yes` (a tag or the class of the road says so), `unknown` (nothing says so:
a minor road, or one whose surface may not bear a truck), `no` (forbidden, or too low, narrow or
weak).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from pipeline.core import parameters
from pipeline.network import access, hours, numbers
from pipeline.network.access import GOODS, Access

Answer = Literal["yes", "unknown", "no"]
ANSWERS: tuple[Answer, ...] = ("no", "unknown", "yes")  # from worst to best

TRUCK = parameters.table("truck")
SPEED_KMH = parameters.table("truck_speed_kmh")
TOP_KMH = parameters.number("truck_top_kmh")
UNPAVED_KMH = parameters.number("truck_unpaved_kmh")

# A limit and the size of the truck to compare with it
# (https://wiki.openstreetmap.org/wiki/Key:maxweight).
LIMITS = {
    "maxweight": "weight_t",
    "maxweightrating": "weight_t",
    "maxweightrating:hgv": "weight_t",
    "maxweight:hgv": "weight_t",
    "maxaxleload": "axle_t",
    "maxheight": "height_m",
    "maxheight:physical": "height_m",
    "maxwidth": "width_m",
    "maxwidth:physical": "width_m",
    "maxlength": "length_m",
}
TRUCK_KEYS = ("hgv", "goods")
SPEED_KEYS = ("maxspeed:hgv", "maxspeed:hgv:forward", "maxspeed:hgv:backward", "maxspeed:goods")
KEYS = (*LIMITS, *SPEED_KEYS, "surface", "smoothness", "tracktype")

# Classes that trucks use if no tag says otherwise; for lower classes nothing is known.
SURE_CLASSES = {"motorway", "trunk", "primary", "secondary", "tertiary"}
UNPAVED = {
    *("unpaved", "compacted", "fine_gravel", "gravel", "pebblestone", "dirt", "earth", "ground"),
    *("rock", "sand", "mud", "grass", "clay", "woodchips", "dirt/sand", "salt", "snow", "ice"),
}
# Unpaved surfaces that are built to carry loads.
BUILT = {"compacted", "fine_gravel", "gravel", "unpaved"}
ROUGH = {"bad", "very_bad"}
IMPASSABLE = {"horrible", "very_horrible", "impassable"}

# A size with a unit, or without (then tonnes or metres); feet and inches as on American signs.
SIZE = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>t|tonnes?|kg|st|lbs?|m|cm|ft|')?")
FEET = re.compile(r"(\d+)\s*(?:'|ft)\s*(?:(\d+)\s*(?:\"|''|in)?)?")
IN_UNITS = {"kg": 1e-3, "st": 0.90718474, "lb": 0.45359237e-3, "lbs": 0.45359237e-3,
            "cm": 0.01, "ft": 0.3048, "'": 0.3048}  # fmt: skip
INCH_M = 0.0254
NO_LIMIT = {"none", "default", "unsigned", "no_sign", "no_indications", "below_default"}
COMPARED = re.compile(
    r"(?:max)?(weight|weightrating|axleload|height|width|length)\s*(>=|<=|>|<|=)\s*"
    r"(\d+(?:[.,]\d+)?)\s*(t|m)?"
)
COMPARED_TO = {"weight": "weight_t", "weightrating": "weight_t", "axleload": "axle_t",
               "height": "height_m", "width": "width_m", "length": "length_m"}  # fmt: skip


def size(text: str) -> float | None:
    """A weight in tonnes or a length in metres, as mappers write it; None if it cannot be read.

    Parameters
    ----------
    text
        Value of a tag such as maxweight or maxheight: `7.5`, `7.5 t`, `3500 kg`, `12'6"`; of
        several values the smallest is used.

    Returns
    -------
    float or None
        Above 0.
    """
    found = []
    for part in text.split(";"):
        feet = FEET.fullmatch(part.strip())
        match = SIZE.fullmatch(part.strip())
        if feet:
            found.append(int(feet[1]) * IN_UNITS["ft"] + int(feet[2] or 0) * INCH_M)
        elif match:
            number = float(match["number"].replace(",", "."))
            found.append(number * IN_UNITS.get(match["unit"] or "", 1.0))
        else:
            return None
    return min(found) if found and min(found) > 0 else None


def unreadable(tags: Mapping[str, str]) -> list[str]:
    """Keys of limits whose value cannot be read, so that the limit is unknown.

    Parameters
    ----------
    tags
        All tags of a way or node.

    Returns
    -------
    list of str
        Keys, each once.
    """
    return [
        key
        for key in LIMITS
        if tags.get(key, "") not in ("", *NO_LIMIT) and size(tags[key]) is None
    ]


def too_large(tags: Mapping[str, str]) -> bool:
    """Whether a limit of size excludes the truck.

    Parameters
    ----------
    tags
        All tags of a way or node.

    Returns
    -------
    bool
        By LIMITS, and by conditions that are only about size, such as `hgv:conditional=no @
        (weight>7.5)`. A limit that cannot be read excludes nobody; it is a data issue.
    """
    for key, what in LIMITS.items():
        limit = size(tags.get(key, ""))
        if limit is not None and limit < TRUCK[what]:
            return True
    levels = (key for level in access.HIERARCHY["goods"] for key in level)
    limits_of = (hours.conditions(tags.get(f"{key}:conditional", "")) for key in levels)
    return any(
        value in access.CLOSED and _meets(condition)
        for found in limits_of
        for value, condition in found
    )


def _meets(condition: str) -> bool:
    """Whether a condition is only about sizes, and this truck meets all of it."""
    parts = [part.strip() for part in re.split(r"\bAND\b|,", condition, flags=re.IGNORECASE)]
    compared = [COMPARED.fullmatch(part) for part in parts]
    if not all(compared):
        return False
    return all(
        _holds(TRUCK[COMPARED_TO[match[1]]], match[2], float(match[3].replace(",", ".")))
        for match in compared
        if match
    )


def _holds(value: float, sign: str, limit: float) -> bool:
    return {">": value > limit, ">=": value >= limit, "<": value < limit, "<=": value <= limit,
            "=": value == limit}[sign]  # fmt: skip


def answer(tags: Mapping[str, str], class_: str, free: int) -> Answer:
    """Whether the truck may use a way.

    Parameters
    ----------
    tags
        All tags of the way.
    class_
        Its class in the network.
    free
        Vehicles that may pass it without a permit, as bits.

    Returns
    -------
    str
        yes, unknown or no.
    """
    if not free & GOODS or too_large(tags) or tags.get("smoothness") in IMPASSABLE:
        return "no"
    if any(tags.get(key) in (*access.CARRIED, "delivery") for key in TRUCK_KEYS):
        return "yes"
    surface = tags.get("surface", "")
    soft = surface in UNPAVED - BUILT or tags.get("tracktype") in ("grade3", "grade4", "grade5")
    return "yes" if _highway(tags, class_) in SURE_CLASSES and not soft else "unknown"


def speed_kmh(tags: Mapping[str, str], class_: str) -> float:
    """Speed of the truck on a way.

    Parameters
    ----------
    tags
        All tags of the way.
    class_
        Its class in the network.

    Returns
    -------
    float
        By `maxspeed:hgv`, else `maxspeed`, else the usual speed of trucks on its class; at most the
        top speed of trucks, and less if the way is unpaved or rough.
    """
    own = [tags[key] for key in SPEED_KEYS if key in tags]
    kept = {key: text for key, text in tags.items() if key.startswith("maxspeed")}
    kept |= {"maxspeed": ";".join(own)} if own else {}
    highway = _highway(tags, class_)
    tagged_kmh = numbers.speed_kmh(kept, SPEED_KMH.get(highway, SPEED_KMH[class_]))
    unpaved = tags.get("surface") in UNPAVED or tags.get("smoothness") in ROUGH
    return min([tagged_kmh, TOP_KMH, *([UNPAVED_KMH] if unpaved else [])])


def _highway(tags: Mapping[str, str], class_: str) -> str:
    """The class that a road is built as, which a class such as `restricted` does not tell."""
    return tags.get("highway", class_).split(";")[0].strip().removesuffix("_link")


def of_node(tags: dict[str, str]) -> Access | None:
    """Who may pass a node of a way, as `access.of_node`; no goods if it is too low or narrow.

    Parameters
    ----------
    tags
        All tags of the node.

    Returns
    -------
    Access or None
        None if it stops nobody.
    """
    found = access.of_node(tags)
    limited = "barrier" in tags or tags.keys().isdisjoint(access.OTHER_THINGS)
    if not limited or not too_large(tags):
        return found
    known = found or access.Access(access.ALL, access.NOBODY, access.ALL, None)
    return replace(known, free=known.free & ~GOODS, always=known.always & ~GOODS)
