"""Pictures of success: what the share stopped depends on, and what more posts would stop."""

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.core import parameters
from pipeline.core.frames import Row, records
from pipeline.report import words
from pipeline.report.borders import Border
from pipeline.report.chart_style import BLACK, BLUE, GREY, LOOKS, SKY, STYLE, axes, room

DEMAND = "irregular"  # demand for which the claims speak of success
FACTORS = {"barriers": "physical barriers", "forces": "security forces", "routes": "ways round"}
PARAMETERS = {
    "river_minutes": "minutes to get over a river",
    "fence_minutes": "minutes to get over a fence",
    "slope_share": "minutes that slopes add",
    "post_chance": "the probability that a post stops someone",
    "detection_chance": "the probability that someone on foot is noticed",
    "alarm_minutes": "minutes until patrols set out",
    "response_speed": "the speed of response",
    "posts_factor": "the number of posts",
    "pursuit_minutes": "minutes for which someone is followed",
    "minutes_weight": "how much minutes matter to travellers",
    "risk_minutes": "how much extra time travellers accept for less risk",
    "known_share": "the share of travellers who know an informal way",
}
# Grid lines end before a label.
BEHIND_TEXT = {"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85}
DEPTH_KM = parameters.number("headline_depth_km")


def stopped(border: Border, demand: str = DEMAND) -> pd.DataFrame:
    """Rows of table success of this demand by factor; empty where no share is stated."""
    rows = pd.DataFrame(border.layer("success"))
    if rows.empty:
        return rows
    return rows[(rows["demand"] == demand) & rows["s_mid"].notna()].set_index("factor")


def swings(borders: Sequence[Border]) -> Figure | None:
    """The share stopped with each factor at its low and high end, one panel for each border.

    The band shows the share in nine of ten samples over all ranges.
    """
    known = {border.name: rows for border in borders if "all" in (rows := stopped(border)).index}
    if not known:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(4.6 * max(len(known), 1.5), 3.0), layout=room())
        panels = figure.subplots(1, len(known), sharex=True, sharey=True, squeeze=False)[0]
        for ax, (name, rows) in zip(panels, known.items(), strict=True):
            _factors(ax, {row["factor"]: row for row in records(rows.reset_index())})
            ax.set_title(name, fontsize=10, fontweight="bold", loc="left")
            ax.set_xlabel(f"share of {DEMAND} demand stopped, %")
        panels[0].set_yticks(range(len(FACTORS)), list(FACTORS.values()))
        panels[0].set_ylim(len(FACTORS) - 0.4, -0.6)
        panels[0].set_xlim(0, 100)
    return figure


def _factors(ax: Axes, rows: Mapping[str, Row]) -> None:
    whole = rows["all"]
    ax.axvspan(100 * whole["s_low"], 100 * whole["s_high"], color=SKY, alpha=0.25, lw=0)
    for at, factor in enumerate(FACTORS):
        if factor not in rows:
            continue
        low, middle, high = (100 * rows[factor][s] for s in ("s_low", "s_mid", "s_high"))
        ax.plot([low, high], [at, at], color=GREY, lw=3, solid_capstyle="butt")
        ax.plot(low, at, marker="o", ms=7, mfc="white", mec=BLUE, mew=1.6)
        ax.plot(high, at, marker="o", ms=7, color=BLUE)
        ax.plot(middle, at, marker="|", ms=12, color=BLACK)
        swing = abs(high - low)
        ax.annotate(words.measure(round(swing), "points") if swing >= 1 else "under 1 point",
                    (max(low, middle, high), at), xytext=(8, 0), textcoords="offset points",
                    fontsize=8, va="center", bbox=BEHIND_TEXT)  # fmt: skip
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")


def curve(border: Border, model: str, mode: str = "road") -> pd.DataFrame:
    """The share stopped by the best placement of n new posts in addition to mapped ones.

    At the depth of the claims, without walking, at the least probability in the parameters.
    """
    rows = pd.DataFrame(border.layer("placement_curve"))
    if rows.empty:
        return rows
    here: pd.DataFrame = rows[
        (rows["mode"] == mode)
        & (rows["model"] == model)
        & (rows["depth_km"] == DEPTH_KM)
        & ~rows["walking"]
        & (rows["existing"] == "mapped")
        & rows["value"].notna()
    ]
    return here[here["chance"].eq(here["chance"].min())].sort_values("n_posts")


def placements(borders: Sequence[Border], mode: str = "road") -> Figure | None:
    """What more posts stop: known to travellers (solid), or moving unpredictably (dashed)."""
    known = {border.name: [curve(border, model, mode) for model in ("fixed", "randomised")]
             for border in borders}  # fmt: skip
    known = {name: curves for name, curves in known.items() if any(map(len, curves))}
    if not known:
        return None
    with mpl.rc_context(STYLE):
        figure, ax = axes(8.5, 3.8)
        longest = max(
            float(rows["n_posts"].max()) for c in known.values() for rows in c if len(rows)
        )
        for (name, curves), (colour, marker, _) in zip(known.items(), LOOKS, strict=False):
            for rows, line, kind in zip(curves, ("-", "--"), ("fixed", "moving"), strict=True):
                if len(rows):
                    ax.plot(rows["n_posts"], rows["value"] * 100, color=colour, ls=line,
                            marker=marker, ms=4, label=f"{name}, posts {kind}")  # fmt: skip
                    _named_at_end(ax, rows, f"{name}, posts {kind}", colour, longest)
        ax.set_xlabel("new posts (0: only those mapped today)")
        ax.set_ylabel("probability of being stopped\non the best way left, %")
        ax.set_ylim(bottom=-2)
        ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    return figure


def _named_at_end(ax: Axes, rows: pd.DataFrame, label: str, colour: str, longest: float) -> None:
    """Write the name of a curve next to its last point if there is room, otherwise above it."""
    last = rows.iloc[-1]
    late = last["n_posts"] > 0.6 * longest
    ax.annotate(label, (last["n_posts"], last["value"] * 100), color=colour, fontsize=8,
                xytext=(-4, 11) if late else (8, 0), textcoords="offset points",
                ha="right" if late else "left", va="center")  # fmt: skip
