"""Travel: places on the network, minutes between them through each crossing, and choices.

Computed once for road, for rail and for both together; the stages on closures, bypasses and routes
read it (module `travel.tables`).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core import folders, parameters, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.modes import VEHICLE_MODES
from pipeline.network import reach
from pipeline.travel import (
    choice,
    demand,
    interior_detour,
    mode_network,
    road_and_rail,
    snap,
    trucks,
)
from pipeline.travel import tables as kept
from pipeline.travel.assemble import Travel
from pipeline.travel.assemble import travel as on_network
from pipeline.travel.choice import Choice
from pipeline.travel.demand import Demand
from pipeline.travel.mode_network import Network

TRANSFER_MINUTES = (
    parameters.whole("transfer_minutes"),
    *parameters.wholes("other_transfer_minutes"),
)
Row = dict[str, object]


def travel(
    network_dir: str,
    crossings_dir: str,
    border_toml: str,
    out_dir: str,
    data_toml: str | None = None,
) -> None:
    """Write folders road, rail, truck and combined, tables demand and transfers, and zones.

    A mode with no network, no crossing or no demand is a valid empty result; `demand.why_absent`
    gives the reason.
    """
    border = reach.settled(network_dir, border_toml, data_toml)
    names = ("nodes", "links", "places", "stations")
    tables = {name: store.read(network_dir, name) for name in names}
    tables["links"] = tables["links"].assign(shape=np.arange(len(tables["links"])))
    of_mode = {mode: mode_network.usable(tables["links"], mode) for mode in VEHICLE_MODES}
    laid = {mode: snap.in_plane(links) for mode, links in of_mode.items()}
    tables |= {name: store.read(crossings_dir, name) for name in ("crossings", "crossing_links")}
    n_nodes = len(tables["nodes"])
    demand_rows: list[Row] = []
    parts = interior_detour.parts(tables["nodes"], tables["links"], border)
    # All folders are made next to the last output, so that none of them is new among old ones.
    with folders.whole_set(Path(out_dir), store.STAMP) as out:
        for mode in VEHICLE_MODES:
            found = on_network(tables, mode, border, of_mode[mode], laid[mode])
            wanted = {
                model: demand.demand(found.settled, found.network, border, model)
                for model in demand.KEPT
            }
            chosen = _chosen(found.network, wanted)
            rows = list(_demand_rows(mode, found, wanted, chosen))
            kept.write(
                out / mode, found.network, n_nodes, found.settled, pd.DataFrame(rows), chosen
            )
            demand_rows += rows
        # Freed before trucks are laid on the network, which needs as much memory again.
        del found, of_mode
        transfers = _write_combined(out / road_and_rail.MODE, tables, border, laid)
        del laid
        demand_rows += _write_trucks(out / trucks.NAME, tables, border)
        store.fill(
            out,
            {"demand": pd.DataFrame(demand_rows), "transfers": transfers},
            {"target_parts": np.stack(list(parts.values()))},
        )


def _write_trucks(folder: Path, tables: dict[str, pd.DataFrame], border: BorderFile) -> list[Row]:
    """The network of trucks and the choices of their through demand, for both readings of tags."""
    found = trucks.travel(tables, border)
    wanted = demand.demand(found.settled, found.network, border, "through")
    networks = {trucks.DEMAND: found.network, trucks.SURE: trucks.sure(found.network)}
    chosen = {name: choice.choose(network, wanted) for name, network in networks.items()}
    rows = list(_demand_rows(trucks.NAME, found, dict.fromkeys(networks, wanted), chosen))
    kept.write(
        folder, found.network, len(tables["nodes"]), found.settled, pd.DataFrame(rows), chosen
    )
    return rows


def _chosen(network: Network, wanted: dict[str, Demand]) -> dict[str, Choice]:
    """What each demand chooses."""
    found = choice.ways(network, list(wanted.values()))
    return {
        model: choice.among(ways, one)
        for (model, one), ways in zip(wanted.items(), found, strict=True)
    }


def _demand_rows(
    mode: str, found: Travel, wanted: dict[str, Demand], chosen: dict[str, Choice]
) -> Iterator[Row]:
    """Rows of table demand."""
    for model, choices in chosen.items():
        facts = wanted[model].facts
        minutes = choice.fastest(choices)
        yield {
            "mode": mode,
            "demand": model,
            "places_off_network": found.left_out,
            **facts,
            "unreachable_share": choices.unreachable_share,
            "mean_minutes": choice.mean(minutes, choices.weight),
            "why_absent": facts["why_absent"] or _no_way(choices),
        }


def _no_way(chosen: Choice) -> str | None:
    return None if len(chosen.weight) else "no pair has a way"


def _write_combined(
    folder: Path,
    tables: dict[str, pd.DataFrame],
    border: BorderFile,
    laid: dict[str, snap.InPlane],
) -> pd.DataFrame:
    """The network of both, and the choices of through demand by how long a change takes.

    Returns the table transfers.
    """
    both = road_and_rail.combine(tables, border, laid)
    network = road_and_rail.network(both, border)
    chosen: dict[str, Choice] = {}
    demand_rows: list[Row] = []
    for minutes in TRANSFER_MINUTES if both.stations["joins"].any() else ():
        found = Travel(road_and_rail.changing(network, minutes), both.settled, both.left_out)
        wanted = demand.demand(found.settled, found.network, border, "through")
        name = road_and_rail.demand_name(minutes)
        chosen[name] = choice.choose(found.network, wanted)
        demand_rows += _demand_rows(road_and_rail.MODE, found, {name: wanted}, {name: chosen[name]})
    kept.write(
        folder, network, len(tables["nodes"]), both.settled, pd.DataFrame(demand_rows), chosen
    )
    return pd.DataFrame(both.stations)[["station_id", "joins", "rail_km", "road_km"]]
