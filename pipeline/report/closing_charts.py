"""The report's pictures of closing: what it stops, what it costs, and which routes are left."""

import re
from collections.abc import Sequence
from itertools import cycle

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.core import parameters
from pipeline.report.chart_style import GREY, LOOKS, STYLE, axes, room

STOPPED_SHARES = parameters.numbers("stopped_shares")
SAME_SHARE = 1e-9  # shares are sums of floats
# The columns of routes drawn against their number, with the axis that each is told on.
MINUTES = {
    "total_minutes": "all k together,\nminutes",
    "marginal_minutes": "one more takes,\nminutes",
}


def closures(tables: dict[str, pd.DataFrame], mode: str) -> Figure | None:
    """Share of demand stopped by the best k crossings; k50, k90 and k100 are marked."""
    curves = {}
    for border, rows in tables.items():
        here = rows[(rows["mode"] == mode) & rows["demand_stopped_share"].notna()]
        here = here[here["aim"] == "stop"]
        curve = here.groupby("k")["demand_stopped_share"].max()
        if len(curve):
            curves[border] = curve
    if not curves:
        return None
    with mpl.rc_context(STYLE):
        figure, ax = axes(7.5, 4.0)
        longest = max(curve.index.max() for curve in curves.values())
        for (border, curve), (colour, marker, line) in zip(curves.items(), LOOKS, strict=False):
            ax.plot(
                curve.index, curve * 100, color=colour, marker=marker, ls=line, ms=5, label=border
            )
            for k, names in closings_marked(curve).items():
                ax.vlines(k, 0, curve[k] * 100, color=colour, ls=line, lw=0.8)
                ax.plot(k, curve[k] * 100, marker="o", ms=11, mfc="none", mec=colour, ls="")
                left = k <= longest / 8
                ax.annotate(f"{' = '.join(names)} = {k}", (k, curve[k] * 100), color=colour,
                            xytext=(8 if left else -8, 7), textcoords="offset points",
                            ha="left" if left else "right", fontsize=8)  # fmt: skip
        ax.set_xlabel(f"{mode} crossings closed, in the best order (k)")
        ax.set_ylabel("demand stopped, %")
        ax.set_ylim(0, 110)
        ax.set_xlim(left=0)
        ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        ax.legend(loc="lower right")
    return figure


def closings_marked(curve: pd.Series) -> dict[int, list[str]]:
    """Names k50, k90, k100 by the least k that stops so much; a share never stopped has none."""
    found: dict[int, list[str]] = {}
    for share in STOPPED_SHARES:
        enough = curve.index[curve >= share - SAME_SHARE]
        if len(enough):
            found.setdefault(int(enough.min()), []).append(f"k{share * 100:g}")
    return found


def on_foot(tables: dict[str, pd.DataFrame], mode: str) -> Figure | None:
    """What the best k closings stop where nobody walks and where people walk round, by border."""
    known = {border: rows[rows["mode"] == mode] for border, rows in tables.items()}
    known = {border: rows for border, rows in known.items() if len(rows)}
    if not known:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * max(len(known), 1.5), 3.6), layout=room())
        panels = list(figure.subplots(1, len(known), sharey=True, squeeze=False)[0])
        for ax, (border, rows) in zip(panels, known.items(), strict=True):
            by_time = rows.sort_values("k").groupby("within_minutes")
            for at, (within, curve) in enumerate(by_time):
                colour, marker, line = LOOKS[at % len(LOOKS)]
                said = f"walking up to {within} minutes" if within else "nobody walks round"
                # Curves that fall together show as rings.
                ax.plot(curve["k"], curve["demand_stopped_share"] * 100, color=colour, ls=line,
                        marker=marker, ms=max(9 - 2 * at, 2), lw=1.4, label=said)  # fmt: skip
            ax.set_title(border, fontsize=10, fontweight="bold", loc="left")
            ax.set_xlabel(f"{mode} crossings closed, in the best order (k)")
            ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        panels[0].set_ylabel("demand stopped, %")
        panels[0].set_ylim(-3, 105)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4,
                      fontsize=8)  # fmt: skip
    return figure


