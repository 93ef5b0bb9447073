"""Report: one page that starts with the answer, has maps and figures, and needs no network."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.core import files, parameters
from pipeline.core.errors import InputError
from pipeline.core.frames import records
from pipeline.core.numbers import number
from pipeline.measures import claims, success_ranges
from pipeline.publish import basemap
from pipeline.publish import comparison as written
from pipeline.publish.comparison import Answer
from pipeline.report import (
    assets,
    claim_charts,
    claim_sections,
    figures,
    headlines,
    side_by_side,
    summary,
    web_map,
    what_if_claim,
    words,
)
from pipeline.report import borders as known_borders
from pipeline.report import profile as profiles
from pipeline.report.borders import Border
from pipeline.report.figures import Picture
from pipeline.report.headlines import Headline
from pipeline.report.tables import Table, csv_of, name
from pipeline.report.templates import hashes, render

SCHEMATIC_BANNER = (
    "Schematic data, not a street map: real counts of roads are higher, and no finding about "
    "streets, tracks or footpaths can rest on them."
)
SCHEMATIC = (
    "This source is schematic: towns and numbered highways, drawn from public tables. It shows how "
    "the measures work, and how the two borders differ in their main roads; it cannot show how "
    "many tracks and footpaths lead across. Run the same page on OpenStreetMap before quoting a "
    "figure."
)


def report(*paths: str, profile: str = "local", standing: str = "") -> None:
    """Write report.html and, in the folder `pictures` next to it, every figure as SVG and PNG.

    `paths` are the GeoPackages, then comparison.csv, claims.json and the page. The page contains
    everything it shows, loads nothing, and escapes every text from the data. With
    `--profile public` it may be handed on: its files contain nothing that pipeline/schema.toml
    withholds. `--standing` names a table with the border's rank among others, as `make world`
    writes it next to each page. Raises InputError where a file is missing or not as an earlier
    stage writes it.
    """
    *packages, comparison_csv, claims_json, out = paths
    borders = list(known_borders.read(packages, profile).values())
    comparison = _comparison(comparison_csv)
    answers = written.answers(Path(claims_json))
    pictures = Path(out).parent / "pictures"
    values = _headlines(borders, comparison, answers)
    page = {
        **_opening(borders, answers, values),
        **_pictures(borders, comparison, answers, values, pictures),
        **_maps(borders, answers),
        "profiles": [profiles.profile(border) for border in borders],
        "standing": _standing(standing, borders[0].name) if standing else None,
        "tables": side_by_side.tables(borders, comparison),
        "road_and_rail": side_by_side.road_and_rail(borders),
        "public": profile == "public",
        "stretch_km": number(parameters.number("informal_count_km")),
        "limits": _limits(borders),
        "sources": _sources(borders),
        "provenance": [_provenance(border) for border in borders],
        "credit": _credit(borders),
    }
    files.write_text(Path(out), _page(page))


def _comparison(path: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            path, keep_default_na=False, na_values={"value": "", "low": "", "high": ""}
        )
    except (FileNotFoundError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: no table ({error}), expected what compare writes") from error
    if not set(written.NEEDED) <= set(frame.columns):
        found = sorted(frame.columns)
        raise InputError(f"{path}: got columns {found}, expected {sorted(written.NEEDED)}")
    return frame


def _headlines(
    borders: list[Border], comparison: pd.DataFrame, answers: list[Answer]
) -> list[list[Headline]]:
    """The headline of each claim on the two borders that are compared; none where it is one."""
    if len(borders) < 2:
        return []
    published = {(row["border"], row["mode"], row["measure"]): row for row in records(comparison)}
    cordons = {border.key: border.layer("cordons") for border in borders[:2]}
    return headlines.of_claims(answers, published, cordons)


def _opening(
    borders: list[Border], answers: list[Answer], values: list[list[Headline]]
) -> dict[str, Any]:
    """The first screen: the claims if they are measured, otherwise an answer for each border."""
    measured = len(borders) > 1 and summary.is_measured(answers)
    compared = borders[:2] if measured else []
    return {
        "title": " · ".join(border.name for border in borders),
        "banner": SCHEMATIC_BANNER if any(map(_schematic, borders)) else "",
        "names": [border.name for border in compared],
        "spoken_of": next((one.name for one in compared if one.key == claims.read().spoken_of), ""),
        "answer": summary.sentence(answers, compared) if measured else "",
        "lines": summary.lines(answers, values) if measured else [],
    }


def _pictures(
    borders: list[Border],
    comparison: pd.DataFrame,
    answers: list[Answer],
    values: list[list[Headline]],
    folder: Path,
) -> dict[str, Any]:
    """All figures; those of a claim are in its section."""
    credit = _credit(borders)
    found = figures.pictures_of(borders, comparison, folder, credit)
    if len(borders) < 2 or not summary.is_measured(answers):
        return {"overview": None, "sections": [], "pictures": list(found.values())}
    of_claims, rest = figures.by_claim(found)
    return {
        "overview": _overview(answers, folder, credit),
        "sections": claim_sections.sections(
            answers, borders[:2], values, of_claims, folder, credit
        ),
        "pictures": rest,
    }


def _overview(answers: list[Answer], folder: Path, credit: str) -> Picture | None:
    drawn = claim_charts.overview(answers)
    if drawn is None:
        return None
    says = "Marks right of 1 speak for the claim; the bar is the range over all specifications."
    caption = "How strongly the headline figures speak for each claim"
    return figures.saved(drawn, folder / "claims", caption, says, credit)


def _maps(borders: list[Border], answers: list[Answer]) -> dict[str, Any]:
    """The maps, with the data from which the page's script draws them."""
    claim = what_if_claim.draw(answers, borders)
    return {
        "maps": [
            {
                "key": border.key,
                "name": border.name,
                "attribution": border.known.get("attribution", ""),
                "data": assets.as_json(web_map.draw(border)),
            }
            for border in borders
        ],
        "judges": claim is not None,
        "page_data": assets.as_json({"crossings_claim": claim}),
        "basemap_credit": basemap.CREDIT,
    }


