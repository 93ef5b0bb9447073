"""What a published number depends on, so that anyone can check it on the map and cite it."""

import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.core.errors import InputError
from pipeline.core.frames import records
from pipeline.core.modes import MODES
from pipeline.core.numbers import is_absent, percent
from pipeline.core.terminal import printable
from pipeline.network.edits import Edit, by_way, latest_edits
from pipeline.publish import layers
from pipeline.report import evidence, words

RESULTS = "data/processed/gazetteer"
WIDTH = 100  # columns of a terminal
FIGURE = re.compile(r"F([+−-]\d+(?:\.\d+)?)")
WAY = re.compile(r"[a-z](\d+)\.")
JOSM = "http://127.0.0.1:8111/load_and_zoom"
OSM = "https://www.openstreetmap.org/way"


def explain(border: str, *asked: str, results: str = RESULTS, raw: str = "") -> None:
    """Print what a figure, a crossing or a bypass depends on, and how to cite it.

    `border` is the name of a border in the folder `results`, or a GeoPackage of results. `asked` is
    a mode and a minimum cut (`road F+50`), `crossing` and an id or a name, or `bypass` and a
    chokepoint's id or name. Version and date of each way's last edit are given where the raw file
    states them; `raw` is another file of OpenStreetMap data to take them from, such as the extract
    from which the border was cut. Raises InputError if there is no such thing.
    """
    path = Path(border) if border.endswith(".gpkg") else Path(results) / f"{border}.gpkg"
    kind, what = (asked[0] if asked else ""), " ".join(asked[1:])
    source = _Results(path, raw)
    if kind in MODES and (figure := FIGURE.fullmatch(what)):
        lines = _cut(source, kind, float(figure[1].replace("−", "-")))
    elif kind == "crossing" and what:
        lines = _crossing(source, what)
    elif kind == "bypass" and what:
        lines = _bypass(source, what)
    else:
        expected = "road F+50, or crossing or bypass with an id or a name"
        raise InputError(
            f"explain: got {' '.join(asked) or 'nothing'}, expected such as {expected}"
        )
    cited = ["", "How to cite", *_wrapped(evidence.cited(source.known), "  ")]
    sys.stdout.write("\n".join(map(printable, [*lines, *cited])) + "\n")


class _Results:
    """The results to explain: their layers, their provenance, and the raw file."""

    def __init__(self, path: Path, raw: str) -> None:
        self.layer = partial(layers.read, path)
        rows = self.layer("provenance")
        self.known = dict(zip(rows["key"], rows["value"], strict=True))
        self.name = _plain(self.layer("border")["name"].iloc[0])
        self.drawn = evidence.is_drawn(self.known)
        self.raw = raw

    def edits(self, ways: list[int]) -> dict[int, Edit]:
        """The last edit of each way, if the results or the named file state it."""
        if self.raw:
            return latest_edits(self.raw, ways)
        return by_way(self.layer("edits"))


# A minimum cut ------------------------------------------------------------------------------------


def _cut(source: _Results, mode: str, depth_km: float) -> Iterator[str]:
    row = _cordon(source.layer("cordons"), mode, depth_km)
    yield f"{source.name}: minimum cut by {mode}, F({depth_km:+g} km), one-way tags obeyed,"
    yield "transit through third countries excluded"
    if is_absent(row["min_cut_links"]):
        yield from _wrapped(f"Not stated: {row['why_absent']}.")
        return
    count = int(row["min_cut_links"])
    bound = ", an upper bound: the data end before one of its zones"
    yield f"= {count} links{bound if row['is_upper_bound'] else ''}"
    cut = evidence.cut_links(source.layer, mode, depth_km)
    yield from ("", f"Closing these {count} links is enough (the cut nearest the origin zone)")
    yield from _links(source, cut)
    yield from ("", f"Fewer are not: {count} paths share no link (`make verify` checks both)")
    for path in evidence.witness(source.layer, mode, depth_km):
        over = f", over the line at {', '.join(map(_plain, path.over))}" if path.over else ""
        by = f"; by {', '.join(map(_plain, path.by))}" if path.by else ""
        line = f"{path.number}: {path.length_km:.0f} km, {path.n_links} links{over}{by}"
        yield from _wrapped(line, "  ")
    yield from ("", "Not counted, nearest to the cut")
    yield from _links(source, evidence.uncounted(source.layer, mode, cut))
    yield from _used(source, evidence.CUT_PARAMETERS)


def _cordon(cordons: pd.DataFrame, mode: str, depth_km: float) -> pd.Series:
    headline = cordons[cordons["mode"].eq(mode) & cordons["directed"] & ~cordons["third_open"]]
    at = headline[headline["depth_km"] == depth_km]
    if not len(at):
        known = ", ".join(f"F{depth:+g}" for depth in sorted(headline["depth_km"]))
        raise InputError(f"explain: {mode} F{depth_km:+g}: expected one of {known}")
    return at.iloc[0]


