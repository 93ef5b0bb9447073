"""A border from a file: line, network and crossings, as mapped or with closures."""

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipeline.api import flow
from pipeline.core import store
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.modes import MODES
from pipeline.network import link_arcs, reach, zones
from pipeline.network.zones import ZonePair


@dataclass(frozen=True)
class Border:
    """A border that was read, as mapped or with closures.

    Attributes
    ----------
    file : BorderFile
        The border file, with the reach of the data.
    folder : Path
        Folder with the output of the stages; `raw` and `tomls` are their input.
    raw : Path
        The OpenStreetMap file.
    tomls : tuple of Path
        The border file and, if there is one, the data's own file.
    line, nodes, links, crossings : GeoDataFrame
        Tables with these names in pipeline/schema.toml, EPSG:4326.
    crossing_links : DataFrame
        The links that meet the line at each crossing.
    zones : tuple of ZonePair
        Origin and destination zones of every depth of the border file.
    closed : frozenset of str
        Ids of links that `close` has closed.
    """

    file: BorderFile
    folder: Path
    raw: Path
    tomls: tuple[Path, ...]
    line: gpd.GeoDataFrame
    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    crossing_links: pd.DataFrame
    zones: tuple[ZonePair, ...]
    closed: frozenset[str] = frozenset()


def read_border(
    raw: str | Path,
    border_toml: str | Path,
    folder: str | Path,
    data_toml: str | Path | None = None,
) -> Border:
    """Read a border from an OpenStreetMap file.

    Parameters
    ----------
    raw
        An OSM file (.osm.pbf, .osm, .osm.gz or .osm.bz2) of the border and its surroundings.
    border_toml
        The border file, as in `pipeline/borders`; `make border` makes a draft.
    folder
        Folder for the output of the stages; earlier output is replaced.
    data_toml
        The data's own file on their depth and reach.

    Returns
    -------
    Border

    Raises
    ------
    InputError
        If a file cannot be read, or does not hold the border.
    """
    at = Path(folder)
    tomls = tuple(Path(one) for one in (border_toml, data_toml) if one is not None)
    for stage in ("network", "crossings"):
        flow.run(stage, at, Path(raw), tomls)
    return open_border(at, raw, border_toml, data_toml)


def open_border(
    folder: str | Path,
    raw: str | Path,
    border_toml: str | Path,
    data_toml: str | Path | None = None,
) -> Border:
    """Open a border from the output of `read_border` or `make`.

    Parameters
    ----------
    folder
        The folder of the border's stages, such as `data/processed/gazetteer/mx-gt`.
    raw, border_toml, data_toml
        As for `read_border`.

    Returns
    -------
    Border

    Raises
    ------
    InputError
        If a table is missing or does not fit its schema.
    """
    at = Path(folder)
    tomls = tuple(Path(one) for one in (border_toml, data_toml) if one is not None)
    file = reach.settled(str(at / "network"), *map(str, tomls))
    nodes, links, line = (
        gpd.GeoDataFrame(store.read(at / "network", name)) for name in ("nodes", "links", "border")
    )
    return Border(
        file=file,
        folder=at,
        raw=Path(raw),
        tomls=tomls,
        line=line,
        nodes=nodes,
        links=links,
        crossings=gpd.GeoDataFrame(store.read(at / "crossings", "crossings")),
        crossing_links=store.read(at / "crossings", "crossing_links"),
        zones=tuple(zones.zone_pairs(nodes, links, file)),
    )


def network_of(border: Border, mode: str = "road") -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The nodes and open links that a mode may use.

    Parameters
    ----------
    border
        A border.
    mode
        road, rail or foot.

    Returns
    -------
    tuple of GeoDataFrame
        Nodes and links, as in the layers of those names.

    Raises
    ------
    InputError
        If there is no such mode.
    """
    links = link_arcs.of_mode(border.links, known_mode(mode))
    ends = {*links["from_node"], *links["to_node"]}
    return border.nodes[border.nodes["node_id"].isin(ends)], gpd.GeoDataFrame(links)


def crossings_of(border: Border, mode: str = "road", *, headline: bool = True) -> gpd.GeoDataFrame:
    """The crossings of a mode, from the western end of the line.

    Parameters
    ----------
    border
        A border.
    mode
        road, rail or foot.
    headline
        Whether to return only those that count: open, through, not restricted.

    Returns
    -------
    GeoDataFrame
        As the layer `crossings`.

    Raises
    ------
    InputError
        If there is no such mode.
    """
    found = border.crossings[border.crossings["mode"] == known_mode(mode)]
    found = found[found["in_headline"]] if headline else found
    return found.sort_values("border_km", ignore_index=True)


def close(border: Border, *ids: str) -> Border:
    """The border with crossings or links closed; zones stay unchanged.

    Parameters
    ----------
    border
        A border.
    ids
        Values of `crossing_id` or `link_id`.

    Returns
    -------
    Border
        A new border, for use with `minimum_cut` and `place_posts`; the given one stays unchanged.

    Raises
    ------
    InputError
        If an id is neither that of a crossing nor that of a link.
    """
    joins = border.crossing_links
    closed: set[str] = set()
    for one in ids:
        links = set(joins.loc[joins["crossing_id"] == one, "link_id"])
        links |= {one} & set(border.links["link_id"])
        if not links:
            raise InputError(f"close: {one}: expected a crossing_id or a link_id of this border")
        closed |= links
    state = border.links["state"].mask(border.links["link_id"].isin(closed), "closed")
    at = border.crossings["crossing_id"].isin(ids)
    left = border.crossings.assign(
        status=border.crossings["status"].mask(at, "closed"),
        in_headline=border.crossings["in_headline"] & ~at,
    )
    links = border.links.assign(state=state)
    return replace(border, links=links, crossings=left, closed=border.closed | closed)


def known_mode(mode: str) -> str:
    """Return the mode if it exists, otherwise raise InputError."""
    if mode not in MODES:
        raise InputError(f"mode {mode}: expected one of {', '.join(MODES)}")
    return mode
