"""Pictures of closing: what it stops, and which routes are left."""

from collections.abc import Sequence
from itertools import cycle

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.core import parameters
from pipeline.report.borders import Border
from pipeline.report.chart_style import LOOKS, STYLE, axes, room, thousands

STOPPED_SHARES = parameters.numbers("stopped_shares")
SAME_SHARE = 1e-9  # shares are sums of floats
MINUTES = {
    "total_minutes": "all k together,\nminutes",
    "marginal_minutes": "one more takes,\nminutes",
}


def curve(border: Border, mode: str) -> pd.Series:
    """Share of demand stopped by the best k crossings, by k; empty where there are none."""
    rows = border.layer("closures")
    here = rows[(rows["mode"] == mode) & rows["demand_stopped_share"].notna()]
    return here[here["aim"] == "stop"].groupby("k")["demand_stopped_share"].max()


def closings_marked(shares: pd.Series) -> dict[int, list[float]]:
    """The shares to stop by the least k that stops so much; a share never stopped has none."""
    found: dict[int, list[float]] = {}
    for share in STOPPED_SHARES:
        enough = shares.index[shares >= share - SAME_SHARE]
        if len(enough):
            found.setdefault(int(enough.min()), []).append(share)
    return found


def closures(borders: Sequence[Border], mode: str) -> Figure | None:
    """Share of demand stopped by the best k crossings; where half, nearly all and all are."""
    curves = {border.name: found for border in borders if len(found := curve(border, mode))}
    if not curves:
        return None
    with mpl.rc_context(STYLE):
        figure, ax = axes(7.5, 4.0)
        longest = max(float(shares.index.max()) for shares in curves.values())
        for (name, shares), (colour, marker, line) in zip(curves.items(), LOOKS, strict=False):
            ax.plot(shares.index, shares * 100, color=colour, marker=marker, ls=line, ms=4)
            for k, reached in closings_marked(shares).items():
                shares_text = ", ".join(f"{share * 100:g} %" for share in reached)
                ax.plot(k, shares[k] * 100, marker="o", ms=10, mfc="none", mec=colour, ls="")
                ax.annotate(f"{shares_text}: {k}", (k, shares[k] * 100), color=colour, fontsize=8,
                            xytext=(9, -11), textcoords="offset points")  # fmt: skip
            last = float(shares.index.max())
            side = "right" if last > longest / 2 else "left"
            ax.annotate(name, (last, shares.iloc[-1] * 100), color=colour, fontweight="bold",
                        xytext=(0, 9), textcoords="offset points", ha=side)  # fmt: skip
        ax.set_xlabel(f"{mode} crossings closed together, best set of each size")
        ax.set_ylabel("demand stopped, %")
        ax.set_ylim(0, 114)
        ax.set_yticks(range(0, 101, 20))
        ax.set_xlim(0, longest * 1.12 + 0.5)
        ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    return figure


def through_on_foot(border: Border, mode: str) -> pd.DataFrame:
    """What closing the best crossings stops of through demand where people walk; known rows."""
    rows = border.layer("closures_on_foot")
    known = rows["mode"].eq(mode) & rows["demand"].eq("through")
    return rows[known & rows["demand_stopped_share"].notna()]


def on_foot(borders: Sequence[Border], mode: str) -> Figure | None:
    """What the best k closings stop without walking and where people walk round, by border."""
    tables = {border.name: through_on_foot(border, mode) for border in borders}
    known = {name: rows for name, rows in tables.items() if len(rows)}
    if not known:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * max(len(known), 1.5), 3.6), layout=room())
        panels = list(figure.subplots(1, len(known), sharey=True, squeeze=False)[0])
        for ax, (name, rows) in zip(panels, known.items(), strict=True):
            for at, (within, one) in enumerate(rows.sort_values("k").groupby("within_minutes")):
                colour, marker, line = LOOKS[at % len(LOOKS)]
                walking = f"walks of {within!s} min" if within else "no walking"
                share = one["demand_stopped_share"] * 100
                # Curves on top of each other are drawn as rings.
                ax.plot(one["k"], share, color=colour, ls=line, marker=marker,
                        ms=max(9 - 2 * at, 2), lw=1.4, label=walking)  # fmt: skip
            ax.set_title(name, fontsize=10, fontweight="bold", loc="left")
            ax.set_xlabel(f"{mode} crossings closed together")
            ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        panels[0].set_ylabel("demand stopped, %")
        panels[0].set_ylim(-3, 105)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4,
                      fontsize=8)  # fmt: skip
    return figure


def routes(borders: Sequence[Border], mode: str) -> Figure | None:
    """Least total minutes of k link-disjoint routes, and what the k-th adds, by pair."""
    tables = {border.name: border.layer("routes") for border in borders}
    known = {name: here for name, rows in tables.items() if len(here := rows[rows["mode"] == mode])}
    if not known or all(rows["route_no"].max() < 2 for rows in known.values()):
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * max(len(known), 1.5), 5.6), layout=room())
        grid = figure.subplots(2, len(known), sharex=True, sharey="row", squeeze=False)
        for column, (name, rows) in zip(grid.T, known.items(), strict=True):
            for (pair, route), look in zip(rows.groupby("pair"), cycle(LOOKS), strict=False):
                _route(column, str(pair), route.sort_values("route_no"), look)
            column[0].set_title(name, fontsize=10, fontweight="bold", loc="left")
            column[0].legend(fontsize=7.5, loc="upper left")
            column[1].set_xlabel(f"number of link-disjoint {mode} routes")
            column[1].xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        for row, label in zip(grid, MINUTES.values(), strict=True):
            row[0].set_ylabel(label)
            row[0].yaxis.set_major_formatter(thousands)
            row[0].set_ylim(bottom=0)
        top = max(float(rows["total_minutes"].max()) for rows in known.values())
        grid[0][0].set_ylim(0, top * 1.45)
    return figure


def _route(
    panels: Sequence[Axes], pair: str, rows: pd.DataFrame, look: tuple[str, str, str]
) -> None:
    colour, marker, line = look
    for ax, column in zip(panels, MINUTES, strict=True):
        ax.plot(rows["route_no"], rows[column], color=colour, marker=marker, ls=line, ms=5, lw=1.4,
                label=pair)  # fmt: skip
