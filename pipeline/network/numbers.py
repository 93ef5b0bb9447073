"""Numbers as mappers write them: lanes, speeds, gauges."""

import re
from typing import NamedTuple

from pipeline.core import parameters

KMH_PER_MPH = 1.609344
KMH_PER_KNOT = 1.852
MOST_LANES = parameters.number("most_lanes")
SPEEDS_KMH = parameters.numbers("speeds_kmh")
STANDARD_GAUGE_MM = "1435"
GAUGES_MM = parameters.wholes("gauges_mm")

# Speeds given as words, not numbers (https://wiki.openstreetmap.org/wiki/Key:maxspeed).
NAMED_KMH = {"walk": 5.0, "walking_pace": 5.0, "living_street": 10.0, "bicycle_road": 30.0,
             "urban": 50.0, "rural": 90.0, "trunk": 100.0, "motorway": 120.0,
             "nsl_restricted": 30 * KMH_PER_MPH, "nsl_single": 60 * KMH_PER_MPH,
             "national": 60 * KMH_PER_MPH, "nsl_dual": 70 * KMH_PER_MPH}  # fmt: skip
NO_LIMIT = {"none", "signals", "variable", "unlimited", "no", "default", "implicit", "sign"}
COUNTRY = re.compile(r"^[a-z]{2}(?:-[a-z]+)?:")
SPEED = re.compile(
    r"(?:~|ca?\.?|zone:?)?\s*(\d+(?:[.,]\d+)?)\s*(mph|m\.p\.h\.|knots?|kn|km(?:/?h)?|kph)?"
    r"(?:\s*\(.*\))?"
)
# Keys of a way whose values are read as numbers.
COUNTS = ("lanes", "lanes:forward", "lanes:backward", "tracks")
SPEEDS = ("maxspeed", "maxspeed:forward", "maxspeed:backward")
KEYS = (*COUNTS, *SPEEDS, "gauge")
GROUPING = re.compile(r"[.,'’\s]")  # \s includes no-break and thin spaces
SCALES = {1e3: ("k", "thousand", "tsd", "тыс", "mil", "bin"), 1e6: ("million", "mio", "mln")}
ROUGHLY = r"(?:~|≈|<|>|≤|≥|ca?\.?|circa|about|approx\.?|est\.?)?\s*"
SCALED = re.compile(
    rf"{ROUGHLY}(\d+(?:[.,]\d+)?)\s*"
    rf"(?:({'|'.join(SCALES[1e3])})|({'|'.join(SCALES[1e6])}))(?:es|s)?\b.*",
    re.IGNORECASE,
)
POPULATION = re.compile(
    rf"{ROUGHLY}(?:(?P<grouped>\d{{1,3}}(?:[.,'’\s]\d{{3}})+)|(?P<plain>\d+))(?:[.,]0+)?"
    r"\s*[+?]?(?:\s*[^\W\d_][^\d]*)?",
    re.IGNORECASE,
)
# Separators between several figures; a dash separates two of them (`10000-15000`).
SEVERAL = re.compile(r"[;|(/]|(?<=\d)\s*[-–—]\s*(?=\d)")
GAUGE = re.compile(r"\d+(?:\.\d+)?")


class Lanes(NamedTuple):
    """Lanes of both directions as tagged (None: not tagged), and of each direction."""

    tagged: float | None
    forward: int
    backward: int


def positive(text: str | None, most: float = MOST_LANES) -> float | None:
    """A number above 0 and below `most`, or None; of several (`2;3`: 2 or 3) the smallest.

    Parameters
    ----------
    text
        Value of a tag, such as `lanes`.
    most
        This number and greater ones count as unreadable.

    Returns
    -------
    float or None
        None if the text is not such a number.
    """
    parts = [part for part in re.split(r"[;|]", text or "") if part.strip()]
    try:
        least = min((float(part) for part in parts), default=0.0)
    except ValueError:
        return None
    return least if 0 < least < most else None


def population(text: str | None, most: float) -> float | None:
    """Inhabitants as mappers write them; None if the text cannot be read.

    Parameters
    ----------
    text
        Value of the tag `population`. Digits may be grouped by points, commas, apostrophes or
        spaces of any kind (`12.000`, `1,200`, `12 000`). Marks of a rough number (`~500`, `ca.
        500`, `500+`) and a year or word after it (`500 (2011)`, `500 hab.`) are ignored; `12k` and
        `1.2 million` are converted. Of several figures, or of a range, the first is used.
    most
        A greater number is a typing error.

    Returns
    -------
    float or None
        Between 0 and `most`.
    """
    first = SEVERAL.split(text or "", maxsplit=1)[0].strip()
    scaled, match = SCALED.fullmatch(first), POPULATION.fullmatch(first)
    if scaled:
        people = float(scaled[1].replace(",", ".")) * (1e3 if scaled[2] else 1e6)
    elif match:
        people = float(GROUPING.sub("", match["grouped"] or "") or match["plain"])
    else:
        return None
    return people if 0 <= people <= most else None


