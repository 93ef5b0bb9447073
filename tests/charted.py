"""Drawn borders and measures for the report's pictures, and the curves of a picture."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline.report.borders import Border


def border(key: str = "us-mx", **tables: pd.DataFrame) -> Border:
    """A border that has these layers."""
    return Border(
        key=key, name={"us-mx": "Long", "mx-gt": "Short"}[key],
        countries={"A": "Aland", "B": "Bland"},
        from_code="A", to_code="B", known={}, layer=tables.__getitem__,
    )  # fmt: skip


BOTH = (border("us-mx"), border("mx-gt"))


def curves(ax: Axes) -> dict[str, list[tuple[float, float]]]:
    """The points of each line that bears a name."""
    return {
        str(line.get_label()): [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]
        for line in ax.get_lines()
        if not str(line.get_label()).startswith("_")
    }


def measure(first: float, second: float, role: str = "variant") -> dict[str, Any]:
    ratio = first / second if second else None
    return {"role": role, "measure": "min_cut", "mode": "road", "per": "border", "unit": "links",
            "us-mx": first, "mx-gt": second, "ratio": ratio, "supports": first > second,
            "distinct": True,
            "why_absent": None}  # fmt: skip
