"""Every figure of a border with its choices, from its published layers."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.core.frames import Row, records
from pipeline.core.modes import VEHICLE_MODES
from pipeline.measures import (
    choices,
    completeness,
    cost_figures,
    crossing_figures,
    cut_figures,
    fronts,
    ground,
    placement_figures,
    road_and_rail,
    routes,
    success_figures,
)
from pipeline.measures.choices import CHOICES
from pipeline.measures.claims import Claims
from pipeline.network.line import RULER_COLUMN

# Layers from which figures are made, in addition to border, chokepoints and posts.
LAYERS = (
    *("border", "crossings", "chokepoints", "bypasses", "cordons", "posts", "sensitivity"),
    *("crossing_merges", "site_merges", "posture", "costs", "cost_effects"),
    *("closure_counts", "closing_counts_on_foot", "route_pairs", "evasion"),
    *("stations", "intermodal_cuts", "intermodal_closures", "success"),
    "success_parameters",
    *placement_figures.LAYERS,
)
COUNTED = ("crossings", "min_cut", "unguarded")
# Columns of the range of a figure that comes with its own range.
OWN_RANGE = ("low", "high")


def figures(
    layers: Mapping[str, pd.DataFrame],
    asked: Claims,
    others: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame:
    """A row for each figure of one border.

    Parameters
    ----------
    layers : mapping of str to pandas.DataFrame
        The layers in LAYERS.
    asked : Claims
        The claims, which contain published figures to compare with the measured ones.
    others : sequence of geopandas.GeoDataFrame
        The layer crossings of the border in each other source.

    Returns
    -------
    pandas.DataFrame
        A column for each of CHOICES (empty if a choice does not apply), `key`, `value` (NaN if
        absent), `low`, `high`, `unit` and `why_absent`.
    """
    line = layers["border"].iloc[0]
    estimated = completeness.figures(layers["crossings"], others)
    frame = pd.DataFrame([*_rows(layers, line, asked), *estimated])
    names = [*CHOICES, "value", "unit", "why_absent", *OWN_RANGE]
    frame = frame.reindex(columns=names)
    frame[list(CHOICES)] = frame[list(CHOICES)].fillna("")
    frame["why_absent"] = frame["why_absent"].astype(object).where(frame["why_absent"].notna(), "")
    frame = _with_sums(frame)
    frame = _with_densities(frame, float(line[RULER_COLUMN]))
    frame["key"] = [choices.key(row) for row in records(frame)]
    ranges = pd.DataFrame(choices.ranges(frame), index=frame.index, columns=list(OWN_RANGE))
    for name in OWN_RANGE:
        frame[name] = frame[name].astype(float).where(frame[name].notna(), ranges[name])
    return frame


def _rows(layers: Mapping[str, pd.DataFrame], line: pd.Series, asked: Claims) -> Iterator[Row]:
    border, crossings, cordons = str(line["border"]), layers["crossings"], layers["cordons"]
    kinds = layers["chokepoints"][["chokepoint_id", "kind"]]
    yield from crossing_figures.lengths(line, asked.official_length_km)
    yield from crossing_figures.counts(crossings)
    yield from crossing_figures.inventories(border, asked)
    yield from cut_figures.profile(cordons, bool(len(layers["posts"])))
    yield from cut_figures.other_ways(layers["sensitivity"])
    yield from cut_figures.other_merges(layers["crossing_merges"], layers["site_merges"])
    yield from crossing_figures.closings(crossings, layers["bypasses"].merge(kinds))
    yield from ground.figures(layers["posture"])
    yield from cost_figures.figures(layers["costs"], layers["cost_effects"])
    yield from cost_figures.staff(border, crossings, asked)
    yield from routes.figures(*(layers[name] for name in routes.LAYERS))
    yield from fronts.figures(cordons, has_posts=bool(len(layers["posts"])))
    names = ("stations", "intermodal_cuts", "intermodal_closures")
    yield from road_and_rail.figures(*(layers[name] for name in names))
    yield from success_figures.figures(layers["success"], layers["success_parameters"])
    yield from placement_figures.figures(*(layers[name] for name in placement_figures.LAYERS))


def _with_sums(frame: pd.DataFrame) -> pd.DataFrame:
    """The figures, with sums of road and rail added; a sum is absent if either part is."""
    frame = frame.assign(value=frame["value"].astype(float))
    counts = frame[frame["measure"].isin(COUNTED)]
    names = [name for name in CHOICES if name != "mode"]
    road, rail = (counts[counts["mode"] == mode].set_index(names) for mode in VEHICLE_MODES)
    both = road.join(rail[["value", "why_absent"]], rsuffix="_rail", how="inner")
    reasons = both["why_absent"].where(both["why_absent"] != "", both["why_absent_rail"])
    summed = both.assign(
        mode="road and rail", value=both["value"] + both["value_rail"], why_absent=reasons
    )
    return pd.concat([frame, summed.reset_index()[frame.columns]], ignore_index=True)


def _with_densities(frame: pd.DataFrame, length_km: float) -> pd.DataFrame:
    """The figures, with counts per 100 km of border (by the common ruler) added."""
    counted = frame["measure"].isin(COUNTED)
    whole = frame.assign(per=np.where(counted, "border", ""))
    thin = whole[counted].assign(per="100 km", value=whole["value"] / length_km * 100)
    thin["unit"] = thin["unit"] + " per 100 km"
    return pd.concat([whole, thin], ignore_index=True)
