"""Issues for numbers of inhabitants that cannot be read."""

from collections.abc import Iterator

from pipeline.core.borderfile import MOST_PEOPLE
from pipeline.network import numbers
from pipeline.network.elements import Point
from pipeline.network.issues import Issue
from pipeline.network.point_kinds import place_kind


def issues(points: list[Point]) -> Iterator[Issue]:
    """An issue for each settlement whose `population` cannot be read.

    Parameters
    ----------
    points
        Tagged nodes and areas.

    Yields
    ------
    Issue
        One for each such settlement; kind unreadable_number.
    """
    for point in points:
        text = point.tags.get("population")
        if place_kind(point.tags) is None or text is None:
            continue
        if numbers.population(text, MOST_PEOPLE) is None:
            yield Issue(
                kind="unreadable_number",
                severity="low",
                element=f"{point.element}{point.osm_id}",
                lon=point.lon,
                lat=point.lat,
                found=f"the tag population={text} cannot be read as a number",
                assumed="the usual size of its kind of settlement",
                may_change="demand from and to this place",
            )
