"""Who may pass a way or a node: the access hierarchy of OpenStreetMap.

A tag for one vehicle overrides a tag for a group of vehicles, which overrides `access`
(https://wiki.openstreetmap.org/wiki/Key:access); a conditional tag applies at the level of its key
(https://wiki.openstreetmap.org/wiki/Conditional_restrictions). Sets of vehicles are bits, so that
one array operation can intersect the sets of all ways of a link.
"""

import re
from dataclasses import dataclass
from typing import Literal

from pipeline.network import hours

Answer = Literal["yes", "restricted", "no"]

VEHICLES = ("car", "goods", "bus", "bicycle", "foot")
BIT = {name: 1 << place for place, name in enumerate(VEHICLES)}
CAR, GOODS, BUS, BICYCLE, FOOT = (BIT[name] for name in VEHICLES)
NOBODY, MOTOR, ALL = 0, CAR | GOODS | BUS, CAR | GOODS | BUS | BICYCLE | FOOT

# The keys that apply to each vehicle, the most specific first. If an entry has several keys, the
# first applies to the vehicle, the others to some vehicles of its kind: they can allow it to pass
# but not forbid it.
HIERARCHY: dict[str, tuple[tuple[str, ...], ...]] = {
    "car": (("motorcar",), ("motor_vehicle",), ("vehicle",), ("access",)),
    "goods": (("hgv", "goods"), ("motor_vehicle",), ("vehicle",), ("access",)),
    "bus": (("bus", "tourist_bus", "coach"), ("psv",), ("motor_vehicle",), ("vehicle",),
            ("access",)),
    "bicycle": (("bicycle",), ("vehicle",), ("access",)),
    "foot": (("foot",), ("access",)),
}  # fmt: skip
PLAIN_KEYS = tuple(
    dict.fromkeys(key for levels in HIERARCHY.values() for level in levels for key in level)
)
KEYS = (
    *(*PLAIN_KEYS, *(f"{key}:conditional" for key in PLAIN_KEYS)),
    *("locked", *hours.KEYS),
)

UNSTATED = {"unknown", ""}
CLOSED = {"no", "none", "use_sidepath"}
RESTRICTED = {
    *("forestry", "agricultural", "agriculture", "permit", "permissive_permit", "private"),
    *("military", "residents", "employees", "staff", "emergency", "official_only", "authorized"),
    *("delivery", "restricted"),
}
# Values that allow only some vehicles to pass: `access=bus`, `motor_vehicle=hgv;psv`.
NAMED = {"bus": BUS, "psv": BUS, "hgv": GOODS, "goods": GOODS, "motorcar": CAR, "bicycle": BICYCLE,
         "foot": FOOT, "motor_vehicle": MOTOR, "taxi": NOBODY}  # fmt: skip
CARRIED = {"yes", "designated", "permissive", "destination", "official", "customers"}

# Who may pass a barrier without other tags (https://wiki.openstreetmap.org/wiki/Key:barrier).
BARRIERS = {
    **dict.fromkeys(("block", "debris", "log", "jersey_barrier", "wall", "fence", "hedge",
                     "tank_trap", "ditch", "guard_rail", "city_wall", "retaining_wall", "boulder",
                     "rock", "rubble", "concrete_block", "trench"), NOBODY),
    **dict.fromkeys(("bollard", "planter", "cycle_barrier", "motorcycle_barrier", "chain",
                     "barrier_board", "rope", "spikes", "wicket_gate"), BICYCLE | FOOT),
    **dict.fromkeys(("stile", "kissing_gate", "turnstile", "full-height_turnstile",
                     "horse_stile"), FOOT),
    **dict.fromkeys(("bus_trap", "sump_buster"), ALL & ~CAR),
}  # fmt: skip
# Bollards that authorised persons can lower or remove.
MOVABLE = {"rising", "removable", "foldable", "retractable"}
# If a node has one of these keys, its access tags apply to another object at that place.
OTHER_THINGS = (
    *("highway", "railway", "public_transport", "amenity", "shop", "tourism", "leisure", "office"),
    *("entrance", "door", "building", "place", "natural", "emergency"),
)

