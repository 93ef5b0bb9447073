"""Stage 6c: what F(D) is measured against: the width of the front, and walks between its roads."""

import geopandas as gpd
import pandas as pd

from pipeline.core import store
from pipeline.measures.depth import Variant
from pipeline.measures.foot_cut import MODES as WALKED_MODES
from pipeline.measures.foot_cut import Sizes, walked
from pipeline.network import reach, standing_posts

KEY = ["mode", "directed", "third_open", "depth_km"]


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
    nodes, links, line = (
        gpd.GeoDataFrame(store.read(network_dir, name)) for name in ("nodes", "links", "border")
    )
    provenance = store.read(network_dir, "provenance")
    for suffix in ("", "_steep"):
        minutes = walk_km.assign(walk_minutes=walk_km[f"walk_minutes{suffix}"])
        walks = walked(nodes, links, line, minutes, provenance, border)
        known = bool(minutes["walk_minutes"].notna().any())
        table = with_walks(table, walks, f"walked_{{}}_links{suffix}", known=known)
        if not suffix:
            posts = standing_posts.read(network_dir)
            free = walked(nodes, links, line, minutes, provenance, border, posts)
            table = with_walks(table, free, "unguarded_walked_{}_links", known=known)
            table = table.assign(why_no_walk=_why_no_walk(table, known=known))
    store.write(out, {"fronts": table.drop(columns="min_cut_links")})


def with_widths(cordons: pd.DataFrame, widths: pd.DataFrame) -> pd.DataFrame:
    """The key of cordons and F(D), with front_width_km, links_per_100_km and why_no_width."""
    table = cordons[[*KEY, "min_cut_links"]].merge(widths, on="depth_km", how="left")
    km, why = table["front_width_km"].astype(float), table["why_no_width"]
    why = why.astype(object).mask(km == 0, "no land lies that deep")
    counts = table["min_cut_links"].astype(float)
    per_100_km = 100 * counts / km.where(km > 0)
    return table.assign(front_width_km=km, links_per_100_km=per_100_km, why_no_width=why)


def with_walks(
    table: pd.DataFrame, walks: dict[int, Sizes], column: str, *, known: bool
) -> pd.DataFrame:
    """Cuts with walking added to the headline rows of road and foot where F(D) is stated.

    `column` is the name of their columns, with braces where the minutes stand.
    """
    shown = _is_walked(table)
    for within, found in walks.items():
        counts = [
            found[Variant(mode, directed=True, third_open=False)][depth_km]
            if here and known
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
