"""Stage 1, by Overpass: request the corridor from a server tile by tile, and merge the answers.

A tile whose question fails is halved. A tile whose answer is empty, although its neighbours are
not, is requested again.
"""

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from osmium.osm.mutable import Node, Relation, Way
from shapely.geometry import LineString
from tqdm import tqdm

from pipeline.core import borderfile, files, folders
from pipeline.core.borderfile import BorderFile
from pipeline.core.errors import InputError
from pipeline.sources import osm_writer
from pipeline.sources.overpass import client, questions
from pipeline.sources.overpass.client import (
    Answer,
    ask,
    configure,
    elements,
    folder,
    kept_at,
    server,
)
from pipeline.sources.overpass.questions import Element, RefusedError
from pipeline.sources.overpass.tiles import Tile, halves, tiles
from pipeline.sources.record import put, record_of
from pipeline.sources.trim import trim
from pipeline.sources.wanted import fetch_area

HALVINGS = 3  # down to an eighth of a tile; if that fails, size is not the reason
ADDED_BY = {"node": "add_node", "way": "add_way", "relation": "add_relation"}
EMPTY_TRIES = 2  # how often an empty tile next to a full one is requested again


def overpass(border_toml: str, out: str, date: str | None = None) -> None:
    """Fetch the border's corridor and write it to the OSM file `out`, with a record next to it.

    `date` (YYYY-MM-DD) requests the map as it was on that day. Answers are kept in a folder next to
    `out` until it is whole, so that a rerun requests only what is missing. Raises InputError if the
    server does not give whole answers; then nothing is written. If two borders are fetched at the
    same time, the second waits: public servers want each user to ask one question at a time.
    """
    border = borderfile.read(border_toml)
    head = questions.head(date, datetime.now(UTC).date())
    target = Path(out)
    with files.locked(target.with_name(".overpass.lock"), wait=True):
        _fetch_border(border, target, head, date)


def _fetch_border(border: BorderFile, target: Path, head: str, date: str | None) -> None:
    pair = (border.from_, border.to)
    began = datetime.now(UTC)
    keep = folder(target, border.border, dated=date is not None)
    configure()
    try:
        line = ask(keep, head + questions.line_question(pair), None)
    except RefusedError as error:
        raise InputError(f"{server()}: the border line: {error}") from error
    try:
        lines = questions.border_lines(elements(line), pair, server())
    except InputError:
        line.path.unlink()
        raise
    area = fetch_area(lines, border.big_roads_km)
    found, empty = fetch(keep, head, tiles(area), lines)
    for tile in empty:
        if any(tile.shape.intersects(one) for one in lines):
            raise InputError(
                f"{server()}: tile {tile.name} on the border line was empty "
                f"{1 + EMPTY_TRIES} times, expected at least the line"
            )
    aside = target.with_name(f".aside.{target.name}")
    with folders.temporary("gather", keep) as scratch:
        rough = gather([line, *found], scratch)
        data_time = f"{date}T00:00:00Z" if date else min(one.time for one in (line, *found))
        counts = trim(rough, area, pair, aside, data_time)
    asked = {
        "url": server(),
        "query": head + questions.tile_question(found[0].tile) if found[0].tile else "",
        "tiles": len(found),
        "tiles_confirmed_empty": [tile.name for tile in empty],
        "big_roads_km": border.big_roads_km,
    }
    put(aside, target, border.border, record_of(aside, began, data_time, counts, asked))
    shutil.rmtree(keep)


def fetch(
    keep: Path, head: str, wanted: list[Tile], lines: list[LineString]
) -> tuple[list[Answer], list[Tile]]:
    """Whole answers that cover all tiles, and the empty tiles whose neighbours are not empty."""
    found: list[Answer] = []
    with tqdm(total=len(wanted), unit="tile", disable=None, desc="overpass") as bar:
        for done, tile in enumerate(wanted):
            try:
                found += ask_tile(keep, head, tile, bar, HALVINGS)
            except RefusedError as error:
                raise InputError(
                    f"{server()}: tile {tile.name}: {error}; {done} of "
                    f"{len(wanted)} tiles are kept in {keep}, a rerun continues from there"
                ) from error
            bar.update()
            bar.set_postfix_str(f"{sum(one.elements for one in found):,} elements")
        return _without_wrong_gaps(keep, head, found, lines, bar)


