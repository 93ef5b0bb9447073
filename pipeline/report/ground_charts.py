"""The report's pictures of F(D) by depth, and of the width of the ground that it closes."""

from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.chart_style import BLACK, BLUE, GREEN, GREY, SKY, STYLE, VERMILION, room

# The columns of cordons in the profile: label, colour, marker, line.
PROFILE = {
    "cordon_links": ("C(d), links across the cordon", GREY, "x", ":"),
    "min_cut_links": ("F(D), fewest links to close", BLUE, "o", "-"),
    "second_line_links": ("H(D), second line: F from the first 10 km on", GREEN, "^", "-."),
    "unguarded_links": ("G(D), routes that meet no post", VERMILION, "s", "--"),
}
# A cordon so many times F would press F's curve against the axis.
STEEP = 4


def profile(cordons: dict[str, pd.DataFrame], mode: str, ranges: pd.DataFrame) -> Figure | None:
    """F(D) and its companions by signed depth, a panel a border, directed, third countries shut.

    Below them stands W(D), the width of the land there, where a coast is known. `ranges` has
    border, mode, depth_km, low, high of F(D) over the choices it rests on.
    """
    chosen = {
        border: rows[(rows["mode"] == mode) & rows["directed"] & ~rows["third_open"]]
        for border, rows in cordons.items()
    }
    stated = {
        border: rows[rows["min_cut_links"].notna()].sort_values("depth_km")
        for border, rows in chosen.items()
    }
    if all(rows.empty for rows in stated.values()):
        return None
    with mpl.rc_context(STYLE):
        wide = any(rows["front_width_km"].notna().any() for rows in stated.values())
        height_in = 5.6 if wide else 4.3
        figure = Figure(figsize=(4.6 * max(len(stated), 1.5), height_in), layout=room())
        panels, *widths = figure.subplots(
            1 + wide, len(stated), sharex=True, sharey="row", squeeze=False,
            height_ratios=(3, 1)[: 1 + wide],
        )  # fmt: skip
        bottom = widths[0] if wide else panels
        for ax in bottom:
            ax.set_xlabel("depth D behind the line, km (− from side, + to side; root scale)")
        for ax, rows in zip(widths[0] if wide else (), stated.values(), strict=wide):
            _curves(ax, rows, "front_width_km", ("W(D), width of the land", BLACK, "v", "-"))
            ax.axvline(0, color=BLACK, lw=1)
        for ax, (border, rows) in zip(panels, stated.items(), strict=True):
            _profile_panel(ax, border, rows)
            spread = ranges[(ranges["border"] == border) & (ranges["mode"] == mode)]
            _profile_range(ax, spread.sort_values("depth_km"))
        _links_axis(panels[0], list(stated.values()), mode)
        depths = {0.0}.union(*(rows["depth_km"] for rows in stated.values()))
        _depth_axis(panels[0], sorted(depths))
        if wide:
            widths[0][0].set_ylabel("W(D), km")
            widths[0][0].set_ylim(bottom=0)
        for ax in bottom:
            ax.tick_params(axis="x", labelrotation=90, labelsize=7.5)
        handles, labels = max(
            (ax.get_legend_handles_labels() for ax in panels), key=lambda h: len(h[1])
        )
        figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=8)
    return figure


def _links_axis(ax: Axes, stated: list[pd.DataFrame], mode: str) -> None:
    """Whole links; where cordons dwarf F, the square root keeps F in sight."""
    most_f, most_c = (
        max(float(rows[name].max()) for rows in stated if len(rows))
        for name in ("min_cut_links", "cordon_links")
    )
    steep = most_c > STEEP * max(most_f, 1)
    if steep:
        ax.set_yscale("function", functions=(_signed_root, _signed_square))
        steps = [step * 10**power for power in range(7) for step in (1, 3)]
        ax.set_yticks([0, *(step for step in steps if step <= most_c)])
    else:
        ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    ax.set_ylabel(f"{mode} links{' (root scale)' if steep else ''}")
    ax.set_ylim(bottom=0)


def _profile_panel(ax: Axes, border: str, rows: pd.DataFrame) -> None:
    for column, look in PROFILE.items():
        _curves(ax, rows, column, look)
    if rows.empty:
        ax.text(0.5, 0.5, "F(D) cannot be stated", transform=ax.transAxes, ha="center")
    ax.axvline(0, color=BLACK, lw=1)
    ax.set_title(border, fontsize=10, fontweight="bold", loc="left")


def _curves(ax: Axes, rows: pd.DataFrame, column: str, look: tuple[str, str, str, str]) -> None:
    """A column by depth where it is known, on either side: between them lies the line itself."""
    label, colour, marker, line = look
    known = rows[rows[column].notna()]
    sides = (known[known["depth_km"] < 0], known[known["depth_km"] > 0])
    for number, side in enumerate(sides if len(known) else ()):
        ax.plot(side["depth_km"].astype(float), side[column].astype(float), color=colour,
                ls=line, marker=marker, ms=5, lw=1.6,
                label=None if number else label)  # fmt: skip


def _depth_axis(ax: Axes, ticks: list[float]) -> None:
    """Depths crowd near the line: the square root spreads them, the ticks say where they are."""
    ax.set_xscale("function", functions=(_signed_root, _signed_square))
    labels = [f"{tick:+g}".replace("-", "−") if tick else "0" for tick in ticks]
    ax.set_xticks(ticks, labels)
    ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())


def _profile_range(ax: Axes, spread: pd.DataFrame) -> None:
    label = "range of F(D) over choices"
    for rows in (spread[spread["depth_km"] < 0], spread[spread["depth_km"] > 0]):
        ax.fill_between(rows["depth_km"].astype(float), rows["low"].astype(float),
                        rows["high"].astype(float), color=SKY, alpha=0.35, lw=0,
                        label=label)  # fmt: skip
        label = "_"


def _signed_root(values: Any) -> Any:
    return np.sign(values) * np.sqrt(np.abs(values))


def _signed_square(values: Any) -> Any:
    return np.sign(values) * np.square(values)
