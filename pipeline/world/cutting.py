"""The land borders in extracts: found by the lines that countries share, and cut together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import shapely
from tqdm import tqdm

from pipeline.core import borderfile, parameters
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.core.files import sha256, temporary, write_text
from pipeline.core.geo import WGS84
from pipeline.core.progress import warn
from pipeline.sources.collect import Elements, collect
from pipeline.sources.extracts.opened import asked, said_of, surveyed
from pipeline.sources.overlap import ways_of
from pipeline.sources.record import put as put_raw
from pipeline.sources.record import record_of
from pipeline.sources.survey import FileSurvey
from pipeline.sources.trim import write
from pipeline.sources.wanted import Area, fetch_area
from pipeline.world import draft
from pipeline.world.draft import Known

NOTE = "cut.json"
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
    files: Sequence[Path], raw_dir: Path, known_dir: Path, corridor_km: float, only: Sequence[str]
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

    Returns
    -------
    list of Cut
        Each border that was found, by name, including those that failed.
    """
    asked_for = _asked_for(files, known_dir, corridor_km, only)
    kept = _kept(raw_dir, asked_for)
    if kept is not None:
        return kept
    raw_dir.mkdir(parents=True, exist_ok=True)
    began = datetime.now(UTC)
    with temporary(".cut", raw_dir) as scratch:
        found = surveyed(files, scratch)
        knowledge = draft.known(found)
        _refuse_unknown(knowledge, known_dir, only)
        first, failed = _drafts(knowledge, known_dir, corridor_km, only)
        areas = {
            one.border: fetch_area(knowledge.courses[_pair(one)], one.big_roads_km) for one in first
        }
        if not first and not failed:
            codes = ", ".join(sorted(knowledge.names)) or "none"
            raise InputError(
                f"{', '.join(path.name for path in files)}: no two countries share a land border; "
                f"countries found: {codes}"
            )
        elements = collect(found, _united(list(areas.values())))
        stems = [path.name.removesuffix(".osm.pbf") for path in files]
        source_text = said_of(found, stems)
        for border in tqdm(first, unit="border", disable=None):
            aside = scratch / f"{border.border}.osm.pbf"
            pair = (border.from_, border.to)
            holding = _holding(found, pair, elements)
            time = min(found[row].time for row in holding)
            try:
                counts = write(elements, areas[border.border], pair, aside, time)
                hand = known_dir / f"{border.border}.toml"
                if hand.is_file():
                    text = hand.read_text(encoding="utf-8")
                else:
                    made = draft.finished(border, knowledge, str(aside))
                    text = draft.text(made, [], "Made by `make world`.")
            except InputError as error:
                failed.append(
                    _cut(border, knowledge, str(error).replace(str(scratch), raw_dir.name))
                )
                continue
            record = record_of(
                aside, began, time, counts, asked(border, [source_text[row] for row in holding])
            )
            write_text(raw_dir / f"{border.border}.border" / f"{border.border}.toml", text)
            put_raw(aside, raw_dir / aside.name, border.border, record)
            failed.append(_finished(_cut(border, knowledge, ""), raw_dir))
    result = sorted(failed, key=lambda one: one.border)
    note = {"asked": asked_for, "borders": [vars(one) for one in result]}
    write_text(raw_dir / NOTE, json.dumps(note, indent=1, ensure_ascii=False) + "\n")
    return result


def toml_of(border: str) -> str:
    """Where a border's file is below the folder of raw files."""
    return f"{border}.border/{border}.toml"


def _drafts(
    knowledge: Known, known_dir: Path, corridor_km: float, only: Sequence[str]
) -> tuple[list[BorderFile], list[Cut]]:
    """Border files of all pairs that share a land border, before they are cut, and failures."""
    first: list[BorderFile] = []
    failed: list[Cut] = []
    for pair in knowledge.courses:
        name = _name_of(pair, known_dir)
        by_hand = (known_dir / f"{name}.toml").is_file()
        if only and name not in only:
            continue
        held, named = knowledge.held[pair]
        if held < named * parameters.number("held_share"):
            warn(f"{name}: {held} of {named} ways of its line are in the files; it is left out")
            continue
        try:
            if by_hand:
                first.append(borderfile.read(known_dir / f"{name}.toml"))
            else:
                first.append(draft.draft(pair, name, knowledge, corridor_km))
        except InputError as error:
            failed.append(
                Cut(
                    name,
                    *pair,
                    _title(knowledge, pair),
                    _length_km(knowledge, pair),
                    str(error),
                    "",
                    0,
                )
            )
    return first, failed


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


def _pair(border: BorderFile) -> tuple[str, str]:
    a, b = sorted((border.from_, border.to))
    return a, b


def _title(knowledge: Known, pair: tuple[str, str]) -> str:
    return " – ".join(knowledge.names[code] for code in pair)


def _length_km(knowledge: Known, pair: tuple[str, str]) -> float:
    courses = knowledge.courses[pair]
    return round(sum(WGS84.geometry_length(one) for one in courses) / 1000, 3)


def _cut(border: BorderFile, knowledge: Known, error: str) -> Cut:
    length_km = _length_km(knowledge, _pair(border))
    return Cut(border.border, border.from_, border.to, border.name, length_km, error, "", 0)


def _finished(one: Cut, raw_dir: Path) -> Cut:
    """The cut with the hash of everything that a run of the border depends on."""
    raw, toml = raw_dir / f"{one.border}.osm.pbf", raw_dir / toml_of(one.border)
    digest = f"{sha256(raw)} {sha256(toml)}"
    return replace(one, digest=digest, size=raw.stat().st_size)


def _holding(files: Sequence[FileSurvey], pair: tuple[str, str], elements: Elements) -> list[int]:
    """Rows of the files that hold a way of the border, with the date and area of their data."""
    shared = set[int].intersection(*(ways_of(elements.countries, code) for code in pair))
    return [row for row, file in enumerate(files) if not shared.isdisjoint(file.outlines)]


def _united(areas: Sequence[Area]) -> Area:
    """The areas of several borders joined."""
    near = shapely.union_all([one.near for one in areas])
    if all(one.deep is one.near for one in areas):
        return Area(near, near)
    return Area(near, shapely.union(near, shapely.union_all([one.deep for one in areas])))


def _asked_for(
    files: Sequence[Path], known_dir: Path, corridor_km: float, only: Sequence[str]
) -> dict[str, object]:
    """What the cut depends on: files by name, size and time, width, border files by hand."""
    for path in files:
        if not path.is_file():
            raise InputError(f"{path}: no such file, expected an .osm.pbf")
    stated = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    by_hand = {path.stem: sha256(path) for path in sorted(known_dir.glob("*.toml"))}
    return {
        "layout": LAYOUT,
        "files": [list(one) for one in stated],
        "by_hand": by_hand,
        "corridor_km": corridor_km,
        "only": sorted(only),
    }


def _kept(raw_dir: Path, asked_for: dict[str, object]) -> list[Cut] | None:
    """The borders cut earlier from the same files, if all of them still exist."""
    try:
        note = json.loads((raw_dir / NOTE).read_text(encoding="utf-8"))
        cuts = [Cut(**one) for one in note["borders"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    there = all(one.error or (raw_dir / f"{one.border}.osm.pbf").is_file() for one in cuts)
    return cuts if there and note["asked"] == asked_for else None
