"""Stage 9, compare: the figures of each border side by side, and what they say of the claims."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.core import files, parameters
from pipeline.core.errors import InputError
from pipeline.core.modes import MODES, VEHICLE_MODES
from pipeline.measures import claims, fronts, ground, road_and_rail, routes, verdict
from pipeline.network.line import RULER, RULER_COLUMN
from pipeline.publish import layers

COLUMNS = ("border", "mode", "measure", "value", "low", "high", "unit")
OPEN = ("official", "informal", "unmarked")
SITE_KM = parameters.number("site_km")

# Between what is counted and the distance that makes two of them one.
MERGED = " merged within "

# Measure and count that a column of cordons holds.
PROFILE = {
    "min_cut_links": ("min_cut", "links"),
    "min_cut_lanes": ("min_cut", "lanes"),
    "min_cut_sites": ("min_cut", "sites"),
    "unguarded_links": ("unguarded", "links"),
    "second_line_links": ("second_line", "links"),
    "cordon_links": ("cordon", "links"),
}

Row = dict[str, Any]


def compare(*paths: str) -> None:
    """Write comparison.csv and claims.json of the GeoPackages into the folder named last.

    comparison.csv: border, mode (empty for the line itself), measure, value, low, high, unit. `low`
    and `high` are the range of the figure over the choices it rests on, empty where there is none;
    a figure that is absent has no value, and the GeoPackage says why. A text that a spreadsheet
    would take for a formula begins with an apostrophe. claims.json: one object a claim.
    """
    *packages, out = paths
    asked = claims.read()
    figures = {}
    both_modes = {}
    for path in packages:
        border, frame = _figures(path, asked.official_length_km)
        if border in figures:
            raise InputError(f"{path}: border {border} stands in two files, expected one")
        figures[border] = frame
        names = ("stations", "intermodal_cuts", "intermodal_closures")
        both_modes[border] = road_and_rail.headlines(*(layers.read(path, name) for name in names))
    rows: list[Row] = []
    for border in sorted(figures):
        rows += _rows(border, figures[border])
        rows += [_row(border, *told) for told in both_modes[border]]
    answers = verdict.judge(asked, figures)
    files.write_text(Path(out) / "comparison.csv", _csv(rows))
    files.write_text(
        Path(out) / "claims.json", json.dumps(answers, indent=1, ensure_ascii=False) + "\n"
    )


def _figures(path: str, official_km: dict[str, float]) -> tuple[str, pd.DataFrame]:
    """The border's name, and every figure of it with the choices that it rests on."""
    border = layers.read(path, "border")
    if len(border) != 1:
        raise InputError(f"{path}: layer border has {len(border)} rows, expected one")
    line = border.iloc[0]
    crossings = layers.read(path, "crossings")
    chokepoints = layers.read(path, "chokepoints")[["chokepoint_id", "kind"]]
    bypasses = layers.read(path, "bypasses").merge(chokepoints, on="chokepoint_id")
    cordons = layers.read(path, "cordons")
    figures = [
        *_lengths(line, official_km),
        *_crossing_counts(crossings),
        *_profile(cordons, bool(len(layers.read(path, "posts")))),
        *_other_ways(layers.read(path, "sensitivity")),
        *_other_merges(layers.read(path, "crossing_merges"), layers.read(path, "site_merges")),
        *_closings(crossings, bypasses),
        *ground.figures(layers.read(path, "posture"), layers.read(path, "costs")),
        *routes.figures(*(layers.read(path, name) for name in routes.LAYERS)),
        *fronts.figures(cordons),
    ]
    frame = pd.DataFrame(figures)
    frame = frame.reindex(columns=[*claims.CHOICES, "value", "unit", "why_absent"])
    frame[list(claims.CHOICES)] = frame[list(claims.CHOICES)].fillna("")
    frame["why_absent"] = frame["why_absent"].astype(object).where(frame["why_absent"].notna(), "")
    frame = _with_sums(frame)
    return str(line["border"]), _with_densities(frame, float(line[RULER_COLUMN]))


def _lengths(line: pd.Series, official_km: dict[str, float]) -> Iterator[Row]:
    lengths = {RULER: line[RULER_COLUMN], "as drawn": line["length_km"]}
    if line["border"] in official_km:
        lengths["official"] = official_km[line["border"]]
    for ruler, value in lengths.items():
        yield {"measure": "length", "ruler": ruler, "value": value, "unit": "km"}


