"""Tiny OpenStreetMap files drawn in words, and the real stages run on them.

The drawn border runs along the equator, `AA` south of it and `BB` north; a point is written
`x,y`: kilometres along the border from its middle and northward. Points written alike are one OSM
node; `x,y'` is another node at the same spot.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from pipeline.core import store
from pipeline.stages.crossings import crossings
from pipeline.stages.network import network

WGS84 = Geod(ellps="WGS84")
STRAIGHT = {"AA BB": ["-60,0 60,0"]}
SETTINGS = {
    "name": "drawn",
    "from": "AA",
    "to": "BB",
    "corridor_km": 100,
    "origin_km": 10,
    "depths_km": [10, 25],
}
Tags = dict[str, str]


@dataclass(frozen=True)
class World:
    """What the stages made of a drawn file: their tables by name, and where all of it lies."""

    folder: Path
    nodes: pd.DataFrame
    links: pd.DataFrame
    crossings: pd.DataFrame
    members: pd.DataFrame
    posts: pd.DataFrame
    places: pd.DataFrame
    border: pd.DataFrame
    provenance: dict[str, str]

    def roads(self, *, counted: bool = True) -> pd.DataFrame:
        """Road crossings that count (or grazes), from west to east."""
        return of_mode(self, "road", counted=counted)


def of_mode(world: World, mode: str, *, counted: bool = True) -> pd.DataFrame:
    """Crossings of a mode that count (or grazes), from west to east."""
    found = world.crossings
    found = found[(found["mode"] == mode) & (found["counted"] == counted)]
    return found.sort_values("border_km").reset_index(drop=True)


def degrees(point: str) -> tuple[float, float]:
    """Longitude and latitude of `x,y`, as OSM rounds them."""
    x_km, y_km = (float(part) for part in point.rstrip("'").split(","))
    lon = WGS84.fwd(0.0, 0.0, 90.0, x_km * 1000)[0]
    lat = WGS84.fwd(0.0, 0.0, 0.0, y_km * 1000)[1]
    return round(lon, 7) + 0.0, round(lat, 7) + 0.0


def draw(
    folder: Path,
    *ways: str,
    points: dict[str, str] | None = None,
    borders: dict[str, list[str]] | None = None,
    file_name: str = "drawn.osm",
) -> Path:
    """Write an OSM XML file and return its path.

    A way is its points, then words: a highway class, `rail`, or `key=value`. `points` gives a
    point tags in the same words. `borders` maps `AA BB` to the border ways of the two. Node ids
    count through the points as they come, ways likewise; border ways follow.
    """
    drawn = [split(way) for way in ways]
    lines = [(pair, *split(way)) for pair, found in (borders or STRAIGHT).items() for way in found]
    tagged = {point: words(text.split()) for point, text in (points or {}).items()}
    numbers: dict[str, int] = {}
    for found in [*(w[0] for w in drawn), *(line[1] for line in lines), list(tagged)]:
        for point in found:
            numbers.setdefault(point, len(numbers) + 1)
    nodes = {number: (degrees(point), tagged.get(point, {})) for point, number in numbers.items()}
    rows = {n: ([numbers[p] for p in way], tags) for n, (way, tags) in enumerate(drawn, start=1)}
    members: dict[str, list[int]] = {}
    for n, (pair, way, tags) in enumerate(lines, start=len(rows) + 1):
        admin = {"boundary": "administrative", "admin_level": "2"} | tags
        rows[n] = ([numbers[p] for p in way], admin)
        for country in pair.split():
            members.setdefault(country, []).append(n)
    relations = {
        n: (found, country_tags(country))
        for n, (country, found) in enumerate(sorted(members.items()), start=1)
    }
    return write(folder / file_name, nodes, rows, relations)


def shifted(text: str, x_km: float) -> str:
    """A way or a point, moved along the border."""
    parts = text.split()
    for row, part in enumerate(parts):
        if "," in part and "=" not in part:
            x, y = part.split(",")
            parts[row] = f"{float(x) + x_km:g},{y}"
    return " ".join(parts)


def split(way: str) -> tuple[list[str], Tags]:
    """The points of a way and its tags."""
    parts = way.split()
    points = [part for part in parts if "," in part and "=" not in part]
    return points, words(parts[len(points) :])


def words(parts: list[str]) -> Tags:
    """Tags from words: `key=value`, `rail`, or a highway class."""
    tags = {}
    for word in parts:
        key, equals, value = word.partition("=")
        if equals:
            tags[key] = value
        elif word == "rail":
            tags["railway"] = "rail"
        else:
            tags["highway"] = word
    return tags


def country_tags(code: str) -> Tags:
    """Tags of a country's relation."""
    tags = {"type": "boundary", "boundary": "administrative", "admin_level": "2"}
    return tags | {"ISO3166-1": code}


