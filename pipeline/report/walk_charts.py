"""The picture of permeability: how hard each km of either line is to walk through."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.report.borders import Border
from pipeline.report.chart_style import GREY, LOOKS, ORANGE, SKY, STYLE, room, thousands

MINUTES = (0, 15, 30, 60, 120, 240, 480, 960)
DAY_MINUTES = 1440.0
LINEAR_TO = 60  # minutes; beyond, the axis is logarithmic
# Columns of border_km: with obstacles as stated, none, impassable.
TIMES = {
    "walk_minutes": ("obstacles as stated", "-", 1.6),
    "walk_minutes_open": ("obstacles ignored", ":", 1.2),
    "walk_minutes_closed": ("obstacles impassable", "--", 1.2),
}


def permeability(borders: Sequence[Border]) -> Figure | None:
    """Walking through each km of either line, on one axis; barriers; shares of the line.

    None where no walking was measured.
    """
    tables = {border.name: border.layer("border_km") for border in borders}
    known = {
        border: rows.sort_values("border_km")
        for border, rows in tables.items()
        if "walk_minutes" in rows and rows["walk_minutes"].notna().any()
    }
    if not known:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.5, 3.2 + 2.5 * len(known)), layout=room())
        heights = [*[2.4, 0.55] * len(known), 3.0]
        *panels, below = figure.subplots(len(heights), 1, height_ratios=heights)
        longest = max(float(np.nanmax(rows[list(TIMES)])) for rows in known.values())
        farthest = max(rows["border_km"].max() for rows in known.values()) + 1
        pairs = zip(panels[::2], panels[1::2], strict=True)
        drawn = zip(known.items(), pairs, LOOKS, strict=False)
        for (border, rows), (top, strip), (colour, *_) in drawn:
            km = rows["border_km"].to_numpy(float)
            top.plot(km, rows["walk_minutes"].to_numpy(float), color=colour, lw=1.0,
                     drawstyle="steps-mid", label=border)  # fmt: skip
            top.set_title(border, fontsize=10, fontweight="bold", loc="left", color=colour)
            top.set_ylabel("least walking from\nroad to road, minutes", fontsize=8)
            _minutes(top, "y", longest)
            _obstacles(strip, rows, km)
            for ax in (top, strip):
                ax.set_xlim(0, farthest)
                ax.xaxis.set_major_formatter(thousands)
            top.tick_params(labelbottom=False)
            strip.tick_params(labelbottom=strip is panels[-1])
            _shares(below, border, rows, colour)
        panels[-1].set_xlabel(
            "km along the line from its western end; river, fence, no way through in a day"
        )
        _minutes(below, "x", longest)
        below.set_ylim(0, 100)
        below.set_ylabel("share of the line\nwalked through, %")
        below.set_xlabel("within minutes (log scale above 60); obstacles are rivers and fences")
        ways = [Line2D([], [], color=GREY, ls=line, lw=width, label=name)
                for name, line, width in TIMES.values()]  # fmt: skip
        below.legend(handles=ways, loc="upper left", fontsize=7.5)
    return figure


def _obstacles(ax: Axes, rows: pd.DataFrame, km: Any) -> None:
    """River, fence, and where there is no way through within a day, as a strip."""
    parts = ((rows["kind"] == "river", SKY), (rows["walk_minutes"].isna(), GREY))
    for (there, colour), bottom in zip(parts, (1.35, 0.05), strict=True):
        ax.fill_between(km, bottom, bottom + 0.6, where=there.to_numpy(), color=colour,
                        step="mid", lw=0)  # fmt: skip
    fenced = rows["fenced_share"].to_numpy(float)
    ax.fill_between(km, 0.7, 0.7 + 0.6 * fenced, color=ORANGE, step="mid", lw=0)
    ax.set_yticks([0.35, 1.0, 1.65], ["no way", "fence", "river"], fontsize=6)
    ax.set_ylim(0, 2)
    ax.grid(visible=False)


def _shares(ax: Axes, border: str, rows: pd.DataFrame, colour: str) -> None:
    """Share of the line's km walked through within so many minutes, obstacles in three ways."""
    for column, (name, line, width) in TIMES.items():
        walked = np.sort(rows[column].dropna().to_numpy(float))
        share = np.arange(1, len(walked) + 1) / len(rows) * 100
        # From zero to the end of the axis; km that take longer than a day are in no step.
        minutes = np.concatenate([[0.0], walked, [DAY_MINUTES]])
        shares = np.concatenate([[0.0], share, share[-1:] if len(share) else [0.0]])
        ax.plot(minutes, shares, color=colour, ls=line, lw=width, drawstyle="steps-post",
                label=f"{border}, {name}")  # fmt: skip
        if line == "-":
            ax.annotate(border, (1, shares[-1]), xycoords=("axes fraction", "data"),
                        xytext=(4, 0), textcoords="offset points", va="center", fontsize=8,
                        color=colour)  # fmt: skip


def _minutes(ax: Axes, axis: str, longest: float) -> None:
    scale, ticks, limits = (
        (ax.set_yscale, ax.set_yticks, ax.set_ylim)
        if axis == "y"
        else (ax.set_xscale, ax.set_xticks, ax.set_xlim)
    )
    scale("symlog", linthresh=LINEAR_TO)
    shown = [minute for minute in MINUTES if minute <= max(longest, LINEAR_TO)]
    ticks(shown, [str(minute) for minute in shown])
    one = ax.yaxis if axis == "y" else ax.xaxis
    one.set_minor_locator(mpl.ticker.NullLocator())
    limits(0, 1.15 * max(longest, LINEAR_TO))
