"""The pictures of costs: what each way to close a border would cost, and what it stops."""

import math
import re
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.measures import cost
from pipeline.measures.cost_effects import WALKS, walking
from pipeline.report.borders import Border
from pipeline.report.chart_style import GREY, LOOKS, STYLE, axes, room


def costs(borders: Sequence[Border]) -> Figure | None:
    """Each way to close a border: the range of unit costs as a bar, the middle as a mark.

    Wages are the same on every border; if the middle differs, it is hollow at a border's own wages.
    """
    tables = {border.name: border.layer("costs") for border in borders}
    known = {name: spans for name, rows in tables.items() if len(spans := _spans(rows))}
    nothing = {name: _nothing_to_add(rows) for name, rows in tables.items()}
    # A log axis has no zero: a scenario without costs, since nothing is left to build, has no bar.
    known = {name: rows[rows["low"] > 0] for name, rows in known.items()}
    known = {name: rows for name, rows in known.items() if len(rows)}
    if not known:
        return None
    # A cost of zero has no place on a log scale: its label is at the left edge.
    paid = pd.concat(known.values())[["low", "own", "high"]].to_numpy(float)
    if not np.any(paid > 0):
        return None
    low = float(paid[paid > 0].min())
    scenarios = sorted({name for rows in known.values() for name in rows.index}, key=_in_order)
    with mpl.rc_context(STYLE):
        figure, ax = axes(8.0, 1.6 + 0.24 * len(known) * len(scenarios))
        for at, (name, rows) in enumerate(known.items()):
            colour, marker, _ = LOOKS[at % len(LOOKS)]
            offset = (at - (len(known) - 1) / 2) * 0.28
            places = [scenarios.index(scenario) + offset for scenario in rows.index]
            ax.hlines(places, rows["low"], rows["high"], color=colour, lw=4, alpha=0.35)
            ax.plot(rows["mid"], places, ls="", marker=marker, ms=6, color=colour, label=name)
            if rows["own"].notna().any():
                ax.plot(rows["own"], places, ls="", marker=marker, ms=6, mfc="none", mec=colour,
                        label=f"{name}, at its own wages")  # fmt: skip
            for place, (_, row) in zip(places, rows.iterrows(), strict=True):
                unit = str(row["unit"]).removesuffix("s") if row["quantity"] == 1 else row["unit"]
                end = row["high"] if row["high"] > 0 else low / 1.4
                ax.annotate(f"{row['quantity']:,.0f} {unit}", (end, place),
                            xytext=(5, 0), textcoords="offset points", va="center", fontsize=7,
                            color=GREY)  # fmt: skip
            for scenario in sorted(nothing[name] & set(scenarios)):
                place = scenarios.index(scenario) + offset
                ax.annotate(f"{name}: nothing to add, 0 USD", (low, place), xytext=(-12, 0),
                            textcoords="offset points", va="center", fontsize=7,
                            color=colour)  # fmt: skip
        ax.set_yticks(range(len(scenarios)), [one.replace("%", " %") for one in scenarios])
        ax.invert_yaxis()
        ax.set_xscale("log")
        high = max(float(rows["high"].max()) for rows in known.values())
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [10.0**d * s for d in decades for s in ((1, 3) if high / low < 1e3 else (1,))]
        ax.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
        ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())
        ax.set_xlim(low / 1.5, high * 3)
        ax.grid(visible=True, axis="x")
        ax.grid(visible=False, axis="y")
        ax.set_xlabel("million USD over ten years, log scale; bars from low to high unit costs")
        figure.legend(loc="outside upper center", ncols=2, fontsize=8)
    return figure


def effects(borders: Sequence[Border]) -> Figure | None:
    """What posts on every crossing stop of each demand, and what 1 % costs, by walking time.

    A colour for each border; through demand filled, irregular hollow. Unknown shares have no line,
    and a share of zero has no cost.
    """
    tables = {border.name: border.layer("cost_effects") for border in borders}
    every = {name: _by_walk(rows) for name, rows in tables.items() if len(rows)}
    if not any(rows["stopped_share"].notna().any() for rows in every.values()):
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 3.4), layout=room())
        stopped, priced = figure.subplots(1, 2)
        for (name, rows), (colour, marker, _) in zip(every.items(), LOOKS, strict=False):
            for demand, one in rows.groupby("demand", sort=False):
                # Curves on top of each other are drawn as rings.
                fill, line, size = (colour, "-", 5) if demand == "through" else ("none", "--", 10)
                for ax, column, times in (
                    (stopped, "stopped_share", 100), (priced, "cost_per_point_musd", 1),
                ):  # fmt: skip
                    known = one[one[column].notna()]
                    if len(known):
                        ax.plot(known["at"], known[column] * times, color=colour, ls=line, ms=size,
                                marker=marker, mfc=fill, label=f"{name}, {demand}")  # fmt: skip
        for ax, label in ((stopped, "demand stopped, %"), (priced, "million USD per 1 % stopped")):
            ax.set_xticks(range(len(WALKS)), ["none", *(f"{walk} min" for walk in WALKS[1:])])
            ax.set_xlim(-0.3, len(WALKS) - 0.7)
            ax.set_xlabel("people walk round a closed crossing")
            ax.set_ylabel(label)
        stopped.set_ylim(-3, 105)
        priced.set_ylim(bottom=0)
        figure.legend(*stopped.get_legend_handles_labels(), loc="outside upper center", ncols=2,
                      fontsize=8)  # fmt: skip
    return figure


def _by_walk(rows: pd.DataFrame) -> pd.DataFrame:
    """What posts on every crossing do, with the position of each walking time."""
    here = rows[rows["scenario"] == cost.EVERY]
    places = {walking(minutes): at for at, minutes in enumerate(WALKS)}
    return here.assign(at=here["walking"].map(places)).sort_values(
        ["demand", "at"], ascending=[False, True]
    )


def _nothing_to_add(rows: pd.DataFrame) -> set[str]:
    """The scenarios for which everything exists already."""
    return set(rows.loc[rows["cost_musd"].eq(0), "scenario"]) if len(rows) else set()


def _in_order(scenario: str) -> list[str | int]:
    """Sort words by letter and numbers by size: 50 % before 100 %."""
    return [int(word) if word.isdigit() else word for word in re.split(r"(\d+)", scenario)]


def _spans(rows: pd.DataFrame) -> pd.DataFrame:
    """Low, mid and high cost of each scenario, and mid at own wages; only stated ones."""
    if rows.empty:
        return pd.DataFrame()
    # A cost of zero has no place on a log axis.
    stated = rows[rows["cost_musd"] > 0]
    same = stated[stated["wages"] == "same"]
    wide = same.set_index(["scenario", "level"])["cost_musd"].unstack("level")  # noqa: PD010
    middle = stated[stated["level"] == "mid"]
    at_same, at_own = (
        middle[middle["wages"] == wages].set_index("scenario").reindex(wide.index)
        for wages in ("same", "own")
    )
    if not {"low", "mid", "high"} <= set(wide.columns):
        return pd.DataFrame()
    return wide.assign(
        own=at_own["cost_musd"].where(lambda own: (own != wide["mid"]) & (own > 0)),
        quantity=at_same["quantity"],
        unit=at_same["unit"],
    )
