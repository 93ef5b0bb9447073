"""Rows of the placement tables for one question: a network, its zones, which posts stand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from pipeline.core import parameters
from pipeline.core.types import Floats, Ints
from pipeline.graph import placement as best
from pipeline.graph import placement_programs
from pipeline.measures import placement as networks
from pipeline.measures.placement import Between
from pipeline.network.zones import ZonePair

POSTS = parameters.wholes("placement_posts")
MOST_POSTS = parameters.whole("most_placed_posts")
DRAWN_POSTS = parameters.whole("drawn_posts")
# Open paths are drawn for the first of the chances asked for.
DRAWN_CHANCE = parameters.numbers("placement_chances")[0]
KEY = ("mode", "depth_km", "model", "walking", "existing", "chance")
NOTHING = dict.fromkeys(
    ("value", "value_bound", "open_ways", "cost_musd", "cost_per_point_musd", "why_absent")
)
Row = dict[str, object]
Rows = dict[str, list[Row]]


@dataclass(frozen=True)
class Question:
    """What is asked: a network and its zones, which posts stand, how well a post stops."""

    mode: str
    walking: bool
    depth_km: float
    existing: str
    chance: float
    found: Between
    post_musd: float

    def key(self, model: str) -> Row:
        """The columns that every table's key begins with."""
        return {name: getattr(self, name) for name in KEY if name != "model"} | {"model": model}


@dataclass(frozen=True)
class Answer:
    """Posts and their value, no placement being better than `bound`; arcs of the ways left."""

    value: float
    bound: float
    links: Ints
    share: Floats
    ways: list[Ints]


def absent_row(
    mode: str, walking: bool, pair: ZonePair, existing: str, chance: float, why: str
) -> Row:
    """Row of placement_curve where nothing can be said.

    Parameters
    ----------
    mode : str
        road, rail or combined.
    walking : bool
        The walks count.
    pair : ZonePair
        The zones.
    existing : str
        Which posts stand: none or mapped.
    chance : float
        Chance that each post stops whom it meets.
    why : str
        Why nothing can be said.

    Returns
    -------
    dict of str to object
        By column of table placement_curve.
    """
    row: Row = {
        "mode": mode, "walking": walking, "depth_km": pair.depth_km, "existing": existing,
        "chance": chance, "model": "randomised", "n_posts": 1, "exact": False,
    }  # fmt: skip
    return row | NOTHING | {"why_absent": why}


def placement_rows(question: Question, shapes: gpd.GeoSeries) -> Rows:
    """Rows of every table for one question: posts moved about unseen, and fixed ones.

    Parameters
    ----------
    question : Question
        What is asked.
    shapes : GeoSeries of LineString, EPSG:4326
        By link_id.

    Returns
    -------
    dict of str to list of dict
        Rows of tables placement_curve, placements and open_paths.
    """
    rows: Rows = {"placement_curve": [], "placements": [], "open_paths": []}
    field = question.found.field
    curve = best.curve(field, question.chance, MOST_POSTS)
    if not len(curve.ways):
        why = (
            "no way leads from zone to zone"
            if np.isinf(curve.most)
            else ("ways lead round all links that can take a post")
        )
        rows["placement_curve"].append(
            question.key("randomised") | NOTHING | {"n_posts": 1, "exact": False, "why_absent": why}
        )
        return rows
    before = best.value(curve, 0)
    for n_posts in range(MOST_POSTS + 1):
        value = min(best.value(curve, n_posts), 1.0)
        corner = int(np.argmin((curve.cost + curve.stop * n_posts) / curve.ways))
        rows["placement_curve"].append(
            _value(question, "randomised", n_posts, value, value, before)
            | {"open_ways": int(curve.ways[corner])}
        )
        if value >= min(curve.most, 1.0) - best.SAME:
            break
    for n_posts in POSTS:
        # Who is stopped for sure cannot be stopped more: posts beyond that stand nowhere.
        found = best.randomised(field, curve, min(n_posts, best.enough(curve, 1.0)))
        answer = Answer(found.value, found.value, found.links, found.share, found.ways)
        _add(rows, question, "randomised", n_posts, answer, shapes)
    for n_posts, answer in _fixed(question):
        before = _today(question)
        rows["placement_curve"].append(
            _value(question, "fixed", n_posts, answer.value, answer.bound, before)
            | {"open_ways": len(answer.ways) or None}
        )
        _add(rows, question, "fixed", n_posts, answer, shapes)
    return rows


def _fixed(question: Question) -> Iterator[tuple[int, Answer]]:
    """Fixed posts: by the flow, as new and standing ones stop alike.

    A post that stops all who meet it leaves no second chance to look at: 0.99 is taken for it.
    """
    field = question.found.field
    chance = min(question.chance, placement_programs.MOST_CHANCE)
    counted = replace(field, chance=(field.chance > 0).astype(np.float64))
    curve = best.curve(counted, 1.0, max(POSTS))
    for n_posts in POSTS:
        found = best.fixed(counted, curve, n_posts)
        value = 1.0 - (1.0 - chance) ** found.value
        yield n_posts, Answer(value, value, found.links, found.share, found.ways)


def _today(question: Question) -> float:
    """Chance to be stopped on the best way with the posts that stand, which all can see."""
    field = question.found.field
    chance = min(question.chance, placement_programs.MOST_CHANCE)
    met = placement_programs.least_met(field, field.chance > 0)
    return 1.0 - float(np.power(1.0 - chance, met))


def _value(
    question: Question, model: str, n_posts: int, value: float, bound: float, before: float
) -> Row:
    """Row of placement_curve."""
    gained = value - before
    musd = question.post_musd * n_posts
    return question.key(model) | {
        "n_posts": n_posts,
        "value": value,
        "value_bound": bound,
        "exact": bound - value <= best.SAME,
        "cost_musd": musd,
        "cost_per_point_musd": musd / (100 * gained) if gained > best.SAME else None,
        "why_absent": None,
    }


def _add(
    rows: Rows,
    question: Question,
    model: str,
    n_posts: int,
    answer: Answer,
    shapes: gpd.GeoSeries,
) -> None:
    """Rows of placements, and of open_paths for the number of posts that these are drawn for."""
    key = question.key(model) | {"n_posts": n_posts}
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
    # Where posts that stand stop all already, none is placed, and no way is left to draw.
    if not len(links) or n_posts != DRAWN_POSTS or question.chance != DRAWN_CHANCE:
        return
    told = networks.paths(question.found, answer.ways, shapes)
    for number, path in enumerate(told, start=1):
        rows["open_paths"].append(
            key
            | {"path_no": number, "share": 1 / len(told), "stopped": min(answer.value, 1.0)}
            | path
        )
