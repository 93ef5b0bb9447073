"""Doubts about the map that aerial imagery can resolve, ranked by their effect on figures.

Tasks are made only for official crossings and main roads, never for an informal track.
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import geo, parameters
from pipeline.core.frames import records
from pipeline.core.numbers import depth
from pipeline.core.types import Floats, Ints
from pipeline.graph import joins
from pipeline.measures.depth import WAY, Variant, network
from pipeline.network import link_arcs, zones
from pipeline.network.zones import ZonePair

# Kinds of issue that imagery can resolve. It cannot show a border, a law, or the meaning of a tag.
DECIDABLE = ("ends_nearly_meet", "ends_on_line", "uncounted_crossing", "control_without_way")
MAIN_CLASSES = parameters.texts("mapping_task_classes")
NEAR_KM = parameters.number("mapping_task_near_km")
MODES = ("road", "rail")
COLUMNS = ("rank", "issue_id", "kind", "element", "found", "mode", "moves", "score", "geometry")


@dataclass(frozen=True)
class Mapped:
    """The mapped network: tables of the published border, and the zones of its minimum cuts."""

    nodes: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    crossing_links: pd.DataFrame
    pairs: list[ZonePair]
    sides: tuple[str, str]
    reach_km: dict[str, dict[str, float]]


def ranked(issues: gpd.GeoDataFrame, mapped: Mapped) -> gpd.GeoDataFrame:
    """The tasks, beginning with the one that may change a figure most.

    Parameters
    ----------
    issues
        Layer data_issues, EPSG:4326.
    mapped
        The network and crossings of the same border.

    Returns
    -------
    GeoDataFrame
        COLUMNS: `moves` says in words which figures may change and how, `score` is the largest of
        these changes as a share of its figure.
    """
    rows = [_task(row, mapped) for row in records(issues)]
    tasks = pd.DataFrame([row for row in rows if row is not None])
    if not len(tasks):
        return gpd.GeoDataFrame(columns=list(COLUMNS), geometry="geometry", crs=4326)
    tasks = _with_moves(tasks, mapped)
    tasks = tasks[tasks["score"] > 0]
    tasks = tasks.sort_values(["score", "sum", "issue_id"], ascending=[False, False, True])
    tasks["rank"] = np.arange(1, len(tasks) + 1)
    return gpd.GeoDataFrame(tasks[list(COLUMNS)], geometry="geometry", crs=4326)


def _task(issue: dict[str, Any], mapped: Mapped) -> dict[str, Any] | None:
    """An issue as a task, with the nodes that a correction would join; None if it is not a task."""
    if issue["kind"] not in DECIDABLE:
        return None
    task = {key: issue[key] for key in ("issue_id", "kind", "element", "found", "geometry")}
    task |= {"official": False, "counts": True, "start": -1, "end": -1}
    if issue["kind"] == "control_without_way":
        return _control(task, mapped)
    if issue["kind"] == "uncounted_crossing":
        return _graze(task, mapped)
    words = str(issue["element"]).split()
    met = _meeting(words, mapped.links)
    ends = _nodes(words, met, task["geometry"], mapped) if _main(met) else []
    return _joining(task, met, ends, mapped)


def _graze(task: dict[str, Any], mapped: Mapped) -> dict[str, Any] | None:
    """A crossing that does not lead deep enough: it would count if its way continued."""
    here = mapped.crossings[mapped.crossings["crossing_id"] == task["element"]]
    if not len(here) or here["status"].iloc[0] in ("informal", "closed"):
        return None
    official = here["status"].iloc[0] == "official"
    at = mapped.crossing_links[mapped.crossing_links["crossing_id"] == task["element"]]
    met = mapped.links[mapped.links["link_id"].isin(at["link_id"])]
    if not official and not _main(met):
        return None
    return _joining(task | {"official": official}, met, _rows(mapped, at["node_id"])[:1], mapped)


def _joining(
    task: dict[str, Any], met: gpd.GeoDataFrame, ends: list[int], mapped: Mapped
) -> dict[str, Any] | None:
    """The task with its mode and the two nodes, if it has a mode of vehicles and a node."""
    if not ends or met["mode"].iloc[0] not in MODES:
        return None
    mode = str(met["mode"].iloc[0])
    end = ends[1] if len(ends) > 1 else _across(ends[0], mode, mapped)
    return task | {"mode": mode, "start": ends[0], "end": end}


def _control(task: dict[str, Any], mapped: Mapped) -> dict[str, Any] | None:
    """A control next to the roads: it would make a nearby crossing of a main road official."""
    crossings = mapped.crossings
    here = crossings[crossings["counted"] & crossings["status"].eq("unmarked")]
    here = here[here["class"].isin(MAIN_CLASSES) & here["mode"].isin(MODES)]
    away = _away_km(task["geometry"], here.geometry.to_numpy())
    if not len(away) or away.min() > NEAR_KM:
        return None
    return task | {"mode": here["mode"].iloc[int(away.argmin())], "official": True, "counts": False}


def _main(links: pd.DataFrame) -> bool:
    """Whether all of these are main roads or railways in use, and none is informal."""
    fine = links["class"].isin(MAIN_CLASSES) & ~links["informal"] & links["state"].eq("open")
    return bool(len(links) and fine.all())


def _meeting(words: list[str], links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The links that end at the nodes, or belong to the ways, that an issue names."""
    at = links["from_node"].isin(words) | links["to_node"].isin(words)
    way = links["link_id"].str.split(".").str[0]
    return links[at | way.isin(words) | way.isin([word.lstrip("w") for word in words])]


