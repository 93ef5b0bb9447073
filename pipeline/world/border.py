"""Any border, from the files people have: its border file and its raw file in one command."""

import dataclasses
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import cyclopts
from msgspec.structs import replace

from pipeline.core import borderfile, parameters
from pipeline.core.country import CODE_KEYS, country_code
from pipeline.core.errors import InputError
from pipeline.core.files import write_text
from pipeline.core.progress import warn
from pipeline.sources.collect import collect
from pipeline.sources.extracts.geofabrik import path_of
from pipeline.sources.extracts.opened import asked, refuse_full_disk, said_of, surveyed
from pipeline.sources.outlines import border_lines
from pipeline.sources.record import put, record_of
from pipeline.sources.survey import FileSurvey
from pipeline.sources.trim import write
from pipeline.sources.wanted import fetch_area
from pipeline.world import draft
from pipeline.world.draft import Point
from pipeline.world.extracts import extracts_of

SUFFIX = ".osm.pbf"


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
) -> None:
    """Write the border file of a border and, where files are named, its raw file to their folders.

    Parameters
    ----------
    from_, to
        The two countries: ISO 3166-1 codes in any case, or ids of their relations.
    raw_dir, borders_dir
        Where `<name>.osm.pbf` with its record, and `<name>.toml`, are written.
    files
        OpenStreetMap extracts (.osm.pbf) that together hold the border; they may overlap.
    source
        Where the two countries are looked up if no files are named: `geofabrik` (extracts below
        `raw_dir`, else of the server) or `overpass`. The source fetches the raw file then.
    name
        Name of the border, unless `<from>-<to>`.
    corridor
        How deep to cut on either side, km.
    anchors
        Points known to lie in a country, as in `AD:1.52,42.51 ES:1.40,42.40`, where they do not
        follow from the files.
    force
        Whether a border file that is there is written anew.
    """
    _refuse_words(from_, to, corridor)
    fetches = not files
    began = datetime.now(UTC)
    raw_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=raw_dir, prefix=".border-") as folder:
        scratch = Path(folder)
        stems = [path.name.removesuffix(SUFFIX) for path in files]
        if fetches:
            stems, files = _fetched((from_, to), source, raw_dir, scratch)
        refuse_full_disk(scratch, files)
        territories = {int(one): f"relation {one}" for one in (from_, to) if one.isdigit()}
        found = surveyed(files, scratch, territories)
        codes = {relation: _code_of(relation, found) for relation in territories}
        found = [_recoded(file, codes) for file in found]
        pair = (_code(from_, found, codes), _code(to, found, codes))
        if pair[0] == pair[1]:
            raise InputError(f"FROM and TO are both {pair[0]}, expected two countries")
        name = name or f"{pair[0]}-{pair[1]}".lower()
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
            raise InputError(f"NAME={name}, expected small letters, digits and dashes")
        target = borders_dir / f"{name}.toml"
        if target.exists() and not force:
            raise InputError(
                f"{target} is there already, expected none: FORCE=1 writes it anew, NAME= beside it"
            )
        lines = border_lines(found, pair)
        km = corridor or parameters.number("border_corridor_km")
        knowledge = draft.known(found)
        _look_at_gaps(pair, knowledge, files)
        first = draft.draft(pair, name, knowledge, km, _given(anchors))
        first = replace(first, relations=_territories(found, codes))
        area = fetch_area(lines, first.big_roads_km)
        elements = collect(found, area)
        aside = scratch / f"{name}{SUFFIX}"
        write(elements, area, pair, aside, min(file.time for file in found))
        try:
            made = draft.finished(first, knowledge, str(aside))
        except InputError as error:
            # The file that it speaks of is gone when it is read.
            raise InputError(str(error).replace(str(aside), " ".join(map(str, files)))) from error
        toml = draft.text(made, stems if fetches else _extracts(stems), _said(found, stems))
        checked = scratch / target.name
        checked.write_text(toml, encoding="utf-8")
        borderfile.read(checked)
        if not fetches:
            time = min(file.time for file in found)
            record = record_of(aside, began, time, {}, asked(made, said_of(found, stems)))
            put(aside, raw_dir / aside.name, name, record)
        write_text(target, toml)
        sys.stdout.write(f"{name}\n")


def _refuse_words(from_: str, to: str, corridor: float | None) -> None:
    for key, word in (("FROM", from_), ("TO", to)):
        if not re.fullmatch(r"[A-Za-z]{2}|\d+", word):
            raise InputError(
                f"{key}={word!r}: expected an ISO 3166-1 code of two letters, or a relation's id"
            )
    if corridor is not None and not 0 < corridor <= borderfile.MOST_KM:
        raise InputError(
            f"CORRIDOR={corridor:g}: expected km above 0 and at most {borderfile.MOST_KM:g}"
        )


