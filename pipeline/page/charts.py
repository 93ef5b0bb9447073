"""The report's pictures, drawn with matplotlib: safe for the colour-blind, equal bytes each time.

Every function returns a figure; colours are those of Okabe and Ito (2008), told apart by marker or
line style as well.
"""

import base64
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

# Okabe and Ito (2008), Color Universal Design.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#767676"
BORDERS = ((BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", "-."), (PURPLE, "D", ":"))
STYLE: Any = {
    "svg.hashsalt": "pipeline",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.dpi": 100.0,
}
PNG_DPI = 150
STOPPED_SHARES = (0.5, 0.9, 1.0)
SAME_SHARE = 1e-9  # shares are sums of floats
# The columns of cordons in the profile: label, colour, marker, line.
PROFILE = {
    "cordon_links": ("C(d), links across the cordon", GREY, "x", ":"),
    "min_cut_links": ("F(D), fewest links to close", BLUE, "o", "-"),
    "second_line_links": ("H(D), second line: F from the first 10 km on", GREEN, "^", "-."),
    "unguarded_links": ("G(D), routes that meet no post", VERMILION, "s", "--"),
}


def save(figure: Figure, stem: Path, credit: str) -> str:
    """Write the figure as SVG and PNG beside each other, credit below; the SVG as a data URI."""
    figure.text(
        0.995, 0.002, credit, ha="right", va="bottom", fontsize=6.5, color="#555555", wrap=True
    )
    stem.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        drawn = io.BytesIO()
        # Without a date and a version, equal input gives equal bytes.
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        lines = _named_in_order(drawn.getvalue())
        stem.with_suffix(".svg").write_bytes(lines)
        figure.savefig(stem.with_suffix(".png"), dpi=PNG_DPI, metadata={"Software": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(lines).decode('ascii')}"


def _named_in_order(drawn: bytes) -> bytes:
    """The SVG with its clips named in order: matplotlib names them by their place in memory."""
    names: dict[bytes, bytes] = {}
    return re.sub(
        rb"(?<=[#\"])p[0-9a-f]{10}(?=[\")])",
        lambda found: names.setdefault(found[0], b"clip%d" % (1 + len(names))),
        drawn,
    )


def overview(claims: list[dict[str, Any]], borders: Sequence[str]) -> Figure | None:
    """Each claim's ratio: the headline as a dot, the range over its variants as a bar."""
    rows = []
    for claim in claims:
        ratios = _ratios(claim)
        if ratios:
            primary = claim["measures"][0]["ratio"]
            rows.append(
                (claim["claim"], claim["verdict"], primary or None, min(ratios), max(ratios))
            )
    if not rows:
        return None
    with mpl.rc_context(STYLE):
        figure, ax = _axes(8.0, 1.3 + 0.42 * len(rows))
        for at, (_, verdict, primary, low, high) in enumerate(reversed(rows)):
            colour = _verdict_colour(verdict)
            ax.plot([low, high], [at, at], color=colour, lw=5, alpha=0.35, solid_capstyle="round")
            if primary:
                ax.plot(primary, at, marker="o", ms=8, color=colour, mec="white")
                ax.annotate(f"{primary:.3g}", (primary, at), xytext=(0, 7),
                            textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
        ax.set_yticks(range(len(rows)), [f"{row[0]}  {row[1]}" for row in reversed(rows)])
        ax.set_ylim(-0.6, len(rows) - 0.3)
        _ratio_axis(ax, [value for row in rows for value in row[2:] if value], borders)
    return figure


def specification(claim: dict[str, Any], borders: Sequence[str]) -> Figure | None:
    """The claim's specification curve: a dot a variant in order of ratio, its choices below."""
    known = [m for m in claim["measures"] if m["role"] != "beside" and m["supports"] is not None]
    if len(known) < 2:
        return None
    finite = [m["ratio"] for m in known if m["ratio"]] or [1.0]
    compared = [m | {"shown": _shown(m["ratio"], finite)} for m in known]
    compared.sort(key=lambda m: (m["shown"], m["role"]))
    choices = _choices(compared)
    below = max(len(choices), 1)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 3.0 + 0.17 * below), layout=_room())
        top, bottom = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [2.2, 0.17 * below + 0.1]}
        )
        _dots(top, compared, borders)
        _choice_rows(bottom, compared, choices)
    return figure


def _shown(ratio: float | None, finite: Sequence[float]) -> float:
    """Where a ratio stands on the log axis: 0 below all others, one over 0 above them."""
    low, high = min(*finite, 1), max(*finite, 1)
    return {None: high * 2, 0.0: low / 2}.get(ratio, ratio or 1.0)


def _dots(ax: Axes, compared: list[dict[str, Any]], borders: Sequence[str]) -> None:
    kinds = ((True, BLUE, "o", "supports the claim"), (False, VERMILION, "X", "speaks against it"))
    for supports, colour, marker, label in kinds:
        at = [i for i, m in enumerate(compared) if m["supports"] is supports]
        if at:
            ax.plot(at, [compared[i]["shown"] for i in at], ls="", marker=marker, ms=4.5,
                    color=colour, label=label)  # fmt: skip
    for place, measure in enumerate(compared):
        if measure["role"] == "primary":
            ax.plot(place, measure["shown"], marker="o", ms=11, mfc="none", mec=BLACK, ls="",
                    label="headline")  # fmt: skip
    ax.axhline(1, color=BLACK, lw=1)
    ax.set_yscale("log")
    finite = [m["ratio"] for m in compared if m["ratio"]] or [1.0]
    shown = {m["shown"]: m["ratio"] for m in compared}
    ticks = {tick: f"{tick:g}" for tick in _ratio_ticks(finite)}
    ticks |= {at: "0" for at, ratio in shown.items() if ratio == 0}
    ticks |= {at: "n / 0" for at, ratio in shown.items() if ratio is None}
    ax.set_ylim(min(*shown, 1) / 1.4, max(*shown, 1) * 1.6)
    ax.set_yticks(list(ticks), list(ticks.values()))
    ax.yaxis.set_minor_locator(mpl.ticker.NullLocator())
    ax.set_ylabel(f"ratio {' / '.join(borders)}")
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    ax.legend(loc="upper left", ncols=3, fontsize=8)


