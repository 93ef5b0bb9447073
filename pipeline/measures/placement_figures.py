"""Figures on where posts stop most, as rows to compare."""

from collections.abc import Iterator

import pandas as pd

from pipeline.core import parameters
from pipeline.core.frames import Row, records

LAYERS = ("placement_curve", "programme", "harm")
POSTS = parameters.wholes("met_by_posts")
MET = 1.0


def figures(curve: pd.DataFrame, programme: pd.DataFrame, harm: pd.DataFrame) -> Iterator[Row]:
    """Shares stopped by randomised posts, ways that the programme's posts leave, and displacement.

    Parameters
    ----------
    curve, programme, harm : pandas.DataFrame
        The layers placement_curve, programme and harm.

    Yields
    ------
    dict
        A figure with its choices.
    """
    alone = curve[curve["model"].eq("randomised") & curve["existing"].eq("none")]
    alone = alone[alone["chance"].eq(MET)]
    for (mode, depth_km, walking), rows in alone.groupby(["mode", "depth_km", "walking"]):
        known = rows[rows["value"].notna()].set_index("n_posts")["value"]
        why = rows["why_absent"].dropna()
        for n_posts in POSTS:
            name = f"met_by_{n_posts}_posts" + ("_with_walking" if walking else "")
            # The curve ends at the number of posts beyond which more posts add nothing.
            value = known.get(n_posts, known.iloc[-1] if len(known) else None)
            yield {
                "measure": name,
                "mode": mode,
                "depth": f"{depth_km:+g} km",
                "value": value,
                "unit": "share",
                "why_absent": None if len(known) else why.iloc[0],
            }
    for row in records(programme):
        yield {
            "measure": "routes_left_by_programme",
            "mode": row["mode"],
            "depth": f"{row['depth_km']:+g} km",
            "value": row["ways_left"] if row["posts"] else None,
            "unit": "links",
            "why_absent": row["why_absent"] or (None if row["posts"] else "it added no post here"),
        }
    added = harm[harm["scenario"].str.startswith("posts since") & harm["demand"].eq("through")]
    for row in records(added):
        yield {
            "measure": "moved_by_programme",
            "demand": row["demand"],
            "value": row["moved_share"],
            "unit": "share",
            "why_absent": row["why_absent"],
        }
