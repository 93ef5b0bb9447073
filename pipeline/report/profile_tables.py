"""The tables of a border's own profile: crossings, minimum cuts, posts, success, data issues."""

from collections.abc import Iterator

import geopandas as gpd
import pandas as pd

from pipeline.core import numbers
from pipeline.core.frames import records
from pipeline.network.issues import gravest
from pipeline.publish import sites
from pipeline.report import crossing_names, displacement_tables, success_charts, words
from pipeline.report.borders import Border
from pipeline.report.tables import Table, csv_of, cut_short, name

MOST_ISSUES = 10
MOST_CROSSINGS = 60
FEW_POSTS = 5
PLACED = {"fixed": "known to travellers", "randomised": "moving unpredictably"}


def counted_crossings(border: Border) -> pd.DataFrame:
    """The crossings that count."""
    rows = border.layer("crossings")
    return rows[rows["counted"]] if "counted" in rows else rows


def cuts_by_depth(border: Border, mode: str = "road") -> pd.DataFrame:
    """Rows of cordons where the headline's minimum cut is stated."""
    rows = border.layer("cordons")
    chosen = rows[(rows["mode"] == mode) & rows["directed"] & ~rows["third_open"]]
    return chosen[chosen["min_cut_links"].notna()].sort_values("depth_km")


def status_words(status: str) -> str:
    """A status of crossings in words."""
    known = {"unmarked": "with no control mapped", "unknown": "of unknown status"}
    return known.get(status, status)


def tables(border: Border) -> Iterator[Table]:
    """The tables of a border's profile, including empty ones."""
    yield _status_table(border)
    yield _crossing_table(border)
    yield _stretches(border)
    yield _cut_table(border)
    yield _placement_table(border)
    yield _success_table(border)
    yield displacement_tables.harm(border)
    yield displacement_tables.displacement(border)
    yield issues(border)


def names_of_crossings(border: Border) -> dict[str, str]:
    """The name of each crossing."""
    layer = gpd.GeoDataFrame(border.layer("crossings"))
    return crossing_names.called(layer, gpd.GeoDataFrame(border.layer("places")))


def _crossing_table(border: Border) -> Table:
    """The crossings of roads and railways, one row each: who may pass, and when."""
    rows = counted_crossings(border)
    rows = rows[rows["mode"] != "foot"].sort_values(["mode", "border_km"])
    names = names_of_crossings(border)
    shown = rows.iloc[:MOST_CROSSINGS]
    cells = [
        [names[row["crossing_id"]], str(row["mode"]), status_words(str(row["status"])),
         name(row.get("vehicles")), name(row.get("hours")), numbers.number(row["lanes"]),
         numbers.number(row["border_km"], 1)]
        for row in records(shown)
    ]  # fmt: skip
    return Table(
        caption=f"Crossings of {border.name}, from the western end{cut_short(shown, rows)}",
        head=["Crossing", "Mode", "Status", "Vehicles", "Hours", "Lanes", "Km along the line"],
        rows=cells,
        numeric=(5, 6),
        download=csv_of(
            pd.DataFrame(rows).drop(columns="geometry", errors="ignore"),
            f"crossings-{border.key}.csv",
        ),
    )


def _status_table(border: Border) -> Table:
    """Crossings by status, vehicle and hours."""
    rows = counted_crossings(border)
    shown = []
    for (mode, status), group in rows.groupby(["mode", "status"]):
        vehicles = _tally(group.get("vehicles"))
        hours = int((group["hours"].fillna("") != "").sum()) if "hours" in group else 0
        limited = numbers.number(hours) if hours else "–"
        lanes = numbers.number(group["lanes"].sum())
        shown.append(
            [str(mode), status_words(str(status)), str(len(group)), lanes, vehicles, limited]
        )
    of_withheld = border.withheld.value_counts(["mode", "status"], sort=False)
    for mode, status, count in of_withheld.reset_index().itertuples(index=False):
        shown.append([str(mode), status_words(str(status)), str(count), *[numbers.ABSENT] * 3])
    return Table(
        caption=f"Crossings of {border.name} by status, vehicles and hours",
        head=["Mode", "Status", "Crossings", "Lanes", "Vehicles", "With hours"],
        rows=shown,
        numeric=(2, 3, 5),
    )


def _stretches(border: Border) -> Table:
    """Crossings with withheld places, by stretch; none in the local profile."""
    rows = border.stretches
    if rows.empty:
        return Table("", (), ())
    known = rows[rows["informal_crossings"] > 0]
    return Table(
        caption=f"Informal crossings of {border.name}, and paths with no control: counts only",
        head=["From km along the line", "To km", "Crossings"],
        rows=[[numbers.number(value) for value in row]
              for row in known[["from_km", "to_km", "informal_crossings"]].to_numpy()],
        numeric=(0, 1, 2),
        download=csv_of(pd.DataFrame(rows.drop(columns="geometry")), f"informal-{border.key}.csv"),
    )  # fmt: skip