def _choices(compared: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The settings that differ among the variants, each with every value it takes."""
    skipped = {"role", "unit", "ratio", "shown", "supports", "why_absent"}
    names = [name for name in compared[0] if name not in skipped]
    found = []
    for name in names:
        values = dict.fromkeys(m.get(name) for m in compared)
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) > 1 and len(texts) == len(values):
            found += [(name, value) for value in sorted(texts, key=_depth_order)]
    return found


def _depth_order(value: str) -> tuple[float, str]:
    try:
        return float(value.removesuffix(" km")), ""
    except ValueError:
        return math.inf, value


def _choice_rows(ax: Axes, compared: list[dict[str, Any]], choices: list[tuple[str, str]]) -> None:
    for row, (name, value) in enumerate(reversed(choices)):
        at = [i for i, m in enumerate(compared) if m.get(name) == value]
        ax.plot(at, [row] * len(at), ls="", marker="|", ms=6, mew=1.4, color="#333333")
    labels = [f"{name.replace('_', ' ')}: {value}" for name, value in reversed(choices)]
    ax.set_yticks(range(len(choices)), labels, fontsize=7)
    ax.set_ylim(-0.7, max(len(choices), 1) - 0.3)
    ax.set_xlabel(f"{len(compared)} variants that can be compared, in order of ratio")
    ax.set_xticks([])
    ax.spines["left"].set_visible(False)


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
        figure = Figure(figsize=(4.6 * max(len(stated), 1.5), height_in), layout=_room())
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
        panels[0].set_ylabel(f"{mode} links")
        panels[0].set_ylim(bottom=0)
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
        figure, ax = _axes(7.5, 4.0)
        longest = max(curve.index.max() for curve in curves.values())
        for (border, curve), (colour, marker, line) in zip(curves.items(), BORDERS, strict=False):
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


def permeability(border: str, kilometres: pd.DataFrame) -> Figure | None:
    """Walking effort through each km of the line; below, where it is river and where fenced."""
    if kilometres.empty or "walk_minutes" not in kilometres.columns:
        return None
    rows = kilometres.sort_values("border_km")
    if rows["walk_minutes"].isna().all():
        return None
    km = rows["border_km"].to_numpy(dtype=float)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.5, 3.9), layout=_room())
        top, strip = figure.subplots(2, 1, sharex=True, height_ratios=[4, 0.8])
        minutes = rows["walk_minutes"].to_numpy(dtype=float)
        top.fill_between(km, minutes, color=SKY, alpha=0.5, lw=0, step="mid")
        top.plot(km, minutes, color=BLUE, lw=0.9, drawstyle="steps-mid")
        top.set_yscale("symlog", linthresh=60)
        ticks = [
            t for t in (0, 15, 30, 60, 120, 240, 480, 960, 1920) if t <= np.nanmax(minutes) * 1.3
        ]
        top.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        top.yaxis.set_minor_locator(mpl.ticker.NullLocator())
        top.set_ylim(bottom=0)
        top.set_ylabel("least walking from road\nto road, minutes (log above 60)")
        top.set_title(border, fontsize=10, fontweight="bold", loc="left")
        strip.fill_between(km, 1.1, 1.9, where=(rows["kind"] == "river").to_numpy(), color=SKY,
                           step="mid", lw=0)  # fmt: skip
        fenced = rows["fenced_share"].to_numpy(dtype=float)
        strip.fill_between(km, 0.1, 0.1 + 0.8 * fenced, color=ORANGE, step="mid", lw=0)
        strip.set_yticks([0.5, 1.5], ["fence (share)", "river"])
        strip.set_ylim(0, 2)
        strip.grid(visible=False)
        strip.set_xlabel("km along the line from its western end")
        strip.set_xlim(km.min(), km.max() + 1)
    return figure


def _room() -> ConstrainedLayoutEngine:
    """A layout that leaves the foot of the figure to the credit."""
    return ConstrainedLayoutEngine(rect=(0, 0.04, 1, 0.96))


def _axes(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width_in, height_in), layout=_room())
    return figure, figure.subplots()


def _ratios(claim: dict[str, Any]) -> list[float]:
    return [m["ratio"] for m in claim["measures"] if m["role"] != "beside" and m["ratio"]]


def _verdict_colour(verdict: str) -> str:
    return {"supported": BLUE, "contradicted": VERMILION}.get(verdict, GREY)


def _ratio_ticks(ratios: Sequence[float]) -> list[float]:
    """Round numbers of a log axis from the least to the greatest ratio, 1 among them."""
    low, high = min(*ratios, 1), max(*ratios, 1)
    steps = (1, 2, 5) if high / low < 1e3 else (1,)
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    return [tick for tick in ticks if low / 1.3 <= tick <= high * 1.3]


def _ratio_axis(ax: Axes, ratios: Sequence[float], borders: Sequence[str]) -> None:
    ax.axvline(1, color=BLACK, lw=1)
    ax.set_xscale("log")
    ticks = _ratio_ticks(ratios)
    ax.set_xlim(min(*ratios, 1) / 1.35, max(*ratios, 1) * 1.35)
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(
        f"ratio {' / '.join(borders)}: 1 means alike; dot headline, bar range of variants"
    )
