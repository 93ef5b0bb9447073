"""The columns of the gazetteer's tables: the type of each value, with a description.

An optional value that is empty is `None`.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta

Text = Annotated[
    str,
    Meta(pattern=r"^(?!\s)[^\x00-\x1f]+(?<!\s)\Z", description="a text without spaces around it"),
]
Lon = Annotated[float, Meta(ge=-180, le=180, description="degrees from -180 to 180")]
Lat = Annotated[float, Meta(ge=-90, le=90, description="degrees from -90 to 90")]
Points = Annotated[list[tuple[Lon, Lat]], Meta(description="points `lon lat` joined by `;`")] | None
Lanes = Annotated[int, Meta(ge=1, le=16, description="lanes from 1 to 16")] | None
Year = Annotated[int, Meta(ge=1800, le=2030, description="a year from 1800 to 2030")] | None
Km = Annotated[float, Meta(ge=0, le=5000, description="kilometres from 0 to 5000")]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000, description="a count")] | None
Seq = Annotated[int, Meta(ge=0, le=1_000_000, description="a whole number")]
Confidence = Literal["high", "medium", "low"]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z", description="a country code such as MX")]


COLUMNS: dict[str, dict[str, Any]] = {
    "places": {
        "id": Text,
        "name": Text,
        "country": Country,
        "lon": Lon,
        "lat": Lat,
        "population": Annotated[
            int, Meta(ge=1, le=40_000_000, description="inhabitants, at least 1")
        ] | None,
        "elevation_m": Annotated[
            int, Meta(ge=-450, le=6000, description="metres from -450 to 6000")
        ] | None,
        "kind": Literal["city", "town", "village", "junction"],
        "source": Text,
        "confidence": Confidence,
        "network": Text,
    },
    "crossings": {
        "id": Text,
        "border": Text,
        "name": Text,
        "name_other_side": Text,
        "lon": Lon,
        "lat": Lat,
        "mode": Literal["road", "rail", "foot", "ferry"],
        "status": Literal["official", "informal", "closed"],
        "opened_year": Year,
        "lanes": Lanes,
        "bts_port_code": Text | None,
        "annual_trucks": Count,
        "annual_personal_vehicles": Count,
        "annual_pedestrians": Count,
        "annual_trains": Count,
        "count_year": Year,
        "count_scope": Literal["crossing", "port"] | None,
        "place_from": Text,
        "place_to": Text,
        "border_km": Km | None,
        "source": Text,
        "confidence": Confidence,
    },
    "links": {
        "id": Text,
        "from_place": Text,
        "to_place": Text,
        "mode": Literal["road", "rail", "ferry", "track"],
        "ref": Text,
        "osm_class": Literal[
            "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "track",
            "rail", "ferry"],
        "lanes": Lanes,
        "oneway": Annotated[int, Meta(ge=0, le=1, description="0 or 1")],
        "carries": Literal["motor_vehicle", "foot"] | None,
        "length_km": Annotated[
            float, Meta(ge=0.1, le=1000, description="kilometres from 0.1 to 1000")
        ],
        "via": Points,
        "crossing_id": Text | None,
        "source": Text,
        "confidence": Confidence,
        "network": Text,
    },
    "posts": {
        "id": Text,
        "name": Text,
        "country": Country,
        "lon": Lon,
        "lat": Lat,
        "kind": Literal[
            "customs", "border_control", "interior_checkpoint", "military", "police",
            "migration_center"],
        "authority": Text,
        "since_year": Year,
        "on_ref": Text | None,
        "on_link": Text | None,
        "near_place": Text,
        "source": Text,
        "confidence": Confidence,
    },
    "border_vertices": {
        "border": Text,
        "seq": Seq,
        "lon": Lon,
        "lat": Lat,
        "kind": Literal["river", "land"],
    },
    "coast": {
        "border": Text,
        "coast": Text,
        "seq": Seq,
        "lon": Lon,
        "lat": Lat,
        "source": Text,
        "confidence": Confidence,
    },
    "apprehensions": {
        "border": Text,
        "sector": Text,
        "seq": Annotated[int, Meta(ge=1, le=100, description="a whole number")],
        "from_lon": Lon,
        "to_lon": Lon,
        "year": Year,
        "apprehensions": Count,
        "source": Text,
        "confidence": Confidence,
    },
    "barriers": {
        "border": Text,
        "kind": Literal["fence", "wall", "vehicle_barrier", "river"],
        "from_km": Km,
        "to_km": Km,
        "year": Year,
        "source": Text,
        "confidence": Confidence,
    },
}  # fmt: skip