def year(text: str | None) -> int | None:
    """The year of a date such as 2014, 2014-07 or 2014-07-08; None for anything else.

    A date that is only a bound (`before 2014`, `~2014`) or a range (`2010..2014`) gives no year.

    Parameters
    ----------
    text
        Value of a tag that holds a date.

    Returns
    -------
    int or None
        The year.
    """
    match = re.fullmatch(r"\s*(\d{4})(-\d{2}){0,2}\s*", text or "")
    return int(match[1]) if match else None


def lanes(tags: dict[str, str], key: str, default: int, oneway: int) -> Lanes:
    """Lanes of a way from `lanes`, `lanes:forward`, `lanes:backward` and `lanes:both_ways`.

    Parameters
    ----------
    tags
        Tags of the way.
    key
        Key of the total: `lanes`, or `tracks` of a railway.
    default
        Lanes of each direction if none are tagged.
    oneway
        1 along the way, -1 against it, 0 both ways.

    Returns
    -------
    Lanes
        For each direction: its own tag, else the total minus the tag of the other direction, else
        half of the total, rounded up, or all of it on a one-way.
    """
    total = positive(tags.get(key))
    forward, backward = (positive(tags.get(f"lanes:{way}")) for way in ("forward", "backward"))
    shared = positive(tags.get("lanes:both_ways")) or 0.0
    if oneway:
        own = forward if oneway > 0 else backward
        only = max(1, int(own if own is not None else total if total is not None else default))
        return Lanes(total, only if oneway > 0 else 0, only if oneway < 0 else 0)
    both = None if total is None else max(total - shared, 1.0)
    found = []
    for own, other in ((forward, backward), (backward, forward)):
        if own is not None:
            found.append(max(1, int(own)))
        elif both is None:
            found.append(default)
        elif other is not None:
            found.append(max(1, int(both - other)))
        else:
            found.append(max(1, -int(-both // 2)))
    return Lanes(total, *found)


def speed_kmh(tags: dict[str, str], usual_kmh: float) -> float:
    """Speed on a way as tagged; if only a kind of zone is tagged, at most `usual_kmh`.

    Of two directions, or several numbers, the slowest is used, so that times are rather too long
    than too short.

    Parameters
    ----------
    tags
        All tags of the way.
    usual_kmh
        Speed on ways of its class, km/h.

    Returns
    -------
    float
        Speed in km/h.
    """
    keys = ("maxspeed:forward", "maxspeed:backward")
    texts = [tags[key] for key in keys if key in tags] or [tags.get("maxspeed", "")]
    if len(texts) == 1 and "maxspeed" in tags:
        texts.append(tags["maxspeed"])
    read = [_speed_kmh(part, usual_kmh) for text in texts for part in re.split("[;|]", text)]
    return min((speed for speed in read if speed is not None), default=usual_kmh)


def gauge_mm(tags: dict[str, str]) -> str | None:
    """Gauges of a railway in millimetres, ascending, joined by semicolons; None if not tagged.

    Parameters
    ----------
    tags
        All tags of the railway.

    Returns
    -------
    str or None
        Such as `1000;1435`; numbers outside GAUGES_MM are left out.
    """
    text = tags.get("gauge", "").replace("standard", STANDARD_GAUGE_MM)
    found = {int(float(number)) for number in GAUGE.findall(text)}
    low, high = GAUGES_MM
    return ";".join(str(number) for number in sorted(found) if low <= number <= high) or None


def unreadable(tags: dict[str, str]) -> list[str]:
    """Keys of a way whose number cannot be read, so that a default is used.

    Parameters
    ----------
    tags
        All tags of the way.

    Returns
    -------
    list of str
        Keys, each once.
    """
    wrong = [key for key in COUNTS if tags.get(key) and positive(tags[key]) is None]
    for key in SPEEDS:
        parts = [part.strip().lower() for part in re.split("[;|]", tags.get(key, ""))]
        if any(part and part not in NO_LIMIT and _speed_kmh(part, 1.0) is None for part in parts):
            wrong.append(key)
    if tags.get("gauge") and tags["gauge"] not in ("narrow", "unknown") and gauge_mm(tags) is None:
        wrong.append("gauge")
    return wrong


def _speed_kmh(text: str, usual_kmh: float) -> float | None:
    text = COUNTRY.sub("", text.strip().lower(), count=1)
    match = SPEED.fullmatch(text)
    if match:
        unit = (match[2] or "").replace(".", "")
        factor = KMH_PER_MPH if unit == "mph" else KMH_PER_KNOT if unit.startswith("kn") else 1.0
        speed = float(match[1].replace(",", ".")) * factor
        return speed if SPEEDS_KMH[0] <= speed <= SPEEDS_KMH[1] else None
    named = NAMED_KMH.get(text)
    if named is None:
        return None
    slow = named <= NAMED_KMH["living_street"]
    return named if slow else min(named, usual_kmh)
