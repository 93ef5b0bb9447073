"""Stage 7b, cost: what posts or a fence would cost on a border, by stated unit costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.core import config, parameters, store
from pipeline.core.config import expect_keys, is_number, wrong
from pipeline.core.modes import VEHICLE_MODES
from pipeline.travel.closing import DETOUR_LIMIT, limit_name

PATH = Path(__file__).with_name("cost.toml")
LEVELS = ("low", "mid", "high")
UNITS = ("fence_build_per_km", "fence_upkeep_per_km_year", "post_build", "post_year")
BEHIND_KM = parameters.number("headline_depth_km")
OPEN = ("official", "informal", "unmarked")
SHARES = parameters.numbers("stopped_shares")


@dataclass(frozen=True)
class Costs:
    """Million USD a unit at each level, years, and wages by country over those of the US."""

    years: float
    musd: dict[str, tuple[float, float, float]]
    wages: dict[str, float]


def cost(
    network_dir: str,
    crossings_dir: str,
    chokepoints_dir: str,
    closures_dir: str,
    posture_dir: str,
    out: str,
) -> None:
    """Write the table costs to the folder `out`.

    Posts: one at every road and railway crossing that is open; on every link of the minimum cut
    some way behind the line; or at the fewest crossings that stop each share of through demand (no
    way left within the detour limit). Fence: on every km that has none, or on every km of
    land that has none. Raises InputError for bad input.
    """
    known = read()
    country = str(store.read(network_dir, "border")["to_country"].iloc[0])
    crossings = _used(store.read(crossings_dir, "crossings"))
    quantities = {
        "posts on every crossing": (float(len(crossings)), "posts", None),
        f"posts {BEHIND_KM:g} km behind": _behind(store.read(chokepoints_dir, "cordons")),
        **_closings(store.read(closures_dir, "closure_counts"), crossings),
        **_fences(store.read(posture_dir, "posture")),
    }
    rows = [
        row
        for scenario, (quantity, unit, why) in quantities.items()
        for row in _costed(known, country, scenario, quantity, unit, why)
    ]
    store.write(out, {"costs": pd.DataFrame(rows)})


def read(path: Path = PATH) -> Costs:
    """The unit costs; raises InputError that names an unknown, missing or wrong key."""
    table = config.read(path, "unit costs")
    wanted = ("years", "wages", *UNITS)
    expect_keys(path, table, wanted, wanted)
    wages = table["wages"]
    if not isinstance(wages, dict) or not all(_positive(value) for value in wages.values()):
        raise wrong(path, "wages", wages, "numbers by country")
    if not _positive(table["years"]):
        raise wrong(path, "years", table["years"], "a number above 0")
    musd = {unit: _levels(path, unit, table[unit]) for unit in UNITS}
    return Costs(float(table["years"]), musd, {key: float(value) for key, value in wages.items()})


def _positive(value: object) -> bool:
    return is_number(value) and 0 < float(str(value)) < 1e6


def _levels(path: Path, unit: str, row: Any) -> tuple[float, float, float]:
    if not isinstance(row, dict):
        raise wrong(path, unit, row, "a table with musd and source")
    keys = ("musd", "source")
    expect_keys(path, row, keys, keys, f"{unit}.")
    if not isinstance(row["source"], str) or not row["source"].strip():
        raise wrong(path, f"{unit}.source", row["source"], "where the figures come from")
    values = row["musd"]
    whole = isinstance(values, list) and len(values) == len(LEVELS) and all(map(_positive, values))
    if not whole or sorted(values) != values:
        raise wrong(path, f"{unit}.musd", values, "three numbers that rise")
    return float(values[0]), float(values[1]), float(values[2])


Quantity = tuple[float | None, str, str | None]


def _used(crossings: pd.DataFrame) -> pd.DataFrame:
    """Open road and railway crossings that count."""
    used = crossings["counted"] & crossings["mode"].isin(VEHICLE_MODES)
    used &= crossings["status"].isin(OPEN) & (crossings["class"] != "restricted")
    return crossings[used]


def _behind(cordons: pd.DataFrame) -> Quantity:
    """Links of F at the headline depth, of road and rail."""
    headline = cordons[
        cordons["directed"] & ~cordons["third_open"] & (cordons["depth_km"] == BEHIND_KM)
    ].set_index("mode")
    links, lacking = 0.0, []
    for mode in VEHICLE_MODES:
        row = headline.loc[mode] if mode in headline.index else None
        if row is not None and pd.notna(row["min_cut_links"]):
            links += float(row["min_cut_links"])
        elif mode == "road" or row is None or "no railway" not in str(row["why_absent"]):
            # No railway that deep needs no post there; any other gap leaves the sum unknown.
            lacking.append(f"{mode}: {'no such depth' if row is None else row['why_absent']}")
    why = "; ".join(lacking) or None
    return None if why else links, "posts", why


def _closings(counts: pd.DataFrame, crossings: pd.DataFrame) -> dict[str, Quantity]:
    """Fewest crossings of road and rail that stop each share of through demand."""
    headline = counts[
        counts["demand"].eq("through")
        & counts["unit"].eq("crossing")
        & counts["detour_limit"].eq(limit_name(DETOUR_LIMIT))
    ].set_index(["mode", "stopped_share"])
    found: dict[str, Quantity] = {}
    for share in SHARES:
        posts, lacking = 0.0, []
        for mode in VEHICLE_MODES:
            row = headline.loc[mode, share] if (mode, share) in headline.index else None
            if row is not None and pd.notna(row["closings"]):
                posts += float(row["closings"])
            elif (crossings["mode"] == mode).any():
                why = "not counted" if row is None else row["why_absent"]
                lacking.append(f"{mode}: {why}")
        absent = "; ".join(lacking) or None
        found[f"posts to stop {share:.0%}"] = (None if absent else posts, "posts", absent)
    return found


def _fences(posture: pd.DataFrame) -> dict[str, Quantity]:
    bare = posture[posture["measure"] == "unfenced_km"].set_index("of")["value"]
    return {
        "fence where there is none": (float(bare[""]), "km", None),
        "fence on land": (float(bare["land"]), "km", None),
    }


def _costed(
    known: Costs, country: str, scenario: str, quantity: float | None, unit: str, why: str | None
) -> Iterator[dict[str, Any]]:
    """A row for each level of unit costs and each way to count wages."""
    build, keep = (
        ("post_build", "post_year") if unit == "posts"
        else ("fence_build_per_km", "fence_upkeep_per_km_year")
    )  # fmt: skip
    for wages in ("same", "own"):
        share = 1.0 if wages == "same" else known.wages.get(country)
        absent = why or (None if share else f"no wages of {country} in {PATH.name}")
        for level, name in enumerate(LEVELS):
            each = known.musd[build][level] + known.musd[keep][level] * known.years
            # Of a post its staff cost what the country pays; of a fence all work does.
            if share and unit == "posts":
                each = known.musd[build][level] + known.musd[keep][level] * known.years * share
            elif share:
                each *= share
            value = None if absent or quantity is None else quantity * each
            yield {
                "scenario": scenario,
                "level": name,
                "wages": wages,
                "quantity": quantity,
                "unit": unit,
                "cost_musd": value,
                "why_absent": absent,
            }
