"""The report's pictures as HTML: drawn, saved beside the page, described in words."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from pipeline.core.modes import MODES
from pipeline.report import chart_style, closing_charts, ground_charts, walk_charts
from pipeline.report.tables import text

Layer = Callable[[str], pd.DataFrame]
# A figure or none, the name of its files, what it shows in words, and its caption.
Picture = tuple[Figure | None, str, str, str]


def figure(drawn: Figure, stem: Path, alt: str, caption: str, credit: str) -> str:
    """A picture in the page and, as SVG and PNG, under the path `stem`."""
    source = chart_style.save(drawn, stem, short_credit(credit))
    return (
        f'<figure><div class="scroll" role="region" tabindex="0" aria-label="{text(caption)}">'
        f'<img alt="{text(alt)}" src="{source}"></div>'
        f"<figcaption>{text(caption)}. <small>Also as pictures/{text(stem.name)}.svg and .png. "
        f"{text(short_credit(credit))}</small></figcaption></figure>"
    )


def short_credit(credit: str) -> str:
    """The credit on one line of a picture; the page and the GeoPackage state it whole."""
    return credit if len(credit) <= 110 else f"{credit[:107].rsplit(' ', 1)[0]} …"


def pictures_of(
    borders: dict[str, Layer], comparison: pd.DataFrame, pictures: Path, credit: str
) -> Iterator[str]:
    """Every picture that the layers of these borders allow."""
    for drawn, stem, alt, caption in (
        *_profiles(borders, comparison),
        *_closings(borders),
        *_routes(borders),
        _costs(borders),
        _permeability(borders),
    ):
        if drawn is not None:
            yield figure(drawn, pictures / stem, alt, caption, credit)


def _profiles(borders: dict[str, Layer], comparison: pd.DataFrame) -> Iterator[Picture]:
    cordons = {border: layer("cordons") for border, layer in borders.items()}
    ranges = _ranges(comparison)
    for mode in MODES:
        caption = f"Depth profile, {mode}: F(D) and its companions behind each border"
        drawn = ground_charts.profile(cordons, mode, ranges)
        yield drawn, f"profile-{mode}", _said(cordons, mode), caption


def _closings(borders: dict[str, Layer]) -> Iterator[Picture]:
    closed = {border: layer("closures") for border, layer in borders.items()}
    walked = {border: layer("closures_on_foot") for border, layer in borders.items()}
    for mode in MODES:
        caption = f"Closures in the best order, {mode}: demand stopped by k closed crossings"
        alt = f"Share of {mode} demand stopped against the number of crossings closed."
        yield closing_charts.closures(closed, mode), f"closures-{mode}", alt, caption
        caption = f"The same closures where people walk round a closed crossing, {mode}"
        alt = f"Share of {mode} demand that closing all stops: {_said_on_foot(walked, mode)}."
        yield closing_charts.on_foot(walked, mode), f"closures-on-foot-{mode}", alt, caption


def _said_on_foot(tables: dict[str, pd.DataFrame], mode: str) -> str:
    said = []
    for border, rows in tables.items():
        here = rows[rows["mode"] == mode]
        last = here[here["k"] == here["k"].max()].sort_values("within_minutes")
        shares = ", ".join(
            f"{share:.0%} with {within} minutes of walking allowed"
            for within, share in zip(
                last["within_minutes"], last["demand_stopped_share"], strict=True
            )
        )
        said.append(f"{border}: {shares or 'not stated'}")
    return "; ".join(said)


def _routes(borders: dict[str, Layer]) -> Iterator[Picture]:
    tables = {border: layer("routes") for border, layer in borders.items()}
    for mode in MODES:
        said = [
            f"{pair}: {len(rows)} routes, {rows['total_minutes'].max():.0f} minutes together"
            for table in tables.values()
            for pair, rows in table[table["mode"] == mode].groupby("pair")
        ]
        caption = f"Routes that share no link, {mode}: least minutes of k together, and of one more"
        alt = f"Minutes against the number of {mode} routes. {'; '.join(said)}."
        yield closing_charts.routes(tables, mode), f"routes-{mode}", alt, caption


def _costs(borders: dict[str, Layer]) -> Picture:
    tables = {border: layer("costs") for border, layer in borders.items()}
    said = [
        f"{border}, {row['scenario']}: {row['cost_musd']:,.0f}"
        for border, rows in tables.items()
        for row in rows[(rows["level"] == "mid") & (rows["wages"] == "same")].to_dict("records")
        if pd.notna(row["cost_musd"])
    ]
    caption = "What closing would cost by posts or fence, at low, middle and high unit costs"
    alt = f"Million USD at middle unit costs. {'; '.join(said)}."
    return closing_charts.costs(tables), "costs", alt, caption


def _permeability(borders: dict[str, Layer]) -> Picture:
    caption = "Permeability: least walking from road to road through each km of the line"
    alt = "Walking minutes by km of each line, and the share of it walked through within a time."
    tables = {border: layer("border_km") for border, layer in borders.items()}
    return walk_charts.permeability(tables), "permeability", alt, caption


def _ranges(comparison: pd.DataFrame) -> pd.DataFrame:
    """Least and greatest F(D) over its choices, by border, mode and depth."""
    found = comparison["measure"].str.extract(r"^min_cut_links_at_([+-][\d.]+)_km$")[0]
    rows = comparison.assign(depth_km=found.astype(float))[found.notna()]
    return rows[rows["low"].notna()]


def _said(cordons: dict[str, pd.DataFrame], mode: str) -> str:
    """The headline curve in words, for those who do not see the picture."""
    said = []
    for border, rows in cordons.items():
        chosen = rows[(rows["mode"] == mode) & rows["directed"] & ~rows["third_open"]]
        stated = chosen[chosen["min_cut_links"].notna()].sort_values("depth_km")
        values = ", ".join(
            f"{cut} at {depth:+g} km"
            for cut, depth in zip(stated["min_cut_links"], stated["depth_km"], strict=True)
        )
        said.append(f"{border}: {values or 'not stated'}")
    return f"Fewest {mode} links to close, F(D): {'; '.join(said)}."