def _links(source: _Results, links: gpd.GeoDataFrame) -> Iterator[str]:
    """Two lines for each link: what it is, and where to see it on a map."""
    if not len(links):
        yield "  none"
    if drawn := len(links) and source.drawn:
        yield "  (drawn from tables: links have no ways of OpenStreetMap)"
    found = [] if drawn else [WAY.match(one) for one in links["link_id"]]
    edits = source.edits([int(way[1]) for way in found if way])
    for row in records(links):
        called = " ".join(_plain(row[key]) for key in ("ref", "name") if row[key]) or "no name"
        depth = ""
        if not is_absent(row["depth_min_km"]):
            depth = f", {row['depth_min_km']:+.1f} to {row['depth_max_km']:+.1f} km deep"
        why = f": {row['why']}, {row['away_km']:.1f} km off" if "why" in row else ""
        yield f"  {row['link_id']}  {called}, {row['class']}{depth}{why}"
        way = WAY.match(row["link_id"])
        west, south, east, north = row["geometry"].bounds
        if way and not drawn:
            box = f"left={west:.5f}&right={east:.5f}&top={north:.5f}&bottom={south:.5f}"
            edit = edits.get(int(way[1]))
            last_edit = f"{edit.text}; " if edit else "version and date: "
            yield f"    {OSM}/{way[1]} ({last_edit}{OSM}/{way[1]}/history)"
            yield f"    {JOSM}?{box}&select=way{way[1]}"
        else:
            middle = f"{(south + north) / 2:.4f}/{(west + east) / 2:.4f}"
            yield f"    https://www.openstreetmap.org/#map=12/{middle}"


# A crossing and a bypass --------------------------------------------------------------------------


def _crossing(source: _Results, word: str) -> Iterator[str]:
    crossings = gpd.GeoDataFrame(source.layer("crossings"))
    links = gpd.GeoDataFrame(source.layer("links"))
    joins = source.layer("crossing_links")
    for _, row in _named(crossings, "crossing_id", word).iterrows():
        yield f"{source.name}: crossing {row['crossing_id']}, {_plain(row['name'] or 'no name')}"
        headline = "counts in the headline" if row["in_headline"] else evidence.why_not(row)
        yield from _wrapped(f"km {row['border_km']:.1f} of the line; {row['status']}; {headline}")
        yield from _values(crossings, row)
        yield from ("", "Links that reach the line here")
        ids = joins.loc[joins["crossing_id"] == row["crossing_id"], "link_id"]
        yield from _links(source, links[links["link_id"].isin(ids)])
        one = crossings[crossings["crossing_id"] == row["crossing_id"]]
        yield from _others(crossings[crossings["crossing_id"] != row["crossing_id"]], one)
    yield from _used(source, evidence.CROSSING_PARAMETERS)


def _bypass(source: _Results, word: str) -> Iterator[str]:
    chokepoints = gpd.GeoDataFrame(source.layer("chokepoints"))
    bypasses = gpd.GeoDataFrame(source.layer("bypasses"))
    links = gpd.GeoDataFrame(source.layer("links"))
    found = _named(chokepoints, "chokepoint_id", word)
    found = found[found["chokepoint_id"].isin(bypasses["chokepoint_id"])]
    if not len(found):
        raise InputError(f"explain: bypass {word}: no bypass was measured for it (layer bypasses)")
    for _, point in found.iterrows():
        row = bypasses[bypasses["chokepoint_id"] == point["chokepoint_id"]].iloc[0]
        name = _plain(point["name"] or "no name")
        yield f"{source.name}: bypass of {row['chokepoint_id']}, {name}"
        yield from _values(bypasses, row)
        yield from ("", "Links that are closed")
        yield from _links(source, links[links["link_id"].isin(point["link_ids"].split())])
        at = chokepoints[chokepoints["chokepoint_id"] == point["chokepoint_id"]]
        yield from _others(gpd.GeoDataFrame(source.layer("crossings")), at)
    yield from _used(source, evidence.BYPASS_PARAMETERS)


def _named(rows: gpd.GeoDataFrame, key: str, word: str) -> gpd.GeoDataFrame:
    """The rows with this id or name, in upper or lower case."""
    folded = word.casefold()
    met = rows[key].str.casefold().eq(folded) | rows["name"].fillna("").str.casefold().eq(folded)
    if not met.any():
        known = [str(one) for one in (*rows["name"].dropna(), *rows[key])]
        like = sorted({one for one in known if folded in one.casefold()})[: evidence.NEAREST]
        hint = f", such as {'; '.join(map(_plain, like))}" if like else ""
        kind = key.removesuffix("_id")
        raise InputError(f"explain: {word}: no such {kind}, expected an id or a name{hint}")
    return rows[met]


def _values(layer: pd.DataFrame, row: pd.Series) -> Iterator[str]:
    """Every value of a row, under its title for readers."""
    for column in layer.columns.drop("geometry"):
        value = row[column]
        if not is_absent(value):
            text = _cell_text(str(column), value)
            yield from _wrapped(f"{layers.alias(str(column))}: {text}", "  ")


def _cell_text(column: str, value: object) -> str:
    """A value as text for readers."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return _plain(value)
    return percent(value, 1) if column.endswith("_share") else f"{value:.3g}"


def _others(crossings: gpd.GeoDataFrame, at: gpd.GeoDataFrame) -> Iterator[str]:
    """The nearest crossings that no headline counts, with the reason."""
    yield from ("", "Crossings that were not counted, nearest first")
    for _, row in evidence.other_crossings(crossings, at).iterrows():
        name = _plain(row["name"] or "no name")
        yield f"  {row['crossing_id']}  {name}: {row['why']}, {row['away_km']:.1f} km off"


def _used(source: _Results, names: Sequence[str]) -> Iterator[str]:
    yield from ("", "Definitions and parameters")
    for line in evidence.used(source.known, names):
        yield from _wrapped(line, "  ")


def _plain(value: object) -> str:
    """A text in one line; names and numbers that OpenStreetMap joins by semicolons, as a list."""
    return " ".join(words.listed(value).split())


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")
