"""How the report's pictures look and are saved: safe for colour-blind readers, equal bytes.

Colours are those of Okabe and Ito (2008), also distinguished by marker or line style.
"""

import base64
import io
import re
import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

# Okabe and Ito (2008), Color Universal Design.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#767676"
LOOKS = ((BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", "-."), (PURPLE, "D", ":"))
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
CREDIT_LETTERS_PER_IN = 21
CREDIT_LINES = 6  # no source names more
LINE_IN, GAP_IN = 0.1, 0.05


def save(figure: Figure, stem: Path, credit: str) -> str:
    """Write the figure as SVG and PNG, with the credit below; returns the SVG as a data URI.

    The foot of the figure is only for the credit, which is never cut.
    """
    across = int(figure.get_figwidth() * CREDIT_LETTERS_PER_IN)
    lines = textwrap.wrap(credit, across, max_lines=CREDIT_LINES, placeholder=" …")
    figure.text(
        0.995, 0.004, "\n".join(lines), ha="right", va="bottom", fontsize=6, color="#555555"
    )
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        left, _, width, _ = engine.get()["rect"]
        foot = (LINE_IN * len(lines) + GAP_IN) / figure.get_figheight()
        engine.set(rect=(left, foot, width, 1 - foot))
    stem.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        drawn = io.BytesIO()
        # Without a date and a version, equal input gives equal bytes.
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        svg = _named_in_order(drawn.getvalue())
        stem.with_suffix(".svg").write_bytes(svg)
        figure.savefig(stem.with_suffix(".png"), dpi=PNG_DPI, metadata={"Software": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"


def _named_in_order(drawn: bytes) -> bytes:
    """The SVG with its clips named in order: matplotlib names them by their place in memory."""
    names: dict[bytes, bytes] = {}
    return re.sub(
        rb"(?<=[#\"])p[0-9a-f]{10}(?=[\")])",
        lambda found: names.setdefault(found[0], b"clip%d" % (1 + len(names))),
        drawn,
    )


def room(right: float = 0.0) -> ConstrainedLayoutEngine:
    """A layout that leaves a share of the figure free at its right."""
    return ConstrainedLayoutEngine(rect=(0, 0, 1 - right, 1))


def thousands(value: float, _: object = None) -> str:
    """A tick label in the usual form of numbers: 2,500."""
    return f"{value:,g}"


def axes(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """A figure of this size with one pair of axes."""
    figure = Figure(figsize=(width_in, height_in), layout=room())
    return figure, figure.subplots()
