"""The picture of the minimum cut by date of a source's snapshots."""

from collections.abc import Sequence

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from pipeline.report.chart_style import LOOKS, STYLE, axes


def cuts(rows: pd.DataFrame, dates: Sequence[str], title: str) -> Figure | None:
    """F(D) of roads by date, one line for each depth, with its name at the end.

    Parameters
    ----------
    rows
        `date`, `depth_km` and `min_cut_links`, where stated.
    dates
        All dates, in order, drawn at equal distances.
    title
        Name of the border.

    Returns
    -------
    Figure or None
        None if nothing is stated.
    """
    if rows.empty:
        return None
    with mpl.rc_context(STYLE):
        figure, ax = axes(8.0, 3.8)
        for at, (depth, here) in enumerate(rows.groupby("depth_km")):
            colour, marker, line = LOOKS[at % len(LOOKS)]
            by_date = here.set_index("date")["min_cut_links"].reindex(list(dates)).astype(float)
            ax.plot(range(len(dates)), by_date, color=colour, marker=marker, ls=line, ms=5)
            last = by_date.last_valid_index()
            depth_text = f"{float(str(depth)):+g} km".replace("-", "−")
            ax.annotate(depth_text, (list(dates).index(str(last)), by_date[last]), color=colour,
                        xytext=(6, 2), textcoords="offset points", fontsize=8)  # fmt: skip
        ax.set_xticks(range(len(dates)), list(dates), fontsize=7.5)
        ax.set_xlim(-0.3, len(dates) - 0.5)
        ax.set_ylim(bottom=-0.3)
        ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        ax.set_ylabel("fewest road links to close")
        ax.set_title(title, fontsize=10, fontweight="bold", loc="left")
    return figure
