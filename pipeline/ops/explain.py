"""What a published number rests on, so that anybody can check it on the map and cite it."""

import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import geo, parameters
from pipeline.core.errors import InputError
from pipeline.core.modes import MODES
from pipeline.core.terminal import printable
from pipeline.measures.depth import Variant, network
from pipeline.publish import layers

RESULTS = "data/processed/gazetteer"
NEAREST, WIDTH = 5, 100  # candidates told, columns of a terminal
FIGURE = re.compile(r"F([+−-]\d+(?:\.\d+)?)")
WAY = re.compile(r"[a-z](\d+)\.")
CUT_PARAMETERS = ("merge_m", "headline_depth_km")
CROSSING_PARAMETERS = ("merge_m", "switch_m", "control_depth_km", "control_apart_m")
BYPASS_PARAMETERS = ("place_snap_km", "official_wait_minutes", "edge_share_of_reach")
# Definitions of the border and of its data, as the results state them.
DEFINED = ("origin_km", "through_km", "corridor_km", "depths_km", "target", "reach_km")
JOSM = "http://127.0.0.1:8111/load_and_zoom"
OSM = "https://www.openstreetmap.org/way"


def explain(border: str, *asked: str, results: str = RESULTS) -> None:
    """Print what a figure, a crossing or a bypass rests on, and how to cite it.

    `border` is the name of a border in the folder `results`, or a GeoPackage of results. Asked may
    be a mode and a minimum cut (`road F+50`), `crossing` and an id or a name, or `bypass` and a
    chokepoint's id or name. Raises InputError where there is no such thing.
    """
    path = Path(border) if border.endswith(".gpkg") else Path(results) / f"{border}.gpkg"
    kind, what = (asked[0] if asked else ""), " ".join(asked[1:])
    if kind in MODES and (figure := FIGURE.fullmatch(what)):
        lines = _cut(path, kind, float(figure[1].replace("−", "-")))
    elif kind == "crossing" and what:
        lines = _crossing(path, what)
    elif kind == "bypass" and what:
        lines = _bypass(path, what)
    else:
        expected = "road F+50, or crossing or bypass with an id or a name"
        raise InputError(
            f"explain: got {' '.join(asked) or 'nothing'}, expected such as {expected}"
        )
    sys.stdout.write("\n".join(map(printable, [*lines, *_cited(path)])) + "\n")


# A minimum cut ------------------------------------------------------------------------------------


def _cut(path: Path, mode: str, depth_km: float) -> Iterator[str]:
    row = _cordon(layers.read(path, "cordons"), mode, depth_km)
    yield f"{_name(path)}: minimum cut by {mode}, F({depth_km:+g} km), one-way tags obeyed,"
    yield "transit through third countries excluded"
    if pd.isna(row["min_cut_links"]):
        yield from _wrapped(f"Not stated: {row['why_absent']}.")
        return
    count = int(row["min_cut_links"])
    bound = ", an upper bound: the data end before one of its zones"
    yield f"= {count} links{bound if row['is_upper_bound'] else ''}"
    links = gpd.GeoDataFrame(layers.read(path, "links"))
    cuts = _headline(layers.read(path, "cut_links"), mode, depth_km)
    yield from ("", f"Closing these {count} links is enough (the cut nearest the origin zone)")
    cut = links[links["link_id"].isin(cuts.loc[cuts["end"] == "from", "link_id"])]
    yield from _links(path, cut)
    yield from ("", f"Fewer are not: {count} paths share no link (`make verify` checks both)")
    yield from _witness(path, mode, depth_km, links)
    yield from ("", "Not counted, nearest to the cut")
    yield from _links(path, _uncounted(path, mode, links, cut))
    yield from _used(path, CUT_PARAMETERS)


def _cordon(cordons: pd.DataFrame, mode: str, depth_km: float) -> pd.Series:
    headline = cordons[cordons["mode"].eq(mode) & cordons["directed"] & ~cordons["third_open"]]
    at = headline[headline["depth_km"] == depth_km]
    if not len(at):
        known = ", ".join(f"F{depth:+g}" for depth in sorted(headline["depth_km"]))
        raise InputError(f"explain: {mode} F{depth_km:+g}: expected one of {known}")
    return at.iloc[0]


def _headline(rows: pd.DataFrame, mode: str, depth_km: float) -> pd.DataFrame:
    return rows[rows["mode"].eq(mode) & rows["directed"] & rows["depth_km"].eq(depth_km)]


