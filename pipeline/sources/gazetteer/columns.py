"""The columns of the gazetteer's tables: how a value is read, and what is expected of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.sources.drawing import Point

Parse = Callable[[str], Any]


@dataclass(frozen=True)
class Column:
    """How a value is read, what is expected in words, and whether it may be left empty."""

    parse: Parse
    expected: str
    empty: bool = False


def _number(low: float, high: float) -> Parse:
    def parse(value: str) -> float:
        number = float(value)
        if not (math.isfinite(number) and low <= number <= high):
            raise ValueError(value)
        return number

    return parse


def _whole(low: int, high: int) -> Parse:
    def parse(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError(value)
        return number

    return parse


def _word(value: str) -> str:
    if value != value.strip() or any(ord(letter) < 32 for letter in value):
        raise ValueError(value)
    return value


def _code(value: str) -> str:
    if len(value) != 2 or not value.isalpha() or value != value.upper():
        raise ValueError(value)
    return value


def _points(value: str) -> list[Point]:
    points = []
    for pair in value.split(";"):
        lon, lat = pair.split()
        points.append((_number(-180, 180)(lon), _number(-90, 90)(lat)))
    return points


def _one_of(*words: str, empty: bool = False) -> Column:
    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(value)
        return value

    return Column(parse, f"one of {', '.join(words)}", empty)


TEXT = Column(_word, "a text without spaces around it")
NOTE = Column(_word, "a text without spaces around it", empty=True)
LON = Column(_number(-180, 180), "degrees from -180 to 180")
LAT = Column(_number(-90, 90), "degrees from -90 to 90")
LANES = Column(_whole(1, 16), "lanes from 1 to 16", empty=True)
YEAR = Column(_whole(1800, 2030), "a year from 1800 to 2030", empty=True)
KM = Column(_number(0, 5000), "kilometres from 0 to 5000")
COUNT = Column(_whole(0, 1_000_000_000), "a count", empty=True)
CONFIDENCE = _one_of("high", "medium", "low")
COUNTRY = Column(_code, "a country code such as MX")


COLUMNS: dict[str, dict[str, Column]] = {
    "places": {
        "id": TEXT,
        "name": TEXT,
        "country": COUNTRY,
        "lon": LON,
        "lat": LAT,
        "population": Column(_whole(1, 40_000_000), "inhabitants, at least 1", empty=True),
        "elevation_m": Column(_whole(-450, 6000), "metres from -450 to 6000", empty=True),
        "kind": _one_of("city", "town", "village", "junction"),
        "source": TEXT,
        "confidence": CONFIDENCE,
        "network": TEXT,
    },
    "crossings": {
        "id": TEXT,
        "border": TEXT,
        "name": TEXT,
        "name_other_side": TEXT,
        "lon": LON,
        "lat": LAT,
        "mode": _one_of("road", "rail", "foot", "ferry"),
        "status": _one_of("official", "informal", "closed"),
        "opened_year": YEAR,
        "lanes": LANES,
        "bts_port_code": NOTE,
        "annual_trucks": COUNT,
        "annual_personal_vehicles": COUNT,
        "annual_pedestrians": COUNT,
        "annual_trains": COUNT,
        "count_year": YEAR,
        "count_scope": _one_of("crossing", "port", empty=True),
        "place_from": TEXT,
        "place_to": TEXT,
        "border_km": Column(KM.parse, KM.expected, empty=True),
        "source": TEXT,
        "confidence": CONFIDENCE,
    },
    "links": {
        "id": TEXT,
        "from_place": TEXT,
        "to_place": TEXT,
        "mode": _one_of("road", "rail", "ferry", "track"),
        "ref": TEXT,
        "osm_class": _one_of(
            "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "track",
            "rail", "ferry",
        ),
        "lanes": LANES,
        "oneway": Column(_whole(0, 1), "0 or 1"),
        "carries": _one_of("motor_vehicle", "foot", empty=True),
        "length_km": Column(_number(0.1, 1000), "kilometres from 0.1 to 1000"),
        "via": Column(_points, "points `lon lat` joined by `;`", empty=True),
        "crossing_id": NOTE,
        "source": TEXT,
        "confidence": CONFIDENCE,
        "network": TEXT,
    },
    "posts": {
        "id": TEXT,
        "name": TEXT,
        "country": COUNTRY,
        "lon": LON,
        "lat": LAT,
        "kind": _one_of(
            "customs", "border_control", "interior_checkpoint", "military", "police",
            "migration_center",
        ),
        "authority": TEXT,
        "since_year": YEAR,
        "on_ref": NOTE,
        "on_link": NOTE,
        "near_place": TEXT,
        "source": TEXT,
        "confidence": CONFIDENCE,
    },
    "border_vertices": {
        "border": TEXT,
        "seq": Column(_whole(0, 1_000_000), "a whole number"),
        "lon": LON,
        "lat": LAT,
        "kind": _one_of("river", "land"),
    },
    "coast": {
        "border": TEXT,
        "coast": TEXT,
        "seq": Column(_whole(0, 1_000_000), "a whole number"),
        "lon": LON,
        "lat": LAT,
        "source": TEXT,
        "confidence": CONFIDENCE,
    },
    "apprehensions": {
        "border": TEXT,
        "sector": TEXT,
        "seq": Column(_whole(1, 100), "a whole number"),
        "from_lon": LON,
        "to_lon": LON,
        "year": YEAR,
        "apprehensions": COUNT,
        "source": TEXT,
        "confidence": CONFIDENCE,
    },
    "barriers": {
        "border": TEXT,
        "kind": _one_of("fence", "wall", "vehicle_barrier", "river"),
        "from_km": KM,
        "to_km": KM,
        "year": YEAR,
        "source": TEXT,
        "confidence": CONFIDENCE,
    },
}  # fmt: skip
