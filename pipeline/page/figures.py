"""The report's pictures as HTML: drawn, saved beside the page, described in words."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.page import charts
from pipeline.page.htmltable import text

MODES = ("road", "rail", "foot")
Layer = Callable[[str], pd.DataFrame]


def figure(drawn: Any, stem: Path, alt: str, caption: str, credit: str) -> str:
    """A picture in the page and, as SVG and PNG, under the path `stem`."""
    source = charts.save(drawn, stem, short_credit(credit))
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
    cordons = {border: layer("cordons") for border, layer in borders.items()}
    ranges = _ranges(comparison)
    for mode in MODES:
        drawn = charts.profile(cordons, mode, ranges)
        if drawn is not None:
            caption = f"Depth profile, {mode}: F(D) and its companions behind each border"
            yield figure(drawn, pictures / f"profile-{mode}", _said(cordons, mode), caption, credit)
    closed = {border: layer("closures") for border, layer in borders.items()}
    closed = {border: rows for border, rows in closed.items() if "demand_stopped_share" in rows}
    for mode in MODES:
        drawn = charts.closures(closed, mode)
        if drawn is not None:
            caption = f"Closures in the best order, {mode}: demand stopped by k closed crossings"
            alt = f"Share of {mode} demand stopped against the number of crossings closed."
            yield figure(drawn, pictures / f"closures-{mode}", alt, caption, credit)
    for border, layer in borders.items():
        drawn = charts.permeability(border, layer("border_km"))
        if drawn is not None:
            caption = f"Permeability of {border}: least walking through each km of the line"
            alt = f"Walking minutes from road to road by km of {border}; rivers and fences below."
            yield figure(drawn, pictures / f"permeability-{border}", alt, caption, credit)


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
