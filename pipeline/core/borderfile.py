"""The border file: which line, which direction, how deep; one small TOML a border."""

import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from pipeline.core import config, parameters
from pipeline.core.config import expect_keys, is_number, wrong
from pipeline.core.errors import InputError

NEEDED = ("name", "from", "to", "corridor_km", "target", "anchors")
OVERRIDABLE = ("reach_km", "through_km", "origin_km", "depths_km")
MEASURED = ("foot_reach_km", "through_by_side_km")
MOST_PEOPLE = parameters.number("most_people")


@dataclass(frozen=True)
class Pair:
    """A named origin–destination pair; the places are (longitude, latitude)."""

    name: str
    origin: tuple[float, float]
    destination: tuple[float, float]


@dataclass(frozen=True)
class City:
    """A city whose travel may enter where the data end: (longitude, latitude), on which `side`."""

    name: str
    at: tuple[float, float]
    population: float
    side: str


@dataclass(frozen=True)
class BorderFile:
    """What a border file says, with what the data's own file says in its place.

    `border` is the file's stem. `from_` and `to` are ISO 3166-1 codes. `depths_km` are positive
    and used on both sides. `anchors` hold points known to lie in a country. `reach_km` says how
    deep the data are complete on either side (by country code; the corridor's width at the most):
    what the data's own file declares, then (`network.reach.settled`) what was measured;
    `foot_reach_km` the same for footpaths, where fewer classes were fetched deeper in, and
    `through_by_side_km` the depth from which a way of either side is a through way.
    `big_roads_km` is how deep roads from tertiary up and railways are fetched; `extracts` names the
    regional extracts that hold the corridor, as their server does. `relations` names the
    OpenStreetMap relation of a code that is no country of `admin_level=2` (a territory, or a claim
    that is to count as the line).
    """

    border: str
    name: str
    from_: str
    to: str
    corridor_km: float
    through_km: float
    origin_km: float
    depths_km: tuple[float, ...]
    target: tuple[float, float]
    anchors: dict[str, tuple[tuple[float, float], ...]]
    reach_km: dict[str, float]
    pairs: tuple[Pair, ...]
    relations: dict[str, int] = field(default_factory=dict)
    foot_reach_km: dict[str, float] = field(default_factory=dict)
    through_by_side_km: dict[str, float] = field(default_factory=dict)
    big_roads_km: float = 25.0
    extracts: tuple[str, ...] = ()
    cities: tuple[City, ...] = ()


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
    border = config.read(path, "a border file")
    known = {one.name.rstrip("_") for one in fields(BorderFile)} - {"border", *MEASURED}
    expect_keys(path, border, known, NEEDED)
    keys: dict[str, tuple[Path, Any]] = {
        "through_km": (parameters.PATH, parameters.number("through_km")),
        "origin_km": (parameters.PATH, parameters.number("origin_km")),
        "depths_km": (parameters.PATH, list(parameters.numbers("depths_km"))),
    }
    keys |= {key: (path, value) for key, value in border.items()}
    if data_path is not None and Path(data_path).is_file():
        data = config.read(Path(data_path), "the data's own file")
        expect_keys(Path(data_path), data, OVERRIDABLE)
        keys |= {key: (Path(data_path), value) for key, value in data.items()}
    result = BorderFile(
        border=path.stem,
        name=_text(keys, "name"),
        from_=_country(keys, "from"),
        to=_country(keys, "to"),
        corridor_km=_km(*keys["corridor_km"], "corridor_km"),
        through_km=_km(*keys["through_km"], "through_km"),
        origin_km=_km(*keys["origin_km"], "origin_km"),
        depths_km=_depths(*keys["depths_km"]),
        target=_point(*keys["target"], "target"),
        anchors=_anchors(*keys["anchors"]),
        reach_km=_reach(*keys.get("reach_km", (path, {}))),
        pairs=_pairs(*keys.get("pairs", (path, []))),
        big_roads_km=_km(*keys.get("big_roads_km", keys["corridor_km"]), "big_roads_km"),
        extracts=_extracts(*keys.get("extracts", (path, []))),
        relations=_relations(*keys.get("relations", (path, {}))),
        cities=_cities(*keys.get("cities", (path, []))),
    )
    for city in result.cities:
        if city.side not in (result.from_, result.to):
            expected = f"{result.from_} or {result.to}"
            raise wrong(path, "cities.side", city.side, expected)
    if result.from_ == result.to:
        raise InputError(f"{path}: key from: got {result.from_!r}, expected another than `to`")
    for country in (result.from_, result.to):
        if country not in result.anchors:
            raise InputError(f"{path}: key anchors: no point for {country}, expected one or more")
    # Ways are kept whole where they leave the corridor, but no others are read beyond it.
    stated = result.reach_km.items()
    reached = {country: min(km, result.corridor_km) for country, km in stated}
    return replace(result, reach_km=reached)