def _witness(path: Path, mode: str, depth_km: float, links: pd.DataFrame) -> Iterator[str]:
    """A line for each path: its length, what it is called, and where it crosses the line."""
    paths = _headline(layers.read(path, "witness_paths"), mode, depth_km)
    steps = _headline(layers.read(path, "witness_links"), mode, depth_km)
    joins = layers.read(path, "crossing_links").drop_duplicates("link_id")
    crossings = layers.read(path, "crossings")
    over = steps.merge(joins, on="link_id").merge(crossings, on="crossing_id")
    named = steps.merge(links[["link_id", "ref", "name"]], on="link_id").sort_values("seq")
    for row in paths.to_dict("records"):
        here = named[named["path_no"] == row["path_no"]]
        roads = list(dict.fromkeys(here["ref"].fillna(here["name"]).dropna()))
        at = over[over["path_no"] == row["path_no"]].sort_values("seq")
        where = [_plain(one) for one in at["name"].fillna(at["crossing_id"]).unique()]
        crossing = f", over the line at {', '.join(where)}" if where else ""
        told = f"{row['path_no']}: {row['length_m'] / 1000:.0f} km, {len(here)} links{crossing}"
        by = f"; by {', '.join(map(_plain, roads[:6]))}" if roads else ""
        yield from _wrapped(told + by, "  ")


