"""What OSM tags say of a way: mode, class, state, one-way, lanes, speed.

The rules follow the OSM wiki's access hierarchy (https://wiki.openstreetmap.org/wiki/Key:access):
a tag for motor vehicles overrides one for all vehicles, which overrides `access`.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pipeline.core import parameters

Mode = Literal["road", "rail", "foot_only"]
State = Literal["open", "closed", "disused"]

# Classes from best to worst. A link's class is the worst of its ways, so that it is passable in a
# network of a class and above exactly when it says so.
ROAD_CLASSES = (
    *("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential"),
    *("living_street", "service", "road", "ferry", "track", "restricted"),
)
FOOT_CLASSES = ("pedestrian", "footway", "steps", "cycleway", "bridleway", "path")
RAIL_CLASSES = ("rail", "light_rail", "narrow_gauge")
STATIONS = ("station", "halt")
MADE_CLASSES = ("ferry", "restricted")  # made of other keys, never values of `highway`
CLASSES = (*ROAD_CLASSES, *FOOT_CLASSES, *RAIL_CLASSES)
RANK = {name: rank for rank, name in enumerate(CLASSES)}

SPEED_KMH = parameters.table("road_speed_kmh") | parameters.table("rail_speed_kmh")
WALKING_KMH = parameters.number("path_speed_kmh")
KMH_PER_MPH = 1.609344

LANES_PER_DIRECTION = {k: int(n) for k, n in parameters.table("lanes_per_direction").items()}

# What is looked at in a way: most are alike in these, and what one is need be told once.
WAY_KEYS = (
    *("highway", "disused:highway", "railway", "disused:railway", "route", "junction", "informal"),
    *("access", "vehicle", "motor_vehicle", "motorcar", "motorroad", "foot", "oneway"),
    *("lanes", "lanes:forward", "lanes:backward", "tracks", "maxspeed"),
)

PLACES = ("city", "town", "village", "hamlet")
RESTRICTED = {"forestry", "agricultural", "agriculture", "permit", "private", "military"}
CLOSED = {"no"}
CARRIED = {"yes", "designated", "permissive", "destination", "permit"}


@dataclass(frozen=True)
class Kind:
    """What a way is to the network; lanes and speed are None where not tagged.

    `oneway` is 1 along the way, -1 against it, 0 both ways.
    """

    mode: Mode
    walkable: bool
    class_: str
    state: State
    oneway: int
    informal: bool
    lanes: float | None
    lanes_forward: int
    lanes_backward: int
    speed_kmh: float


def kinds(tags: dict[str, str]) -> list[Kind]:
    """The networks that a way belongs to: none, one, or two (rails in a street)."""
    return list(_kinds(tuple(map(tags.get, WAY_KEYS))))


@cache
def _kinds(values: tuple[str | None, ...]) -> tuple[Kind, ...]:
    tags = {key: value for key, value in zip(WAY_KEYS, values, strict=True) if value is not None}
    found = []
    rail = _rail_class(tags)
    if rail is not None:
        found.append(_kind(tags, "rail", rail[0], walkable=False, state=rail[1]))
    road = _road_or_foot(tags)
    if road is not None:
        found.append(road)
    return tuple(found)


def _rail_class(tags: dict[str, str]) -> tuple[str, State] | None:
    railway = tags.get("railway", "")
    disused = tags.get("disused:railway", "")
    if railway == "disused":
        return (disused if disused in RAIL_CLASSES else "rail"), "disused"
    if railway in RAIL_CLASSES:
        return railway, ("closed" if tags.get("access") in CLOSED else "open")
    if disused in RAIL_CLASSES:
        return disused, "disused"
    return None


def _road_or_foot(tags: dict[str, str]) -> Kind | None:
    if tags.get("route") == "ferry":
        return _ferry(tags)
    highway, state = _highway(tags)
    if highway not in (*ROAD_CLASSES, *FOOT_CLASSES) or highway in MADE_CLASSES:
        return None
    motor, key = _motor_access(tags)
    on_foot = tags.get("foot", "yes") not in ("no", "private") and highway != "motorway"
    on_foot = on_foot and (tags.get("motorroad") != "yes" or "foot" in tags)
    shut = motor == "no" and key == "access" and "foot" not in tags
    if shut:
        state = "closed"
    if highway in FOOT_CLASSES and motor != "designated":
        return _kind(tags, "foot_only", highway, walkable=True, state=state) if on_foot else None
    if motor == "no" and not shut:
        return _kind(tags, "foot_only", "path", walkable=True, state=state) if on_foot else None
    wide = "track" if highway in FOOT_CLASSES else highway
    class_ = "restricted" if motor == "restricted" else wide
    return _kind(tags, "road", class_, walkable=on_foot and not shut, state=state)


def _highway(tags: dict[str, str]) -> tuple[str, State]:
    """Class of the way, and whether it is in use."""
    highway = tags.get("highway", "").removesuffix("_link")
    former = tags.get("disused:highway", "").removesuffix("_link")
    if highway == "disused":
        return former or "unclassified", "disused"
    return (former, "disused") if former and not highway else (highway, "open")


def _motor_access(tags: dict[str, str]) -> tuple[str, str]:
    """What a motor vehicle may do (yes, designated, restricted, no), and the key that says so."""
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            values = {value.strip() for value in tags[key].split(";")}
            if values <= CLOSED:
                return "no", key
            if values <= RESTRICTED | CLOSED:
                return "restricted", key
            designated = key != "access" and bool(values & CARRIED)
            return ("designated" if designated else "yes"), key
    return "yes", ""


def _ferry(tags: dict[str, str]) -> Kind:
    motor = any(tags.get(key) in CARRIED for key in ("motor_vehicle", "motorcar", "vehicle"))
    closed: State = "closed" if tags.get("access") in CLOSED else "open"
    walkable = tags.get("foot") != "no"
    return _kind(tags, "road" if motor else "foot_only", "ferry", walkable=walkable, state=closed)


def _kind(tags: dict[str, str], mode: Mode, class_: str, *, walkable: bool, state: State) -> Kind:
    oneway = _oneway(tags) if mode != "foot_only" else 0
    lanes = positive(tags.get("lanes")) if mode != "rail" else positive(tags.get("tracks"))
    default = LANES_PER_DIRECTION.get(class_, 1)
    forward = _direction_lanes(tags.get("lanes:forward"), lanes, default, oneway)
    backward = _direction_lanes(tags.get("lanes:backward"), lanes, default, oneway)
    ride = mode != "foot_only" or class_ == "ferry"
    speed = SPEED_KMH[class_] if ride else WALKING_KMH
    return Kind(
        mode=mode,
        walkable=walkable,
        class_=class_,
        state=state,
        oneway=oneway,
        informal=tags.get("informal") == "yes",
        lanes=lanes,
        lanes_forward=forward if oneway >= 0 else 0,
        lanes_backward=backward if oneway <= 0 else 0,
        speed_kmh=(_speed_kmh(tags.get("maxspeed")) if ride else None) or speed,
    )


def _oneway(tags: dict[str, str]) -> int:
    """Direction by the tag or the roundabout; never by the class."""
    oneway = tags.get("oneway")
    if oneway in ("yes", "true", "1"):
        return 1
    if oneway in ("-1", "reverse"):
        return -1
    return 1 if tags.get("junction") == "roundabout" and oneway is None else 0


def positive(text: str | None, most: float = 100.0) -> float | None:
    """A number above 0 and below `most`, the sum of several (`2;1`), or None."""
    parts = [part for part in re.split(r"[;|]", text or "") if part.strip()]
    try:
        total = sum(float(part) for part in parts)
    except ValueError:
        return None
    return total if 0 < total < most else None


def year(text: str | None) -> int | None:
    """The year of a date such as 2014, 2014-07 or 2014-07-08; None for anything else.

    A date that only bounds (`before 2014`, `~2014`) or spans (`2010..2014`) names no year.
    """
    match = re.fullmatch(r"\s*(\d{4})(-\d{2}){0,2}\s*", text or "")
    return int(match[1]) if match else None


def _direction_lanes(tagged: str | None, lanes: float | None, default: int, oneway: int) -> int:
    own = positive(tagged)
    if own is not None:
        return max(1, int(own))
    if lanes is None:
        return default
    return max(1, int(lanes) if oneway else -int(-lanes // 2))


def _speed_kmh(text: str | None) -> float | None:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(mph|km/h|kmh)?\s*", text or "")
    if not match:
        return None
    speed = float(match[1]) * (KMH_PER_MPH if match[2] == "mph" else 1.0)
    return speed if 1 <= speed <= 300 else None


def place_kind(tags: dict[str, str]) -> str | None:
    """city, town, village or hamlet; None for anything else."""
    return tags.get("place") if tags.get("place") in PLACES else None


def station_kind(tags: dict[str, str]) -> str | None:
    """Station or halt of a railway in use; None for anything else, and for metro and trams."""
    urban = {"subway", "monorail", "funicular", "miniature"} & {tags.get("station")}
    closed = tags.get("disused") == "yes" or tags.get("abandoned") == "yes"
    return (
        tags.get("railway") if tags.get("railway") in STATIONS and not (urban or closed) else None
    )


def post_kind(tags: dict[str, str]) -> str | None:
    """border_control, customs, checkpoint, police, military or toll; None for anything else.

    An office that directs others (`office=government`, `government=border_control`) is no post.
    """
    values = {tags.get(key) for key in ("amenity", "office", "government")}
    if tags.get("barrier") == "border_control":
        return "border_control"
    if "customs" in values:
        return "customs"
    if "checkpoint" in tags or "checkpoint" in (
        tags.get(key) for key in ("barrier", "police", "military")
    ):
        return "checkpoint"
    if "police" in values:
        return "police"
    if tags.get("military") in ("base", "barracks"):
        return "military"
    return "toll" if tags.get("barrier") == "toll_booth" else None