def _text(keys: dict[str, tuple[Path, Any]], key: str) -> str:
    path, value = keys[key]
    if not isinstance(value, str) or not value.strip():
        raise wrong(path, key, value, "a text")
    return value


def _country(keys: dict[str, tuple[Path, Any]], key: str) -> str:
    path, value = keys[key]
    if (
        not isinstance(value, str)
        or len(value) != 2
        or not value.isascii()
        or not (value.isalpha() and value.isupper())
    ):
        raise wrong(path, key, value, "an ISO 3166-1 code in capitals such as MX")
    return value


def _km(path: Path, value: Any, key: str) -> float:
    if not is_number(value) or not 0 < value <= 5000:
        raise wrong(path, key, value, "kilometres, above 0 and at most 5000")
    return float(value)


def _depths(path: Path, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise wrong(path, "depths_km", value, "a list of kilometres")
    depths = tuple(_km(path, depth, "depths_km") for depth in value)
    if list(depths) != sorted(set(depths)):
        raise wrong(path, "depths_km", value, "kilometres that rise")
    return depths


def _point(path: Path, value: Any, key: str) -> tuple[float, float]:
    ok = isinstance(value, list) and len(value) == 2 and all(is_number(part) for part in value)
    if not ok or not (-180 <= value[0] <= 180 and -90 <= value[1] <= 90):
        raise wrong(path, key, value, "[longitude, latitude] in degrees")
    return float(value[0]), float(value[1])


def _anchors(path: Path, value: Any) -> dict[str, tuple[tuple[float, float], ...]]:
    if not isinstance(value, dict) or not all(isinstance(rows, list) for rows in value.values()):
        raise wrong(path, "anchors", value, "lists of points by country code")
    return {
        country: tuple(_point(path, row, f"anchors.{country}") for row in rows)
        for country, rows in value.items()
    }


def _reach(path: Path, value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise wrong(path, "reach_km", value, "kilometres by country code")
    return {country: _km(path, km, f"reach_km.{country}") for country, km in value.items()}


def _relations(path: Path, value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise wrong(path, "relations", value, "ids of relations by country code")
    for country, relation in value.items():
        ok = isinstance(relation, int) and not isinstance(relation, bool) and relation > 0
        if not ok or list(value.values()).count(relation) > 1:
            raise wrong(path, f"relations.{country}", relation, "the id of a relation, each once")
    return dict(value)


def _pairs(path: Path, value: Any) -> tuple[Pair, ...]:
    if not isinstance(value, list):
        raise wrong(path, "pairs", value, "a list of tables name, origin, destination")
    pairs = []
    for row in value:
        if not isinstance(row, dict) or sorted(row) != ["destination", "name", "origin"]:
            raise wrong(path, "pairs", row, "name, origin and destination")
        if not isinstance(row["name"], str):
            raise wrong(path, "pairs.name", row["name"], "a text")
        origin = _point(path, row["origin"], "pairs.origin")
        pairs.append(
            Pair(row["name"], origin, _point(path, row["destination"], "pairs.destination"))
        )
    return tuple(pairs)


def _cities(path: Path, value: Any) -> tuple[City, ...]:
    if not isinstance(value, list):
        raise wrong(path, "cities", value, "a list of tables name, at, population, side")
    cities: list[City] = []
    for row in value:
        if not isinstance(row, dict) or sorted(row) != ["at", "name", "population", "side"]:
            raise wrong(path, "cities", row, "name, at, population and side")
        name, people, side = row["name"], row["population"], row["side"]
        if not isinstance(name, str) or name in [city.name for city in cities]:
            raise wrong(path, "cities.name", name, "a text, each once")
        if not is_number(people) or not 0 < people <= MOST_PEOPLE:
            raise wrong(path, "cities.population", people, "inhabitants, above 0")
        cities.append(City(name, _point(path, row["at"], "cities.at"), float(people), side))
    return tuple(cities)


def _extracts(path: Path, value: Any) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    for name in names:
        ok = isinstance(name, str) and re.fullmatch(r"[a-z][a-z-]*(/[a-z][a-z-]*)*", name)
        if not ok or names.count(name) > 1:
            raise wrong(path, "extracts", name, "names such as europe/austria, each once")
    return tuple(names)