def write(
    path: Path,
    nodes: dict[int, tuple[tuple[float, float], Tags]],
    ways: dict[int, tuple[list[int], Tags]],
    relations: dict[int, tuple[list[int], Tags]],
) -> Path:
    """Write OSM XML: elements by id, sorted; relation members are ways."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="drawn">']
    for number, ((lon, lat), tags) in sorted(nodes.items()):
        lines.append(f'<node id="{number}" version="1" lon="{lon}" lat="{lat}">')
        lines += [*_tags(tags), "</node>"]
    for number, (refs, tags) in sorted(ways.items()):
        lines.append(f'<way id="{number}" version="1">')
        lines += [*(f'<nd ref="{ref}"/>' for ref in refs), *_tags(tags), "</way>"]
    for number, (found, tags) in sorted(relations.items()):
        lines.append(f'<relation id="{number}" version="1">')
        lines += [f'<member type="way" ref="{way}" role="outer"/>' for way in found]
        lines += [*_tags(tags), "</relation>"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def _tags(tags: Tags) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


def border_toml(folder: Path, **changes: object) -> Path:
    """Write the border file of the drawn border; `changes` replace keys (`from_` for `from`)."""
    settings = SETTINGS | {key.rstrip("_"): value for key, value in changes.items()}
    anchors = settings.pop("anchors", {"AA": ["0,-50"], "BB": ["0,50"]})
    settings.setdefault("target", list(degrees("0,50")))
    lines = [f"{key} = {toml(value)}" for key, value in settings.items()]
    lines.append("[anchors]")
    assert isinstance(anchors, dict)
    for country, where in anchors.items():
        lines.append(f"{country} = {toml([list(degrees(point)) for point in where])}")
    path = folder / "aa-bb.toml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def toml(value: object) -> str:
    """A TOML value: text, number, or lists and tables of them."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {toml(part)}' for key, part in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(part) for part in value)}]"
    return str(value)


def run(raw: Path, border: Path, out: Path | None = None, data_toml: Path | None = None) -> World:
    """The network and crossings stages run on a file, their tables read back."""
    out = out or raw.parent
    more = [str(data_toml)] if data_toml else []
    network(str(raw), str(border), str(out / "network"), *more)
    crossings(str(out / "network"), str(border), str(out / "crossings"), *more)
    provenance = table(out / "network", "provenance")
    names = ("nodes", "links", "posts", "places", "border")
    return World(
        folder=out,
        crossings=table(out / "crossings", "crossings"),
        members=table(out / "crossings", "crossing_links"),
        provenance=dict(zip(provenance["key"], provenance["value"], strict=True)),
        **{name: table(out / "network", name) for name in names},
    )


def table(folder: Path, name: str) -> pd.DataFrame:
    """A table that a stage wrote, geometry as shapely's: several times faster than geopandas."""
    found = pd.read_parquet(folder / f"{name}.parquet")
    if "geometry" in found:
        found["geometry"] = shapely.from_wkb(found["geometry"].to_numpy())
    return found


def put(folder: str | Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables beside those that are in a stage's folder; store.write would remove these."""
    made = Path(f"{folder}.made")
    store.write(made, tables)
    for name in tables:
        (made / f"{name}.parquet").replace(Path(folder) / f"{name}.parquet")
    shutil.rmtree(made)


def world(
    folder: Path,
    *ways: str,
    points: dict[str, str] | None = None,
    borders: dict[str, list[str]] | None = None,
    **settings: object,
) -> World:
    """Draw a file, run the stages on it, and return what they made."""
    raw = draw(folder, *ways, points=points, borders=borders)
    made = run(raw, border_toml(folder, **settings))
    check(made)
    return made


def position(nodes: pd.DataFrame) -> pd.DataFrame:
    """Drawn coordinates of nodes: x_km and y_km, to the metre, by node_id."""
    lon, lat = shapely.get_coordinates(nodes["geometry"].to_numpy()).T
    zero = np.zeros(len(nodes))
    x_km = np.sign(lon) * np.asarray(WGS84.inv(zero, zero, lon, zero)[2]) / 1000
    y_km = np.sign(lat) * np.asarray(WGS84.inv(zero, zero, zero, lat)[2]) / 1000
    index = nodes["node_id"].to_numpy()
    return pd.DataFrame({"x_km": np.round(x_km, 3), "y_km": np.round(y_km, 3)}, index=index)


def check(world: World) -> None:
    """Assert what holds of every network: nothing crosses a line or a depth, all ends are there."""
    nodes, links = world.nodes.set_index("node_id"), world.links
    assert nodes.index.is_unique
    low, high = links["depth_min_km"].to_numpy(), links["depth_max_km"].to_numpy()
    provenance = world.provenance
    depths_km = {float(km) for km in [*provenance["depths_km"].split(), provenance["origin_km"]]}
    for depth_km in sorted({0.0, *depths_km, *(-km for km in depths_km)}):
        crosses = (low < depth_km - 1e-6) & (high > depth_km + 1e-6)
        assert not crosses.any(), (depth_km, links[crosses])
    below, above = world.border.loc[0, ["from_country", "to_country"]]
    assert not ((links["side"] == below) & (high > 1e-6)).any()
    assert not ((links["side"] == above) & (low < -1e-6)).any()
    # On a third line a link has no depth to tell; elsewhere in a third country it has none either.
    assert np.isnan(low[~links["side"].isin([below, above, "border"])]).all()
    for end, place in (("from_node", 0), ("to_node", -1)):
        node = nodes.loc[links[end]]
        on_line = node["kind"].isin(["border", "third_border", "beyond"]).to_numpy()
        assert ((node["side"].to_numpy() == links["side"].to_numpy()) | on_line).all()
        tip = np.reshape([shape.coords[place] for shape in links["geometry"]], (-1, 2))
        assert np.allclose(tip, shapely.get_coordinates(node["geometry"].to_numpy()))
        assert (links["mode"].eq("rail").to_numpy() == node["mode"].eq("rail").to_numpy()).all()
    drawn_m = [WGS84.geometry_length(shape) for shape in links["geometry"]]
    assert np.allclose(drawn_m, links["length_m"], rtol=1e-6, atol=1e-3)
    assert (nodes.loc[nodes["kind"] == "border", "depth_km"] == 0).all()
