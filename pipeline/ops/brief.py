"""The brief of a border: one A4 page (PDF, PNG), a document (DOCX) and a paragraph of text."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from pipeline.core import files, situationfile, store
from pipeline.core.errors import InputError
from pipeline.core.frames import records
from pipeline.core.numbers import figure
from pipeline.core.situationfile import EVERY
from pipeline.measures import fact_tables, statements, truck_counts
from pipeline.ops import change_report, changes
from pipeline.publish import profiles
from pipeline.report import borders, brief_document, brief_map, brief_page, crossing_names, words
from pipeline.report import brief as brief_text
from pipeline.report.borders import Border
from pipeline.report.brief import Brief
from pipeline.report.brief_trucks import where_to_cross
from pipeline.report.brief_ways import Grid, Ways, without
from pipeline.travel import demand, trucks
from pipeline.travel import tables as travelled

# The networks of stage travel that a vehicle can use; the first that exists is taken.
NETWORKS = {"goods": (trucks.NAME, "road"), "car": ("road",), "bus": ("road",), "train": ("rail",)}
MOST_CHANGES = 4
MOST_EXPIRED = 2


def brief(
    gpkg: str, status_csv: str, today: str, out: str, before: str = "", facts: str = ""
) -> None:
    """Write OUT.pdf, OUT.png, OUT.docx and OUT.txt of the border published as GPKG.

    The folders of its stages are next to it; `status_csv` is its situation file, if there is one,
    applied for the day `today` (empty: the day of its newest statement, otherwise of the map,
    otherwise today in UTC). `before` is the GeoPackage of the last snapshot. `facts` is the folder
    of counted entries: no truck is sent where cars are counted and no trucks are. Raises InputError
    for a file that is missing or wrong.
    """
    path = Path(gpkg)
    border = borders.read([gpkg])[path.stem]
    crossings = gpd.GeoDataFrame(store.read(path.with_suffix("") / "crossings", "crossings"))
    rows = situationfile.read(Path(status_csv)) if Path(status_csv).is_file() else []
    day = _day(today, rows, border)
    situations = statements.stated(rows, crossings, day)
    # The page is handed on: it names no crossing that the public profile withholds.
    hidden = profiles.withheld_crossings(border.layer("crossings"))
    crossings = crossings[~crossings["crossing_id"].isin(hidden)]
    names = crossing_names.called(crossings, gpd.GeoDataFrame(border.layer("places")))
    trucks_counted = _counted(crossings, facts)
    truck_counts_of = dict(
        zip(trucks_counted.index.astype(str), trucks_counted["trucks"], strict=True)
    )
    known = brief_text.states(
        crossings, situations, names, _doubtful(path.with_suffix("")), truck_counts_of
    )
    ways = dict(_ways(path.with_suffix("")))
    uncounted = {one for one, counts in truck_counts_of.items() if counts == truck_counts.NONE}
    open_to_trucks = known["vehicle"].eq("goods") & known["state"].eq("open")
    ways["goods"] = without(ways["goods"], uncounted, set(known.loc[open_to_trucks, "crossing_id"]))
    marked = brief_text.marked_names(known, names)
    way = f"from {words.in_sentence(border.from_name)} to {words.in_sentence(border.to_name)}"
    grids = [
        where_to_cross(known, ways["goods"], marked, way),
        brief_text.not_open(known, ways, names, day),
        brief_text.open_now(known),
    ]
    changed = _changed(path, before, hidden, names)
    sure = [*_sure(border, situations, names, day), *_by_counts(trucks_counted)]
    content = _brief(border, day, grids, list(changed), sure, situations)
    _write(
        content,
        gpd.GeoDataFrame(border.layer("border")),
        _points(crossings, known, names),
        Path(out),
    )


def _day(today: str, rows: list[situationfile.Statement], border: Border) -> date:
    """The day asked for, otherwise that of the newest statement, of the map, or today."""
    if today:
        return situationfile.day(today, "TODAY")
    if rows:
        return max(one.since for one in rows)
    return _mapped_on(border) or datetime.now(UTC).date()


def _counted(crossings: gpd.GeoDataFrame, facts: str) -> pd.DataFrame:
    """Whether trucks are counted, by crossing; empty if no folder of facts is given."""
    if not facts:
        return truck_counts.at_crossings(crossings, pd.DataFrame())
    tables = (
        fact_tables.read(Path(facts), name, columns)
        for name, columns in truck_counts.COLUMNS.items()
    )
    return truck_counts.at_crossings(crossings, truck_counts.counted(*tables))


def _by_counts(trucks: pd.DataFrame) -> Iterator[str]:
    without_any = trucks[trucks["trucks"] == truck_counts.NONE]
    if len(without_any):
        years = sorted(set(without_any["year"].astype(int)))
        span = f"{years[0]}" if len(years) == 1 else f"{years[0]}\u2013{years[-1]}"
        yield (
            f"Not for trucks: {figure(len(without_any), 'crossings')} whose last counted entries "
            f"({span}, table traffic of the gazetteer) hold cars or people and no truck."
        )


def _doubtful(folder: Path) -> set[str]:
    """Crossings with no way known to allow trucks: neither a tag nor a road class says so."""
    joins, links = (
        store.read(folder / "crossings", "crossing_links"),
        store.read(folder / "network", "links"),
    )
    sure = links.loc[links["trucks"] == "yes", "link_id"]
    crossing = joins["crossing_id"]
    return set(crossing) - set(crossing[joins["link_id"].isin(sure)])


def _ways(folder: Path) -> Iterator[tuple[str, Ways]]:
    """The crossings that each vehicle can choose from."""
    travel = str(folder / "travel")
    for vehicle, among in NETWORKS.items():
        built = [one for one in among if (folder / "travel" / one / store.STAMP).is_file()]
        if not built:
            raise InputError(f"{travel}: no network {among[0]}, expected what stage travel writes")
        name = built[0]
        crossings = travelled.crossings(travel, name, str(folder / "crossings"))
        there = travelled.why_absent(travel, name)
        models = [model for model in demand.MODELS if model in there]
        places = travelled.places(travel, name)
        places = places[places["name"].notna()]
        yield (
            vehicle,
            Ways(
                ids=crossings["crossing_id"].tolist(),
                wait_minutes=store.array(folder / "travel" / name, "wait_minutes"),
                choices={model: travelled.choice(travel, name, model) for model in models},
                places=dict(zip(places["node"].astype(int), places["name"], strict=True)),
                sure=travelled.choice(travel, name, trucks.SURE) if name == trucks.NAME else None,
            ),
        )


def _brief(
    border: Border,
    day: date,
    grids: list[Grid],
    changed: list[str],
    sure: list[str],
    situations: pd.DataFrame,
) -> Brief:
    written = brief_text.in_words(day)
    sentences = list(brief_text.sentences(border.name, written, grids))
    text, ending = brief_text.paragraph(sentences, _last(border, changed))
    return Brief(
        title=f"{border.name}: where to cross today",
        day=written,
        now=[*brief_text.at_a_glance(grids[1]), _caution(border, situations)],
        paragraph=text,
        ending=ending,
        grids=grids,
        changed=changed or ["No earlier snapshot is kept of these data."],
        sure=sure,
        credit=f"Data: {border.known.get('source', '')}; {border.known.get('attribution', '')}",
    )


def _last(border: Border, changed: list[str]) -> list[str]:
    """The end of the paragraph, always the same: what changed, how sure that is, credit."""
    credit = border.known.get("attribution", "")
    return [
        f"Since the last snapshot: {changed[0]}" if changed else "No earlier snapshot is kept.",
        f"Hours are modelled; the rest is as mapped, {_age(border)}.",
        "Data: © OpenStreetMap contributors, ODbL."
        if credit.startswith("© OpenStreetMap")
        else "Credit: see below.",
    ]


def _age(border: Border) -> str:
    dated = _dated(border)
    return f"on {dated}" if dated else "on a day that the map's file does not state"


def _mapped_on(border: Border) -> date | None:
    """The day of the map; None where its file does not state it."""
    dated = re.match(r"\d{4}-\d{2}-\d{2}", border.known.get("osm_timestamp", ""))
    return date.fromisoformat(dated[0]) if dated else None


def _dated(border: Border) -> str:
    """The day of the map in words; empty where its file does not state it."""
    day = _mapped_on(border)
    return brief_text.in_words(day) if day else ""


def _caution(border: Border, situations: pd.DataFrame) -> str:
    held = situations.loc[situations["standing"] == "in force", "row"].nunique()
    dated = _dated(border)
    of_day = f"a map of {dated}" if dated else "an undated map"
    return f"Modelled; {figure(held, 'statements')} in force; the rest is {of_day}."


def _changed(path: Path, before: str, hidden: set[str], names: dict[str, str]) -> Iterator[str]:
    """What differs from the last snapshot, most serious first; nothing that is `hidden`."""
    if not before:
        return
    found = changes.changes(Path(before), path)
    ranked = change_report.ranked(pd.DataFrame(found.drop(columns="geometry")).assign(border=""))
    rows = [row for row in records(ranked.fillna("")) if _may_be_shown(row, hidden)]
    if not rows:
        yield "Nothing that is counted has changed."
    lines: dict[str, None] = {}  # two bridges with the same name that went are one line
    for row in rows:
        name = row["name"] or names.get(str(row["id_after"]), "without a name")
        how = {"went": " is no longer mapped", "came": " is new"}.get(
            row["change"], f": {row['change']} {row['before'] or 'none'} → {row['after'] or 'none'}"
        )
        lines[brief_text.capital(f"{row['mode']} {row['what']} {name}{how}.".strip())] = None
    yield from list(lines)[:MOST_CHANGES]
    if len(lines) > MOST_CHANGES:
        yield f"{figure(len(lines) - MOST_CHANGES, 'more changes')}."


def _may_be_shown(row: dict[str, Any], hidden: set[str]) -> bool:
    """Whether a change may be on a page that is handed on, and is not given by a crossing."""
    if row["what"] == change_report.COUNTED or row["mode"] == "foot":
        return False
    ends = {str(row["before"]), str(row["after"])}
    if row["what"] == "chokepoint" and ends & {"crossing", "post"}:
        return False
    ids = {str(row[key]).removeprefix("crossing.") for key in ("id_before", "id_after")}
    return not ids & hidden and "informal" not in ends and "informal" not in str(row["name"])


def _sure(
    border: Border, situations: pd.DataFrame, names: dict[str, str], day: date
) -> Iterator[str]:
    rows = situations.drop_duplicates("row")["standing"].value_counts()
    counts = [f"{rows[one]} {one}" for one in statements.STANDINGS if one in rows]
    yield f"Statements applied to the map: {', '.join(counts) or 'none'}."
    expired = situations[situations["standing"] == "expired"]
    for row in records(expired[expired["crossing_id"].isin(names)])[:MOST_EXPIRED]:
        until = brief_text.in_words(date.fromisoformat(row["until"]), day)
        whom = (
            "everybody"
            if row["vehicle"] == EVERY
            else brief_text.WHOM.get(row["vehicle"], "bicycles")
        )
        yield (
            f"{names[row['crossing_id']]}: {row['state']} for {whom}, by {row['source']}, expired "
            f"{until}; unknown since, not open."
        )
    yield f"Everything else is as mapped, {_age(border)}, and may have changed since."
    yield "Hours are modelled, from usual speeds and stated or usual waits: no traffic report."
    grave = int(border.layer("data_issues")["severity"].eq("high").sum())
    if grave:
        yield f"{figure(grave, 'doubts')} about the map may change a count of crossings or a cut."


def _points(
    crossings: gpd.GeoDataFrame, known: pd.DataFrame, names: dict[str, str]
) -> pd.DataFrame:
    """The place and name of each crossing, and what is known about trucks there."""
    state = known.loc[known["vehicle"] == "goods"].set_index("crossing_id")["state"]
    shown = crossings[crossings["crossing_id"].isin(known["crossing_id"])]
    return pd.DataFrame(
        {
            "lon": shown.geometry.x,
            "lat": shown.geometry.y,
            "name": shown["crossing_id"].map(names),
            "state": shown["crossing_id"].map(state).fillna(brief_map.NOT_FOR_TRUCKS),
        }
    )


def _write(content: Brief, line: gpd.GeoDataFrame, points: pd.DataFrame, out: Path) -> None:
    """Write all four files, each complete; a folder that cannot be made is an error."""
    if out.suffix:
        raise InputError(f"{out}: got an ending, expected a path without one")
    page = brief_page.draw(content, line, points)
    ends = (".pdf", ".png", ".docx")
    with (
        files.whole(out.with_name(f"{out.name}{ends[0]}")) as pdf,
        files.whole(out.with_name(f"{out.name}{ends[1]}")) as png,
        files.whole(out.with_name(f"{out.name}{ends[2]}")) as docx,
    ):
        brief_page.save(page, pdf, png)
        brief_document.write(content, docx)
    head = f"{content.title}\nAs of {content.day}"
    text = f"{head}\n\n{content.paragraph} {content.ending}\n\n{content.credit}\n"
    files.write_text(out.with_name(f"{out.name}.txt"), text)
