"""Pictures of claims: how strongly figures support each, and every specification of one."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.borders import Border
from pipeline.report.chart_style import BLACK, BLUE, GREY, STYLE, VERMILION, axes, room

MOST_CHOICES = 24  # most rows of choices below a curve that are readable
SKIPPED = {"role", "unit", "ratio", "shown", "supports", "distinct", "answered_by", "why_absent"}


def overview(answers: list[dict[str, Any]]) -> Figure | None:
    """How far each claim's headline is on its side of 1, and the range over specifications.

    A ratio that supports its claim when it is below 1 is inverted, so that right of 1 always
    speaks for the claim. A ratio with a divisor of zero is drawn at the edge on its side.
    """
    rows = [(answer, known) for answer in answers if (known := _compared(answer))]
    if not rows:
        return None
    with mpl.rc_context(STYLE):
        figure, ax = axes(8.0, 1.2 + 0.44 * len(rows))
        turned = [[_towards(m, answer) for m in known] for answer, known in rows]
        finite = [r for values in turned for r in values if 0 < r < math.inf] or [1.0]
        low, high = min(*finite, 1), max(*finite, 1)
        for at, ((_, known), values) in enumerate(
            zip(reversed(rows), reversed(turned), strict=True)
        ):
            shown = [min(max(value, low / 2), high * 2) for value in values]
            ax.plot([min(shown), max(shown)], [at, at], color="#c9ced6", lw=6,
                    solid_capstyle="round")  # fmt: skip
            if known[0]["role"] == "primary":
                supports = known[0]["supports"]
                ax.plot(shown[0], at, marker="o" if supports else "X", ms=9, mec="white",
                        color=BLUE if supports else VERMILION)  # fmt: skip
                ax.annotate(_times(values[0]), (shown[0], at), xytext=(0, 8), ha="center",
                            textcoords="offset points", fontsize=8.5)  # fmt: skip
        labels = [f"{answer['claim']}  {answer['verdict']}" for answer, _ in reversed(rows)]
        ax.set_yticks(range(len(rows)), labels)
        ax.set_ylim(-0.6, len(rows) + 0.1)
        ax.axvline(1, color=BLACK, lw=1)
        _log_ticks(ax, low / 2, high * 2, "x")
        ax.grid(visible=True, axis="x")
        ax.grid(visible=False, axis="y")
        ax.set_xlim(low / 4, high * 2.6)
        ax.set_xlabel("times by which the headline is on the side of the claim, log scale")
        for label, side, shift in (("← against", "right", -4), ("for the claim →", "left", 4)):
            ax.annotate(label, (1, len(rows) - 0.35), xytext=(shift, 0), ha=side, fontsize=7.5,
                        textcoords="offset points", color=GREY)  # fmt: skip
    return figure


def _towards(measure: dict[str, Any], answer: dict[str, Any]) -> float:
    """The ratio, inverted if needed so that above 1 speaks for the claim."""
    ratio = math.inf if measure["ratio"] is None else float(measure["ratio"])
    if "below" not in str(answer.get("supported_if_ratio", "")):
        return ratio
    return 1 / ratio if ratio else math.inf


def _times(value: float) -> str:
    return "none on one border" if value in (0, math.inf) else f"{value:.2g}"


def _compared(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The measures of a claim that both borders have, the headline first."""
    return [
        m
        for m in answer["measures"]
        if m["role"] in ("primary", "variant") and m["supports"] is not None
    ]


def balance(answer: dict[str, Any]) -> str:
    """What the curve of a claim shows."""
    known = _compared(answer)
    speaks = sum(m["supports"] for m in known)
    if speaks in (0, len(known)):
        side = "for" if speaks else "against"
        return f"All {len(known)} specifications that can be compared speak {side} the claim."
    return (
        f"{speaks} of {len(known)} specifications that can be compared speak for the claim (dots), "
        f"{len(known) - speaks} against it (crosses); the rows below show which choices they share."
    )


