"""Rows of the placement tables for one question: a network, its zones, its existing posts."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from pipeline.core import parameters
from pipeline.core.types import Floats, Ints
from pipeline.graph import placement, placement_programs
from pipeline.graph import placement_curve as best
from pipeline.graph.placement import Placement
from pipeline.graph.placement_curve import Curve
from pipeline.measures import placement as networks
from pipeline.measures.placement import Between
from pipeline.network.zones import ZonePair

POSTS = parameters.wholes("placement_posts")
MOST_POSTS = parameters.whole("most_placed_posts")
DRAWN_POSTS = parameters.whole("drawn_posts")
CHANCES = parameters.numbers("placement_chances")
# Open paths are drawn for the first of the given chances.
ASKED = ("mode", "depth_km", "walking", "existing")
NOTHING = dict.fromkeys(
    ("value", "value_bound", "open_ways", "cost_musd", "cost_per_point_musd", "why_absent")
)
Row = dict[str, object]
Rows = dict[str, list[Row]]


@dataclass(frozen=True)
class Question:
    """A question: a network and its zones, existing posts, and the chance that a post stops."""

    mode: str
    walking: bool
    depth_km: float
    existing: str
    chances: tuple[float, ...]
    found: Between
    post_musd: float

    def key(self, model: str, chance: float) -> Row:
        """The first columns of every table's key."""
        row: Row = {name: getattr(self, name) for name in ASKED}
        return row | {"model": model, "chance": chance}


@dataclass(frozen=True)
class Answer:
    """Posts and their value, the upper bound of any placement, and arcs of the ways left."""

    n_posts: int
    value: float
    bound: float
    links: Ints
    share: Floats
    ways: list[Ints]


def absent_rows(mode: str, walking: bool, pair: ZonePair, existing: str, why: str) -> Rows:
    """Rows of placement_curve if no value can be stated.

    Parameters
    ----------
    mode : str
        road, rail or combined.
    walking : bool
        Whether walks count.
    pair : ZonePair
        The zones.
    existing : str
        Existing posts: none or mapped.
    why : str
        The reason.

    Returns
    -------
    dict of str to list of dict
        A row for each chance.
    """
    row: Row = {
        "mode": mode, "walking": walking, "depth_km": pair.depth_km, "existing": existing,
        "model": "randomised", "n_posts": 1, "exact": False,
    }  # fmt: skip
    why_absent: Row = NOTHING | {"why_absent": why}
    return {"placement_curve": [row | {"chance": chance} | why_absent for chance in CHANCES]}


def placement_rows(question: Question, shapes: gpd.GeoSeries) -> Rows:
    """Rows of every table for one question: randomised posts, and fixed posts.

    Parameters
    ----------
    question : Question
        The question.
    shapes : GeoSeries of LineString, EPSG:4326
        By link_id.

    Returns
    -------
    dict of str to list of dict
        Rows of tables placement_curve, placements and open_paths, by chance that a post stops.
    """
    rows: Rows = {"placement_curve": [], "placements": [], "open_paths": []}
    field = question.found.field
    # Computed with chance 1 for all posts; a smaller chance, which is equal for all, is derived
    # from it.
    certain = best.curve(field, 1.0, MOST_POSTS)
    if not len(certain.ways):
        why = (
            "no way leads from one zone to the other"
            if np.isinf(certain.most)
            else "there are ways round all links that can take a post"
        )
        absent: Row = {"n_posts": 1, "exact": False, "why_absent": why}
        rows["placement_curve"] += [
            question.key("randomised", chance) | NOTHING | absent for chance in question.chances
        ]
        return rows
    seen = placement.fixed(field, certain, POSTS)
    met_today = placement_programs.least_met(field, field.chance > 0)
    for chance in question.chances:
        _add_randomised(rows, question, best.of_chance(certain, chance), shapes)
        _add_fixed(rows, question, chance, seen, met_today, shapes)
    return rows


