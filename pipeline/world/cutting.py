"""The land borders in extracts: found by the lines that countries share, and cut together."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import shapely
from tqdm import tqdm

from pipeline.core import parameters
from pipeline.core.errors import InputError
from pipeline.core.files import sha256, write_text
from pipeline.core.folders import temporary
from pipeline.core.geo import WGS84
from pipeline.core.progress import warn
from pipeline.core.spread import Spread, in_turn
from pipeline.sources import stored
from pipeline.sources.collect import Elements, collect
from pipeline.sources.extracts.opened import asked, origins, surveyed
from pipeline.sources.overlap import ways_of
from pipeline.sources.part import part
from pipeline.sources.record import put as put_raw
from pipeline.sources.record import record_of
from pipeline.sources.survey import FileSurvey
from pipeline.sources.wanted import Area
from pipeline.world import draft
from pipeline.world.corridors import (
    Asked,
    Codes,
    Corridor,
    Drafted,
    drafted,
    finished,
    put_known,
)
from pipeline.world.draft import Known

NOTE = "cut.json"
KNOWN, ELEMENTS = "known", "elements"
SUFFIX = ".osm.pbf"
LAYOUT = 1  # of the note; with another number all is cut again


@dataclass(frozen=True)
class Cut:
    """A border that was found: its name, countries, length, and why it could not be cut."""

    border: str
    from_: str
    to: str
    name: str
    length_km: float
    error: str
    digest: str
    size: int


def cut_all(
    files: Sequence[Path],
    raw_dir: Path,
    known_dir: Path,
    corridor_km: float,
    only: Sequence[str],
    spread: Spread = in_turn,
) -> list[Cut]:
    """Write a border file and a raw file for each pair of countries that share a land border.

    Parameters
    ----------
    files
        Extracts, .osm.pbf; the larger the better.
    raw_dir
        Where `<border>.osm.pbf` and `<border>.border.toml` are written. Files there from the same
        extracts are kept.
    known_dir
        Border files that were written by hand; they replace those that would be made here.
    corridor_km
        How deep to cut on either side.
    only
        Borders to cut; all that are found if it is empty.
    spread
        How pieces of files, and borders, are handled: in this process or on workers; the output is
        the same.

    Returns
    -------
    list of Cut
        Each border that was found, by name, including those that failed.
    """
    question = _question(files, known_dir, corridor_km, only)
    kept = _kept(raw_dir, question)
    if kept is not None:
        return kept
    raw_dir.mkdir(parents=True, exist_ok=True)
    began = datetime.now(UTC)
    with temporary(".cut", raw_dir) as scratch:
        found = surveyed(files, scratch, spread=spread)
        knowledge = draft.known(found)
        _refuse_unknown(knowledge, known_dir, only)
        asked_for = _asked(knowledge, known_dir, corridor_km, only, scratch)
        if not asked_for:
            codes = ", ".join(sorted(knowledge.names)) or "none"
            raise InputError(
                f"{', '.join(path.name for path in files)}: no two countries share a land border; "
                f"countries found: {codes}"
            )
        put_known(knowledge, scratch / KNOWN)
        drafts = dict(zip(asked_for, spread(drafted, asked_for), strict=True))
        errors = _written(found, drafts, raw_dir, scratch, began, spread)
    cuts = [
        _cut(one, drafts[one], knowledge, errors.get(one.border, ""), raw_dir) for one in asked_for
    ]
    cuts.sort(key=lambda one: one.border)
    note = {"asked": question, "borders": [vars(one) for one in cuts]}
    write_text(raw_dir / NOTE, json.dumps(note, indent=1, ensure_ascii=False) + "\n")
    return cuts


def toml_of(border: str) -> str:
    """Where a border's file is below the folder of raw files."""
    return f"{border}.border/{border}.toml"


def _asked(
    knowledge: Known, known_dir: Path, corridor_km: float, only: Sequence[str], scratch: Path
) -> list[Asked]:
    """All pairs that share a land border of which the files hold enough, the longest first."""
    found: list[Asked] = []
    for codes in knowledge.courses:
        name = _name_of(codes, known_dir)
        if only and name not in only:
            continue
        held, named = knowledge.held[codes]
        if held < named * parameters.number("held_share"):
            warn(f"{name}: {held} of {named} ways of its line are in the files; it is left out")
            continue
        by_hand = known_dir / f"{name}.toml"
        found.append(
            Asked(
                border=name,
                codes=codes,
                corridor_km=corridor_km,
                by_hand=by_hand if by_hand.is_file() else None,
                known=scratch / KNOWN,
            )
        )
    return sorted(found, key=lambda one: (-_length_km(knowledge, one.codes), one.border))