def _crossing_counts(crossings: pd.DataFrame) -> Iterator[Row]:
    """Crossings that count (no grazes) by mode and status; restricted ones only where said."""
    for mode in MODES:
        here = crossings[crossings["counted"] & (crossings["mode"] == mode)]
        usable = here["status"].isin(OPEN)
        restricted = usable & (here["class"] == "restricted")
        by_status = {status: here["status"].eq(status) & ~restricted for status in OPEN}
        by_status |= {"closed": here["status"].eq("closed"), "restricted": restricted}
        by_status |= {"open": usable & ~restricted, "open or restricted": usable}
        for status, chosen in by_status.items():
            rows = here[chosen]
            counts = {
                "crossings": len(rows),
                "links": rows["n_links"].sum(),
                "lanes": rows["lanes"].sum(),
                f"{SITE_KM:g} km sites": _sites(rows["border_km"].to_numpy()),
            }
            for count, value in counts.items():
                yield {"measure": "crossings", "mode": mode, "status": status, "count": count,
                       "value": value, "unit": count}  # fmt: skip


def _sites(border_km: np.ndarray[Any, np.dtype[np.float64]]) -> int:
    """Sites from the western end, none longer than SITE_KM: chaining must not swallow a valley."""
    sites, begins = 0, -np.inf
    for km in np.sort(border_km):
        if km - begins > SITE_KM:
            sites, begins = sites + 1, km
    return sites


def _profile(cordons: pd.DataFrame, guarded: bool) -> Iterator[Row]:
    """F(D), its companions and the cordon by depth, and F(D) as deep as it is stated.

    G(D) is absent where the data hold no post: that all routes are free then is no finding.
    """
    for row in cordons.to_dict(orient="records"):
        for column, (measure, count) in PROFILE.items():
            value, why = row[column], row["why_absent"]
            if measure == "unguarded" and pd.notna(value) and not guarded:
                value, why = None, "the data hold no post"
            # Without a reason it is not absent: there is no such figure.
            if pd.notna(value) or (why and measure in ("min_cut", "unguarded")):
                yield {**_choices(row), "measure": measure, "count": count, "unit": count,
                       "value": value, "why_absent": why}  # fmt: skip
    stated = cordons[cordons["min_cut_links"].notna()]
    stated = stated.assign(sign=np.sign(stated["depth_km"]), reach=stated["depth_km"].abs())
    keys = ["mode", "directed", "third_open", "sign"]
    for row in stated.sort_values("reach").groupby(keys).tail(1).to_dict(orient="records"):
        depth = f"deepest {'+' if row['sign'] > 0 else '-'}"
        for column in ("min_cut_links", "min_cut_lanes", "min_cut_sites"):
            measure, count = PROFILE[column]
            yield {**_choices(row), "measure": measure, "depth": depth, "count": count,
                   "unit": count, "value": row[column]}  # fmt: skip


def _other_ways(sensitivity: pd.DataFrame) -> Iterator[Row]:
    """F(D) when other ways count than in the headline."""
    for row in sensitivity.to_dict(orient="records"):
        choices = _choices(row | {"directed": True, "third_open": False})
        yield {**choices, "measure": "min_cut", "ways": row["choice"], "count": "links",
               "unit": "links", "value": row["min_cut_links"]}  # fmt: skip


def _other_merges(crossings: pd.DataFrame, sites: pd.DataFrame) -> Iterator[Row]:
    """Crossings and cut sites when other distances make two of them one."""
    for row in crossings.to_dict(orient="records"):
        yield {"measure": "crossings", "mode": row["mode"], "status": "open", "unit": "crossings",
               "value": row["crossings"],
               "count": f"crossings{MERGED}{row['merge_m']} m"}  # fmt: skip
    for row in sites[sites["min_cut_sites"].notna()].to_dict(orient="records"):
        choices = _choices(row | {"directed": True, "third_open": False})
        yield {**choices, "measure": "min_cut", "count": f"sites{MERGED}{row['merge_m']} m",
               "unit": "sites", "value": row["min_cut_sites"]}  # fmt: skip


def _choices(row: Row) -> Row:
    return {
        "mode": row["mode"],
        "depth": f"{row['depth_km']:+g} km",
        "direction": "directed" if row["directed"] else "undirected",
        "third_countries": "open" if row["third_open"] else "shut",
        "ways": "headline",
    }


def _closings(crossings: pd.DataFrame, bypasses: pd.DataFrame) -> Iterator[Row]:
    """What closing one crossing does, weighted by the demand that uses it."""
    for mode in VEHICLE_MODES:
        served = crossings[(crossings["mode"] == mode) & crossings["first_choice_share"].notna()]
        share = served["first_choice_share"]
        known = served["extra_minutes"].notna() & (share > 0)
        weight = share[known].sum()
        closed = bypasses[(bypasses["mode"] == mode) & (bypasses["kind"] == "crossing")]
        cut_off = int(closed["cut_off"].sum())
        nobody = "no demand passes a crossing" if share.sum() == 0 else ""
        alone = nobody or "no closing leaves another way"
        none = "no crossing was closed"
        values = {
            "extra_minutes": (
                (share[known] * served["extra_minutes"][known]).sum() / weight if weight else None,
                "minutes",
                alone,
            ),
            "first_two_share": (None if nobody else share.nlargest(2).sum(), "share", nobody),
            "cut_off_crossings": (cut_off if len(closed) else None, "crossings", none),
            "cut_off_share": (cut_off / len(closed) if len(closed) else None, "share", none),
        }
        for measure, (value, unit, why) in values.items():
            yield {"measure": measure, "mode": mode, "value": value, "unit": unit,
                   "why_absent": why if value is None else ""}  # fmt: skip


