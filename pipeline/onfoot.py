"""Stage 7c, on foot: how much less closing crossings stops when people may walk round them."""

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline import borderfile, errors, store
from pipeline.geo import Floats
from pipeline.movement import choice, demand, routing
from pipeline.movement.choice import Choice
from pipeline.movement.travel import travel
from pipeline.walking import rounds

MODE = "road"  # a railway is boarded at stations
WITHIN_MINUTES = (60, 180, 360)  # a walk, a night's walk, a day's: those who walk longer are few
DETOUR_LIMIT = 1.5  # demand is stopped when no way is left within so many times its fastest


def onfoot(
    network_dir: str,
    crossings_dir: str,
    closures_dir: str,
    terrain_dir: str,
    border_toml: str,
    out_dir: str,
    data_toml: str | None = None,
) -> None:
    """Write the table closures_on_foot: the best sets of closures, with walking round them.

    Who comes to a closed crossing that can be walked round within the time walks, which adds those
    minutes to his way, and travels on. Empty where there is no elevation model, or no closures.
    """
    border = borderfile.read(border_toml, data_toml)
    tables = {name: store.read(network_dir, name) for name in ("nodes", "links", "places")}
    tables |= {name: store.read(crossings_dir, name) for name in ("crossings", "crossing_links")}
    best = store.read(closures_dir, "closures")
    best = best[(best["mode"] == MODE) & (best["aim"] == "stop")]
    walk_km = store.read(terrain_dir, "walk_km")
    rows: list[dict[str, object]] = []
    if len(best) and len(walk_km):
        found = travel(tables, MODE, border, routing.usable(tables["links"], MODE))
        wanted = demand.demand(found.settled, found.network, border, "through")
        chosen = choice.choose(found.network, wanted)
        crossings = found.network.crossings
        walks = rounds.minutes(crossings["border_km"], tables["nodes"], walk_km)
        for k, closed in best.groupby("k")["crossing_id"]:
            shut = crossings["crossing_id"].isin(closed).to_numpy()
            rows += _walked(chosen, shut, walks, int(str(k)))
    store.write(out_dir, {"closures_on_foot": pd.DataFrame(rows)})


def _walked(
    chosen: Choice, shut: "np.ndarray[tuple[int], np.dtype[np.bool_]]", walks: Floats, k: int
) -> Iterator[dict[str, object]]:
    """A row for each time that people would walk; the first of them is nobody's."""
    before = choice.fastest(chosen)
    for within in (0, *WITHIN_MINUTES):
        extra = np.where(shut, np.where(walks <= within, walks, np.inf), 0.0)
        if not within:
            extra = np.where(shut, np.inf, 0.0)
        after = (chosen.minutes + extra[:, None]).min(axis=0)
        yield {
            "mode": MODE,
            "k": k,
            "within_minutes": within,
            "walked_round": int((np.isfinite(extra) & shut).sum()),
            "demand_stopped_share": float(chosen.weight[after > DETOUR_LIMIT * before].sum()),
            "cut_off_share": float(chosen.weight[~np.isfinite(after)].sum()),
        }


if __name__ == "__main__":
    errors.run(
        onfoot,
        sys.argv[1:],
        "NETWORK_DIR CROSSINGS_DIR CLOSURES_DIR TERRAIN_DIR BORDER_TOML OUT_DIR [DATA_TOML]",
    )
