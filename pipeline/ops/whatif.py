"""What if just these crossings were closed: printed for every border that has one of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core import borderfile, parameters, store
from pipeline.core.errors import InputError
from pipeline.core.modes import VEHICLE_MODES
from pipeline.core.types import Ints
from pipeline.travel import choice, closing, demand, routing
from pipeline.travel.assemble import travel
from pipeline.travel.routing import Network

DELAY_MINUTES = parameters.number("whatif_delay_minutes")
STOPPED = parameters.number("whatif_stopped_share")
Tables = dict[str, pd.DataFrame]


def whatif(source_dir: str, borders_dir: str, data_dir: str, close: str, *borders: str) -> None:
    """Print what closing the crossings `close` (ids joined by commas) does to demand.

    `source_dir` holds each border's stages. Raises InputError where an id is none of the crossings
    of any of these borders, or of a mode that demand has no network for.
    """
    wanted = [one.strip() for one in close.split(",") if one.strip()]
    if not wanted:
        raise InputError("CLOSE is empty, expected ids of crossings joined by commas")
    crossings = {
        name: store.read(Path(source_dir) / name / "crossings", "crossings") for name in borders
    }
    ids = {name: set(frame["crossing_id"]) for name, frame in crossings.items()}
    unknown = sorted(set(wanted).difference(*ids.values()))
    if unknown:
        raise InputError(
            f"CLOSE: {', '.join(unknown)}: no such crossing, expected crossing_id of "
            f"{', '.join(borders)}, as in layer crossings"
        )
    for name in borders:
        here = set(wanted) & ids[name]
        if here:
            folder = Path(source_dir) / name
            tables = {
                one: store.read(folder / "network", one) for one in ("nodes", "links", "places")
            }
            tables["crossings"] = crossings[name]
            tables["crossing_links"] = store.read(folder / "crossings", "crossing_links")
            toml, own = (Path(at) / f"{name}.toml" for at in (borders_dir, data_dir))
            told = _told(name, tables, borderfile.read(toml, own), here)
            sys.stdout.write("".join(f"{line}\n" for line in told))


def _told(
    name: str, tables: Tables, border: borderfile.BorderFile, wanted: set[str]
) -> Iterator[str]:
    for mode in VEHICLE_MODES:
        found = travel(tables, mode, border, routing.usable(tables["links"], mode))
        ids = found.network.crossings["crossing_id"]
        closed = np.flatnonzero(ids.isin(wanted))
        if not len(closed):
            continue
        yield f"{name}, {mode}: {len(closed)} of {len(ids)} crossings closed"
        yield from (f"  {line}" for line in _named(found.network, closed))
        for model in demand.MODELS:
            chosen = choice.choose(
                found.network, demand.demand(found.settled, found.network, border, model)
            )
            if not len(chosen.weight):
                yield f"  {model} demand: none has a way"
                continue
            told = closing.effect(chosen, closed)
            share = float(chosen.weight[np.isin(chosen.first, closed)].sum())
            yield (
                f"  {model} demand: {share:.1%} used them; {told['demand_stopped_share']:.1%} has "
                f"no way within {closing.DETOUR_LIMIT:g} times its fastest, "
                f"{told['cut_off_share']:.1%} none at all; on average "
                f"{told['mean_extra_minutes']:.1f} minutes lost"
            )
            delayed = closing.delayed(chosen, closed, DELAY_MINUTES)
            stopped = closing.screened(chosen, closed, STOPPED)
            yield (
                f"    {DELAY_MINUTES:g} minutes of waiting there instead: {delayed:.1f} minutes "
                f"lost; one in two turned back there instead: {stopped:.1%} stopped"
            )
    counted = tables["crossings"].set_index("crossing_id")["counted"]
    for crossing in sorted(wanted):
        mode = tables["crossings"].set_index("crossing_id")["mode"][crossing]
        if mode not in VEHICLE_MODES or not counted[crossing]:
            yield f"{name}: {crossing} carries no road or railway through: closing it does nothing"


def _named(network: Network, closed: Ints) -> Iterator[str]:
    for row in network.crossings.iloc[closed].itertuples():
        yield f"{row.crossing_id}  {row.name or 'no name'}, {row.status}, km {row.border_km:.0f}"
