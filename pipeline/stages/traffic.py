"""Traffic: how modelled demand ranks crossings and sectors compared with counts."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core import borderfile, geo, parameters, store
from pipeline.core.types import Ints
from pipeline.measures import fact_tables, sectors, traffic_fit
from pipeline.measures.traffic_openings import openings
from pipeline.travel import tables as travelled
from pipeline.travel import trucks
from pipeline.travel.assemble import Travel
from pipeline.travel.choice import Choice
from pipeline.travel.demand import IRREGULAR
from pipeline.travel.mode_network import Network

NEAR_KM = parameters.number("counted_bridge_km")
FACTS = {
    "crossings": ("id", "border", "lon", "lat", "mode", "opened_year", "bts_port_code"),
    "traffic": ("scope", "code", "year", "measure", "value"),
    "apprehensions": ("border", "sector", "seq", "from_lon", "to_lon", "year", "apprehensions"),
}
Row = dict[str, object]


def traffic(
    network_dir: str,
    crossings_dir: str,
    travel_dir: str,
    facts_dir: str,
    border_toml: str,
    out_dir: str,
) -> None:
    """Write traffic_fit, traffic_openings, sector_fit and sector_shares; empty without counts.

    Raises InputError for bad input.
    """
    border = borderfile.read(border_toml)
    found = travelled.on_network(travel_dir, "road", network_dir, crossings_dir)
    by_truck = travelled.on_network(travel_dir, trucks.NAME, network_dir, crossings_dir)
    facts = {
        name: fact_tables.read(Path(facts_dir), name, columns) for name, columns in FACTS.items()
    }
    chosen = travelled.choice(travel_dir, "road", traffic_fit.DEMAND)
    of_trucks = travelled.choice(travel_dir, trucks.NAME, trucks.DEMAND)
    tables: dict[str, list[Row]] = {"traffic_fit": [], "traffic_openings": []}
    if len(chosen.weight):
        known = facts["crossings"]
        here = known[(known["border"] == border.border) & (known["mode"] == "road")]
        travellers = {"personal_vehicles": (found, chosen), "trucks": (by_truck, of_trucks)}
        tables = _held(travellers, here, facts["traffic"])
    counts = facts["apprehensions"]
    counts = counts[counts["border"] == border.border]
    irregular = travelled.choice(travel_dir, "road", IRREGULAR)
    tables |= _by_sector(found, chosen, irregular, counts)
    store.write(out_dir, {name: pd.DataFrame(rows) for name, rows in tables.items()})


def _held(
    travellers: dict[str, tuple[Travel, Choice]], known: pd.DataFrame, counts: pd.DataFrame
) -> dict[str, list[Row]]:
    """Rows of traffic_fit and traffic_openings, by what is counted and the demand for it."""
    fits: list[Row] = []
    opened: list[Row] = []
    for measure, (found, chosen) in travellers.items():
        here = known.assign(crossing=_nearest(found.network, known))
        here = here[here["crossing"] >= 0]
        of_measure = counts[counts["measure"] == measure]
        units = traffic_fit.units(here, of_measure)
        if len(units) and len(chosen.weight):
            rows, fit = traffic_fit.fits(found, chosen, units)
            fits += [{"measure": measure, **row} for row in rows]
            bridge_rows = openings(chosen, fit, here, of_measure)
            opened += [{"measure": measure, **row} for row in bridge_rows]
    return {"traffic_fit": fits, "traffic_openings": opened}


def _by_sector(
    found: Travel, chosen: Choice, irregular: Choice, counts: pd.DataFrame
) -> dict[str, list[Row]]:
    """Rows of sector_fit and sector_shares."""
    if not len(counts) or not len(chosen.weight):
        return {"sector_fit": [], "sector_shares": []}
    stretches = counts.drop_duplicates("seq").sort_values("seq")
    made = sectors.guesses(found, chosen, irregular, stretches)
    return {
        "sector_fit": list(sectors.fits(counts, made)),
        "sector_shares": list(sectors.rows(counts, made)),
    }


def _nearest(network: Network, known: pd.DataFrame) -> Ints:
    """Row of the nearest crossing to each of `known` within NEAR_KM, or -1."""
    points = network.crossings.geometry
    if not len(points) or not len(known):
        return np.full(len(known), -1, dtype=np.int64)
    k, c = (rows.ravel() for rows in np.indices((len(known), len(points))))
    lon, lat = known["lon"].to_numpy(), known["lat"].to_numpy()
    km = geo.distance_m(lon[k], lat[k], points.x.to_numpy()[c], points.y.to_numpy()[c]) / 1000
    km = km.reshape(len(known), len(points))
    return np.where(km.min(axis=1) <= NEAR_KM, km.argmin(axis=1), -1).astype(np.int64)
