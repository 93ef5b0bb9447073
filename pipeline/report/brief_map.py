"""The map of a brief: the border, and its crossings by their state for trucks today."""

import textwrap

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline.publish import basemap
from pipeline.report.chart_style import BLACK, BLUE, GREY, ORANGE, VERMILION

NOT_FOR_TRUCKS = "not for trucks"
# Marks distinguish states without colour.
MARKS = {
    NOT_FOR_TRUCKS: ("#bbbbbb", "o", 7.0),
    "open": (BLUE, "o", 16.0),
    "restricted": (ORANGE, "D", 22.0),
    "closed": (VERMILION, "X", 34.0),
    "unknown": (GREY, "s", 22.0),
}
MARGIN_SHARE = 0.06  # of the longer side of the border
LEAST_DEGREES = 0.02
LABELLED = ("closed", "unknown", "restricted")
MOST_LABELS, LABEL_LETTERS, LABEL_LINES = 8, 24, 3
LABEL_SHARE = 0.1  # of the width: labels nearer than this alternate above and below
OUTLINES_FROM_DEGREES = 2.0  # below this, outlines of 1:50m are visibly off the line

Bounds = tuple[float, float, float, float]


def bounds(line: gpd.GeoDataFrame, most_wide: float) -> tuple[Bounds, float]:
    """The box of a border with a small margin, and its height over its width as drawn.

    A box that is flatter than `most_wide` (width over height) is made higher.
    """
    west, south, east, north = line.total_bounds
    stretch = 1 / np.cos(np.radians((south + north) / 2))  # of a degree of latitude as drawn
    margin = MARGIN_SHARE * max(east - west, (north - south) * stretch, LEAST_DEGREES)
    wide = east - west + 2 * margin
    high = max((north - south) * stretch + 2 * margin, wide / most_wide)
    x, y = (west + east) / 2, (south + north) / 2
    half = high / stretch / 2
    return (x - wide / 2, y - half, x + wide / 2, y + half), high / wide


def draw(axes: Axes, line: gpd.GeoDataFrame, points: pd.DataFrame, box: Bounds) -> None:
    """The map; `points` are crossings with lon, lat, name and state, `box` its bounds."""
    west, south, east, north = box
    land = basemap.countries(box, 0.0)
    axes.set_facecolor("#e8eef4")
    if len(land):
        land.plot(ax=axes, color="#f5f3ee", edgecolor="#bbbbbb",
                  linewidth=0.5 if east - west > OUTLINES_FROM_DEGREES else 0.0)  # fmt: skip
    line.plot(ax=axes, color=BLACK, linewidth=1.0)
    for order, (state, (colour, marker, size)) in enumerate(MARKS.items()):
        here = points[points["state"] == state]
        if len(here):
            axes.scatter(
                here["lon"], here["lat"], s=size, c=colour, marker=marker, zorder=3 + order,
                edgecolors="white", linewidths=0.5, label=f"{state} ({len(here)})",
            )  # fmt: skip
    _labels(axes, points, box)
    axes.set(xlim=(west, east), ylim=(south, north), xlabel="", ylabel="", xticks=[], yticks=[])
    axes.set_aspect("auto")
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color("#bbbbbb")
    if len(points):
        axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.01), ncols=3, fontsize=7,
                    frameon=False, handletextpad=0.2, columnspacing=0.9)  # fmt: skip


def _labels(axes: Axes, points: pd.DataFrame, box: Bounds) -> None:
    """Names of the crossings that are not open, each next to its mark, towards the middle."""
    west, south, east, north = box
    shown = points[points["state"].isin(LABELLED)].sort_values(["lon", "lat"]).head(MOST_LABELS)
    above: list[tuple[float, bool]] = []  # of the labels so far: lon, and whether above its mark
    for row in shown.to_dict(orient="records"):
        left = row["lon"] < (west + east) / 2
        up = row["lat"] < (south + north) / 2
        if above and row["lon"] - above[-1][0] < LABEL_SHARE * (east - west):
            up = not above[-1][1]
        above.append((row["lon"], up))
        name = textwrap.wrap(str(row["name"]), LABEL_LETTERS, max_lines=LABEL_LINES)
        axes.annotate(
            "\n".join(name), (row["lon"], row["lat"]), textcoords="offset points",
            xytext=(4 if left else -4, 6 if up else -6), ha="left" if left else "right",
            va="bottom" if up else "top", fontsize=6.5, zorder=9,
            bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75},
        )  # fmt: skip
