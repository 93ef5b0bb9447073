"""What the page shows about a chosen figure: the same as `pipeline explain`, as data."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.core import geo
from pipeline.core.frames import records
from pipeline.network.edits import by_way
from pipeline.report import evidence, words
from pipeline.report.borders import Border

MOST_LINKS = 200  # links listed for one cut; the command lists all
MOST_CROSSINGS = 300  # listed one by one, those of most demand first
DEGREES = 5  # digits of a place
LISTED = ["link_id", "ref", "name", "class", "depth_min_km", "depth_max_km"]  # of a link


class _Links:
    """Links listed, each once: id, name, class, depths (km), box (degrees), last edit.

    The last edit is empty where the raw file does not say it.
    """

    def __init__(self, edits: pd.DataFrame) -> None:
        self.edits = {f"{way}": one.text for way, one in by_way(edits).items()}
        self.rows: list[list[Any]] = []
        self.number: dict[str, int] = {}

    def of(self, links: gpd.GeoDataFrame) -> list[int]:
        """The numbers of these links, in their order."""
        new = links[~links["link_id"].isin(self.number.keys())].drop_duplicates("link_id")
        boxes = np.round(shapely.bounds(new.geometry.to_numpy()), DEGREES).tolist()
        for row, box in zip(records(pd.DataFrame(new[LISTED])), boxes, strict=True):
            self.number[row["link_id"]] = len(self.rows)
            called = " ".join(words.listed(row[key]) for key in ("ref", "name") if row[key])
            depths = [_rounded(row[key]) for key in ("depth_min_km", "depth_max_km")]
            edit = self.edits.get(row["link_id"][1:].split(".")[0], "")
            self.rows.append([row["link_id"], called, row["class"], *depths, *box, edit])
        return [self.number[one] for one in links["link_id"]]


def draw(border: Border) -> dict[str, Any]:
    """What the figures of a border depend on, ready for JSON.

    `links` are listed by number. `cuts` has, by mode and depth, the links of the cut nearest each
    end, the witness paths (km, links, crossings, roads), and the nearest links that were not
    counted (number, reason, distance in km). `crossings` has the links of each and the nearest
    crossings that were not counted; `counted` all that count by mode, and all that do not, with the
    reason; `bypasses` the links to close at each other chokepoint that has a bypass. `used` are
    definitions and parameters, `cite` how to cite.
    """
    known, links = border.known, _Links(border.layer("edits"))
    found = {
        "cuts": _cuts(border, links),
        "crossings": _crossings(border, links),
        "bypasses": _bypasses(border, links),
        "counted": _counted(border),
        "used": {
            "cut": list(evidence.used(known, evidence.CUT_PARAMETERS)),
            "crossing": list(evidence.used(known, evidence.CROSSING_PARAMETERS)),
            "bypass": list(evidence.used(known, evidence.BYPASS_PARAMETERS)),
        },
        "cite": evidence.cited(known),
        "drawn": evidence.is_drawn(known),
    }
    return found | {"links": links.rows}


def _cuts(border: Border, links: _Links) -> dict[str, dict[str, Any]]:
    cordons = border.layer("cordons")
    stated = cordons[
        cordons["directed"] & ~cordons["third_open"] & cordons["min_cut_links"].notna()
    ]
    found: dict[str, dict[str, Any]] = {}
    for mode, rows in stated.groupby("mode"):
        if border.is_public and mode == "foot":
            continue  # its figures are handed on, and no link or path that may be walked
        left = evidence.not_in_network(border.layer, str(mode))
        for depth_km in rows["depth_km"]:
            ends = {
                end: evidence.cut_links(border.layer, str(mode), depth_km, end)
                for end in ("from", "to")
            }
            nearest = evidence.nearest(left, ends["from"])
            found[f"{mode} {depth_km:+g}"] = {
                **{end: links.of(cut.head(MOST_LINKS)) for end, cut in ends.items()},
                "witness": [
                    [
                        _rounded(path.length_km),
                        path.n_links,
                        ", ".join(path.over),
                        ", ".join(path.by),
                    ]
                    for path in evidence.witness(border.layer, str(mode), depth_km)
                ][:MOST_LINKS],
                "left": _left(links.of(nearest), nearest),
            }
    return found


def _crossings(border: Border, links: _Links) -> dict[str, dict[str, Any]]:
    crossings = gpd.GeoDataFrame(border.layer("crossings"))
    own = _links_by(border, "crossing_links", "crossing_id")
    left = evidence.not_in_headline(crossings)
    found: dict[str, dict[str, Any]] = {}
    if not len(crossings):
        return found
    plane = geo.fit_projection(*shapely.get_coordinates(crossings.geometry.to_numpy()).T)
    for crossing in _listed(crossings)["crossing_id"]:
        at = crossings[crossings["crossing_id"] == crossing]
        nearest = evidence.nearest(left[left["crossing_id"] != crossing], at, plane)
        found[crossing] = {
            "links": links.of(own[crossing]) if crossing in own else [],
            "left": _left(nearest["name"].fillna(nearest["crossing_id"]).tolist(), nearest),
        }
    return found


def _bypasses(border: Border, links: _Links) -> dict[str, dict[str, Any]]:
    """The links to close at chokepoints other than crossings, and the nearest crossings left."""
    points = gpd.GeoDataFrame(border.layer("chokepoints"))
    crossings = gpd.GeoDataFrame(border.layer("crossings"))
    measured = points["chokepoint_id"].isin(border.layer("bypasses")["chokepoint_id"])
    shown = points[measured & (points["kind"] != "crossing")].head(MOST_CROSSINGS)
    own = _links_by(border, "chokepoint_links", "chokepoint_id")
    left = evidence.not_in_headline(crossings)
    found: dict[str, dict[str, Any]] = {}
    if not len(shown):
        return found
    plane = geo.fit_projection(*shapely.get_coordinates(shown.geometry.to_numpy()).T)
    for chokepoint in shown["chokepoint_id"]:
        at = shown[shown["chokepoint_id"] == chokepoint]
        nearest = evidence.nearest(left, at, plane)
        found[chokepoint] = {
            "links": links.of(own[chokepoint]) if chokepoint in own else [],
            "left": _left(nearest["name"].fillna(nearest["crossing_id"]).tolist(), nearest),
        }
    return found


def _links_by(border: Border, table: str, key: str) -> dict[str, gpd.GeoDataFrame]:
    """The links of each crossing or chokepoint, in the order of the table that names them."""
    links = border.layer("links")[[*LISTED, "geometry"]]
    joined = gpd.GeoDataFrame(border.layer(table).merge(links, on="link_id"), geometry="geometry")
    return {str(name): rows for name, rows in joined.groupby(key)}


def _listed(crossings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The counted crossings that are listed one by one."""
    counted = crossings[crossings["counted"]]
    order = counted["first_choice_share"].fillna(0).sort_values(ascending=False, kind="stable")
    return counted.loc[order.index[:MOST_CROSSINGS]]


def _counted(border: Border) -> dict[str, dict[str, list[list[Any]]]]:
    """By mode: which crossings count in the headline, and which do not, with the reason."""
    found = {}
    rows = border.layer("crossings").sort_values(["border_km", "crossing_id"])
    for mode, here in rows.groupby("mode"):
        out = here[~here["in_headline"]]
        found[str(mode)] = {
            "in": _named(here[here["in_headline"]]),
            "out": [
                [*named, evidence.why_not(row)]
                for named, (_, row) in zip(_named(out), out.iterrows(), strict=False)
            ],
        }
    return found


def _named(rows: pd.DataFrame) -> list[list[Any]]:
    head = rows.head(MOST_CROSSINGS)
    names = head["name"].fillna(head["crossing_id"])
    return [[name, _rounded(km)] for name, km in zip(names, head["border_km"], strict=True)]


def _left(called: list[Any], rows: gpd.GeoDataFrame) -> list[list[Any]]:
    named = zip(called, rows["why"], rows["away_km"], strict=True)
    return [[name, why, _rounded(away_km)] for name, why, away_km in named]


def _rounded(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 1)