def _uncounted(
    path: Path, mode: str, links: gpd.GeoDataFrame, cut: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """The links nearest to the cut that are no part of the mode's network, with why and how far."""
    from_, to = layers.read(path, "border")[["from_country", "to_country"]].iloc[0]
    variant = Variant(mode, directed=True, third_open=False)
    counted = network(layers.read(path, "nodes"), links, (from_, to), variant)
    kinds = {"road": ("road", "foot_only"), "rail": ("rail",), "foot": ("road", "foot_only")}[mode]
    left = links[links["mode"].isin(kinds) & ~links.index.isin(counted.index)]
    reasons = [
        (left["state"] == "closed", "closed to everybody"),
        (left["state"] == "disused", "disused"),
        (left["class"] == "restricted", "no private car may pass"),
        (left["mode"].eq("foot_only") & (mode == "road"), "may only be walked"),
        (~left["walkable"] & (mode == "foot"), "may not be walked"),
    ]
    why = np.select([met for met, _ in reasons], [said for _, said in reasons], "third country")
    return _nearest(left.assign(why=why), cut)


def _nearest(left: gpd.GeoDataFrame, to: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows nearest to any shape of `to`, with `away_km`, nearest first."""
    if not len(left) or not len(to):
        return left.iloc[:0].assign(away_km=0.0)
    plane = geo.fit_projection(*shapely.get_coordinates(to.geometry.to_numpy()).T)

    def flat(shapes: gpd.GeoDataFrame) -> list[shapely.Geometry]:
        return list(shapely.transform(shapes.geometry.to_numpy(), lambda xy: plane.plane(*xy.T)))

    tree = shapely.STRtree(flat(to))
    where, away_m = tree.query_nearest(flat(left), all_matches=False, return_distance=True)
    found = left.iloc[where[0]].assign(away_km=away_m / 1000)
    found = found.sort_values(["away_km", found.columns[0]])
    way = found[found.columns[0]].str.split(".").str[0]  # the parts of a way are one candidate
    return found[~way.duplicated()].head(NEAREST)


def _links(path: Path, links: gpd.GeoDataFrame) -> Iterator[str]:
    """Two lines for each link: what it is, and where it can be looked at."""
    if not len(links):
        yield "  none"
    if drawn := len(links) and _is_drawn(path):
        yield "  (drawn from tables: no link has a way of OpenStreetMap behind it)"
    for row in links.to_dict("records"):
        called = " ".join(_plain(row[key]) for key in ("ref", "name") if row[key]) or "no name"
        depth = ""
        if pd.notna(row["depth_min_km"]):
            depth = f", {row['depth_min_km']:+.1f} to {row['depth_max_km']:+.1f} km deep"
        why = f": {row['why']}, {row['away_km']:.1f} km off" if "why" in row else ""
        yield f"  {row['link_id']}  {called}, {row['class']}{depth}{why}"
        way = WAY.match(row["link_id"])
        west, south, east, north = row["geometry"].bounds
        if way and not drawn:
            box = f"left={west:.5f}&right={east:.5f}&top={north:.5f}&bottom={south:.5f}"
            yield f"    {OSM}/{way[1]} (version and date: {OSM}/{way[1]}/history)"
            yield f"    {JOSM}?{box}&select=way{way[1]}"
        else:
            middle = f"{(south + north) / 2:.4f}/{(west + east) / 2:.4f}"
            yield f"    https://www.openstreetmap.org/#map=12/{middle}"


# A crossing and a bypass --------------------------------------------------------------------------


def _crossing(path: Path, word: str) -> Iterator[str]:
    crossings = gpd.GeoDataFrame(layers.read(path, "crossings"))
    links = gpd.GeoDataFrame(layers.read(path, "links"))
    joins = layers.read(path, "crossing_links")
    for _, row in _named(crossings, "crossing_id", word).iterrows():
        yield f"{_name(path)}: crossing {row['crossing_id']}, {_plain(row['name'] or 'no name')}"
        headline = "counts in the headline" if row["in_headline"] else _why_not(row)
        yield from _wrapped(f"km {row['border_km']:.1f} of the line; {row['status']}; {headline}")
        yield from _told(crossings, row)
        yield from ("", "Links that meet the line here")
        ids = joins.loc[joins["crossing_id"] == row["crossing_id"], "link_id"]
        yield from _links(path, links[links["link_id"].isin(ids)])
        one = crossings[crossings["crossing_id"] == row["crossing_id"]]
        yield from _others(crossings[crossings["crossing_id"] != row["crossing_id"]], one)
    yield from _used(path, CROSSING_PARAMETERS)


def _bypass(path: Path, word: str) -> Iterator[str]:
    chokepoints = gpd.GeoDataFrame(layers.read(path, "chokepoints"))
    bypasses = gpd.GeoDataFrame(layers.read(path, "bypasses"))
    links = gpd.GeoDataFrame(layers.read(path, "links"))
    found = _named(chokepoints, "chokepoint_id", word)
    found = found[found["chokepoint_id"].isin(bypasses["chokepoint_id"])]
    if not len(found):
        raise InputError(f"explain: bypass {word}: none was measured of it (layer bypasses)")
    for _, point in found.iterrows():
        row = bypasses[bypasses["chokepoint_id"] == point["chokepoint_id"]].iloc[0]
        name = _plain(point["name"] or "no name")
        yield f"{_name(path)}: bypass of {row['chokepoint_id']}, {name}"
        yield from _told(bypasses, row)
        yield from ("", "Links that are closed")
        yield from _links(path, links[links["link_id"].isin(point["link_ids"].split())])
        at = chokepoints[chokepoints["chokepoint_id"] == point["chokepoint_id"]]
        yield from _others(gpd.GeoDataFrame(layers.read(path, "crossings")), at)
    yield from _used(path, BYPASS_PARAMETERS)


def _named(rows: gpd.GeoDataFrame, key: str, word: str) -> gpd.GeoDataFrame:
    """The rows of this id or name, whatever its case."""
    said = word.casefold()
    met = rows[key].str.casefold().eq(said) | rows["name"].fillna("").str.casefold().eq(said)
    if not met.any():
        known = [str(one) for one in (*rows["name"].dropna(), *rows[key])]
        like = sorted({one for one in known if said in one.casefold()})[:NEAREST]
        hint = f", such as {'; '.join(map(_plain, like))}" if like else ""
        kind = key.removesuffix("_id")
        raise InputError(f"explain: {word}: no such {kind}, expected an id or a name{hint}")
    return rows[met]


def _told(layer: pd.DataFrame, row: pd.Series) -> Iterator[str]:
    """Every value of a row under the name that people read."""
    for column in layer.columns.drop("geometry"):
        value = row[column]
        if pd.notna(value):
            said = f"{value:.3g}" if isinstance(value, float) else _plain(value)
            said = ("yes" if value else "no") if layer[column].dtype == bool else said
            yield from _wrapped(f"{layers.alias(str(column))}: {said}", "  ")


def _others(crossings: gpd.GeoDataFrame, at: gpd.GeoDataFrame) -> Iterator[str]:
    """The nearest crossings that are in no headline, with the reason."""
    yield from ("", "Crossings that were not counted, nearest first")
    for _, row in _nearest(crossings[~crossings["in_headline"]], at).iterrows():
        name = _plain(row["name"] or "no name")
        yield f"  {row['crossing_id']}  {name}: {_why_not(row)}, {row['away_km']:.1f} km off"


def _why_not(row: pd.Series) -> str:
    """Why a crossing is not in the headline."""
    if row["status"] == "closed":
        return "closed to everybody"
    if not row["counted"]:
        return "it touches the line but leads to no place deep enough on one side"
    if row["class"] == "restricted":
        return "no private car may pass"
    return f"not in the headline: {row['class']}"


# What all of them rest on -------------------------------------------------------------------------


def _used(path: Path, names: Sequence[str]) -> Iterator[str]:
    yield from ("", "Definitions and parameters")
    known = layers.read(path, "provenance").set_index("key")["value"]
    yield from (f"  {key} = {known[key]}" for key in DEFINED if key in known)
    entries = parameters.entries()
    for name in names:
        one = entries[name]
        yield from _wrapped(f"{name} = {one.value} {one.unit}: {one.reason}", "  ")


def _cited(path: Path) -> Iterator[str]:
    known = layers.read(path, "provenance").set_index("key")["value"]
    yield from ("", "How to cite")
    snapshot = known.get("osm_timestamp", "not stated in the file")
    said = (
        f"Border closure, version {known.get('tool_version')} (CITATION.cff); border "
        f"{known.get('border')}; data: {known.get('source')}; snapshot: {snapshot}; raw file "
        f"sha256 {str(known.get('raw_sha256', 'not stated'))[:16]}; {known.get('attribution')}"
    )
    yield from _wrapped(said, "  ")


def _is_drawn(path: Path) -> bool:
    return bool(layers.read(path, "provenance")["key"].eq("record_drawn_from").any())


def _name(path: Path) -> str:
    return _plain(layers.read(path, "border")["name"].iloc[0])


def _plain(value: object) -> str:
    return " ".join(str(value).split())


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")