def _written(
    found: Sequence[FileSurvey],
    drafts: Mapping[Asked, Drafted],
    raw_dir: Path,
    scratch: Path,
    began: datetime,
    spread: Spread,
) -> dict[str, str]:
    """Write all raw files with their records and border files; why one failed, or nothing."""
    wanted = [(one, *some.found) for one, some in drafts.items() if some.found]
    if not wanted:
        return {}
    elements = collect(list(found), _united([area for *_, area in wanted]), spread)
    stored.put(elements, scratch / ELEMENTS)
    source_text = origins(found, [file.blobs.path.name.removesuffix(SUFFIX) for file in found])
    holding = {one: _holding(found, one.codes, elements) for one in drafts}
    times = {one: min(found[row].time for row in rows) for one, rows in holding.items()}

    def corridors() -> Iterator[Corridor]:
        for one, border, area in wanted:
            yield Corridor(
                border=border,
                area=area,
                part=part(elements, area, (border.from_, border.to)),
                elements=scratch / ELEMENTS,
                by_hand=one.by_hand,
                known=one.known,
                raw=scratch / f"{one.border}{SUFFIX}",
                time=times[one],
            )

    errors: dict[str, str] = {}
    rows = zip(wanted, spread(finished, corridors()), strict=True)
    for (one, border, _), done in tqdm(rows, "cut", len(wanted), unit="border", disable=None):
        errors[one.border] = done.error.replace(str(scratch), raw_dir.name)
        if not done.error:
            aside = scratch / f"{one.border}{SUFFIX}"
            sources = asked(border, [source_text[row] for row in holding[one]])
            record = record_of(aside, began, times[one], done.counts, sources)
            write_text(raw_dir / toml_of(one.border), done.text)
            put_raw(aside, raw_dir / aside.name, one.border, record)
    return errors


def _holding(files: Sequence[FileSurvey], codes: Codes, elements: Elements) -> list[int]:
    """Rows of the files that hold a way of the border, with the date and area of their data."""
    shared = set[int].intersection(*(ways_of(elements.countries, code) for code in codes))
    return [row for row, file in enumerate(files) if not shared.isdisjoint(file.outlines)]


def _refuse_unknown(knowledge: Known, known_dir: Path, only: Sequence[str]) -> None:
    names = sorted(_name_of(pair, known_dir) for pair in knowledge.courses)
    for name in only:
        if name not in names:
            raise InputError(
                f"BORDERS: {name} is not a land border in these files, expected one or more of: "
                f"{', '.join(names) or 'none'}"
            )


def _name_of(pair: tuple[str, str], known_dir: Path) -> str:
    """The name of a border: that of its file written by hand, otherwise its codes."""
    names = [f"{a}-{b}".lower() for a, b in (pair, pair[::-1])]
    return next((name for name in names if (known_dir / f"{name}.toml").is_file()), names[0])


def _title(knowledge: Known, pair: tuple[str, str]) -> str:
    return " – ".join(knowledge.names[code] for code in pair)


def _length_km(knowledge: Known, codes: Codes) -> float:
    courses = knowledge.courses[codes]
    return round(sum(WGS84.geometry_length(one) for one in courses) / 1000, 3)


def _cut(one: Asked, drafted: Drafted, knowledge: Known, error: str, raw_dir: Path) -> Cut:
    """What became of a border; of one that was cut with the hash of all that its run depends on."""
    border = drafted.found[0] if drafted.found else None
    from_, to = (border.from_, border.to) if border else one.codes
    error = error or drafted.error
    cut = Cut(
        border=one.border,
        from_=from_,
        to=to,
        name=border.name if border else _title(knowledge, one.codes),
        length_km=_length_km(knowledge, one.codes),
        error=error,
        digest="",
        size=0,
    )
    if error:
        return cut
    raw, toml = raw_dir / f"{one.border}{SUFFIX}", raw_dir / toml_of(one.border)
    digest = f"{sha256(raw)} {sha256(toml)}"
    return replace(cut, digest=digest, size=raw.stat().st_size)


def _united(areas: Sequence[Area]) -> Area:
    """The areas of several borders joined."""
    near = shapely.union_all([one.near for one in areas])
    if all(one.deep is one.near for one in areas):
        return Area(near, near)
    return Area(near, shapely.union(near, shapely.union_all([one.deep for one in areas])))


def _question(
    files: Sequence[Path], known_dir: Path, corridor_km: float, only: Sequence[str]
) -> dict[str, object]:
    """What the cut depends on: files by name, size and time, width, border files by hand."""
    stated = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    by_hand = {path.stem: sha256(path) for path in sorted(known_dir.glob("*.toml"))}
    return {
        "layout": LAYOUT,
        "files": [list(one) for one in stated],
        "by_hand": by_hand,
        "corridor_km": corridor_km,
        "only": sorted(only),
    }


def _kept(raw_dir: Path, question: dict[str, object]) -> list[Cut] | None:
    """The borders cut earlier from the same files, if all of them still exist."""
    try:
        note = json.loads((raw_dir / NOTE).read_text(encoding="utf-8"))
        cuts = [Cut(**one) for one in note["borders"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    there = all(one.error or (raw_dir / f"{one.border}{SUFFIX}").is_file() for one in cuts)
    return cuts if there and note["asked"] == question else None
