"""Cost: what posts or a fence on a border would cost at given unit costs, and what they stop."""

import pandas as pd

from pipeline.core import store
from pipeline.measures import cost as costs
from pipeline.measures import cost_effects


def cost(
    network_dir: str,
    crossings_dir: str,
    chokepoints_dir: str,
    closures_dir: str,
    onfoot_dir: str,
    posture_dir: str,
    out: str,
) -> None:
    """Write the tables costs and cost_effects to the folder `out`.

    Raises InputError for bad input.
    """
    country = str(store.read(network_dir, "border")["to_country"].iloc[0])
    scenarios = costs.scenarios(
        costs.used(store.read(crossings_dir, "crossings")),
        store.read(chokepoints_dir, "cordons"),
        store.read(closures_dir, "closure_counts"),
        store.read(closures_dir, "closures"),
        store.read(posture_dir, "posture"),
    )
    rows = [row for scenario in scenarios for row in costs.costed(scenario, country)]
    walks = store.read(onfoot_dir, "closures_on_foot")
    effects = cost_effects.effects(scenarios, walks)
    store.write(out, {"costs": pd.DataFrame(rows), "cost_effects": pd.DataFrame(effects)})
