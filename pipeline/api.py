"""The pipeline as a package: a border from a file, its cuts, closures, posts and results.

Every function takes and gives GeoDataFrames in EPSG:4326. The stages are the same as those of
`make`; a border that was read is a folder of their tables, and what is asked of it is computed from
them. Names here can be imported from `pipeline` itself.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import schema, store
from pipeline.core import stages as table
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.modes import MODES
from pipeline.core.types import Bools, Ints
from pipeline.graph import placement as posts_best
from pipeline.measures import depth, placement
from pipeline.measures.depth import Variant
from pipeline.network import link_arcs, reach, zones
from pipeline.network.zones import Grounds
from pipeline.publish import layers

FACTS = Path(__file__).parents[1] / "data" / "raw" / "gazetteer"


@dataclass(frozen=True)
class Border:
    """A border that was read, as it is or with something closed.

    Attributes
    ----------
    file : BorderFile
        Its border file, with the reach that the data have.
    folder : Path
        Where the stages have written; `raw` and `tomls` are what they read.
    raw : Path
        The OpenStreetMap file.
    tomls : tuple of Path
        The border file, and the data's own where there is one.
    line, nodes, links, crossings : GeoDataFrame
        Tables of those names (pipeline/schema.toml), EPSG:4326.
    crossing_links : DataFrame
        Which links meet the line at which crossing.
    zones : tuple of Grounds
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
    zones: tuple[Grounds, ...]
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MinimumCut:
    """The fewest links to close at a depth, with proof.

    Attributes
    ----------
    links : int or None
        F(D); None where it cannot be stated.
    why_absent : str or None
        Why it cannot.
    is_upper_bound : bool
        The data end before one of the zones.
    cut : GeoDataFrame
        Rows of `Border.links`: closing them is enough. Of several minimum cuts the one nearest the
        origin zone.
    witness : GeoDataFrame
        `path_no`, `length_m` (metres) and geometry: as many paths that share no link, so that fewer
        closures are not enough.
    """

    links: int | None
    why_absent: str | None
    is_upper_bound: bool
    cut: gpd.GeoDataFrame
    witness: gpd.GeoDataFrame


