"""The ways of an extract as rows, one row for each network that a way belongs to."""

import numpy as np
import pandas as pd

from pipeline.core.errors import InputError
from pipeline.network import lifecycle, numbers, tags, trucks
from pipeline.network.issues import Issue
from pipeline.network.read import Extract

# Values of `highway` that are not roads or paths to travel on, or not yet.
NO_ROADS = (
    *("construction", "proposed", "planned", "razed", "demolished", "removed", "dismantled", "no"),
    *("disused", "abandoned", "platform", "bus_stop", "rest_area", "services", "elevator"),
    *("corridor", "raceway", "escape", "via_ferrata", "ladder", "emergency_bay", "traffic_island"),
    *("passing_place", "turning_circle", "turning_loop", "mini_roundabout", "crossing", "stop"),
    *("street_lamp", "toll_gantry", "trailhead", "emergency_access_point", "centre_line"),
)
KNOWN = {*tags.ROAD_CLASSES, *tags.FOOT_CLASSES, *tags.BUS_ROADS, *NO_ROADS, ""} - {
    *tags.MADE_CLASSES
}

# Keys whose values are read as numbers.
NUMBERED = {*numbers.KEYS, *trucks.LIMITS}


def way_table(extract: Extract, raw: str) -> tuple[pd.DataFrame, list[tags.Kind]]:
    """The ways that are roads, paths or railways.

    Parameters
    ----------
    extract
        Content of the file.
    raw
        Path of the file, for the message.

    Returns
    -------
    tuple of DataFrame and list
        A row for each network that a way belongs to: `row` in the extract's ways, osm_id, name,
        ref, `whole` (its own row), `kind` (row of the list) and the fields of the kind; and the
        distinct kinds.

    Raises
    ------
    InputError
        If no way is a road, path or railway.
    """
    rows, found = [], []
    number: dict[tags.Kind, int] = {}
    for row, way_tags in enumerate(extract.ways.tags):
        for kind in tags.kinds(way_tags):
            rows.append(row)
            found.append(number.setdefault(kind, len(number)))
    if not rows:
        raise InputError(f"{raw}: holds no road, path or railway, expected some")
    ways = kind_rows(list(number)).iloc[found].reset_index(drop=True)
    ways["whole"] = np.arange(len(ways))
    ways["kind"], ways["row"], ways["osm_id"] = found, rows, extract.ways.osm_id[rows]
    for key in ("name", "ref"):
        ways[key] = np.array([extract.ways.tags[row].get(key) for row in rows], dtype=object)
    return ways, list(number)


def kind_rows(kinds: list[tags.Kind]) -> pd.DataFrame:
    """A row for each kind, its fields as columns (`class_` is `class`).

    Parameters
    ----------
    kinds
        Kinds from `tags.kinds`, in order.

    Returns
    -------
    DataFrame
        One row for each of `kinds`.
    """
    return pd.DataFrame([vars(kind) for kind in kinds]).rename(columns={"class_": "class"})


def number_issues(extract: Extract, rows: pd.Series) -> list[Issue]:
    """An issue for each number of a way that cannot be read.

    Parameters
    ----------
    extract
        Content of the file.
    rows
        The ways to check, as rows of the extract's ways.

    Returns
    -------
    list of Issue
        At the first vertex of the way; kind `unreadable_number`, low.
    """
    issues = []
    ways = extract.ways
    for row in np.unique(rows).tolist():
        own_tags = ways.tags[row]
        if own_tags.keys().isdisjoint(NUMBERED):
            continue
        own = ways.vertex[ways.start[row] : ways.start[row + 1]]
        held = own[own >= 0]
        keys = [*numbers.unreadable(own_tags), *trucks.unreadable(own_tags)] if len(held) else []
        for key in keys:
            vertex, of_size = held[0], key in trucks.LIMITS
            issues.append(
                Issue(
                    kind="unreadable_number",
                    severity="low",
                    element=f"w{ways.osm_id[row]}",
                    lon=float(extract.vertices.lon[vertex]),
                    lat=float(extract.vertices.lat[vertex]),
                    found=f"the tag {key}={ways.tags[row][key]} cannot be read as a number",
                    assumed="no limit" if of_size else "the usual value of its class",
                    may_change="where trucks may go"
                    if of_size
                    else "travel times or lanes of this way",
                )
            )
    return issues


def class_issues(extract: Extract) -> list[Issue]:
    """An issue for each way whose `highway` has no known class: it is left out.

    Parameters
    ----------
    extract
        Content of the file.

    Returns
    -------
    list of Issue
        At the first vertex of the way; kind `unknown_class`, medium.
    """
    issues = []
    ways = extract.ways
    known: dict[str, bool] = {}
    for row, way_tags in enumerate(ways.tags):
        value = way_tags.get("highway", "")
        if value not in known:
            known[value] = _is_known(value)
        if known[value]:
            continue
        own = ways.vertex[ways.start[row] : ways.start[row + 1]]
        held = own[own >= 0]
        if not len(held) or tags.kinds(way_tags):
            continue
        issues.append(
            Issue(
                kind="unknown_class",
                severity="medium",
                element=f"w{ways.osm_id[row]}",
                lon=float(extract.vertices.lon[held[0]]),
                lat=float(extract.vertices.lat[held[0]]),
                found=f"the tag highway={value} names no known class of road or path",
                assumed="that nobody travels on it",
                may_change="one crossing, and minimum cuts by one, if it is",
            )
        )
    return issues


def _is_known(highway: str) -> bool:
    """Whether a value of `highway`, or one of several, is known; an empty value is."""
    return not KNOWN.isdisjoint(lifecycle.plain(value) for value in highway.split(";"))
