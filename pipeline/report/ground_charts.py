"""The picture of the minimum cut by depth, with the unguarded routes, the second line and width."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.borders import Border
from pipeline.report.chart_style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    SKY,
    STYLE,
    VERMILION,
    room,
    thousands,
)

# The columns of cordons that are drawn: label, colour, marker, line, place of its label.
CURVES = {
    "min_cut_links": ("minimum cut F(D)", BLUE, "o", "-"),
    "second_line_links": ("second line H(D)", GREEN, "^", "-."),
    "unguarded_links": ("unguarded routes G(D)", VERMILION, "s", "--"),
}
LABEL_ROOM = 0.075  # of the axis between two labels
DEPTH_ROOM = 0.1
LABEL_IN = 1.5


def stated(border: Border, mode: str) -> pd.DataFrame:
    """The headline rows of a mode where F(D) is stated, by depth."""
    rows = border.layer("cordons")
    chosen = rows[(rows["mode"] == mode) & rows["directed"] & ~rows["third_open"]]
    return chosen[chosen["min_cut_links"].notna()].sort_values("depth_km")


def profile(borders: Sequence[Border], mode: str, ranges: pd.DataFrame) -> Figure | None:
    """F(D), G(D) and H(D) by signed depth, one panel for each border on common axes.

    Below is W(D), the width of the land there, where a coastline is known. `ranges` has border,
    mode, depth_km, low, high of F(D) over the choices it depends on. A border without F(D) has no
    panel.
    """
    known = {border: rows for border in borders if len(rows := stated(border, mode))}
    if not known:
        return None
    wide = any(rows["front_width_km"].notna().any() for rows in known.values())
    with mpl.rc_context(STYLE):
        width_in = 4.2 * max(len(known), 1.5) + LABEL_IN
        height_in = 5.4 if wide else 4.0
        figure = Figure(figsize=(width_in, height_in), layout=room(LABEL_IN / width_in))
        grid = figure.subplots(
            1 + wide, len(known), sharex=True, sharey="row", squeeze=False,
            height_ratios=(3, 1)[: 1 + wide],
        )  # fmt: skip
        depths = sorted({0.0}.union(*(rows["depth_km"] for rows in known.values())))
        _depth_axis(grid[0][0], depths)
        most = max(
            [
                float(rows[c].max())
                for rows in known.values()
                for c in CURVES
                if rows[c].notna().any()
            ]
            + _of(ranges, [border.key for border in known], mode)["high"].tolist()
        )
        for at, (border, rows) in enumerate(known.items()):
            ends = _panel(grid[0][at], border, rows, _of(ranges, [border.key], mode), most)
            if at == len(known) - 1:
                _labels(grid[0][at], ends, 1.17 * max(most, 1))
            grid[-1][at].set_xlabel(
                f"km behind the line\n← {border.from_name}    {border.to_name} →", fontsize=8
            )
        grid[0][0].set_ylabel(f"{mode} links to close")
        for ax, rows in zip(grid[1] if wide else (), known.values(), strict=wide):
            _curve(ax, rows, "front_width_km", (BLACK, "v", "-"))
            ax.axvline(0, color=BLACK, lw=1)
        if wide:
            widest = max(float(rows["front_width_km"].max()) for rows in known.values())
            grid[1][0].set_ylabel("front width\nW(D), km")
            grid[1][0].yaxis.set_major_formatter(thousands)
            grid[1][0].set_ylim(-0.06 * widest, 1.15 * widest)
    return figure


def _of(ranges: pd.DataFrame, keys: list[str], mode: str) -> pd.DataFrame:
    """The ranges of these borders and this mode, by depth."""
    return ranges[ranges["border"].isin(keys) & (ranges["mode"] == mode)].sort_values("depth_km")


def _panel(
    ax: Axes, border: Border, rows: pd.DataFrame, spread: pd.DataFrame, most: float
) -> list[tuple[float, str, str]]:
    """Draw the curves of a border; returns the end, label and colour of each."""
    for side in (spread[spread["depth_km"] < 0], spread[spread["depth_km"] > 0]):
        ax.fill_between(side["depth_km"].astype(float), side["low"].astype(float),
                        side["high"].astype(float), color=SKY, alpha=0.3, lw=0)  # fmt: skip
    ends: list[tuple[float, str, str]] = []
    for column, (label, colour, marker, line) in CURVES.items():
        _curve(ax, rows, column, (colour, marker, line))
        last = rows[rows[column].notna()]
        if len(last):
            ends.append((float(last[column].iloc[-1]), label, colour))
    ax.axvline(0, color=GREY, lw=1)
    # Zero is a finding: its markers are drawn completely above the edge of the panel.
    ax.set_ylim(-0.05 * max(most, 1), 1.12 * max(most, 1))
    ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True, min_n_ticks=3))
    ax.set_title(border.name, fontsize=10, fontweight="bold", loc="left")
    return ends


def _labels(ax: Axes, ends: list[tuple[float, str, str]], height: float) -> None:
    """Each curve's name next to its right end, moved up if two would overlap."""
    lowest = -np.inf
    for value, label, colour in sorted(ends):
        at = max(value, lowest + LABEL_ROOM * height)
        lowest = at
        text = ax.annotate(label, (1.02, at), xycoords=("axes fraction", "data"), color=colour,
                           fontsize=8, va="center", annotation_clip=False)  # fmt: skip
        text.set_in_layout(False)


def _curve(ax: Axes, rows: pd.DataFrame, column: str, look: tuple[str, str, str]) -> None:
    """A column by depth where it is known, for each side of the line."""
    colour, marker, line = look
    known = rows[rows[column].notna()]
    for side in (known[known["depth_km"] < 0], known[known["depth_km"] > 0]):
        (drawn,) = ax.plot(side["depth_km"].astype(float), side[column].astype(float),
                           color=colour, ls=line, marker=marker, ms=5, lw=1.6, clip_on=False,
                           label=column)  # fmt: skip
        drawn.set_in_layout(False)


def _depth_axis(ax: Axes, depths: list[float]) -> None:
    """Depths are close together near the line: a square root spreads them; with labels that fit."""
    ax.set_xscale("function", functions=(_signed_root, _signed_square))
    span = float(_signed_root(max(depths)) - _signed_root(min(depths))) or 1.0
    kept = [0.0]
    for depth in sorted(depths, key=lambda d: (abs(d), d)):
        at = _signed_root(depth)
        if all(abs(at - _signed_root(other)) >= DEPTH_ROOM * span for other in kept):
            kept.append(depth)
    ticks = sorted(kept)
    labels = [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in ticks]
    ax.set_xticks(ticks, labels, fontsize=7.5)
    ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())


def _signed_root(values: Any) -> Any:
    return np.sign(values) * np.sqrt(np.abs(values))


def _signed_square(values: Any) -> Any:
    return np.sign(values) * np.square(values)