@dataclass(frozen=True)
class Posts:
    """Where n posts that move about unseen stop most.

    Attributes
    ----------
    stopped : float
        Chance to be stopped on the best way left, 0 to 1.
    links : GeoDataFrame
        Rows of `Border.links` with `share`, the share of the time that a post stands there.
    """

    stopped: float
    links: gpd.GeoDataFrame


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
        An OSM file (.osm.pbf, .osm, .osm.gz or .osm.bz2) of the border and what lies about it.
    border_toml
        Its border file, as in `pipeline/borders`; `make border` drafts one.
    folder
        Where the stages write; what stood there is replaced.
    data_toml
        What the data say of their own depth and reach.

    Returns
    -------
    Border

    Raises
    ------
    InputError
        A file cannot be read, or holds no such border.
    """
    at = Path(folder)
    tomls = tuple(Path(one) for one in (border_toml, data_toml) if one is not None)
    for stage in ("network", "crossings"):
        _run(stage, at, Path(raw), tomls)
    return open_border(at, raw, border_toml, data_toml)


def open_border(
    folder: str | Path,
    raw: str | Path,
    border_toml: str | Path,
    data_toml: str | Path | None = None,
) -> Border:
    """Open what `read_border`, or `make`, has written of a border.

    Parameters
    ----------
    folder
        The folder of the border's stages, such as `data/processed/gazetteer/mx-gt`.
    raw, border_toml, data_toml
        As in `read_border`.

    Returns
    -------
    Border

    Raises
    ------
    InputError
        A table is missing or not as its schema says.
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
        zones=tuple(zones.grounds(nodes, links, file)),
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
        There is no such mode.
    """
    links = link_arcs.of_mode(border.links, _known(mode))
    ends = {*links["from_node"], *links["to_node"]}
    return border.nodes[border.nodes["node_id"].isin(ends)], gpd.GeoDataFrame(links)


def crossings_of(border: Border, mode: str = "road", *, headline: bool = True) -> gpd.GeoDataFrame:
    """Where a mode crosses the line, from its western end.

    Parameters
    ----------
    border
        A border.
    mode
        road, rail or foot.
    headline
        Only those that count: open, through, not restricted.

    Returns
    -------
    GeoDataFrame
        As the layer `crossings`.

    Raises
    ------
    InputError
        There is no such mode.
    """
    found = border.crossings[border.crossings["mode"] == _known(mode)]
    found = found[found["in_headline"]] if headline else found
    return found.sort_values("border_km", ignore_index=True)


def minimum_cut(
    border: Border,
    depth_km: float,
    mode: str = "road",
    *,
    directed: bool = True,
    third_open: bool = False,
) -> MinimumCut:
    """The minimum cut at a depth, with the cut and its witness.

    Parameters
    ----------
    border
        A border.
    depth_km
        Signed depth, one of those of the border file: positive behind the line on the `to` side.
    mode
        road, rail or foot.
    directed
        One-way tags are obeyed.
    third_open
        Ways through third countries count.

    Returns
    -------
    MinimumCut

    Raises
    ------
    InputError
        There is no such mode, or the border file has no such depth.
    """
    variant = Variant(_known(mode), directed, third_open)
    nodes, links = link_arcs.numbered(border.nodes, border.links)
    sides = (border.file.from_, border.file.to)
    used = depth.network(nodes, links, sides, variant)
    reached = zones.reach_of(border.file, mode)
    found = depth.profile(nodes, used, [_zones(border, depth_km)], reached, variant)[0]
    return MinimumCut(
        links=found.min_cut_links,
        why_absent=found.why_absent,
        is_upper_bound=found.is_upper_bound,
        cut=border.links.iloc[found.cut_from],
        witness=_paths(border.links, found.paths),
    )


def _paths(links: gpd.GeoDataFrame, paths: list[tuple[Ints, Bools]]) -> gpd.GeoDataFrame:
    shapes = links.geometry.to_numpy()
    length_m = links["length_m"].to_numpy(float)
    drawn = [
        shapely.multilinestrings(
            np.where(forward, shapes[rows], shapely.reverse(shapes[rows])).tolist()
        )
        for rows, forward in paths
    ]
    table_of = {
        "path_no": np.arange(1, len(paths) + 1),
        "length_m": [float(length_m[rows].sum()) for rows, _ in paths],
    }
    return gpd.GeoDataFrame(table_of, geometry=drawn, crs=schema.CRS)


def close(border: Border, *ids: str) -> Border:
    """The border with crossings or links closed; zones stay as they were.

    Parameters
    ----------
    border
        A border.
    ids
        Values of `crossing_id` or `link_id`.

    Returns
    -------
    Border
        To ask `minimum_cut` and `place_posts` of; the one handed over stays as it is.

    Raises
    ------
    InputError
        An id is neither a crossing's nor a link's.
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
    shut = border.crossings.assign(
        status=border.crossings["status"].mask(at, "closed"),
        in_headline=border.crossings["in_headline"] & ~at,
    )
    links = border.links.assign(state=state)
    return replace(border, links=links, crossings=shut, closed=border.closed | closed)


def place_posts(
    border: Border, n_posts: int, depth_km: float, mode: str = "road", chance: float = 1.0
) -> Posts:
    """Where n posts that move about unseen stop most, at a depth.

    Parameters
    ----------
    border
        A border.
    n_posts
        How many, 1 or more.
    depth_km
        Signed depth, one of those of the border file.
    mode
        road or rail.
    chance
        Chance that a post stops whom it meets, above 0 to 1.

    Returns
    -------
    Posts
        By the randomised placement of Washburn & Wood (1995), with no post standing before.

    Raises
    ------
    InputError
        There is no such mode or depth, or no way leads from zone to zone.
    """
    if n_posts < 1 or not 0 < chance <= 1:
        raise InputError(f"place_posts: {n_posts} posts of {chance:g}: expected 1 or more, 0 to 1")
    sides = (border.file.from_, border.file.to)
    none = schema.empty("placement_links")
    ways = placement.network(border.nodes, border.links, none, sides, _known(mode), walking=False)
    standing = schema.empty("posts")
    found = placement.between(border.nodes, ways, _zones(border, depth_km), standing, chance)
    curve = posts_best.curve(found.field, chance, n_posts)
    if not len(curve.ways):
        raise InputError(f"place_posts: {depth_km:+g} km: no {mode} leads from zone to zone")
    most = posts_best.enough(curve, chance)
    best = posts_best.randomised(found.field, curve, min(n_posts, most))
    links = pd.DataFrame(
        {"link_id": found.links["link_id"].to_numpy()[best.links], "share": best.share}
    )
    return Posts(float(best.value), border.links.merge(links, on="link_id"))