def relabelled(rows: Rows, question: Question) -> Rows:
    """Rows of a question as the rows of another that has the same links, zones and posts.

    Parameters
    ----------
    rows : dict of str to list of dict
        What `placement_rows` returns.
    question : Question
        The other question.

    Returns
    -------
    dict of str to list of dict
        The rows with its network, depth and existing posts.
    """
    labels = {name: getattr(question, name) for name in ASKED}
    return {name: [row | labels for row in table] for name, table in rows.items()}


def _add_randomised(rows: Rows, question: Question, curve: Curve, shapes: gpd.GeoSeries) -> None:
    """Rows of randomised posts: the curve, and their places."""
    before = best.value(curve, 0)
    key = question.key("randomised", curve.stop)
    for n_posts in range(MOST_POSTS + 1):
        value = min(best.value(curve, n_posts), 1.0)
        corner = int(np.argmin((curve.cost + curve.stop * n_posts) / curve.ways))
        valued = _value(question, n_posts, value, value, before)
        rows["placement_curve"].append(key | valued | {"open_ways": int(curve.ways[corner])})
        if value >= min(curve.most, 1.0) - best.SAME:
            break
    # The chance cannot exceed 1: posts beyond that number have no place.
    most = best.enough(curve, 1.0)
    field = replace(question.found.field, chance=question.found.field.chance * curve.stop)
    placed = placement.randomised(field, curve, [min(n_posts, most) for n_posts in POSTS])
    for n_posts, one in zip(POSTS, placed, strict=True):
        answer = Answer(n_posts, one.value, one.value, one.links, one.share, one.ways)
        _add(rows, question, key, answer, shapes)


def _add_fixed(
    rows: Rows,
    question: Question,
    chance: float,
    seen: list[Placement],
    met_today: float,
    shapes: gpd.GeoSeries,
) -> None:
    """Rows of fixed posts, by the flow, since new and existing posts stop with the same chance.

    With chance 1 a second post on a way would make no difference, so 0.99 is used instead.
    """
    key = question.key("fixed", chance)
    past = 1.0 - min(chance, placement_programs.MOST_CHANCE)
    before = 1.0 - float(np.power(past, met_today))
    for n_posts, one in zip(POSTS, seen, strict=True):
        value = 1.0 - past**one.value
        valued = _value(question, n_posts, value, value, before)
        rows["placement_curve"].append(key | valued | {"open_ways": len(one.ways) or None})
        answer = Answer(n_posts, value, value, one.links, one.share, one.ways)
        _add(rows, question, key, answer, shapes)


def _value(question: Question, n_posts: int, value: float, bound: float, before: float) -> Row:
    """The columns of placement_curve that are not part of its key."""
    gained = value - before
    musd = question.post_musd * n_posts
    return {
        "n_posts": n_posts,
        "value": value,
        "value_bound": bound,
        "exact": bound - value <= best.SAME,
        "cost_musd": musd,
        "cost_per_point_musd": musd / (100 * gained) if gained > best.SAME else None,
        "why_absent": None,
    }


def _add(rows: Rows, question: Question, key: Row, answer: Answer, shapes: gpd.GeoSeries) -> None:
    """Rows of placements, and of open_paths for the number of posts for which these are drawn."""
    key = key | {"n_posts": answer.n_posts}
    links = question.found.links.iloc[answer.links]
    lines = shapes.loc[links["link_id"]].to_numpy()
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    for link_id, name, share, middle in zip(
        links["link_id"], links["name"], answer.share.tolist(), middles, strict=True
    ):
        rows["placements"].append(
            key
            | {"link_id": link_id, "name": name, "share": share, "value": answer.value}
            | {"geometry": middle}
        )
    # If existing posts already stop everybody, no post is placed and no way is left to draw.
    if not len(links) or answer.n_posts != DRAWN_POSTS or key["chance"] != CHANCES[0]:
        return
    path_rows = networks.paths(question.found, answer.ways, shapes)
    for number, path in enumerate(path_rows, start=1):
        rows["open_paths"].append(
            key
            | {"path_no": number, "share": 1 / len(path_rows), "stopped": min(answer.value, 1.0)}
            | path
        )
