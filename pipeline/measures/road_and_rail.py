"""Figures on road and rail together, as rows of comparison.csv; no claim rests on them."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pipeline.travel.road_and_rail import MODE

Row = dict[str, Any]


def headlines(
    stations: pd.DataFrame, cuts: pd.DataFrame, closures: pd.DataFrame
) -> Iterator[tuple[Row, str, pd.Series | None]]:
    """Figures of both modes with the name in comparison.csv and what their range is of.

    Of the times that a change may take, the middle one is the headline, the others its range.
    """
    counts = {"stations": len(stations), "stations_that_join": int(stations["joins"].sum())}
    for name, count in counts.items():
        value = count if len(stations) else None
        yield {"mode": "rail", "value": value, "unit": "stations"}, name, None
    for row in cuts.to_dict(orient="records"):
        figure = {"mode": MODE, "value": row["combined_links"], "unit": "links"}
        yield figure, f"min_cut_links_at_{row['depth_km']:+g}_km", None
    for share, rows in closures.groupby("stopped_share"):
        middle = rows.sort_values("transfer_minutes").iloc[len(rows) // 2]
        for column in ("closings", "closings_rail"):
            figure = {"mode": MODE, "value": middle[column], "unit": "crossings"}
            yield figure, f"{column}_to_stop_{share * 100:g}", rows[column]
        if share == closures["stopped_share"].min():
            figure = {"mode": MODE, "value": middle["by_rail_share"], "unit": "share"}
            yield figure, "by_rail_share", rows["by_rail_share"]