def _nodes(
    words: list[str], met: gpd.GeoDataFrame, place: shapely.Point, mapped: Mapped
) -> list[int]:
    """Rows of the nodes to join: the named nodes, and for a named way its nearest end."""
    named = _rows(mapped, pd.Series(words))
    if len(named) == len(words):
        return named
    known = set(mapped.nodes["node_id"].iloc[named])
    others = pd.concat([met["from_node"], met["to_node"]])
    rows = np.array(_rows(mapped, pd.Series(sorted(set(others) - known))), dtype=np.int64)
    if not len(rows):
        return named
    away = _away_km(place, mapped.nodes.geometry.to_numpy()[rows])
    return [*named, int(rows[away.argmin()])]


def _across(start: int, mode: str, mapped: Mapped) -> int:
    """The nearest used node of the other side than that of the way that ends here; -1 if none."""
    nodes, node_id = mapped.nodes, mapped.nodes["node_id"].iloc[start]
    used = link_arcs.of_mode(mapped.links, mode)
    own = used.loc[used["from_node"].eq(node_id) | used["to_node"].eq(node_id), "side"]
    held = nodes["node_id"].isin({*used["from_node"], *used["to_node"]})
    other = held & nodes["side"].isin(mapped.sides) & ~nodes["side"].isin(own)
    rows = np.flatnonzero(other)
    if not len(rows):
        return -1
    away = _away_km(nodes.geometry.iloc[start], nodes.geometry.to_numpy()[rows])
    return int(rows[away.argmin()]) if away.min() <= NEAR_KM else -1


def _with_moves(tasks: pd.DataFrame, mapped: Mapped) -> pd.DataFrame:
    """Tasks with their possible changes: in words, the largest share, and the sum of shares."""
    moved: list[list[str]] = [[] for _ in range(len(tasks))]
    shares: list[list[float]] = [[] for _ in range(len(tasks))]

    def move(row: int, label: str, value: int) -> None:
        moved[row].append(f"{label} from {value} to {value + 1}")
        shares[row].append(1 / max(value, 1))

    counted = mapped.crossings[mapped.crossings["in_headline"]]
    for mode in MODES:
        rows = np.flatnonzero(tasks["mode"].eq(mode))
        of_mode = counted[counted["mode"] == mode]
        official = int(of_mode["status"].eq("official").sum())
        for row in rows.tolist():
            if tasks["counts"].iloc[row]:
                move(row, f"{mode} crossings", len(of_mode))
            if tasks["official"].iloc[row]:
                move(row, f"official {mode} crossings", official)
        for depth_km, value, gaining in _cuts(mode, tasks.iloc[rows], mapped):
            for row in rows[gaining].tolist():
                move(row, f"the minimum cut of {WAY[mode]}s at {depth(depth_km)}", value)
    return tasks.assign(
        moves=["; ".join(one) for one in moved],
        score=[max(one, default=0.0) for one in shares],
        sum=[sum(one) for one in shares],
    )


def _cuts(mode: str, tasks: pd.DataFrame, mapped: Mapped) -> "list[tuple[float, int, Ints]]":
    """F(D) at each depth where it is stated, and the rows of tasks that may increase it."""
    joining = np.flatnonzero((tasks["start"] >= 0) & (tasks["end"] >= 0))
    if not len(joining):
        return []
    variant = Variant(mode, directed=True, third_open=False)
    used = network(mapped.nodes, mapped.links, mapped.sides, variant)
    arcs = link_arcs.arcs(mapped.nodes, used.reset_index(drop=True), directed=True)
    held = np.zeros(len(mapped.nodes), dtype=bool)
    held[arcs.tail] = held[arcs.head] = True
    start, end = (tasks[key].to_numpy(np.int64)[joining] for key in ("start", "end"))
    found = []
    for pair in mapped.pairs:
        if zones.why_absent(pair, held, WAY[mode], mapped.reach_km[mode]) is None:
            value, gaining = joins.gains(arcs, pair.origin, pair.destination, start, end)
            found.append((pair.depth_km, value, joining[gaining]))
    return found


def _rows(mapped: Mapped, ids: pd.Series) -> list[int]:
    rows = pd.Index(mapped.nodes["node_id"]).get_indexer(pd.Index(ids))
    return [int(row) for row in rows if row >= 0]


def _away_km(place: shapely.Point, others: "np.ndarray[Any, Any]") -> Floats:
    at = shapely.get_coordinates(others)
    if not len(at):
        return np.empty(0)
    here = np.broadcast_to(np.array([place.x, place.y]), at.shape)
    return geo.distance_m(*here.T, *at.T) / 1000