SIZE = re.compile(r"weight|length|height|width|axle|trailer", re.IGNORECASE)
BY_PERMIT = re.compile(
    r"permit|authori|delivery|destination|private|resident|disabled|emergency|staff|military"
    r"|forestry|agricultur",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Access:
    """Who may pass: `free` (by hours included), `permitted` (with a permit, as owner, for work).

    Both are sets of bits of BIT, and no vehicle is in both. `always` are those of `free` that may
    pass at any time; `hours` are the opening hours or conditions of the others, or None.
    """

    free: int
    permitted: int
    always: int
    hours: str | None


def of_way(tags: dict[str, str], default: int) -> Access:
    """Who may pass a way.

    Parameters
    ----------
    tags
        All tags of the way.
    default
        Vehicles that may pass a way of this kind if no tag says otherwise, as bits.

    Returns
    -------
    Access
        By the hierarchy of keys, conditional tags and opening hours. The key `access` alone allows
        no vehicle on a way that is not made for it: a path with access=yes is still a path.
    """
    return _access(tags, default, widest=default)


def _access(tags: dict[str, str], default: int, widest: int) -> Access:
    """Who may pass; `widest` are the vehicles that the key `access` alone can allow."""
    if hours.is_never(tags.get(hours.KEY, "")):
        return Access(NOBODY, NOBODY, NOBODY, None)
    free, permitted = NOBODY, NOBODY
    when: dict[str, int] = {}
    for name, levels in HIERARCHY.items():
        bit = BIT[name]
        heard = levels if widest & bit else levels[:-1]
        answer, condition = _answer(tags, heard, bit, "yes" if default & bit else "no")
        if answer == "yes":
            free |= bit
        elif answer == "restricted":
            permitted |= bit
        if condition:
            when[condition] = when.get(condition, NOBODY) | bit
    when = dict.fromkeys(hours.of_tags(tags), free) | when
    always = free
    for bound in when.values():
        always &= ~bound
    conditions_text = [
        text if bound == free else f"{names(bound)}: {text}" for text, bound in when.items()
    ]
    return Access(free, permitted, always, hours.joined(conditions_text) if free else None)


def of_node(tags: dict[str, str]) -> Access | None:
    """Who may pass a node of a way; None if the node stops nobody.

    A node counts if it is a barrier, or if it has access tags and is no other object. The kind of a
    barrier decides where no tag says otherwise. A locked barrier stops all vehicles that no tag
    allows.

    Parameters
    ----------
    tags
        All tags of the node.

    Returns
    -------
    Access or None
        By the hierarchy of keys, as in `of_way`.
    """
    barrier = "gate" if tags.get("highway") == "gate" else tags.get("barrier")
    tagged = not tags.keys().isdisjoint(KEYS)
    if barrier is None and (not tagged or not tags.keys().isdisjoint(OTHER_THINGS)):
        return None
    default = BARRIERS.get(barrier or "", ALL)
    if tags.get("locked") == "yes":
        default = NOBODY
    found = _access(_implied(tags) | tags, default, widest=ALL)
    return None if found == Access(ALL, NOBODY, ALL, None) else found


def _implied(tags: dict[str, str]) -> dict[str, str]:
    """Access that other tags of a barrier imply if no access key states it."""
    if tags.get("border_control") == "small_border_traffic":  # for local people
        return {"access": "permit"}
    movable = tags.get("bollard") in MOVABLE or tags.get("barrier") in MOVABLE
    if movable and tags.keys().isdisjoint(("access", "vehicle", "motor_vehicle")):
        return {"motor_vehicle": "permit"}
    return {}


def both(one: Access, other: Access) -> Access:
    """Who may pass both of two things.

    Parameters
    ----------
    one, other
        Who may pass each of two things, one behind the other.

    Returns
    -------
    Access
        Free if both are free; with a permit if one of them needs it.
    """
    free = one.free & other.free
    either = (one.free | one.permitted) & (other.free | other.permitted)
    hours_texts = [text for text in (one.hours, other.hours) if text]
    always = one.always & other.always
    return Access(free, either & ~free, always, hours.joined(hours_texts) if free else None)


def names(bits: int) -> str:
    """The vehicles of a set in their usual order: `car, bicycle, foot`.

    Parameters
    ----------
    bits
        A set of vehicles: the sum of their bits in BIT.

    Returns
    -------
    str
        Their names, separated by commas; empty for no vehicle.
    """
    return ", ".join(name for name in VEHICLES if bits & BIT[name])


def bits(text: str | None) -> int:
    """The set of vehicles in a text that `names` wrote.

    Parameters
    ----------
    text
        Names separated by commas; None and the empty text mean no vehicle.

    Returns
    -------
    int
        The sum of their bits in BIT.
    """
    return sum(BIT[name] for name in (text or "").split(", ") if name)


def _answer(
    tags: dict[str, str], levels: tuple[tuple[str, ...], ...], bit: int, default: Answer
) -> tuple[Answer, str | None]:
    """The answer of the most specific level of keys that is tagged, and its condition."""
    conditions: list[tuple[str, str]] = []
    for level in levels:
        for key in level:
            conditions += hours.conditions(tags.get(f"{key}:conditional", ""))
        found = {key: value for key in level if (value := _value(tags.get(key, ""), bit))}
        if level[0] not in found:
            found = {key: value for key, value in found.items() if value == "yes"}
        if found:
            order: tuple[Answer, ...] = ("yes", "restricted", "no")
            best = next(value for value in order if value in found.values())
            return _with_conditions(best, conditions, bit)
    return _with_conditions(default, conditions, bit)


def _value(text: str, bit: int) -> Answer | None:
    """What a value means for a vehicle; of several values the best (`agricultural;destination`)."""
    values = {value.strip().lower() for value in text.split(";")} - UNSTATED
    if not values:
        return None
    named = values & NAMED.keys()
    others = values - named - CLOSED
    if named and any(NAMED[value] & bit for value in named):
        return "yes"
    if not others:
        return "no"
    return "restricted" if others <= RESTRICTED else "yes"


def _with_conditions(
    base: Answer, conditions: list[tuple[str, str]], bit: int
) -> tuple[Answer, str | None]:
    """The answer with conditions applied; "open at some hours" is open, with the hours kept."""
    rulings = [(_value(value, bit), value, condition) for value, condition in conditions]
    for ruling, _, condition in rulings:
        # Conditions on weight or size: a car passes what is open to light vehicles, and what is
        # closed to heavy vehicles stays open to others.
        light = SIZE.search(condition) and base == "no" and bit == CAR and "<" in condition
        if ruling and (light or hours.is_always(condition)):
            base = ruling
    heard = [
        (ruling, value, condition)
        for ruling, value, condition in rulings
        if ruling not in (None, base) and not (SIZE.search(condition) or hours.is_always(condition))
    ]
    if base == "yes":
        closed = [
            f"{'closed' if ruling == 'no' else value} {condition}"
            for ruling, value, condition in heard
        ]
        return "yes", hours.joined(closed)
    for_all = [text for ruling, _, text in heard if ruling == "yes" and not BY_PERMIT.search(text)]
    if for_all:
        return "yes", hours.joined(for_all)
    return ("restricted" if heard else base), None