def specification(answer: dict[str, Any], borders: Sequence[Border]) -> Figure | None:
    """The claim's specification curve: one dot for each variant, by ratio; its choices below."""
    known = _compared(answer)
    if len(known) < 2 or len(borders) < 2:
        return None
    finite = [m["ratio"] for m in known if m["ratio"]] or [1.0]
    low, high = min(*finite, 1), max(*finite, 1)
    at_edge = {None: high * 2, 0.0: low / 2}
    compared = [m | {"shown": at_edge.get(m["ratio"], m["ratio"])} for m in known]
    compared.sort(key=lambda m: (m["shown"], m["role"]))
    choices = _choices(compared)[:MOST_CHOICES]
    below = max(len(choices), 1)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 3.0 + 0.19 * below), layout=room())
        top, bottom = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [2.4, 0.19 * below + 0.15]}
        )
        _dots(top, compared, low, high)
        top.set_ylabel(f"{borders[0].name}\nover {borders[1].name}")
        _choice_rows(bottom, compared, choices)
    return figure


def _dots(ax: Axes, compared: list[dict[str, Any]], low: float, high: float) -> None:
    for supports, colour, marker in ((True, BLUE, "o"), (False, VERMILION, "X")):
        at = [i for i, m in enumerate(compared) if m["supports"] is supports]
        if at:
            ax.plot(
                at, [compared[i]["shown"] for i in at], ls="", marker=marker, ms=5, color=colour
            )
    for place, measure in enumerate(compared):
        if measure["role"] == "primary":
            ax.plot(place, measure["shown"], marker="o", ms=12, mfc="none", mec=BLACK, ls="")
            # The curve rises, so there is room above it on the left.
            at_start = place < 0.1 * len(compared)
            ax.annotate("headline", (place, measure["shown"]), textcoords="offset points",
                        xytext=(0 if at_start else -9, 11 if at_start else 9),
                        ha="left" if at_start else "right", fontsize=8)  # fmt: skip
    ax.axhline(1, color=BLACK, lw=1)
    _log_ticks(ax, min(m["shown"] for m in compared), max(m["shown"] for m in compared), "y")
    edges = {m["shown"]: m["ratio"] for m in compared if not m["ratio"]}
    if edges:
        ticks = [t for t in ax.get_yticks() if low <= t <= high]
        names = [f"{tick:g}" for tick in ticks]
        more = {at: "0" if ratio == 0 else "n / 0" for at, ratio in edges.items()}
        ax.set_yticks([*ticks, *more], [*names, *more.values()])
    shown = [m["shown"] for m in compared]
    ax.set_ylim(min(*shown, 1) / 1.4, max(*shown, 1) * 1.5)
    ax.tick_params(axis="x", bottom=False, labelbottom=False)


def _choices(compared: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The settings that differ among the variants, each with all its values."""
    names = [name for name in compared[0] if name not in SKIPPED]
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
    labels = [
        f"{name.replace('_', ' ')}: {value.replace('-', '−')}" for name, value in reversed(choices)
    ]
    ax.set_yticks(range(len(choices)), labels, fontsize=7)
    ax.set_ylim(-0.7, max(len(choices), 1) - 0.3)
    ax.set_xlabel(f"{len(compared)} specifications, in order of ratio; choices marked below")
    ax.set_xticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)


def _log_ticks(ax: Axes, low: float, high: float, axis: str) -> None:
    """A log axis with round numbers as plain text, with 1, never too close together."""
    low, high = min(low, 1), max(high, 1)
    span = high / low
    steps = (1, 2, 5) if span < 300 else (1,)
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    every = 2 if span > 1e6 else 1
    ticks = [s * 10.0**d for d in decades for s in steps if d % every == 0 or s * 10.0**d == 1]
    ticks = [tick for tick in ticks if low / 1.3 <= tick <= high * 1.3]
    set_scale, set_ticks = (
        (ax.set_xscale, ax.set_xticks) if axis == "x" else (ax.set_yscale, ax.set_yticks)
    )
    set_scale("log")
    set_ticks(ticks, [f"{tick:,g}" for tick in ticks])
    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_minor_locator(mpl.ticker.NullLocator())
