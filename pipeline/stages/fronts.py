"""Stage 6c: figures to compare with F(D): the width of the front, and walks between its roads."""

import geopandas as gpd
import pandas as pd

from pipeline.core import store
from pipeline.core.borderfile import BorderFile
from pipeline.measures import foot_cut
from pipeline.measures.depth import Variant
from pipeline.measures.foot_cut import MODES as WALKED_MODES
from pipeline.measures.foot_cut import Case, Sizes
from pipeline.network import reach, standing_posts

KEY = ["mode", "directed", "third_open", "depth_km"]
MINUTES = "walk_minutes"
UNGUARDED = "unguarded_walked_{}_links"
# Columns of the table, with braces in place of the minutes, by the column of walk_km they use.
WALKED = {
    "walked_{}_links": MINUTES,
    UNGUARDED: MINUTES,
    "walked_{}_links_steep": f"{MINUTES}_steep",
}


def fronts(
    network_dir: str,
    chokepoints_dir: str,
    terrain_dir: str,
    border_toml: str,
    out: str,
    data_toml: str | None = None,
) -> None:
    """Write the table fronts, a row for each row of cordons, to the folder `out`.

    Raises InputError for bad input.
    """
    border = reach.settled(network_dir, border_toml, data_toml)
    cordons = store.read(chokepoints_dir, "cordons")
    walk_km = store.read(terrain_dir, "walk_km")
    table = with_widths(cordons, store.read(network_dir, "front_widths"))
    known = {column: bool(walk_km[column].notna().any()) for column in set(WALKED.values())}
    sizes = _walked(network_dir, walk_km, border) if any(known.values()) else dict.fromkeys(WALKED)
    for column, minutes in WALKED.items():
        table = with_walks(table, sizes[column] if known[minutes] else None, column)
    table = table.assign(why_no_walk=_why_no_walk(table, known=known[MINUTES]))
    store.write(out, {"fronts": table.drop(columns="min_cut_links")})


def with_widths(cordons: pd.DataFrame, widths: pd.DataFrame) -> pd.DataFrame:
    """The key of cordons and F(D), with front_width_km, links_per_100_km and why_no_width."""
    table = cordons[[*KEY, "min_cut_links"]].merge(widths, on="depth_km", how="left")
    km, why = table["front_width_km"].astype(float), table["why_no_width"]
    why = why.astype(object).mask(km == 0, "no land lies that deep")
    counts = table["min_cut_links"].astype(float)
    per_100_km = 100 * counts / km.where(km > 0)
    return table.assign(front_width_km=km, links_per_100_km=per_100_km, why_no_width=why)


def _walked(
    network_dir: str, walk_km: pd.DataFrame, border: BorderFile
) -> dict[str, dict[int, Sizes] | None]:
    """Cuts with walking, by the column of the table that holds them."""
    nodes, links, line = (
        gpd.GeoDataFrame(store.read(network_dir, name)) for name in ("nodes", "links", "border")
    )
    provenance = store.read(network_dir, "provenance")
    posts = standing_posts.read(network_dir)
    cases = [
        Case(minutes, posts if column == UNGUARDED else None) for column, minutes in WALKED.items()
    ]
    found = foot_cut.walked(nodes, links, line, walk_km, provenance, border, cases)
    return dict(zip(WALKED, found, strict=True))


def with_walks(table: pd.DataFrame, walks: dict[int, Sizes] | None, column: str) -> pd.DataFrame:
    """Cuts with walking added to the headline rows of road and foot where F(D) is stated.

    `column` is the name of their columns, with braces in place of the minutes. Without `walks` (no
    minutes are known) they are empty.
    """
    shown = _is_walked(table)
    for within in foot_cut.WITHIN_MINUTES:
        found = walks[within] if walks else {}
        counts = [
            found[Variant(mode, directed=True, third_open=False)][depth_km]
            if here and walks
            else None
            for mode, depth_km, here in zip(table["mode"], table["depth_km"], shown, strict=True)
        ]
        table = table.assign(**{column.format(within): pd.array(counts, dtype="Int64")})
    return table


def _is_walked(table: pd.DataFrame) -> pd.Series:
    """Headline rows of road and foot where F(D) is stated."""
    shown = table["directed"] & ~table["third_open"] & table["mode"].isin(WALKED_MODES)
    return shown & table["min_cut_links"].notna()


def _why_no_walk(table: pd.DataFrame, *, known: bool) -> pd.Series:
    why = pd.Series(None, index=table.index, dtype=object)
    return why if known else why.mask(_is_walked(table), "no km of the line has walking minutes")
