"""What OSM tags say about a way: networks, class, state, form, one-way, lanes, speed, access."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from pipeline.core import parameters
from pipeline.network import access, lifecycle, numbers, trucks
from pipeline.network.access import BICYCLE, BUS, CAR, FOOT, MOTOR, NOBODY, Access
from pipeline.network.lifecycle import State

Mode = Literal["road", "rail", "foot_only"]
# An area is an open space drawn by its outline, such as a customs apron. Neither its outline nor
# the arcs of a roundabout count as separate roads or lanes.
Form = Literal["way", "area", "roundabout"]

# Classes from best to worst. A link's class is the worst of its ways, so that a link belongs to the
# network of a class and above exactly if its own class does.
ROAD_CLASSES = (
    *("motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential"),
    *("living_street", "service", "road", "ferry", "track", "restricted"),
)
FOOT_CLASSES = ("pedestrian", "footway", "steps", "cycleway", "bridleway", "path")
RAIL_CLASSES = ("rail", "light_rail", "narrow_gauge", "tram", "preserved")
MADE_CLASSES = ("ferry", "restricted")  # derived from other keys, never values of `highway`
BUS_ROADS = ("busway", "bus_guideway")
CLASSES = (*ROAD_CLASSES, *FOOT_CLASSES, *RAIL_CLASSES)
RANK = {name: rank for rank, name in enumerate(CLASSES)}

SPEED_KMH = parameters.table("road_speed_kmh") | parameters.table("rail_speed_kmh")
WALKING_KMH = parameters.number("path_speed_kmh")
LANES_PER_DIRECTION = {k: int(n) for k, n in parameters.table("lanes_per_direction").items()}

# Who may use a way of a kind if no tag says otherwise (the worldwide defaults of
# https://wiki.openstreetmap.org/wiki/OSM_tags_for_routing/Access_restrictions); roads not listed
# here: all.
USERS = {
    "motorway": MOTOR,
    **dict.fromkeys(BUS_ROADS, BUS),
    **dict.fromkeys(("pedestrian", "footway", "steps", "bridleway"), FOOT),
    **dict.fromkeys(("cycleway", "path"), BICYCLE | FOOT),
}

# The keys of a way that are used. Most ways have equal values in them, and each kind is computed
# once.
WAY_KEYS = frozenset(
    (
        *("highway", "railway", "route", "ferry", "junction", "area", "informal", "motorroad"),
        *("oneway", "lanes", "lanes:forward", "lanes:backward", "lanes:both_ways", "tracks"),
        *("maxspeed", "maxspeed:forward", "maxspeed:backward", "gauge", "railway:preserved"),
        "usage",
        *lifecycle.KEYS,
        *access.KEYS,
        *trucks.KEYS,
        *(f"{key}:{way}" for key in access.PLAIN_KEYS for way in ("forward", "backward")),
    )
)


@dataclass(frozen=True)
class Kind:
    """The properties of a way in the network; lanes are None if not tagged.

    `oneway` is 1 along the way, -1 against it, 0 for both directions. `free`, `permitted` and
    `always` are bits of access.BIT: who may pass (also if only at some hours), who with a permit,
    who at any time. `truck` is one of trucks.ANSWERS for the truck of the parameters, `truck_kmh`
    its speed.
    """

    mode: Mode
    walkable: bool
    class_: str
    state: State
    form: Form
    oneway: int
    informal: bool
    lanes: float | None
    lanes_forward: int
    lanes_backward: int
    speed_kmh: float
    free: int
    permitted: int
    always: int
    hours: str | None
    gauge: str | None
    truck: int
    truck_kmh: float


def kinds(tags: dict[str, str]) -> list[Kind]:
    """The networks that a way belongs to: none, one, or two (rails in a street).

    Parameters
    ----------
    tags
        All tags of the way.

    Returns
    -------
    list of Kind
        For each network: mode, class and the other properties.
    """
    return list(_kinds(tuple(sorted(item for item in tags.items() if item[0] in WAY_KEYS))))


def narrowed(kind: Kind, node: Access) -> Kind:
    """The kind of a road or path at a node that stops some vehicles, such as a gate.

    Parameters
    ----------
    kind
        The way.
    node
        Who may pass the node.

    Returns
    -------
    Kind
        The same kind if the node changes nothing, or if the way is a railway: gates across tracks
        stop other traffic.
    """
    if kind.mode == "rail" or kind.state != "open":
        return kind
    own = Access(kind.free, kind.permitted, kind.always, kind.hours)
    found = access.both(own, node)
    if found == own:
        return kind
    mode, class_, state = _passable(found, kind.mode, kind.class_)
    if kind.mode == "foot_only" and found.free | found.permitted == BICYCLE:
        state = "closed"
    changed = replace(kind, mode=mode, class_=class_, state=state)
    walkable = kind.walkable and bool((found.free | found.permitted) & FOOT)
    if mode == "foot_only" and kind.mode == "road":
        changed = replace(changed, oneway=0, speed_kmh=WALKING_KMH, walkable=walkable,
                          state=state if walkable else "closed")  # fmt: skip
    return replace(
        changed,
        walkable=walkable,
        free=found.free,
        permitted=found.permitted,
        always=found.always,
        hours=found.hours,
        truck=changed.truck if found.free & access.GOODS and mode == "road" else 0,
    )


@cache
def _kinds(items: tuple[tuple[str, str], ...]) -> tuple[Kind, ...]:
    tags = dict(items)
    found = (_railway(tags), _road_or_path(tags))
    return tuple(kind for kind in found if kind is not None)


def _railway(tags: dict[str, str]) -> Kind | None:
    class_, state = lifecycle.class_and_state(tags, "railway", RAIL_CLASSES, "rail")
    if class_ not in RAIL_CLASSES:
        return None
    if class_ == "rail" and tags.get("usage") == "tourism":
        class_ = "preserved"
    if tags.get("railway:preserved") == "yes":
        class_ = "preserved"
    if state == "open" and tags.get("access") == "no":
        state = "closed"
    nobody = Access(NOBODY, NOBODY, NOBODY, None)
    return _kind(tags, "rail", class_, nobody, walkable=False, state=state)


def _road_or_path(tags: dict[str, str]) -> Kind | None:
    classes = (*ROAD_CLASSES, *FOOT_CLASSES, *BUS_ROADS)
    highway, state = lifecycle.class_and_state(tags, "highway", classes, "unclassified")
    if highway in MADE_CLASSES or highway not in classes:
        highway = ""
    ferry = _ferry_state(tags, highway)
    if ferry is not None:
        return _ferry(tags, highway, ferry)
    if not highway:
        return None
    default = USERS.get(highway, access.ALL)
    if tags.get("motorroad") == "yes":
        default &= MOTOR
    found = access.of_way(tags, default)
    if highway in FOOT_CLASSES and not found.free & MOTOR:
        # A path that its owner keeps for private use is still a path.
        on_foot = tags.get("foot", "yes") not in ("no", "private")
        closed = not found.free | found.permitted
        state = "closed" if state == "open" and closed else state
        if not on_foot:
            return None
        return _kind(tags, "foot_only", highway, found, walkable=True, state=state)
    wide = {"busway": "service", "bus_guideway": "service"}.get(highway, highway)
    wide = "track" if highway in FOOT_CLASSES else wide
    mode, class_, passable = _passable(found, "road", wide)
    walkable = bool((found.free | found.permitted) & FOOT) and tags.get("foot") != "private"
    if mode == "foot_only" and not walkable:
        return None
    state = passable if state == "open" else state
    return _kind(tags, mode, class_, found, walkable=walkable, state=state)


def _passable(found: Access, mode: Mode, class_: str) -> tuple[Mode, str, State]:
    """Mode, class and state of a road or path, by who may pass.

    A road that no private car may pass is restricted. A road that no motor vehicle may pass is a
    path. A road that nobody may pass is closed and keeps its class.
    """
    if not found.free | found.permitted:
        return mode, class_, "closed"
    if mode == "foot_only":
        return mode, class_, "open"
    if found.free & CAR:
        return "road", class_, "open"
    if (found.free | found.permitted) & MOTOR:
        return "road", "restricted", "open"
    return "foot_only", class_ if class_ == "ferry" else "path", "open"


def _ferry_state(tags: dict[str, str], highway: str) -> State | None:
    """The state of a ferry, tagged as a route or only by importance; None for anything else."""
    values = {value.strip() for value in tags.get("route", "").split(";")}
    if "ferry" in values or (not highway and tags.get("ferry") in ("yes", *ROAD_CLASSES)):
        return lifecycle.state(tags, "route")
    return "disused" if not highway and lifecycle.former(tags, "route") == "ferry" else None


def _ferry(tags: dict[str, str], highway: str, state: State) -> Kind:
    """A ferry carries motor vehicles if a tag says so, and walkers if no tag forbids it."""
    stating = access.CARRIED | access.RESTRICTED
    keys = ("motor_vehicle", "motorcar", "vehicle", "hgv")
    motor = bool(highway in ROAD_CLASSES) or tags.get("ferry") in ROAD_CLASSES
    motor |= any(set(tags.get(key, "").split(";")) & stating for key in keys)
    found = access.of_way(tags, access.ALL if motor else BICYCLE | FOOT)
    mode, class_, passable = _passable(found, "road" if motor else "foot_only", "ferry")
    walkable = bool((found.free | found.permitted) & FOOT) or passable == "closed"
    state = passable if state == "open" else state
    return _kind(tags, mode, class_, found, walkable=walkable, state=state)


def _kind(
    tags: dict[str, str], mode: Mode, class_: str, who: Access, *, walkable: bool, state: State
) -> Kind:
    oneway = _oneway(tags) if mode != "foot_only" else 0
    key = "tracks" if mode == "rail" else "lanes"
    found = numbers.lanes(tags, key, LANES_PER_DIRECTION.get(class_, 1), oneway)
    ride = mode != "foot_only" or class_ == "ferry"
    return Kind(
        mode=mode,
        walkable=walkable,
        class_=class_,
        state=state,
        form=_form(tags),
        oneway=oneway,
        informal=tags.get("informal") == "yes",
        lanes=found.tagged,
        lanes_forward=found.forward,
        lanes_backward=found.backward,
        speed_kmh=numbers.speed_kmh(tags, SPEED_KMH[class_]) if ride else WALKING_KMH,
        free=who.free,
        permitted=who.permitted,
        always=who.always,
        hours=who.hours,
        gauge=numbers.gauge_mm(tags) if mode == "rail" else None,
        truck=trucks.ANSWERS.index(trucks.answer(tags, class_, who.free)) if mode == "road" else 0,
        truck_kmh=trucks.speed_kmh(tags, class_) if mode == "road" else WALKING_KMH,
    )


def _form(tags: dict[str, str]) -> Form:
    if tags.get("area") == "yes" and "highway" in tags:
        return "area"
    return "roundabout" if tags.get("junction") in ("roundabout", "circular") else "way"


def _oneway(tags: dict[str, str]) -> int:
    """Direction by the tag, otherwise by a roundabout, a motorway, or a ban of one direction."""
    oneway = tags.get("oneway")
    if oneway in ("yes", "true", "1"):
        return 1
    if oneway in ("-1", "reverse"):
        return -1
    if oneway is None and (
        tags.get("junction") == "roundabout" or tags.get("highway") == "motorway"
    ):
        return 1
    keys = ("motor_vehicle", "vehicle", "access")
    banned = {
        way: any(tags.get(f"{key}:{way}") == "no" for key in keys)
        for way in ("forward", "backward")
    }
    if banned["forward"] == banned["backward"]:
        return 0
    return 1 if banned["backward"] else -1
