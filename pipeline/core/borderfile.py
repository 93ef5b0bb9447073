"""The border file: which line, which direction, how deep; one small TOML a border."""

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
    """A city whose travel may enter where the data end: (longitude, latitude), on which `side`.

    One that is `irregular` is where irregular movement begins or ends, and takes no part in any
    other demand; such as a country that many leave.
    """

    name: Text
    at: Point
    population: Annotated[float, Meta(gt=0, le=MOST_PEOPLE, description="inhabitants, above 0")]
    side: Country
    irregular: bool = False


class OfData(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the data's own file may say in the place of the border file."""

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
    does. `relations` names the OpenStreetMap relation of a code that is no country of
    `admin_level=2` (a territory, or a claim that is to count as the line).
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
    """What a border file says, with what the data's own file says in its place.

    `border` is the file's stem. `reach_km` is the corridor's width at the most: what the data's own
    file declares, then (`network.reach.settled`) what was measured; `foot_reach_km` the same for
    footpaths, where fewer classes were fetched deeper in, and `through_by_side_km` the depth from
    which a way of either side is a through way.
    """

    border: str
    foot_reach_km: dict[str, float] = {}
    through_by_side_km: dict[str, float] = {}


def read(path: str | Path, data_path: str | Path | None = None) -> BorderFile:
    """The border file, overridden by the data's own file where that exists.

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
        For an unknown or missing key, a wrong type, a number out of range, or equal countries; file
        and key are named.
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
        raise InputError(f"{path}: key from: got {settings.from_!r}, expected another than `to`")
    for country in (settings.from_, settings.to):
        if not settings.anchors.get(country):
            raise InputError(f"{path}: key anchors: no point for {country}, expected one or more")
    # Ways are kept whole where they leave the corridor, but no others are read beyond it.
    reached = {country: min(km, settings.corridor_km) for country, km in settings.reach_km.items()}
    return BorderFile(
        **msgspec.structs.asdict(settings) | {"border": path.stem, "reach_km": reached}
    )


def _expect_rising(path: Path, table: dict[str, Any]) -> None:
    depths = table.get("depths_km", [])
    if depths != sorted(set(depths)):
        raise wrong(path, "depths_km", depths, "kilometres that rise")


def _expect_one_of_each(path: Path, settings: Settings) -> None:
    """Refuse a name or id that stands twice, and a city of another country."""
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
