"""Any border, from extracts that the user has: its border file and raw file in one command."""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import cyclopts
from msgspec import Meta
from msgspec.structs import replace
from shapely.geometry import LineString

from pipeline.core import borderfile, config, parameters
from pipeline.core.borderfile import BorderFile, Country, Km
from pipeline.core.errors import InputError
from pipeline.core.files import write_text
from pipeline.core.folders import temporary
from pipeline.core.progress import warn
from pipeline.sources.collect import collect
from pipeline.sources.extracts.clip import cut
from pipeline.sources.extracts.geofabrik import path_of
from pipeline.sources.extracts.opened import asked, origins, surveyed
from pipeline.sources.outlines import border_lines
from pipeline.sources.record import put, record_of
from pipeline.sources.trim import write
from pipeline.sources.wanted import fetch_area
from pipeline.world import countries, draft
from pipeline.world.draft import Point
from pipeline.world.extracts import extracts_of
from pipeline.world.kept import FILES_EMPTY, kept, refuse_unfetched

SUFFIX = ".osm.pbf"
CountryWord = Annotated[
    str,
    Meta(pattern=r"^([A-Za-z]{2}|[0-9]+)\Z",
         description="an ISO 3166-1 code of two letters, or a relation's id"),
]  # fmt: skip
Name = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*\Z", description="small letters, digits and dashes")
]
Anchor = Annotated[
    tuple[Country, borderfile.Point],
    Meta(description="CODE:longitude,latitude, in degrees within ±180 and ±90"),
]


def border(
    from_: Annotated[str, cyclopts.Parameter(name="from")],
    to: str,
    raw_dir: Path,
    borders_dir: Path,
    *files: Path,
    source: str = "",
    name: str = "",
    corridor: float | None = None,
    anchors: str = "",
    force: bool = False,
    day: str = "",
) -> None:
    """Write the border file of a border and, if files are named, its raw file to their folders.

    A border file of the two countries that is there is used as it stands.

    Parameters
    ----------
    from_, to
        The two countries: ISO 3166-1 codes in any case, or ids of their relations.
    raw_dir, borders_dir
        Where `<name>.osm.pbf` with its record, and `<name>.toml`, are written.
    files
        OpenStreetMap extracts (.osm.pbf) that together contain the border; they may overlap.
    source
        Where the border is looked up if no files are named: `geofabrik` (extracts below `raw_dir`,
        else of the server; the source clips them) or `overpass` (the corridor is fetched at once,
        since target and places are in it).
    name
        Name of the border, unless `<from>-<to>`.
    corridor
        How deep to cut on each side, km.
    anchors
        Points known to be in a country, as in `AD:1.52,42.51 ES:1.40,42.40`, if the files do not
        show them.
    force
        Whether to write over an existing border file. Otherwise it is used as it stands if it
        goes from the one country to the other, and nothing is written if it does not.
    day
        Of the map that an Overpass server is asked for (YYYY-MM-DD), unless today's.
    """
    words, given = (from_, to), _given(anchors)
    _refuse_words(words, name, corridor)
    began = datetime.now(UTC)
    there = None
    # Codes of countries that are named by their relations are in the files.
    if not force and not any(word.isdigit() for word in words):
        at = borders_dir / f"{name or '-'.join(words).lower()}.toml"
        there = kept(at, (from_.upper(), to.upper()), corridor, given)
        if there and not files:
            refuse_unfetched(there, at, source)
            sys.stdout.write(f"{there.border}\n")
            return
    raw_dir.mkdir(parents=True, exist_ok=True)
    with temporary(".border", raw_dir) as scratch:
        stems, paths = [path.name.removesuffix(SUFFIX) for path in files], files
        if not files:
            stems, paths = _fetched(words, source, raw_dir, scratch, day)
        found = countries.find(words, paths, scratch, there.relations if there else {})
        lines, knowledge = border_lines(found.files, found.pair), draft.known(found.files)
        _look_at_gaps(found.pair, knowledge, paths)
        named = name or "-".join(found.pair).lower()
        at, raw = borders_dir / f"{named}.toml", raw_dir / f"{named}{SUFFIX}"
        there = there or (None if force else kept(at, found.pair, corridor, given))
        if there is None:
            km = corridor or parameters.number("border_corridor_km")
            first = draft.draft(found.pair, named, knowledge, km, given)
            first = replace(first, relations=found.territories)
            aside = scratch / raw.name
            if files or source != "overpass":
                made, counts = _made(first, found, lines, knowledge, aside, paths)
            else:
                made, counts = _asked_whole(first, found, raw, scratch, day), {}
            toml = draft.text(
                made, _extracts(stems) if files else stems, _origin_text(found, stems)
            )
            checked = scratch / at.name
            checked.write_text(toml, encoding="utf-8")
            borderfile.read(checked)
            if files:
                time, source_text = (
                    min(file.time for file in found.files),
                    origins(found.files, stems),
                )
                put(
                    aside,
                    raw,
                    named,
                    record_of(aside, began, time, counts, asked(made, source_text)),
                )
            write_text(at, toml)
        elif files:
            cut(found.files, stems, there, raw, scratch, began)
        sys.stdout.write(f"{named}\n")


