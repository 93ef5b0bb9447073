"""Figures on road and rail as one network, as rows to compare."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core.frames import Row, records
from pipeline.core.modes import COMBINED


def figures(stations: pd.DataFrame, cuts: pd.DataFrame, closures: pd.DataFrame) -> Iterator[Row]:
    """Stations, cuts and closures of both modes, with their choices.

    Parameters
    ----------
    stations, cuts, closures : pandas.DataFrame
        The layers stations, intermodal_cuts and intermodal_closures.

    Yields
    ------
    dict
        A figure with its choices.
    """
    counts = {"stations": len(stations), "stations_that_join": int(stations["joins"].sum())}
    for measure, count in counts.items():
        value = count if len(stations) else None
        yield {"measure": measure, "mode": "rail", "value": value, "unit": "stations"}
    for row in records(cuts):
        yield {
            "measure": "min_cut",
            "mode": COMBINED,
            "depth": f"{row['depth_km']:+g} km",
            "direction": "directed",
            "third_countries": "transit excluded",
            "ways": "headline",
            "count": "links",
            "value": row["combined_links"],
            "unit": "links",
            "why_absent": row["why_absent"],
        }
    least = closures["stopped_share"].min()
    for row in records(closures):
        chosen = {
            "mode": COMBINED,
            "demand": "through",
            "transfer": f"transfer {row['transfer_minutes']:g} minutes",
            "why_absent": row["why_absent"],
        }
        stopped = {"stopped": f"{row['stopped_share']:.0%}", "unit": "crossings"}
        for measure in ("closings", "closings_rail"):
            yield chosen | stopped | {"measure": measure, "value": row[measure]}
        if row["stopped_share"] == least:
            yield chosen | {"measure": "by_rail_share", "value": row["by_rail_share"],
                            "unit": "share"}  # fmt: skip
