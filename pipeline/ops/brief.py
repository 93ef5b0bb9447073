"""The brief of a border: one A4 page (PDF, PNG), a document (DOCX) and a paragraph of text."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from pipeline.core import files, situationfile, store
from pipeline.core.errors import InputError
from pipeline.core.frames import records
from pipeline.core.numbers import figure, number
from pipeline.measures import statements
from pipeline.ops import change_report, changes
from pipeline.publish import profiles
from pipeline.report import borders, brief_document, brief_page, crossing_names
from pipeline.report import brief as said
from pipeline.report.borders import Border
from pipeline.report.brief import Brief
from pipeline.report.brief_trucks import where_to_cross
from pipeline.report.brief_ways import Grid, Ways
from pipeline.travel import demand, trucks
from pipeline.travel import tables as travelled

# The network of stage travel that a vehicle is asked of; the first that is there.
NETWORKS = {"goods": (trucks.NAME, "road"), "car": ("road",), "bus": ("road",), "train": ("rail",)}
MOST_CHANGES = 4


def brief(gpkg: str, status_csv: str, today: str, out: str, before: str = "") -> None:
    """Write OUT.pdf, OUT.png, OUT.docx and OUT.txt of the border published at GPKG.

    The folders of its stages lie beside it; `status_csv` is its situation file, where there is one,
    laid over for the day `today` (empty: that of its newest statement, or of the map). `before` is
    the GeoPackage of the last snapshot. Raises InputError for a file that is missing or wrong.
    """
    path = Path(gpkg)
    border = borders.read([gpkg])[path.stem]
    crossings = gpd.GeoDataFrame(store.read(path.with_suffix("") / "crossings", "crossings"))
    rows = situationfile.read(Path(status_csv)) if Path(status_csv).is_file() else []
    day = _day(today, rows, border)
    situations = statements.stated(rows, crossings, day)
    # A page is handed on: it names no crossing that the public profile withholds.
    hidden = profiles.withheld_crossings(border.layer("crossings"))
    crossings = crossings[~crossings["crossing_id"].isin(hidden)]
    names = crossing_names.called(crossings, gpd.GeoDataFrame(border.layer("places")))
    known = said.states(crossings, situations, names, _doubtful(path.with_suffix("")))
    ways = dict(_ways(path.with_suffix("")))
    grids = [
        where_to_cross(known, ways["goods"], names, f"from {border.from_name} to {border.to_name}"),
        said.not_open(known, ways, names, day),
        said.open_now(known),
    ]
    changed = _changed(path, before, hidden, names)
    told = _brief(border, day, grids, list(changed), list(_sure(border, situations)))
    _write(told, gpd.GeoDataFrame(border.layer("border")), _points(crossings, known), Path(out))


def _day(today: str, rows: list[situationfile.Statement], border: Border) -> date:
    if today:
        return situationfile.day(today, "TODAY")
    if rows:
        return max(one.since for one in rows)
    stamp = border.known.get("osm_timestamp", "")[:10]
    return situationfile.day(stamp, f"{border.key}: TODAY is empty and the map states no day")


def _doubtful(folder: Path) -> set[str]:
    """Crossings of which no way is known to bear trucks: no tag and no class of road says so."""
    joins, links = (
        store.read(folder / "crossings", "crossing_links"),
        store.read(folder / "network", "links"),
    )
    sure = links.loc[links["trucks"] == "yes", "link_id"]
    crossing = joins["crossing_id"]
    return set(crossing) - set(crossing[joins["link_id"].isin(sure)])


def _ways(folder: Path) -> Iterator[tuple[str, Ways]]:
    """What each vehicle may choose from."""
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
    border: Border, day: date, grids: list[Grid], changed: list[str], sure: list[str]
) -> Brief:
    written = said.in_words(day)
    sentences = list(said.sentences(border.name, written, grids))
    return Brief(
        title=f"{border.name}: where to cross today",
        day=written,
        paragraph=said.paragraph(sentences, _last(border, changed)),
        grids=grids,
        changed=changed or ["No earlier snapshot is kept of these data."],
        sure=sure,
        credit=f"Data: {border.known.get('source', '')}; {border.known.get('attribution', '')}",
    )


def _last(border: Border, changed: list[str]) -> list[str]:
    """What ends the paragraph whatever stands before: what changed, how sure that is, credit."""
    credit = border.known.get("attribution", "")
    return [
        f"Since the last snapshot: {changed[0]}" if changed else "No earlier snapshot is kept.",
        f"Hours are modelled; the rest is as mapped, {_age(border)}.",
        "Data: © OpenStreetMap contributors, ODbL."
        if credit.startswith("© OpenStreetMap")
        else "Credit: see below.",
    ]


def _age(border: Border) -> str:
    dated = re.match(r"\d{4}-\d{2}-\d{2}", border.known.get("osm_timestamp", ""))
    if dated is None:
        return "on a day that the map's file does not state"
    return f"on {said.in_words(date.fromisoformat(dated[0]))}"


def _changed(path: Path, before: str, hidden: set[str], names: dict[str, str]) -> Iterator[str]:
    """What differs from the last snapshot, the gravest first; nothing of what is `hidden`."""
    if not before:
        return
    found = changes.changes(Path(before), path)
    ranked = change_report.ranked(pd.DataFrame(found.drop(columns="geometry")).assign(border=""))
    rows = [row for row in records(ranked.fillna("")) if _may_be_told(row, hidden)]
    if not rows:
        yield "Nothing that is counted differs."
    for row in rows[:MOST_CHANGES]:
        name = row["name"] or names.get(str(row["id_after"]), "without a name")
        how = {"went": " is no longer mapped", "came": " is new"}.get(
            row["change"], f": {row['change']} {row['before'] or 'none'} → {row['after'] or 'none'}"
        )
        yield said.capital(f"{row['mode']} {row['what']} {name}{how}.".strip())
    if len(rows) > MOST_CHANGES:
        yield f"{number(len(rows) - MOST_CHANGES)} more changes."


def _may_be_told(row: dict[str, Any], hidden: set[str]) -> bool:
    """Whether a change is for a page that is handed on, and is not told by a crossing already."""
    if row["what"] == change_report.COUNTED or row["mode"] == "foot":
        return False
    ends = {str(row["before"]), str(row["after"])}
    if row["what"] == "chokepoint" and ends & {"crossing", "post"}:
        return False
    ids = {str(row[key]).removeprefix("crossing.") for key in ("id_before", "id_after")}
    return not ids & hidden and "informal" not in ends and "informal" not in str(row["name"])


def _sure(border: Border, situations: pd.DataFrame) -> Iterator[str]:
    rows = situations.drop_duplicates("row")["standing"].value_counts()
    counts = [f"{rows[one]} {one}" for one in statements.STANDINGS if one in rows]
    expired = ": there the crossing is unknown, not open" if "expired" in rows else ""
    yield f"Statements laid over the map: {', '.join(counts) or 'none'}{expired}."
    yield f"All else is as mapped, {_age(border)}, and may have changed since."
    yield "Hours are modelled, from usual speeds and stated or usual waits: no traffic report."
    yield "Two numbers of hours: the range that missing tags of roads leave to trucks."
    grave = int(border.layer("data_issues")["severity"].eq("high").sum())
    if grave:
        yield f"{figure(grave, 'doubts')} about the map may change a count of crossings or a cut."


def _points(crossings: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Where each crossing lies, and what is known of all vehicles there together."""
    state = known.groupby("crossing_id")["state"].agg(_together)
    shown = crossings.merge(state.reset_index(), on="crossing_id")
    at = gpd.GeoDataFrame(shown, geometry="geometry").geometry
    return pd.DataFrame({"lon": at.x, "lat": at.y, "state": shown["state"]})


def _together(states: pd.Series) -> str:
    """One state for a crossing: `open to some` where vehicles differ and one may pass."""
    found = set(states)
    if len(found) > 1 and "open" in found:
        return "open to some"
    return next(one for one in said.STATES[::-1] if one in found)


def _write(told: Brief, line: gpd.GeoDataFrame, points: pd.DataFrame, out: Path) -> None:
    """All four files, each whole; a folder that cannot be made is an error."""
    if out.suffix:
        raise InputError(f"{out}: got an ending, expected a path without one")
    page = brief_page.draw(told, line, points)
    ends = (".pdf", ".png", ".docx")
    with (
        files.whole(out.with_name(f"{out.name}{ends[0]}")) as pdf,
        files.whole(out.with_name(f"{out.name}{ends[1]}")) as png,
        files.whole(out.with_name(f"{out.name}{ends[2]}")) as docx,
    ):
        brief_page.save(page, pdf, png)
        brief_document.write(told, docx)
    text = f"{told.title}\nAs of {told.day}\n\n{told.paragraph}\n\n{told.credit}\n"
    files.write_text(out.with_name(f"{out.name}.txt"), text)
