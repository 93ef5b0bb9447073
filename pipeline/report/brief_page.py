"""The brief as one A4 page: PDF and PNG, equal bytes for equal input."""

import re
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.report import brief_map
from pipeline.report.brief import Brief
from pipeline.report.brief_trucks import BY_CROSSING
from pipeline.report.brief_ways import Grid
from pipeline.report.chart_style import PNG_DPI, STYLE, VERMILION

WIDTH_IN, HEIGHT_IN = 8.27, 11.69
LEFT, RIGHT = 0.065, 0.935
LETTER_IN = 0.066  # mean width of a letter in a table at full size
BOLD_WIDER = 1.1
FOOT = 0.06  # share of the page, from its bottom, for the credit
# Size of all text, and most lines of a cell (four lines hold names of seventy letters): the first
# pair with which everything fits on the page.
FITS = ((1.0, 4), (0.95, 4), (0.9, 4), (0.85, 4), (0.8, 4), (0.8, 3), (0.75, 2), (0.7, 2), (0.6, 2))
# Widths of columns as shares of the page, by the title of the first.
WIDTHS = {
    "Truck going to": (0.125, 0.18, 0.06, 0.085, 0.18, 0.165, 0.075),
    BY_CROSSING: (0.36, 0.15, 0.15, 0.1, 0.11),
    "Vehicle": (0.075, 0.065, 0.105, 0.075, 0.08),
    "Crossing": (0.18, 0.095, 0.215, 0.145, 0.16, 0.075),
}
BOLD_COLUMN = {"Truck going to": 1, BY_CROSSING: 0}  # the most important column
COUNTS_WIDTH, MAP_LEFT = 0.4, 0.495  # counts are next to the map
MOST_MAP_IN, LEAST_MAP_IN, LEGEND_IN = 2.3, 1.35, 0.42


@dataclass
class Pen:
    """The place of the next text, in inches from the top of the page, and the size of all text."""

    figure: Figure
    size: float
    most_lines: int  # of a cell
    down_in: float = 0.3

    def lines(self, x: float, texts: Sequence[str], points: float, **style: Any) -> float:
        """Draw lines of text below each other from the pen on; returns their height."""
        step_in = 1.32 * points * self.size / 72
        for number, text in enumerate(texts):
            # Each line separately: a text of two lines would not begin where a text of one does.
            base_in = self.down_in + (number + 0.78) * step_in
            self.figure.text(x, 1 - base_in / HEIGHT_IN, text, fontsize=points * self.size,
                             va="baseline", **style)  # fmt: skip
        return len(texts) * step_in


def draw(brief: Brief, line: gpd.GeoDataFrame, points: pd.DataFrame) -> Figure:
    """The page; `points` are crossings with lon, lat, name and state, `line` the border."""
    with mpl.rc_context(STYLE):
        for size, most_lines in FITS:
            pen = Pen(Figure(figsize=(WIDTH_IN, HEIGHT_IN)), size, most_lines)
            _page(pen, brief, line, points)
            if pen.down_in <= (1 - FOOT) * HEIGHT_IN:
                break
        foot = textwrap.wrap(clean(brief.credit), 140, max_lines=4, placeholder=" …")
        pen.figure.text(LEFT, 0.018, "\n".join(foot), fontsize=6, color="#555555", va="bottom")
    return pen.figure


def save(figure: Figure, pdf: Path, png: Path) -> None:
    """Write the page in both formats, without a date and a version."""
    with mpl.rc_context(STYLE | {"pdf.fonttype": 42}), warnings.catch_warnings():
        # A letter that the font lacks is shown as a box; the DOCX contains it.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        metadata = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(pdf, format="pdf", metadata=metadata)
        figure.savefig(png, format="png", dpi=PNG_DPI, metadata={"Software": None})


def clean(text: str) -> str:
    """A text from data in one line, with characters that cannot be drawn replaced."""
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
    return " ".join(shown.split())