def _refuse_words(words: tuple[str, str], name: str, corridor: float | None) -> None:
    for key, word in zip(("FROM", "TO"), words, strict=True):
        config.cell(key, word, CountryWord)
    if words[0].upper() == words[1].upper():
        raise InputError(f"FROM and TO are both {words[0].upper()}, expected two countries")
    config.cell("NAME", name, Name | None)
    config.cell("CORRIDOR", "" if corridor is None else f"{corridor:g}", Km | None)


def _made(
    first: BorderFile,
    found: countries.Found,
    lines: list[LineString],
    knowledge: draft.Known,
    aside: Path,
    paths: Sequence[Path],
) -> tuple[BorderFile, dict[str, int]]:
    """The border file of a first draft, its corridor cut to `aside`; counts of its elements."""
    area = fetch_area(lines, first.big_roads_km)
    time = min(file.time for file in found.files)
    counts = write(collect(found.files, area), area, found.pair, aside, time)
    try:
        return draft.finished(first, knowledge, str(aside)), counts
    except InputError as error:
        # The file in the message is deleted before anyone can read it.
        raise InputError(str(error).replace(str(aside), " ".join(map(str, paths)))) from error


def _asked_whole(
    first: BorderFile, found: countries.Found, raw: Path, scratch: Path, day: str
) -> BorderFile:
    """The border file of a first draft, its corridor fetched to `raw` from an Overpass server."""
    from pipeline.sources.overpass.overpass import overpass  # noqa: PLC0415 (osmnx is slow)

    toml = scratch / f"{first.border}.toml"
    toml.write_text(draft.text(first, [], "A draft."), encoding="utf-8")
    overpass(str(toml), str(raw), day or None)
    (scratch / "whole").mkdir()
    whole = surveyed([raw], scratch / "whole")
    return draft.finished(first, draft.known([*found.files, *whole]), str(raw))


def _look_at_gaps(pair: tuple[str, str], knowledge: draft.Known, files: Sequence[Path]) -> None:
    """Warn if the files hold a small part of the line: length and cuts are only of that part.

    Raises InputError if they hold almost nothing, such as lines that only begin in an extract.
    """
    a, b = sorted(pair)
    held, named = knowledge.held[a, b]
    held_text = f"{a}–{b}: {held} of {named} ways of the line are in the files"
    if held < named * parameters.number("least_held_share"):
        names = ", ".join(path.name for path in files)
        raise InputError(
            f"{names}: {held_text}, expected half or more: FILES= with an extract of each country"
        )
    if held < named * parameters.number("held_share"):
        warn(
            f"{held_text}, expected half or more: "
            "figures are only of that part; use FILES= with an extract of each country"
        )


def _fetched(
    words: tuple[str, str], source: str, raw_dir: Path, scratch: Path, day: str
) -> tuple[list[str], tuple[Path, ...]]:
    """Names and files of extracts of the two countries, from a source that downloads them."""
    if source == "geofabrik":
        folder = raw_dir / "extracts"
        names = extracts_of(words, folder)
        return names, tuple(path_of(folder, name) for name in names)
    if source == "overpass":
        for word in words:
            if not re.fullmatch("[A-Za-z]{2}", word):
                raise InputError(
                    f"{word}: expected an ISO 3166-1 code of two letters, since FILES is empty"
                )
        from pipeline.world.outlines import outlines  # noqa: PLC0415 (osmnx is slow)

        codes = (words[0].upper(), words[1].upper())
        return [], (outlines(codes, scratch / "overpass", day),)
    raise InputError(FILES_EMPTY)


def _given(text: str) -> dict[str, list[Point]]:
    """Anchors from `AD:1.52,42.51 ES:1.40,42.40`."""
    found: dict[str, list[Point]] = {}
    for word in text.split():
        code, _, at = word.partition(":")
        code, point = config.cell("ANCHORS", word, Anchor, [code.upper(), at.split(",")])
        found.setdefault(code, []).append(point)
    return found


def _extracts(stems: Sequence[str]) -> list[str]:
    """Names of extracts as a border file may have them; empty if one has another kind of name."""
    names = [stem.removesuffix("-latest") for stem in stems]
    return names if all(re.fullmatch(r"[a-z][a-z/-]*", one) for one in names) else []


def _origin_text(found: countries.Found, stems: Sequence[str]) -> str:
    files = zip(stems, found.files, strict=False)
    names = [f"{stem} ({file.time or 'no date'})" for stem, file in files]
    return f"Made by `make border` from {', '.join(names) or 'outlines of an Overpass server'}."