def ask_tile(keep: Path, head: str, tile: Tile, bar: "tqdm[Any]", halvings: int) -> list[Answer]:
    """Whole answers for a tile: one, or those of its halves if the whole tile fails."""
    question = head + questions.tile_question(tile)
    halved = kept_at(keep, question).with_suffix(".halved")
    if not halved.exists():
        try:
            return [ask(keep, question, tile, bar)]
        except RefusedError:
            if not halvings:
                raise
            halved.touch()
    parts = halves(tile)
    return [one for part in parts for one in ask_tile(keep, head, part, bar, halvings - 1)]


def gather(answers: list[Answer], scratch: Path) -> Path:
    """Merge all answers into one sorted OSM file; for each element the latest answer counts.

    The ids that were written are kept as integers, in 8 bytes each. A set of osmium's would take
    a bit for every id that there is: 1.6 GB for nodes, of whatever corridor.
    """
    unsorted, rough = scratch / "unsorted.osm.pbf", scratch / "rough.osm.pbf"
    seen = {kind: np.empty(0, np.int64) for kind in ADDED_BY}
    order = sorted(answers, key=lambda one: (one.time, one.path.name), reverse=True)
    with osm_writer.written(str(unsorted)) as writer:
        for answer in tqdm(order, unit="answer", disable=None, desc="gather"):
            every = elements(answer)
            for kind, add in ADDED_BY.items():
                some = [one for one in every if one["type"] == kind]
                ids, first = np.unique(
                    np.fromiter((one["id"] for one in some), np.int64, len(some)),
                    return_index=True,
                )
                is_new = ~np.isin(ids, seen[kind])
                seen[kind] = np.concatenate([seen[kind], ids[is_new]])
                for row in first[is_new].tolist():
                    getattr(writer, add)(_element(some[row]))
    merged = osmium.MergeInputReader()
    merged.add_file(str(unsorted))
    with osm_writer.written(str(rough)) as writer:
        merged.apply(writer)
    return rough


def _element(one: Element) -> Node | Way | Relation:
    tags = one.get("tags", {})
    if one["type"] == "node":
        return Node(id=one["id"], location=(one["lon"], one["lat"]), tags=tags)
    if one["type"] == "way":
        return Way(id=one["id"], nodes=one["nodes"], tags=tags)
    members = [(m["type"][0], m["ref"], m["role"]) for m in one["members"]]
    return Relation(id=one["id"], members=members, tags=tags)


def _without_wrong_gaps(
    keep: Path, head: str, found: list[Answer], lines: list[LineString], bar: "tqdm[Any]"
) -> tuple[list[Answer], list[Tile]]:
    """Request tiles again that are empty on the line or next to a full one: desert, or an error."""
    full = [*lines, *(one.tile.outline for one in found if one.tile and one.elements)]
    result, empty = [], []
    for one in found:
        again = one
        if one.tile and not one.elements and _touches(one.tile, full):
            for time in range(1, EMPTY_TRIES + 1):
                bar.set_postfix_str(f"tile {one.tile.name} is empty, its neighbours are not")
                again.path.unlink(missing_ok=True)
                again = _ask_again(keep, head, one.tile, bar, time * client.TRIES)
                if again.elements:
                    break
            else:
                empty.append(one.tile)
        result.append(again)
    return result, empty


def _ask_again(keep: Path, head: str, tile: Tile, bar: "tqdm[Any]", asked: int) -> Answer:
    try:
        return ask(keep, head + questions.tile_question(tile), tile, bar, asked)
    except RefusedError as error:
        raise InputError(f"{server()}: tile {tile.name}, empty at first: {error}") from error


def _touches(tile: Tile, others: Iterable[Any]) -> bool:
    outline = tile.outline
    return any(outline.intersects(other) for other in others)
