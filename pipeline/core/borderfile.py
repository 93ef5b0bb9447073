"""The border file: which line, which direction, how deep. Each border has one small TOML file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from pipeline.core import config, parameters
from pipeline.core.config import Text, wrong
from pipeline.core.errors import InputError

MOST_PEOPLE = parameters.number("most_people")
MOST_KM = parameters.number("most_border_file_km")

Km = Annotated[
    float,
    Meta(gt=0, le=MOST_KM, description=f"kilometres, above 0 and at most {MOST_KM:g}"),
]
Country = Annotated[
    str, Meta(pattern=r"^[A-Z]{2}\Z", description="an ISO 3166-1 code in capitals such as MX")
]
Point = Annotated[
    tuple[
        Annotated[float, Meta(ge=-180, le=180)],
        Annotated[float, Meta(ge=-90, le=90)],
    ],
    Meta(description="[longitude, latitude] in degrees"),
]
Depths = Annotated[tuple[Km, ...], Meta(min_length=1, description="a list of kilometres")]
Anchors = Annotated[
    dict[str, tuple[Point, ...]], Meta(description="lists of points by country code")
]
Reach = Annotated[dict[str, Km], Meta(description="kilometres by country code")]
Relation = Annotated[int, Meta(gt=0, description="the id of a relation, each once")]
# The name of an extract becomes a path below the folder of extracts: nothing leads out of it.
EXTRACT_NAME = r"^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*\Z"
Extract = Annotated[
    str, Meta(pattern=EXTRACT_NAME, description="names such as europe/austria, each once")
]


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """A named origin–destination pair; the places are (longitude, latitude)."""

    name: Text
    origin: Point
    destination: Point


class City(Struct, frozen=True, forbid_unknown_fields=True):
    """A city outside the data whose travel enters at the edge of the data.

    `at` is (longitude, latitude); `side` is the country on whose side of the border it lies. At an
    `irregular` city, such as one that stands for a country that many people leave, irregular
    movement begins or ends; it takes no part in any other demand.
    """

    name: Text
    at: Point
    population: Annotated[float, Meta(gt=0, le=MOST_PEOPLE, description="inhabitants, above 0")]
    side: Country
    irregular: bool = False


class OfData(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values that the data's own file may give; they replace those of the border file."""

    reach_km: Reach = {}
    through_km: Km = parameters.number("through_km")
    origin_km: Km = parameters.number("origin_km")
    depths_km: Depths = parameters.numbers("depths_km")


class Settings(OfData, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a border file says.

    `from_` and `to` are ISO 3166-1 codes. `depths_km` are positive and used on both sides.
    `anchors` hold points known to lie in a country. `reach_km` says how deep the data are complete
    on either side (by country code). `big_roads_km` is how deep roads from tertiary up and railways
    are fetched; `extracts` names the regional extracts that hold the corridor, as their server
    does. `relations` gives the id of the OpenStreetMap relation for a code that has no country
    relation with `admin_level=2` (a territory, or a claim that is to count as the line).
    """

    name: Text
    from_: Country = field(name="from")
    to: Country
    corridor_km: Km
    target: Point
    anchors: Anchors
    pairs: Annotated[
        tuple[Pair, ...], Meta(description="a list of tables name, origin, destination")
    ] = ()
    big_roads_km: Km = 25.0
    extracts: Annotated[tuple[Extract, ...], Meta(description="names of extracts")] = ()
    relations: Annotated[
        dict[str, Relation], Meta(description="ids of relations by country code")
    ] = {}
    cities: Annotated[
        tuple[City, ...], Meta(description="a list of tables name, at, population, side")
    ] = ()


class BorderFile(Settings, frozen=True, kw_only=True):
    """The values of a border file, where the data's own file has not replaced them.

    `border` is the file's name without its suffix. `reach_km` is at most the corridor's width:
    first the value that the data's own file declares, then (after `network.reach.settled`) the
    measured value. `foot_reach_km` is the same for footpaths, since the data may hold fewer classes
    deeper in. `through_by_side_km` is, for each side, the depth from which a way is a through way.
    """

    border: str
    foot_reach_km: dict[str, float] = {}
    through_by_side_km: dict[str, float] = {}


def read(path: str | Path, data_path: str | Path | None = None) -> BorderFile:
    """Read the border file; values of the data's own file, if there is one, replace its values.

    Parameters
    ----------
    path
        The border file; its name is the border's.
    data_path
        The data's own file, which may be missing.

    Returns
    -------
    BorderFile
        Lengths in km, points in degrees.

    Raises
    ------
    InputError
        For an unknown or missing key, a wrong type, a number out of range, or if both countries are
        the same; the message names file and key.
    """
    path = Path(path)
    table = config.table(path, "a border file")
    if "corridor_km" in table:
        table.setdefault("big_roads_km", table["corridor_km"])
    if isinstance(table.get("extracts"), str):
        table["extracts"] = [table["extracts"]]
    settings = config.convert(path, table, Settings)
    if data_path is not None and Path(data_path).is_file():
        own = config.table(Path(data_path), "the data's own file")
        config.convert(Path(data_path), own, OfData)
        _expect_rising(Path(data_path), own)
        settings = config.convert(path, table | own, Settings)
    _expect_rising(path, table)
    _expect_one_of_each(path, settings)
    if settings.from_ == settings.to:
        raise InputError(
            f"{path}: key from: got {settings.from_!r}, expected a country other than `to`"
        )
    for country in (settings.from_, settings.to):
        if not settings.anchors.get(country):
            raise InputError(f"{path}: key anchors: no point for {country}, expected one or more")
    # A way that leaves the corridor is kept whole, but no other way is read beyond the corridor.
    reached = {country: min(km, settings.corridor_km) for country, km in settings.reach_km.items()}
    return BorderFile(
        **msgspec.structs.asdict(settings) | {"border": path.stem, "reach_km": reached}
    )


def _expect_rising(path: Path, table: dict[str, Any]) -> None:
    depths = table.get("depths_km", [])
    if depths != sorted(set(depths)):
        raise wrong(path, "depths_km", depths, "kilometres in rising order")


def _expect_one_of_each(path: Path, settings: Settings) -> None:
    """Refuse a name or id that is given twice, and a city on the side of another country."""
    named: dict[str, tuple[Sequence[object], str]] = {
        "relations": (list(settings.relations.values()), "the id of a relation, each once"),
        "extracts": (settings.extracts, "names such as europe/austria, each once"),
        "cities.name": ([city.name for city in settings.cities], "a text, each once"),
    }
    for key, (values, expected) in named.items():
        for value in values:
            if values.count(value) > 1:
                raise wrong(path, key, value, expected)
    for city in settings.cities:
        if city.side not in (settings.from_, settings.to):
            raise wrong(path, "cities.side", city.side, f"{settings.from_} or {settings.to}")