def _tally(values: pd.Series | None) -> str:
    stated = pd.Series(dtype=object) if values is None else values[values.fillna("") != ""]
    if stated.empty:
        return numbers.ABSENT
    found = stated.astype(str).value_counts()
    return "; ".join(f"{value} ({count})" for value, count in found.head(3).items())


def _cut_table(border: Border) -> Table:
    """The minimum cut by depth, and where its sites are."""
    cuts = cuts_by_depth(border)
    points = border.layer("chokepoints")
    found = sites.of_cuts(points, border.layer("chokepoint_links"), border.layer("cut_links"))
    names = points.set_index("chokepoint_id")["name"]
    rows = []
    for row in records(cuts):
        depth = row["depth_km"]
        here = found[
            (found["mode"] == "road") & (found["depth_km"] == depth) & (found["end"] == "to")
        ]
        where = sorted({name(names.get(one)) for one in here["chokepoint_id"]} - {"–"})
        where = [words.listed(one) for one in where]
        more = f" and {len(where) - 6} more" if len(where) > 6 else ""
        rows.append(
            [numbers.depth(depth), numbers.number(row["min_cut_links"]),
             numbers.number(row["unguarded_links"]), "; ".join(where[:6]) + more or "–"]
        )  # fmt: skip
    return Table(
        caption=f"Fewest road closures that cut {border.name}, by depth, and where",
        head=["Depth", "Minimum cut", "Unguarded routes", f"Where (nearest to {border.to_name})"],
        rows=rows,
        numeric=(1, 2),
    )


def _placement_table(border: Border) -> Table:
    """What more posts would stop at the depth of the claims, and what stays open."""
    rows = pd.DataFrame(border.layer("placement_curve"))
    curves = [success_charts.curve(border, model) for model in ("fixed", "randomised")]
    whole = pd.concat(curves) if not rows.empty else rows
    shown = whole[_few(whole)] if len(whole) else whole
    cells = [
        [PLACED[row["model"]], numbers.number(row["n_posts"]), numbers.percent(row["value"], 1),
         numbers.number(row["open_ways"]), words.short(row["cost_per_point_musd"])]
        for row in records(shown)
    ]  # fmt: skip
    return Table(
        caption=f"What more posts would stop on {border.name}, by road",
        head=[
            "Posts",
            "How many",
            "Probability of being stopped on the best way left",
            "Ways left open",
            "Million USD per percentage point",
        ],
        rows=cells,
        numeric=(1, 2, 3, 4),
        download=csv_of(rows, f"placements-{border.key}.csv"),
        notes=[f"Up to {FEW_POSTS} posts, then each tenth and the last; the CSV has all."]
        if len(shown) < len(whole)
        else [],
    )


def _few(curve: pd.DataFrame) -> pd.Series:
    """Which rows of a curve the page shows: the first posts, each tenth, and the last."""
    last = curve.groupby("model")["n_posts"].transform("max")
    posts = curve["n_posts"]
    return (posts <= FEW_POSTS) | (posts % 10 == 0) | (posts == last)


def _success_table(border: Border) -> Table:
    """The share stopped over all ranges, and how far each factor moves it."""
    rows = pd.DataFrame(border.layer("success"))
    rows = rows[rows["s_mid"].notna()] if len(rows) else rows
    if rows.empty:
        return Table("", (), ())
    cells = [
        [str(row["demand"]), "all together" if row["factor"] == "all" else str(row["factor"]),
         *(numbers.percent(row[column]) for column in ("s_low", "s_mid", "s_high", "swing")),
         numbers.percent(row["shapley"])]
        for row in records(rows)
    ]  # fmt: skip
    return Table(
        caption=f"Share stopped on {border.name}, and what it depends on",
        head=["Demand", "Factor", "Low end", "Middle", "High end", "Swing", "Shapley effect"],
        rows=cells,
        numeric=(2, 3, 4, 5, 6),
        download=csv_of(rows, f"success-{border.key}.csv"),
    )


def issues(border: Border) -> Table:
    """The most serious data issues."""
    rows = pd.DataFrame(border.layer("data_issues")).drop(columns=["geometry"], errors="ignore")
    if rows.empty:
        return Table("", (), ())
    ranked = gravest(rows, len(rows))
    columns = ["severity", "kind", "text"]
    return Table(
        caption=f"Data issues of {border.name}: the {min(len(rows), MOST_ISSUES)} gravest of "
        f"{numbers.number(len(rows))}",
        head=[c.replace("_", " ").capitalize() for c in columns],
        rows=[[name(row["severity"]), name(row["kind"]).replace("_", " "),
               words.with_names(name(row["text"]), border.countries)]
              for row in records(ranked.head(MOST_ISSUES))],
        download=csv_of(ranked, f"data-issues-{border.key}.csv"),
    )  # fmt: skip
