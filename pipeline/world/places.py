"""Cities, towns and villages of extracts, as a border file names them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.core import opl, parameters
from pipeline.core.types import Ints
from pipeline.network.numbers import positive
from pipeline.network.point_kinds import place_kind
from pipeline.sources.overlap import newest_first
from pipeline.sources.survey import FileSurvey

MOST_PEOPLE = parameters.number("most_people")
NAMES = ("name:en", "int_name", "name")


@dataclass(frozen=True)
class Place:
    """A city, town or village in the files, with its inhabitants where they are tagged."""

    name: str
    at: tuple[float, float]
    people: float
    capital: bool
    city: bool


def places_of(files: Sequence[FileSurvey]) -> list[Place]:
    """The named places of the files by rising id, each of the newest file that holds it."""
    lines_of: dict[int, str] = {}
    for file in reversed(newest_first(files)):
        lines_of |= file.points
    found = []
    for _, line in sorted(lines_of.items()):
        tags = opl.tags(opl.field(line, "T"), {})
        x, y = opl.field(line, "x"), opl.field(line, "y")
        name = next((tags[key] for key in NAMES if tags.get(key)), "")
        if place_kind(tags) is not None and name and x and y:
            people = positive(tags.get("population"), MOST_PEOPLE)
            found.append(
                Place(
                    name=name,
                    at=(float(x), float(y)),
                    people=float(people or 0.0),
                    capital=tags.get("capital") in ("yes", "2"),
                    city=tags.get("place") in ("city", "town"),
                )
            )
    return found


def by_size(places: Sequence[Place], rows: Ints) -> list[int]:
    """Rows by decreasing size: capitals first, then by inhabitants, then by name."""
    return sorted(
        (int(row) for row in rows),
        key=lambda row: (
            not places[row].capital,
            -places[row].people,
            places[row].name,
            places[row].at,
        ),
    )
