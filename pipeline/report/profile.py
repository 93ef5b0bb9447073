"""A border's own profile: what crosses it, where it is narrow, who watches it, what is doubtful."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.core import numbers, parameters
from pipeline.core.modes import MODES, NOT_PASSED
from pipeline.publish import sites
from pipeline.report import success_charts, words
from pipeline.report.borders import Border
from pipeline.report.tables import Table, csv_of, name

OPEN = ("official", "informal", "unmarked")
WALK_MINUTES = parameters.wholes("walk_minutes")
MOST_ISSUES = 10
PLACED = {"fixed": "seen by all", "randomised": "moved about unseen"}


@dataclass(frozen=True)
class Profile:
    """A border as its own page opens: an answer, facts with their labels, and tables."""

    key: str
    name: str
    sentence: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]


def profile(border: Border) -> Profile:
    """What can be said of one border alone."""
    return Profile(
        key=border.key,
        name=border.name,
        sentence=_sentence(border),
        facts=list(_facts(border)),
        tables=[table for table in _tables(border) if table.rows],
    )


def _counted(border: Border) -> pd.DataFrame:
    rows = border.layer("crossings")
    return rows[rows["counted"]] if "counted" in rows else rows


def _statuses(border: Border) -> pd.DataFrame:
    """Mode and status of every counted crossing, of those too whose place is withheld."""
    return pd.concat([_counted(border)[["mode", "status"]], border.withheld])


def _cuts(border: Border, mode: str = "road") -> pd.DataFrame:
    rows = border.layer("cordons")
    chosen = rows[(rows["mode"] == mode) & rows["directed"] & ~rows["third_open"]]
    return chosen[chosen["min_cut_links"].notna()].sort_values("depth_km")


def _sentence(border: Border) -> str:
    length = words.measure(border.layer("border")["ruler_2km_length_km"].iloc[0], "km")
    crossings = _statuses(border)
    roads = (crossings["mode"] == "road") & crossings["status"].isin(OPEN)
    count = words.measure(int(roads.sum()), "crossings")
    said = f"{border.name} is {length} long and has {count} by road"
    cuts = _cuts(border)
    if cuts.empty:
        return f"{said}; how many closures would cut its roads cannot be stated from these data."
    least = cuts.loc[cuts["min_cut_links"].astype(float).idxmin()]
    side = border.to_name if least["depth_km"] > 0 else border.from_name
    depth = numbers.number(abs(least["depth_km"]))
    closures = numbers.number(least["min_cut_links"])
    word = "closure cuts" if closures == "1" else "closures cut"
    return f"{said}; {closures} {word} all its roads {depth} km inside {side}."


def _facts(border: Border) -> Iterator[tuple[str, str]]:
    crossings = _statuses(border)
    for mode in MODES:
        here = crossings[crossings["mode"] == mode]
        if len(here):
            counts = here["status"].value_counts()
            there = [status for status in (*OPEN, *NOT_PASSED) if status in counts]
            said = ", ".join(f"{counts[status]} {_status(status)}" for status in there)
            yield f"Crossings, {mode}", said
    yield from _bypass(border)
    yield from _walking(border)
    yield from _posts(border)
    issues = border.layer("data_issues")
    if len(issues):
        yield "Data issues", f"{numbers.number(len(issues))}, the gravest listed below"


def _status(status: str) -> str:
    return {"unmarked": "with no control mapped", "unknown": "of which nothing is known"}.get(
        status, status
    )


def _bypass(border: Border) -> Iterator[tuple[str, str]]:
    points = border.layer("chokepoints")[["chokepoint_id", "kind", "name"]]
    rows = border.layer("bypasses").drop(columns=["geometry"])
    rows = pd.DataFrame(rows).merge(pd.DataFrame(points), on="chokepoint_id")
    rows = rows[(rows["kind"] == "crossing") & (rows["mode"] == "road")]
    extra = rows["bypass_minutes"] - rows["direct_minutes"]
    if extra.notna().any():
        worst = rows.loc[extra.idxmax()]
        middle, most = numbers.number(extra.median()), numbers.number(extra.max())
        yield (
            "Way round a closed crossing",
            f"{middle} minutes more in the middle case, {most} at {name(worst['name'])}",
        )
    cut_off = int(rows["cut_off"].sum())
    if cut_off:
        yield "Crossings whose closure cuts some travellers off", numbers.number(cut_off)


def _walking(border: Border) -> Iterator[tuple[str, str]]:
    rows = border.layer("border_km")
    if not len(rows):
        return
    if rows["walk_minutes"].notna().any():
        shares = [
            f"{numbers.percent((rows['walk_minutes'] <= minutes).mean())} within {minutes // 60} h"
            for minutes in WALK_MINUTES
        ]
        yield "Line that people walk through, from road to road", ", ".join(shares)
    river = float((rows["kind"] == "river").mean())
    fenced = float(rows["fenced_share"].mean())
    yield "River, fence", f"{numbers.percent(river)} and {numbers.percent(fenced)} of the line"


def _posts(border: Border) -> Iterator[tuple[str, str]]:
    posts = border.layer("posts")
    on = posts[posts["mode"].notna()]
    yield "Control posts on the network", numbers.number(len(on))
    rows = border.layer("border_km")
    if len(rows) and rows["post_minutes"].notna().any():
        share = numbers.percent((rows["post_minutes"] <= 60).mean())
        yield "Line within an hour of a post", share


def _tables(border: Border) -> Iterator[Table]:
    yield _status_table(border)
    yield _stretches(border)
    yield _cut_table(border)
    yield _placement_table(border)
    yield _success_table(border)
    yield issues(border)


def _status_table(border: Border) -> Table:
    """Crossings by status, vehicle and hours."""
    rows = _counted(border)
    shown = []
    for (mode, status), group in rows.groupby(["mode", "status"]):
        vehicles = _tally(group.get("vehicles"))
        hours = int((group["hours"].fillna("") != "").sum()) if "hours" in group else 0
        limited = numbers.number(hours) if hours else "–"
        lanes = numbers.number(group["lanes"].sum())
        shown.append([str(mode), _status(str(status)), str(len(group)), lanes, vehicles, limited])
    of_withheld = border.withheld.groupby(["mode", "status"]).size()
    for (mode, status), count in of_withheld.items():
        shown.append([str(mode), _status(str(status)), str(count), *[numbers.ABSENT] * 3])
    return Table(
        caption=f"Crossings of {border.name} by status, vehicles and hours",
        head=["Mode", "Status", "Crossings", "Lanes", "Vehicles", "With hours"],
        rows=shown,
        numeric=(2, 3, 5),
    )


def _stretches(border: Border) -> Table:
    """How many crossings each stretch has whose places are withheld; none in the local profile."""
    rows = border.stretches
    if rows.empty:
        return Table("", (), ())
    known = rows[rows["informal_crossings"] > 0]
    return Table(
        caption=f"Informal crossings of {border.name}, and paths with no control: counts alone",
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
    return "; ".join(f"{said} ({count})" for said, count in found.head(3).items())


def _cut_table(border: Border) -> Table:
    """The minimum cut by depth, and where its sites are."""
    cuts = _cuts(border)
    points = border.layer("chokepoints")
    found = sites.of_cuts(points, border.layer("chokepoint_links"), border.layer("cut_links"))
    names = points.set_index("chokepoint_id")["name"]
    rows = []
    for row in cuts.to_dict(orient="records"):
        depth = row["depth_km"]
        here = found[
            (found["mode"] == "road") & (found["depth_km"] == depth) & (found["end"] == "to")
        ]
        where = sorted({name(names.get(one)) for one in here["chokepoint_id"]} - {"–"})
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
    """What more posts would stop at the depth that the claims speak of, and what stays open."""
    rows = pd.DataFrame(border.layer("placement_curve"))
    curves = [success_charts.curve(border, model) for model in ("fixed", "randomised")]
    shown = pd.concat(curves) if not rows.empty else rows
    cells = [
        [PLACED[row["model"]], numbers.number(row["n_posts"]), numbers.percent(row["value"], 1),
         numbers.number(row["open_ways"])]
        for row in shown.to_dict(orient="records")
    ]  # fmt: skip
    return Table(
        caption=f"What more posts would stop on {border.name}, by road",
        head=["Posts", "How many", "Chance to be stopped on the best way left", "Ways left open"],
        rows=cells,
        numeric=(1, 2, 3),
        download=csv_of(rows, f"placements-{border.key}.csv"),
    )


def _success_table(border: Border) -> Table:
    """The share stopped over all ranges, and how far each factor moves it."""
    rows = pd.DataFrame(border.layer("success"))
    if rows.empty:
        return Table("", (), ())
    cells = [
        [str(row["demand"]), "all together" if row["factor"] == "all" else str(row["factor"]),
         *(numbers.percent(row[column]) for column in ("s_low", "s_mid", "s_high", "swing")),
         numbers.percent(row["shapley"])]
        for row in rows.to_dict(orient="records")
    ]  # fmt: skip
    return Table(
        caption=f"Share stopped on {border.name}, and what it depends on",
        head=["Demand", "Factor", "Low end", "Middle", "High end", "Swing", "Shapley effect"],
        rows=cells,
        numeric=(2, 3, 4, 5, 6),
        download=csv_of(rows, f"success-{border.key}.csv"),
    )


def issues(border: Border) -> Table:
    """The gravest issues of the data."""
    rows = pd.DataFrame(border.layer("data_issues")).drop(columns=["geometry"], errors="ignore")
    if rows.empty:
        return Table("", (), ())
    order = {"high": 0, "medium": 1, "low": 2}
    rank = rows["severity"].map(lambda s: order.get(str(s), 3)) if "severity" in rows else 0
    gravest = rows.assign(rank=rank).sort_values(["rank", "issue_id"]).drop(columns="rank")
    columns = ["severity", "kind", "text"]
    return Table(
        caption=f"Data issues of {border.name}: the {min(len(rows), MOST_ISSUES)} gravest of "
        f"{numbers.number(len(rows))}",
        head=[c.replace("_", " ").capitalize() for c in columns],
        rows=[[name(row[c]) for c in columns]
              for row in gravest.head(MOST_ISSUES).to_dict(orient="records")],
        download=csv_of(gravest, f"data-issues-{border.key}.csv"),
    )  # fmt: skip
