"""Outlines of two countries from an Overpass server, before their border is known."""

from datetime import UTC, datetime
from pathlib import Path

from pipeline.core.errors import InputError
from pipeline.sources.overpass import questions
from pipeline.sources.overpass.client import ask, configure, server
from pipeline.sources.overpass.overpass import gather
from pipeline.sources.overpass.questions import RefusedError


def outlines(pair: tuple[str, str], scratch: Path, day: str) -> Path:
    """An OSM file of both countries' outlines, with the relations of their neighbours.

    `pair` are ISO 3166-1 codes; the file is written below `scratch`. The map is that of `day`
    (YYYY-MM-DD), today's if that is empty. Raises InputError where the server does not give a whole
    answer.
    """
    configure()
    question = questions.head(day or None, datetime.now(UTC).date()) + questions.outlines_question(
        pair
    )
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        answer = ask(scratch, question, None)
    except RefusedError as error:
        raise InputError(f"{server()}: the outlines of {' and '.join(pair)}: {error}") from error
    return gather([answer], scratch)
