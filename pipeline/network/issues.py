"""Data issues: what is doubtful in the data, where it lies, and what it may change.

A stage collects `Issue`s and makes a table of them with `table`. Whenever something is left out, or
read differently from how it is written in the file, there is an issue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import pandas as pd
import shapely

from pipeline.core import schema

Severity = Literal["high", "medium", "low"]
# Gravest first. High: a count, a minimum cut or the line itself may differ. Medium: one crossing,
# one link or one place may differ. Low: read as well as possible; hardly any figure depends on it.
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


@dataclass(frozen=True)
class Issue:
    """One doubtful thing, at a place (EPSG:4326).

    `kind` is a few words with underscores. `element` is the OpenStreetMap element as n, w or r and
    its id (several are joined by spaces), or a node_id or crossing_id. `found`, `assumed` and
    `may_change` are short clauses without a full stop.
    """

    kind: str
    severity: Severity
    element: str
    lon: float
    lat: float
    found: str
    assumed: str
    may_change: str


def table(found: Iterable[Issue], name: str = "data_issues") -> gpd.GeoDataFrame:
    """The issues as a table, one row for each kind and element.

    Parameters
    ----------
    found
        Issues in any order. An issue with the same kind and element as another is dropped.
    name
        The table of the schema: `data_issues` (network stage) or `crossing_issues`.

    Returns
    -------
    GeoDataFrame
        Columns as in the schema, EPSG:4326 points. `issue_id` is made of kind and element, so it
        stays the same if the file is read again, clipped differently or sorted differently.
    """
    rows = [
        {
            "issue_id": f"{issue.kind}-{issue.element.replace(' ', '-')}",
            "kind": issue.kind,
            "severity": issue.severity,
            "text": _sentence(issue),
            "element": issue.element,
            "found": issue.found,
            "assumed": issue.assumed,
            "may_change": issue.may_change,
            "geometry": shapely.Point(issue.lon, issue.lat),
        }
        for issue in found
    ]
    if not rows:
        return gpd.GeoDataFrame(schema.empty(name))
    frame = pd.DataFrame(rows).drop_duplicates("issue_id")
    return gpd.GeoDataFrame(schema.conform(frame, name))


def joined(*tables: pd.DataFrame) -> gpd.GeoDataFrame:
    """The issues of several stages as one table, the gravest first.

    Parameters
    ----------
    *tables
        Tables `data_issues` or `crossing_issues`.

    Returns
    -------
    GeoDataFrame
        Table `data_issues`.
    """
    held = [part for part in tables if len(part)]
    if not held:
        return gpd.GeoDataFrame(schema.empty("data_issues"))
    rows = pd.concat(held, ignore_index=True)
    return gpd.GeoDataFrame(schema.conform(rows.drop_duplicates("issue_id"), "data_issues"))


def gravest(issues: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most `most` rows of a table of issues, gravest first, then by issue_id.

    Parameters
    ----------
    issues
        Table data_issues, or some of its rows.
    most
        The greatest number of rows.

    Returns
    -------
    DataFrame
        Rows of `issues`, all columns.
    """
    rank = issues["severity"].map({severity: at for at, severity in enumerate(SEVERITIES)})
    order = issues.assign(rank=rank).sort_values(["rank", "issue_id"], kind="stable")
    return order.drop(columns="rank").head(most)


def summary(issues: pd.DataFrame) -> str:
    """The number of issues by severity: `3 data issues (1 high, 2 low)`.

    Parameters
    ----------
    issues
        Table data_issues.

    Returns
    -------
    str
        One phrase; severities without issues are left out.
    """
    counts = issues["severity"].value_counts()
    parts = [f"{counts[severity]} {severity}" for severity in SEVERITIES if severity in counts]
    word = "issue" if len(issues) == 1 else "issues"
    return f"{len(issues)} data {word}" + (f" ({', '.join(parts)})" if parts else "")


def _sentence(issue: Issue) -> str:
    found = issue.found[:1].upper() + issue.found[1:]
    return f"{found}. Assumed: {issue.assumed}. May change: {issue.may_change}."