def _page(pen: Pen, brief: Brief, line: gpd.GeoDataFrame, points: pd.DataFrame) -> None:
    pen.down_in += pen.lines(LEFT, [_cut(brief.title, 50)], 15, weight="bold")
    dated = [clean(f"As of {brief.day}")]
    pen.down_in += pen.lines(LEFT, dated, 11, color=VERMILION) + 0.03
    for text in brief.now:
        _paragraph(pen, text, 116, 8.5)
    pen.down_in += 0.1
    trucks, stated, counts = brief.grids
    for grid in (trucks, stated):
        _grid(pen, grid, RIGHT - LEFT)
        pen.down_in += 0.12
    top_in = pen.down_in
    _grid(pen, counts, COUNTS_WIDTH)
    counted_in, pen.down_in = pen.down_in, top_in
    _map(pen, line, points)
    pen.down_in = max(pen.down_in, counted_in) + 0.08
    for heading, lines in (("What changed since the last snapshot", brief.changed),
                           ("How sure this is", brief.sure)):  # fmt: skip
        _heading(pen, heading)
        for text in lines:
            _paragraph(pen, f"• {text}", 124, 8)
        pen.down_in += 0.1
    _heading(pen, "In short")
    _paragraph(pen, brief.paragraph, 124, 8)


def _cut(text: str, letters: int) -> str:
    """Draw a text of one line."""
    return textwrap.wrap(clean(text), letters, max_lines=1, placeholder="…")[0]


def _heading(pen: Pen, text: str, x: float = LEFT, letters: int = 78) -> None:
    pen.down_in += pen.lines(x, [_cut(text, letters)], 10, weight="bold") + 0.02


def _paragraph(pen: Pen, text: str, letters: int, points: float) -> None:
    wrapped = textwrap.wrap(clean(text), int(letters / pen.size))
    pen.down_in += pen.lines(LEFT, wrapped, points)


def _grid(pen: Pen, grid: Grid, wide: float) -> None:
    """Draw a table: cells begin at the top of their row, and thin lines separate rows."""
    _heading(pen, grid.heading, letters=int(78 * wide / (RIGHT - LEFT)))
    for number, row in enumerate([grid.head, *grid.rows] if grid.rows else []):
        x, deepest_in = LEFT, 0.0
        pen.down_in += 0.025
        for column, (text, width) in enumerate(zip(row, WIDTHS[grid.head[0]], strict=True)):
            bold = number == 0 or BOLD_COLUMN.get(grid.head[0]) == column
            letter_in = LETTER_IN * pen.size * (BOLD_WIDER if bold else 1)
            letters = max(int(width * WIDTH_IN / letter_in) - 1, 1)
            cell = textwrap.wrap(
                _kept_together(text), letters, max_lines=pen.most_lines, placeholder="…"
            )
            weight = "bold" if bold else "normal"
            deepest_in = max(deepest_in, pen.lines(x, cell, 8, weight=weight))
            x += width
        pen.down_in += deepest_in + 0.015
        _rule(pen, wide, "#555555" if number == 0 else "#cccccc")
    if grid.note:
        pen.down_in += 0.03
        letters = int(132 * wide / (RIGHT - LEFT))
        _paragraph(pen, grid.note, letters, 7.5)


def _kept_together(text: str) -> str:
    """A cell's text with no line break inside a date (27 November) or a place (km 39.4)."""
    return re.sub(r"\b\d{1,2} (?=[A-Z])|\(km ", lambda found: found[0][:-1] + "\u00a0", clean(text))


def _rule(pen: Pen, wide: float, colour: str) -> None:
    y = 1 - pen.down_in / HEIGHT_IN
    pen.figure.add_artist(Line2D([LEFT, LEFT + wide], [y, y], color=colour, linewidth=0.5))


def _map(pen: Pen, line: gpd.GeoDataFrame, points: pd.DataFrame) -> None:
    """Draw the map at the right: as high as the border needs, between two limits."""
    _heading(pen, "Crossings today, for trucks", MAP_LEFT, 40)
    wide_in = (RIGHT - MAP_LEFT) * WIDTH_IN
    box, aspect = brief_map.bounds(line, wide_in / LEAST_MAP_IN)
    high_in = wide_in * aspect
    # A border that is higher than there is room for gets a narrower map, not a smaller scale.
    shown_in = min(high_in, MOST_MAP_IN)
    width = (RIGHT - MAP_LEFT) * shown_in / high_in
    bottom = 1 - (pen.down_in + shown_in) / HEIGHT_IN
    axes = pen.figure.add_axes((MAP_LEFT, bottom, width, shown_in / HEIGHT_IN))
    brief_map.draw(axes, line, points, box)
    pen.down_in += shown_in + LEGEND_IN