def _look_at_gaps(pair: tuple[str, str], knowledge: draft.Known, files: Sequence[Path]) -> None:
    """Say where files hold a small part of the line: its length and cuts are those of that part.

    Raises InputError where they hold next to nothing: lines that only begin in an extract.
    """
    a, b = sorted(pair)
    held, named = knowledge.held[a, b]
    said = f"{a}–{b}: {held} of {named} ways of the line are in the files"
    if held < named * parameters.number("least_held_share"):
        names = ", ".join(path.name for path in files)
        raise InputError(
            f"{names}: {said}, expected half or more: FILES= with an extract of either country"
        )
    if held < named * parameters.number("held_share"):
        warn(
            f"{said}, expected half or more: "
            "figures are those of that part; FILES= with an extract of either country holds more"
        )


def _fetched(
    words: tuple[str, str], source: str, raw_dir: Path, scratch: Path
) -> tuple[list[str], tuple[Path, ...]]:
    """Names and files of extracts that hold the two countries, from a source that fetches."""
    if source == "geofabrik":
        folder = raw_dir / "extracts"
        names = extracts_of(words, folder)
        return names, tuple(path_of(folder, name) for name in names)
    if source == "overpass":
        for word in words:
            if not re.fullmatch("[A-Za-z]{2}", word):
                raise InputError(
                    f"{word}: expected an ISO 3166-1 code of two letters without FILES"
                )
        from pipeline.world.outlines import outlines  # noqa: PLC0415 (osmnx is slow)

        codes = (words[0].upper(), words[1].upper())
        return [], (outlines(codes, scratch / "overpass"),)
    raise InputError(
        "FILES is empty, expected one .osm.pbf or several that hold the border, or "
        "SOURCE=geofabrik or SOURCE=overpass, which fetch"
    )


def _code_of(relation: int, files: Sequence[FileSurvey]) -> str:
    """The code of a relation: a country's, or that of a territory by ISO 3166-2."""
    tags = next((f.countries[relation][1].tags for f in files if relation in f.countries), None)
    if tags is None:
        return ""
    keys = (*CODE_KEYS, "ISO3166-2")
    codes = (tags.get(key, "").strip().upper()[-2:] for key in keys)
    code = next((one for one in codes if re.fullmatch("[A-Z]{2}", one)), None)
    if code is None:
        raise InputError(
            f"relation {relation} carries no ISO3166-1 or ISO3166-2 code, expected one"
        )
    return code


def _recoded(file: FileSurvey, codes: Mapping[int, str]) -> FileSurvey:
    """The file with relations that were named by their ids under their codes."""
    countries = {
        relation: (codes.get(relation, code), one)
        for relation, (code, one) in file.countries.items()
    }
    return dataclasses.replace(file, countries=countries)


def _territories(files: Sequence[FileSurvey], codes: Mapping[int, str]) -> dict[str, int]:
    """Of the relations that were named by their ids, those that are no countries by their tags."""
    tags = {relation: one.tags for file in files for relation, (_, one) in file.countries.items()}
    return {
        code: relation for relation, code in codes.items() if country_code(tags[relation]) is None
    }


def _code(word: str, files: Sequence[FileSurvey], codes: Mapping[int, str]) -> str:
    """The code of a country that is named by code or relation."""
    found = {code for file in files for code, _ in file.countries.values()}
    code = codes[int(word)] if word.isdigit() else word.upper()
    if code in found:
        return code
    names = ", ".join(path.blobs.path.name for path in files)
    there = ", ".join(sorted(found)) or "none"
    raise InputError(f"{names}: no relation of country {word}; countries found: {there}")


def _given(text: str) -> dict[str, list[Point]]:
    """Anchors from `AD:1.52,42.51 ES:1.40,42.40`."""
    found: dict[str, list[Point]] = {}
    for word in text.split():
        match = re.fullmatch(r"([A-Za-z]{2}):(-?[\d.]+),(-?[\d.]+)", word)
        if not match:
            raise InputError(f"ANCHORS: got {word!r}, expected CODE:longitude,latitude")
        at = (float(match[2]), float(match[3]))
        if not (abs(at[0]) <= 180 and abs(at[1]) <= 90):
            raise InputError(f"ANCHORS: got {word!r}, expected degrees within ±180 and ±90")
        found.setdefault(match[1].upper(), []).append(at)
    return found


def _extracts(stems: Sequence[str]) -> list[str]:
    """Names of extracts as a border file may hold them; none where one is named otherwise."""
    names = [stem.removesuffix("-latest") for stem in stems]
    return names if all(re.fullmatch(r"[a-z][a-z/-]*", one) for one in names) else []


def _said(files: Sequence[FileSurvey], stems: Sequence[str]) -> str:
    told = [f"{stem} ({file.time or 'no date'})" for stem, file in zip(stems, files, strict=False)]
    return f"Made by `make border` from {', '.join(told) or 'outlines of an Overpass server'}."