def _schematic(border: Border) -> bool:
    """Whether the raw file states that it is not a street map."""
    return "schematic" in border.known.get("source", "")


def _credit(borders: list[Border]) -> str:
    credit_lines = dict.fromkeys(border.known.get("attribution", "") for border in borders)
    return "; ".join(filter(None, credit_lines)) or "Source not stated"


def _sources(borders: list[Border]) -> list[str]:
    """The sources of the figures, with the borders of each source together."""
    by_source: dict[str, list[str]] = {}
    for border in borders:
        by_source.setdefault(border.known.get("source", "not stated"), []).append(border.name)
    return [f"{', '.join(names)}: {source}." for source, names in by_source.items()]


def _limits(borders: list[Border]) -> list[str]:
    """Remarks that only some sources need."""
    limits = [SCHEMATIC] if any(map(_schematic, borders)) else []
    for border in borders:
        line, reach = (
            words.with_names(border.known.get(key, ""), border.countries)
            for key in ("line", "reach_km")
        )
        if line:
            limits.append(f"{border.name}: {line}.")
        if reach:
            limits.append(f"{border.name}: data reach this deep, km: {reach}.")
    return limits


def _standing(path: str, border: str) -> Table:
    """The border's rank by each figure among the borders that were run with it."""
    try:
        rows = records(pd.read_csv(path))
        shown = [
            [str(row["figure"]), number(row["value"]), f"{row['rank']} of {row['of']}",
             *(number(row[column]) for column in ("least", "middle", "most"))]
            for row in rows
        ]  # fmt: skip
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: no table of ranks ({error}), as `make world` writes") from error
    return Table(
        caption=f"Where {border} stands among the borders that were run (1 has the most)",
        head=["Figure", "This border", "Rank", "Least", "Middle", "Most"],
        rows=shown,
        numeric=(1, 2, 3, 4, 5),
    )


def _provenance(border: Border) -> Table:
    frame = border.layer("provenance")
    return Table(
        caption=f"What {border.name} was made from",
        head=["Key", "Value"],
        rows=[[k, name(v)] for k, v in zip(frame["key"], frame["value"], strict=True)],
        download=csv_of(frame, f"provenance-{border.key}.csv"),
    )


def _page(page: dict[str, Any]) -> str:
    """The filled template; its scripts and styles are allowed by their hashes only."""
    scripts, styles = assets.scripts(), assets.styles()
    return render(
        "page.html",
        **page,
        filled=parameters.filled,
        truck=parameters.table("truck"),
        n_parameters=len(success_ranges.PARAMETERS),
        after_results=claims.read().after_results if page["lines"] else (),
        styles=styles,
        scripts=scripts,
        style_hashes=hashes(styles),
        script_hashes=hashes(scripts),
        licence=assets.leaflet_licence(),
    )
