"""The brief as one A4 page: PDF and PNG, equal bytes for equal input."""

import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.publish import basemap
from pipeline.report.brief import Brief
from pipeline.report.brief_trucks import BY_CROSSING
from pipeline.report.brief_ways import Grid
from pipeline.report.chart_style import BLACK, BLUE, GREY, ORANGE, PNG_DPI, STYLE, VERMILION

WIDTH_IN, HEIGHT_IN = 8.27, 11.69
LEFT, RIGHT = 0.065, 0.935
LINE_IN = 0.155  # from line to line of tables
LETTER_IN = 0.064  # mean width of a letter in a table
BOLD_WIDER = 1.1
FOOT = 0.06  # share of the page below which the credit stands
MOST_MAP_IN, LEAST_MAP_IN = 3.4, 0.9
# Marks distinguish states without colour.
MARKS = {
    "open": (BLUE, "o", 16.0),
    "open to some": (ORANGE, "^", 30.0),
    "restricted": (ORANGE, "D", 22.0),
    "closed": (VERMILION, "X", 34.0),
    "unknown": (GREY, "s", 22.0),
}
# Widths of columns as shares of the page, by what the first is called.
WIDTHS = {
    "Truck going to": (0.14, 0.2, 0.055, 0.085, 0.175, 0.155, 0.05),
    BY_CROSSING: (0.36, 0.15, 0.15, 0.1, 0.11),
    "Vehicle": (0.15, 0.18, 0.18, 0.18, 0.18),
    "Crossing": (0.17, 0.09, 0.25, 0.15, 0.16, 0.05),
}
MOST_LINES = 2  # of a cell
BOLD_COLUMN = {"Truck going to": 1, BY_CROSSING: 0}  # what the table is read for


def draw(brief: Brief, line: gpd.GeoDataFrame, points: pd.DataFrame) -> Figure:
    """The page; `points` are crossings with lon, lat and state, `line` the border."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
        y = 0.975
        figure.text(LEFT, y, _cut(brief.title, 50), fontsize=15, weight="bold", va="top")
        y -= 0.027
        figure.text(LEFT, y, clean(f"As of {brief.day}"), fontsize=11, va="top", color=VERMILION)
        first, *others = brief.grids
        y = _grid(figure, y - 0.026, first, WIDTHS[first.head[0]])
        for grid in others:
            y = _grid(figure, y - 0.012, grid, WIDTHS[grid.head[0]])
        y = _heading(figure, y - 0.012, "In short")
        y = _paragraph(figure, y, brief.paragraph, 110, 8.5)
        for heading, lines in (("What changed since the last snapshot", brief.changed),
                               ("How sure this is", brief.sure)):  # fmt: skip
            y = _heading(figure, y - 0.012, heading)
            for text in lines:
                y = _paragraph(figure, y, _cut(f"• {text}", 110), 110, 8)
        high_in = min((y - FOOT) * HEIGHT_IN - 0.15, MOST_MAP_IN)
        if high_in > LEAST_MAP_IN:
            bottom = y - 0.15 / HEIGHT_IN - high_in / HEIGHT_IN
            box = figure.add_axes((LEFT, bottom, RIGHT - LEFT, high_in / HEIGHT_IN))
            _map(box, line, points, high_in)
        foot = textwrap.wrap(clean(brief.credit), 140, max_lines=4, placeholder=" …")
        figure.text(LEFT, 0.018, "\n".join(foot), fontsize=6, color="#555555", va="bottom")
    return figure


def save(figure: Figure, pdf: Path, png: Path) -> None:
    """Write the page in both formats, without a date and a version."""
    with mpl.rc_context(STYLE | {"pdf.fonttype": 42}), warnings.catch_warnings():
        # A letter that the font lacks shows as a box; the DOCX holds it.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        said = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(pdf, format="pdf", metadata=said)
        figure.savefig(png, format="png", dpi=PNG_DPI, metadata={"Software": None})


def clean(text: str) -> str:
    """A text from data with what cannot be drawn replaced, in one line."""
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
    return " ".join(shown.split())


def _cut(text: str, letters: int) -> str:
    """A text that takes one line."""
    return textwrap.wrap(clean(text), letters, max_lines=1, placeholder="…")[0]


def _heading(figure: Figure, y: float, text: str) -> float:
    figure.text(LEFT, y, _cut(text, 78), fontsize=10, weight="bold", va="top")
    return y - 0.0175


def _paragraph(figure: Figure, y: float, text: str, letters: int, size: float) -> float:
    lines = textwrap.wrap(clean(text), letters)
    figure.text(LEFT, y, "\n".join(lines), fontsize=size, va="top", linespacing=1.3)
    return y - len(lines) * size * 1.38 / 72 / HEIGHT_IN


def _grid(figure: Figure, y: float, grid: Grid, widths: Sequence[float]) -> float:
    y = _heading(figure, y, grid.heading)
    for number, row in enumerate([grid.head, *grid.rows] if grid.rows else []):
        x, deepest = LEFT, 1
        for column, (text, width) in enumerate(zip(row, widths, strict=True)):
            bold = number == 0 or BOLD_COLUMN.get(grid.head[0]) == column
            letters = int(width * WIDTH_IN / (LETTER_IN * (BOLD_WIDER if bold else 1))) - 1
            lines = textwrap.wrap(clean(text), letters, max_lines=MOST_LINES, placeholder="…")
            weight = "bold" if bold else "normal"
            figure.text(x, y, "\n".join(lines), fontsize=8, va="top", weight=weight)
            x, deepest = x + width, max(deepest, len(lines))
        y -= (LINE_IN + (deepest - 1) * 0.125) / HEIGHT_IN
    if grid.note:
        y = _paragraph(figure, y, grid.note, 122, 7.5)
    return y


def _map(axes: Axes, line: gpd.GeoDataFrame, points: pd.DataFrame, high_in: float) -> None:
    west, south, east, north = line.total_bounds
    aspect = 1 / np.cos(np.radians((south + north) / 2))
    room = (RIGHT - LEFT) * WIDTH_IN / high_in
    high = max((north - south) * 1.15, (east - west) * 1.06 / room / aspect, 0.02)
    wide = high * aspect * room
    x, y = (west + east) / 2, (south + north) / 2
    bounds = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    land = basemap.countries(bounds, 0.0)
    axes.set_facecolor("#e8eef4")
    if len(land):
        land.plot(ax=axes, color="#f5f3ee", edgecolor="#bbbbbb", linewidth=0.5)
    line.plot(ax=axes, color=BLACK, linewidth=1.0)
    for state, (colour, marker, size) in MARKS.items():
        here = points[points["state"] == state]
        if len(here):
            axes.scatter(
                here["lon"], here["lat"], s=size, c=colour, marker=marker, zorder=3,
                edgecolors="white", linewidths=0.5, label=f"{state} ({len(here)})",
            )  # fmt: skip
    axes.set_xlim(bounds[0], bounds[2])
    axes.set_ylim(bounds[1], bounds[3])
    axes.set_aspect("auto")
    axes.set_xlabel("")
    axes.set_ylabel("")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color("#bbbbbb")
    if len(points):
        axes.legend(loc="best", fontsize=7.5, frameon=True, framealpha=0.9)
