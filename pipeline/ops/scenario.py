"""A border as it would be if crossings were closed or opened, or posts were added."""

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipeline.core import store
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.network import access, reach, standing_posts, zones
from pipeline.network.zones import ZonePair

NETWORK = ("nodes", "links", "places", "border", "provenance")
CROSSINGS = ("crossings", "crossing_links")
# Vehicles that may use a crossing that was closed to all, once it is opened.
EVERYBODY = ", ".join(access.VEHICLES)


@dataclass(frozen=True)
class Scenario:
    """A border's tables, and the changes to make.

    Attributes
    ----------
    border : BorderFile
        The border file with the settings of the data.
    folder : Path
        The folder of its stages.
    tables : dict of DataFrame
        Of stages network and crossings, posts at all of their nodes, and placement_links.
    closed, opened : set of str
        Ids of crossings.
    posted : set of str
        Ids of links that get a post.
    """

    border: BorderFile
    folder: Path
    tables: dict[str, pd.DataFrame]
    closed: set[str]
    opened: set[str]
    posted: set[str]


def read(source_dir: str, borders_dir: str, data_dir: str, name: str) -> Scenario:
    """A border without changes."""
    folder = Path(source_dir) / name
    toml, own = (Path(at) / f"{name}.toml" for at in (borders_dir, data_dir))
    tables = {table: store.read(folder / "network", table) for table in NETWORK}
    tables["posts"] = standing_posts.read(folder / "network")
    tables |= {table: store.read(folder / "crossings", table) for table in CROSSINGS}
    tables["placement_links"] = store.read(folder / "placement", "placement_links")
    border = reach.settled(str(folder / "network"), str(toml), str(own))
    return Scenario(border, folder, tables, set(), set(), set())


def words(text: str, known: set[str]) -> list[str]:
    """The ids and names in a text: one known id or name, or several separated by ; or by commas.

    A name with a comma in it is recognised if it is known; put it between semicolons.
    """
    if text.strip().casefold() in known:
        return [text.strip()]
    parts = text.split(";") if ";" in text else text.split(",")
    return [part.strip() for part in parts if part.strip()]


def crossings_named(scenario: Scenario, word: str) -> set[str]:
    """Ids of the crossings with this id or name, in upper or lower case."""
    table = scenario.tables["crossings"]
    named = table["crossing_id"].eq(word) | table["name"].fillna("").str.casefold().eq(
        word.casefold()
    )
    return set(table.loc[named, "crossing_id"])


def links_named(scenario: Scenario, word: str) -> set[str]:
    """Ids of the links that get a post: a link, or the links of a crossing or chokepoint."""
    links = scenario.tables["links"]
    if links["link_id"].eq(word).any():
        return {word}
    joins = scenario.tables["crossing_links"]
    at = joins["crossing_id"].isin(crossings_named(scenario, word))
    if at.any():
        return set(joins.loc[at, "link_id"])
    points = store.read(scenario.folder / "chokepoints", "chokepoints")
    named = points["chokepoint_id"].eq(word) | points["name"].fillna("").str.casefold().eq(
        word.casefold()
    )
    return set(" ".join(points.loc[named, "link_ids"]).split())


def changed(scenarios: dict[str, Scenario], close: str, opened: str, posts: str) -> list[Scenario]:
    """The borders on which the three texts name something, with what they name.

    Raises
    ------
    InputError
        If a word is empty or unknown on all borders.
    """
    asked = (("CLOSE", close), ("OPEN", opened), ("POSTS", posts))
    if not any(text.strip() for _, text in asked):
        raise InputError(
            "CLOSE, OPEN and POSTS are empty, expected ids or names of crossings in one of them, "
            "or of links in POSTS, separated by ; or ,"
        )
    found = dict(scenarios)
    for option, text in asked:
        known = {
            str(name).casefold()
            for one in scenarios.values()
            for name in one.tables["crossings"]["name"].dropna()
        }
        for word in words(text, known):
            anywhere = False
            for name, one in scenarios.items():
                ids = (links_named if option == "POSTS" else crossings_named)(one, word)
                anywhere |= bool(ids)
                field = {"CLOSE": "closed", "OPEN": "opened", "POSTS": "posted"}[option]
                found[name] = replace(found[name], **{field: getattr(found[name], field) | ids})
            if not anywhere:
                kind = "link, crossing or chokepoint" if option == "POSTS" else "crossing"
                raise InputError(
                    f"{option}: {word}: no such {kind}, expected an id or a name of "
                    f"{', '.join(scenarios)}, as in layer crossings"
                )
    for one in found.values():
        both = sorted(one.closed & one.opened)
        if both:
            raise InputError(f"CLOSE and OPEN both name {both[0]}, expected one of them")
    return [one for one in found.values() if one.closed or one.opened or one.posted]


def tables_after(scenario: Scenario, *, cut: bool) -> dict[str, pd.DataFrame]:
    """The tables with the crossings closed and opened: their status, and their links.

    For minimum cuts the links of a closed crossing are `cut`. For travel only its status changes,
    as places may be on these links.
    """
    joins = scenario.tables["crossing_links"]
    closing, opening = (
        set(joins.loc[joins["crossing_id"].isin(ids), "link_id"])
        for ids in (scenario.closed, scenario.opened)
    )
    links = scenario.tables["links"]
    state = links["state"].astype(object)
    state = state.mask(links["link_id"].isin(closing) & cut, "closed")
    state = state.mask(links["link_id"].isin(opening), "open")
    klass = links["class"].astype(object)
    klass = klass.mask(links["link_id"].isin(opening) & klass.eq("restricted"), "track")
    crossings = scenario.tables["crossings"]
    status = crossings["status"].astype(object)
    status = status.mask(crossings["crossing_id"].isin(scenario.closed), "closed")
    barred = crossings["crossing_id"].isin(scenario.opened) & status.eq("closed")
    status = status.mask(barred, "unmarked")
    named = (
        crossings["vehicles"].astype(object).mask(barred & crossings["mode"].eq("road"), EVERYBODY)
    )
    # Nothing is known about trucks where no one was allowed to pass.
    may, minutes = links["trucks"].astype(object), links["truck_minutes"]
    freed = links["link_id"].isin(opening) & may.eq("no")
    return scenario.tables | {
        "links": links.assign(
            **{"state": state, "class": klass},
            trucks=may.mask(freed, "unknown"),
            truck_minutes=minutes.mask(freed, links["minutes"]),
        ),
        "crossings": crossings.assign(status=status, vehicles=named),
    }


def zones_of(scenario: Scenario) -> dict[float, ZonePair]:
    """Origin and destination zones by signed depth, in this network."""
    nodes, links = (gpd.GeoDataFrame(scenario.tables[name]) for name in ("nodes", "links"))
    return {pair.depth_km: pair for pair in zones.zone_pairs(nodes, links, scenario.border)}