def routes(tables: dict[str, pd.DataFrame], mode: str) -> Figure | None:
    """Least minutes of k link-disjoint routes together, and what the k-th adds, by pair."""
    known = {border: rows[rows["mode"] == mode] for border, rows in tables.items()}
    known = {border: rows for border, rows in known.items() if len(rows)}
    if not known:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * max(len(known), 1.5), 5.4), layout=room())
        grid = figure.subplots(2, len(known), sharex=True, sharey="row", squeeze=False)
        for column, (border, rows) in zip(grid.T, known.items(), strict=True):
            for (pair, route), look in zip(rows.groupby("pair"), cycle(LOOKS), strict=False):
                _route(column, str(pair), route.sort_values("route_no"), look)
            column[0].set_title(border, fontsize=10, fontweight="bold", loc="left")
            column[0].legend(fontsize=8)
            column[1].set_xlabel(f"{mode} routes that share no link (k)")
            column[1].xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        for row, said in zip(grid, MINUTES.values(), strict=True):
            row[0].set_ylabel(said)
            row[0].set_ylim(bottom=0)
    return figure


def _route(
    panels: Sequence[Axes], pair: str, rows: pd.DataFrame, look: tuple[str, str, str]
) -> None:
    colour, marker, line = look
    for ax, column in zip(panels, MINUTES, strict=True):
        ax.plot(rows["route_no"], rows[column], color=colour, marker=marker, ls=line, ms=5, lw=1.4,
                label=pair)  # fmt: skip


def costs(tables: dict[str, pd.DataFrame]) -> Figure | None:
    """What each way to close a border would cost: the range of unit costs, the middle as a dot.

    Wages are the same on every border; where the middle differs, wages of its own are hollow.
    """
    known = {border: _spans(rows) for border, rows in tables.items() if len(rows)}
    known = {border: rows for border, rows in known.items() if len(rows)}
    if not known:
        return None
    scenarios = sorted({name for rows in known.values() for name in rows.index}, key=_in_order)
    with mpl.rc_context(STYLE):
        figure, ax = axes(8.0, 1.4 + 0.24 * len(known) * len(scenarios))
        for at, (border, rows) in enumerate(known.items()):
            colour, marker, _ = LOOKS[at % len(LOOKS)]
            offset = (at - (len(known) - 1) / 2) * 0.26
            places = [scenarios.index(name) + offset for name in rows.index]
            ax.hlines(places, rows["low"], rows["high"], color=colour, lw=4, alpha=0.35)
            ax.plot(rows["mid"], places, ls="", marker=marker, ms=6, color=colour, label=border)
            if rows["own"].notna().any():
                ax.plot(rows["own"], places, ls="", marker=marker, ms=6, mfc="none", mec=colour,
                        label=f"{border}, at wages of its own")  # fmt: skip
            for place, (_, row) in zip(places, rows.iterrows(), strict=True):
                ax.annotate(f"{row['quantity']:,.0f} {row['unit']}", (row["high"], place),
                            xytext=(5, 0), textcoords="offset points", va="center", fontsize=7,
                            color=GREY)  # fmt: skip
        ax.set_yticks(range(len(scenarios)), scenarios)
        ax.invert_yaxis()
        ax.set_xscale("log")
        ax.margins(x=0.14)
        ax.xaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,.0f}"))
        ax.grid(visible=True, axis="x")
        ax.grid(visible=False, axis="y")
        ax.set_xlabel("million USD over the years stated (log); bar from low to high unit costs")
        figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    return figure


def _in_order(scenario: str) -> list[str | int]:
    """Words by letter, numbers by size: 50 % before 100 %."""
    return [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", scenario)]


def _spans(rows: pd.DataFrame) -> pd.DataFrame:
    """Low, mid and high cost of each scenario, and mid at own wages; none that is not stated."""
    stated = rows[rows["cost_musd"].notna()]
    same = stated[stated["wages"] == "same"]
    wide = same.set_index(["scenario", "level"])["cost_musd"].unstack("level")  # noqa: PD010
    middle = stated[stated["level"] == "mid"].set_index(["wages", "scenario"])
    if not {"low", "mid", "high"} <= set(wide.columns):
        return pd.DataFrame()
    own = middle.loc["own", "cost_musd"] if "own" in middle.index else pd.Series(dtype=float)
    return wide.assign(
        own=own.reindex(wide.index).where(lambda o: o != wide["mid"]),
        quantity=middle.loc["same", "quantity"].reindex(wide.index),
        unit=middle.loc["same", "unit"].reindex(wide.index),
    )