def bypass(border: Border) -> gpd.GeoDataFrame:
    """The best way left when a chokepoint is closed, for every chokepoint of road and rail.

    Parameters
    ----------
    border
        A border as it was read, nothing closed.

    Returns
    -------
    GeoDataFrame
        As the layer `bypasses`: minutes through the chokepoint and round it, and the way.

    Raises
    ------
    InputError
        Something of the border is closed.
    """
    _expect_open(border, "bypass")
    for stage in _before("bypass"):
        _run(stage, border.folder, border.raw, border.tomls)
    return gpd.GeoDataFrame(store.read(border.folder / "bypass", "bypasses"))


def publish_results(
    border: Border, dem: str | Path | None = None, facts: str | Path = FACTS
) -> Path:
    """Run the stages that have not run yet, and write the GeoPackages of the border.

    Parameters
    ----------
    border
        A border as it was read, nothing closed.
    dem
        An elevation model; without it nothing is said of walking.
    facts
        The folder of the tables of facts, those of the checkout by default.

    Returns
    -------
    Path
        The results, `<border>.gpkg`, in the border's folder; the evidence lies beside them.

    Raises
    ------
    InputError
        Something of the border is closed, or a stage cannot use what it is given.
    """
    _expect_open(border, "publish")
    for stage in _before("publish"):
        _run(stage, border.folder, border.raw, border.tomls, dem, Path(facts))
    return border.folder / f"{border.file.border}.gpkg"


def read_layer(results: str | Path, name: str) -> pd.DataFrame:
    """A published layer, checked against its schema.

    Parameters
    ----------
    results
        `<border>.gpkg`; the evidence lies beside it.
    name
        A layer, as in pipeline/schema.toml.

    Returns
    -------
    DataFrame
        A GeoDataFrame in EPSG:4326 where the layer has a geometry.

    Raises
    ------
    InputError
        There is no such file or layer.
    """
    if name not in layers.LAYERS:
        raise InputError(f"read_layer: {name}: expected one of {', '.join(layers.LAYERS)}")
    return layers.read(results, name)


def _known(mode: str) -> str:
    if mode not in MODES:
        raise InputError(f"mode {mode}: expected one of {', '.join(MODES)}")
    return mode


def _zones(border: Border, depth_km: float) -> Grounds:
    found = {pair.depth_km: pair for pair in border.zones}
    if depth_km not in found:
        known = ", ".join(f"{km:+g}" for km in sorted(found))
        raise InputError(f"depth {depth_km:+g} km: expected one of {known} ({border.file.border})")
    return found[depth_km]


def _expect_open(border: Border, asked: str) -> None:
    if border.closed:
        raise InputError(f"{asked}: links are closed here, expected the border as it was read")


def _before(stage: str) -> Iterator[str]:
    """The stages that `stage` rests on, without the first two, and itself, in order."""
    stages = table.read()[0]
    needed = {stage}
    for one in reversed(stages.values()):
        needed |= set(one.inputs) if one.name in needed else set()
    for one in stages.values():
        if one.name in needed and not one.makes and one.name not in ("network", "crossings"):
            yield one.name


def _run(
    name: str,
    folder: Path,
    raw: Path,
    tomls: tuple[Path, ...],
    dem: str | Path | None = None,
    facts: Path = FACTS,
) -> None:
    """Run a stage of the table on the border's folder."""
    stages = table.read()[0]
    stage = stages[name]
    border = tomls[0].stem
    given = {"raw": [raw], "border": tomls[:1], "own": tomls[1:], "facts": [facts]}
    given["dem"] = [Path(dem)] if dem else []

    def word(one: str) -> list[str]:
        if one == "output" and stage.outputs:
            return [str(folder / stage.outputs[0].replace("<border>", border))]
        if one == "output":
            return [str(folder / name)]
        return [str(folder / one)] if one in stages else [str(path) for path in given.get(one, [])]

    module = importlib.import_module(f"pipeline.{stage.module}")
    run = getattr(module, stage.module.rpartition(".")[2])
    run(*table.arguments(stage, stages, word))
