"""The report's pictures of claims: ratios at a glance, and each claim's specification curve."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.chart_style import BLACK, BLUE, GREY, STYLE, VERMILION, axes, room


def overview(claims: list[dict[str, Any]], borders: Sequence[str]) -> Figure | None:
    """Each claim's ratio: the headline as a dot, the range over its variants as a bar.

    Ratios of 0 stand left of all others, and those over 0 right of them, as their labels say.
    """
    rows = [(claim, known) for claim in claims if (known := _compared(claim))]
    if not rows:
        return None
    finite = [m["ratio"] for _, known in rows for m in known if m["ratio"]] or [1.0]
    with mpl.rc_context(STYLE):
        figure, ax = axes(8.0, 1.3 + 0.42 * len(rows))
        for at, (claim, known) in enumerate(reversed(rows)):
            colour = _verdict_colour(claim["verdict"])
            shown = [_shown(m["ratio"], finite) for m in known]
            ax.plot([min(shown), max(shown)], [at, at], color=colour, lw=5, alpha=0.35,
                    solid_capstyle="round")  # fmt: skip
            if known[0]["role"] == "primary":
                ratio = known[0]["ratio"]
                said = "n / 0" if ratio is None else f"{ratio:.3g}"
                ax.plot(shown[0], at, marker="o", ms=8, color=colour, mec="white")
                ax.annotate(said, (shown[0], at), xytext=(0, 7), textcoords="offset points",
                            ha="center", fontsize=8)  # fmt: skip
        labels = [f"{claim['claim']}  {claim['verdict']}" for claim, _ in reversed(rows)]
        ax.set_yticks(range(len(rows)), labels)
        ax.set_ylim(-0.6, len(rows) - 0.3)
        _ratio_axis(ax, finite, borders)
        ends = [_shown(m["ratio"], finite) for _, known in rows for m in known]
        ax.set_xlim(min(*ends, 1) / 1.35, max(*ends, 1) * 1.35)
    return figure


def _compared(claim: dict[str, Any]) -> list[dict[str, Any]]:
    """The measures of a claim that both borders have, the headline first."""
    return [m for m in claim["measures"] if m["role"] != "beside" and m["supports"] is not None]


def specification(claim: dict[str, Any], borders: Sequence[str]) -> Figure | None:
    """The claim's specification curve: a dot a variant in order of ratio, its choices below."""
    known = _compared(claim)
    if len(known) < 2:
        return None
    finite = [m["ratio"] for m in known if m["ratio"]] or [1.0]
    compared = [m | {"shown": _shown(m["ratio"], finite)} for m in known]
    compared.sort(key=lambda m: (m["shown"], m["role"]))
    choices = _choices(compared)
    below = max(len(choices), 1)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 3.0 + 0.17 * below), layout=room())
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
    skipped = {
        "role",
        "unit",
        "ratio",
        "shown",
        "supports",
        "distinct",
        "answered_by",
        "why_absent",
    }
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
