"""The pictures of the report: drawn, saved next to the page, each with what it shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from pipeline.core import numbers
from pipeline.core.frames import records
from pipeline.core.modes import MODES
from pipeline.measures import cost
from pipeline.measures.cost_effects import WALKS, walking
from pipeline.report import (
    chart_style,
    closing_charts,
    cost_charts,
    ground_charts,
    success_charts,
    walk_charts,
    words,
)
from pipeline.report.borders import Border

# Which picture a claim's section shows; all others are behind "more".
OF_CLAIM = {"closures-road": "C2a", "profile-road": "C2b", "costs": "C3", "cost-effects": "C3",
            "success": "C4", "placements": "C5", "routes-road": "C6"}  # fmt: skip
WALKED_SHARE = 0.01  # with fewer points there is a sentence instead of a curve
# A figure or None, the name of its files, its caption, and what it shows.
Drawn = tuple[Figure | None, str, str, str]


@dataclass(frozen=True)
class Picture:
    """A picture in the page; without a `source` there is only the sentence."""

    caption: str
    says: str
    file: str = ""
    source: str = ""


def saved(drawn: Figure, stem: Path, caption: str, says: str, credit: str) -> Picture:
    """The figure saved as SVG and PNG with the path `stem`, and for the page."""
    return Picture(caption, says, stem.name, chart_style.save(drawn, stem, credit))


def pictures_of(
    borders: Sequence[Border], comparison: pd.DataFrame, pictures: Path, credit: str
) -> dict[str, Picture]:
    """Every picture that can be drawn from the layers of these borders, by file name."""
    found = {}
    for drawn, stem, caption, says in (
        *_profiles(borders, comparison),
        *_closings(borders),
        *_routes(borders),
        _costs(borders),
        _cost_effects(borders),
        _success(borders),
        _placements(borders),
        _permeability(borders),
    ):
        if drawn is not None:
            found[stem] = saved(drawn, pictures / stem, caption, says, credit)
        elif says:
            found[stem] = Picture(caption, says)
    return found


def by_claim(found: dict[str, Picture]) -> tuple[dict[str, list[Picture]], list[Picture]]:
    """The pictures of each claim, and all the others."""
    claims: dict[str, list[Picture]] = {}
    for stem, claim in OF_CLAIM.items():
        if stem in found:
            claims.setdefault(claim, []).append(found[stem])
    return claims, [picture for stem, picture in found.items() if stem not in OF_CLAIM]


def _profiles(borders: Sequence[Border], comparison: pd.DataFrame) -> Iterator[Drawn]:
    ranges = _ranges(comparison)
    for mode in MODES:
        drawn = ground_charts.profile(borders, mode, ranges)
        caption = f"Minimum cut by depth behind the border, {mode}"
        yield drawn, f"profile-{mode}", caption, _cuts_sentence(borders, mode)


def _closings(borders: Sequence[Border]) -> Iterator[Drawn]:
    for mode in MODES:
        caption = f"Demand stopped by closing the best crossings, {mode}"
        drawn = closing_charts.closures(borders, mode)
        yield drawn, f"closures-{mode}", caption, _closures_sentence(borders, mode)
        caption = f"The same closures if people walk round a closed crossing, {mode}"
        sentence, curves = _on_foot_sentence(borders, mode)
        walked = closing_charts.on_foot(borders, mode) if curves else None
        yield walked, f"closures-on-foot-{mode}", caption, sentence


def _closures_sentence(borders: Sequence[Border], mode: str) -> str:
    parts = []
    for border in borders:
        curve = closing_charts.curve(border, mode)
        marked = closing_charts.closings_marked(curve)
        half = next((k for k, shares in marked.items() if 0.5 in shares), None)
        if half is not None:
            word = "closure" if half == 1 else "closures"
            parts.append(f"{half} {word} on the {border.name} border")
    return f"Half of {mode} demand is stopped by {words.joined(parts)}." if parts else ""


def _on_foot_sentence(borders: Sequence[Border], mode: str) -> tuple[str, bool]:
    """What closing all crossings stops if people walk, and whether there is a curve to draw."""
    parts, most = [], 0.0
    for border in borders:
        here = closing_charts.through_on_foot(border, mode)
        walked = here[here["within_minutes"] > 0]
        if walked.empty:
            continue
        most = max(most, float(walked["demand_stopped_share"].max()))
        last = walked[walked["k"] == walked["k"].max()].sort_values("within_minutes")
        first = last.iloc[0]
        share = numbers.percent(first["demand_stopped_share"])
        parts.append(f"{share} on {border.name} if people walk {first['within_minutes']} minutes")
    if not parts:
        return "", False
    return f"Closing all {mode} crossings stops {words.joined(parts)}.", most > WALKED_SHARE


def _routes(borders: Sequence[Border]) -> Iterator[Drawn]:
    for mode in MODES:
        parts = []
        for border in borders:
            table = border.layer("routes")
            for pair, rows in table[table["mode"] == mode].groupby("pair"):
                routes = "route" if len(rows) == 1 else "routes"
                parts.append(f"{pair} {len(rows)} {routes}")
        caption = f"Link-disjoint routes between named cities, {mode}"
        drawn = closing_charts.routes(borders, mode)
        yield (
            drawn,
            f"routes-{mode}",
            caption,
            f"Drawn within twice the fastest: {words.joined(parts)}." if parts else "",
        )


def _costs(borders: Sequence[Border]) -> Drawn:
    parts = []
    for border in borders:
        rows = border.layer("costs")
        middle = rows[(rows["level"] == "mid") & (rows["wages"] == "same")]
        posts = middle[middle["scenario"] == "posts on every crossing"]["cost_musd"].dropna()
        if len(posts):
            musd = float(posts.iloc[0])
            cost = words.measure(musd / 1000, "bn USD") if musd else "nothing more"
            parts.append(f"{cost} on {border.name}")
    caption = "What closing would cost by posts or fence"
    says = (
        f"Posts on every crossing cost {words.joined(parts)} at middle unit costs." if parts else ""
    )
    drawn = cost_charts.costs(borders)
    return drawn, "costs", caption, says if drawn is not None else ""


def _cost_effects(borders: Sequence[Border]) -> Drawn:
    parts = []
    for border in borders:
        rows = border.layer("cost_effects")
        every = rows[rows["scenario"].eq(cost.EVERY) & rows["walking"].eq(walking(WALKS[1]))]
        known = every[every["stopped_share"].notna()]
        shares = {row["demand"]: numbers.percent(row["stopped_share"]) for row in records(known)}
        if len(shares) > 1 and len(set(shares.values())) == 1:
            shares = {"either": next(iter(shares.values()))}
        if shares:
            shares_text = " and ".join(
                f"{share} of {demand} demand" for demand, share in shares.items()
            )
            parts.append(f"{shares_text} on {border.name}")
    caption = "What posts on every crossing stop of each demand, and what 1 % of it costs"
    says = (
        f"Where people walk {WALKS[1]} minutes round a closed crossing, they stop "
        f"{words.joined(parts)}."
        if parts
        else ""
    )
    drawn = cost_charts.effects(borders)
    return drawn, "cost-effects", caption, says if drawn is not None else ""


def _success(borders: Sequence[Border]) -> Drawn:
    parts = []
    for border in borders:
        rows = success_charts.stopped(border)
        if "all" in rows.index:
            factors = rows.drop(index="all")
            most = success_charts.FACTORS[str(factors["swing"].idxmax())]
            parts.append(f"{most} on {border.name}")
    caption = "What success depends on: each factor at its low end (ring) and high end (dot)"
    says = f"The share stopped changes most with {words.joined(parts)}." if parts else ""
    drawn = success_charts.swings(borders)
    return drawn, "success", caption, says if drawn is not None else ""


def _placements(borders: Sequence[Border]) -> Drawn:
    parts = []
    for border in borders:
        rows = success_charts.curve(border, "fixed")
        if len(rows):
            last = rows.iloc[-1]
            share = numbers.percent(last["value"])
            parts.append(f"{share} with {last['n_posts']} on {border.name}")
    caption = "What more posts would stop: known to travellers, or moving unpredictably"
    says = f"New posts that travellers know of stop {words.joined(parts)}." if parts else ""
    drawn = success_charts.placements(borders)
    return drawn, "placements", caption, says if drawn is not None else ""


def _permeability(borders: Sequence[Border]) -> Drawn:
    parts = []
    for border in borders:
        rows = border.layer("border_km")
        if len(rows) and rows["walk_minutes"].notna().any():
            share = float((rows["walk_minutes"] <= 180).mean())
            parts.append(f"{numbers.percent(share)} of {border.name}")
    caption = "Walking over each kilometre of the border, from road to road"
    says = f"Within three hours, people can walk over {words.joined(parts)}." if parts else ""
    drawn = walk_charts.permeability(borders)
    return drawn, "permeability", caption, says if drawn is not None else ""


def _ranges(comparison: pd.DataFrame) -> pd.DataFrame:
    """Least and greatest F(D) over its choices, by border, mode and depth."""
    found = comparison["measure"].str.extract(r"^min_cut_links_at_([+-][\d.]+)_km$")[0]
    rows = comparison.assign(depth_km=found.astype(float))[found.notna()]
    return rows[rows["low"].notna()]


def _cuts_sentence(borders: Sequence[Border], mode: str) -> str:
    """Where the minimum cut is least on each side."""
    parts = []
    for border in borders:
        stated = ground_charts.stated(border, mode)
        if stated.empty:
            continue
        least = stated.iloc[int(stated["min_cut_links"].to_numpy(float).argmin())]
        cut = words.measure(least["min_cut_links"], "links")
        at = numbers.depth(least["depth_km"])
        near = stated.iloc[int(stated["depth_km"].abs().to_numpy().argmin())]
        first = words.measure(near["min_cut_links"], "links")
        parts.append(f"from {first} near the line to {cut} at {at} on {border.name}")
    return f"Fewest {mode} closures run {words.joined(parts)}." if parts else ""