def _with_sums(frame: pd.DataFrame) -> pd.DataFrame:
    """The figures with those of road and rail together: absent where either one is."""
    frame = frame.assign(value=frame["value"].astype(float))
    counts = frame[frame["measure"].isin(["crossings", "min_cut", "unguarded"])]
    choices = [name for name in claims.CHOICES if name != "mode"]
    road, rail = (counts[counts["mode"] == mode].set_index(choices) for mode in VEHICLE_MODES)
    both = road.join(rail[["value", "why_absent"]], rsuffix="_rail", how="inner")
    reasons = both["why_absent"].where(both["why_absent"] != "", both["why_absent_rail"])
    summed = both.assign(
        mode="road and rail", value=both["value"] + both["value_rail"], why_absent=reasons
    )
    return pd.concat([frame, summed.reset_index()[frame.columns]], ignore_index=True)


def _with_densities(frame: pd.DataFrame, length_km: float) -> pd.DataFrame:
    """The figures with counts per 100 km of border, by the common ruler."""
    counted = frame["measure"].isin(["crossings", "min_cut", "unguarded"])
    whole = frame.assign(per=np.where(counted, "border", ""))
    thin = whole[counted].assign(per="100 km", value=whole["value"] / length_km * 100)
    thin["unit"] = thin["unit"] + " per 100 km"
    return pd.concat([whole, thin], ignore_index=True)


def _rows(border: str, figures: pd.DataFrame) -> Iterator[Row]:
    """The rows of comparison.csv: headline figures with their range."""
    whole = figures[figures["per"] != "100 km"]
    lengths = whole[whole["measure"] == "length"]
    for row in lengths.to_dict(orient="records"):
        named = {RULER: "length", "as drawn": "length_as_drawn", "official": "length_official"}
        spread = lengths["value"] if row["ruler"] == RULER else None
        yield _row(border, row, named[row["ruler"]], spread)
    counted = whole["count"].str.split(MERGED).str[0]
    whole = whole.assign(count=counted, other_merge=whole["count"] != counted)
    counts = whole[(whole["measure"] == "crossings") & whole["mode"].isin(MODES)]
    merged, counts = counts[counts["other_merge"]], counts[~counts["other_merge"]]
    for row in counts[counts["count"] == "crossings"].to_dict(orient="records"):
        if row["status"] == "open or restricted":
            continue
        alike = counts[(counts["mode"] == row["mode"]) & (counts["count"] == "crossings")]
        alike = pd.concat([alike, merged[merged["mode"] == row["mode"]]])
        choices = alike[alike["status"].isin(["official", "open", "open or restricted"])]
        spread = choices["value"] if row["status"] == "open" else None
        yield _row(border, row, f"crossings_{row['status']}", spread)
    for row in counts[(counts["count"] != "crossings") & (counts["status"] == "open")].to_dict(
        orient="records"
    ):
        yield _row(border, row, f"crossings_open_{row['count'].replace(' ', '_')}", None)
    cuts = whole[
        whole["measure"].isin(["min_cut", "unguarded", "second_line", "cordon"])
        & whole["mode"].isin(MODES)
        & ~whole["depth"].str.startswith("deepest")
    ]
    choices = ["mode", "measure", "count", "depth"]
    spreads = cuts.groupby(choices)["value"]
    low, high = spreads.min(), spreads.max()
    headline = cuts[
        ~cuts["other_merge"]
        & (cuts["direction"] == "directed")
        & (cuts["third_countries"] == "shut")
        & (cuts["ways"] == "headline")
    ]
    for row in headline.to_dict(orient="records"):
        key = tuple(row[name] for name in choices)
        measure = f"{row['measure']}_{row['count']}_at_{row['depth'].replace(' ', '_')}"
        yield _row(border, row, measure, pd.Series([low[key], high[key]]))
    names = ["extra_minutes", "first_two_share", "cut_off_crossings", "cut_off_share"]
    for row in whole[whole["measure"].isin(names)].to_dict(orient="records"):
        yield _row(border, row, row["measure"], None)
    for told in (ground, routes, fronts):
        for row, name, spread in told.headlines(whole):
            yield _row(border, row, name, spread)


def _row(border: str, row: Row, measure: str, spread: pd.Series | None) -> Row:
    none = spread is None or spread.isna().all() or pd.isna(row["value"])
    return {
        "border": border,
        "mode": row["mode"],
        "measure": measure,
        "value": row["value"],
        "low": None if none or spread is None else spread.min(),
        "high": None if none or spread is None else spread.max(),
        "unit": row["unit"],
    }


def _csv(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(row[column]) for column in COLUMNS] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    return "" if value is None or pd.isna(value) else f"{value:.6g}"
