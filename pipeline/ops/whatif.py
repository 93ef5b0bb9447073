"""What if just these crossings were closed: printed for every border that has one of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.core import parameters, store
from pipeline.core.errors import InputError
from pipeline.core.modes import VEHICLE_MODES
from pipeline.travel import closing, demand
from pipeline.travel import tables as travelled

DELAY_MINUTES = parameters.number("whatif_delay_minutes")
STOPPED = parameters.number("whatif_stopped_share")


def whatif(source_dir: str, close: str, *borders: str) -> None:
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
            told = _told(name, crossings[name], folder, here)
            sys.stdout.write("".join(f"{line}\n" for line in told))


def _told(name: str, crossings: pd.DataFrame, folder: Path, wanted: set[str]) -> Iterator[str]:
    travel_dir = str(folder / "travel")
    for mode in VEHICLE_MODES:
        served = travelled.crossings(travel_dir, mode, str(folder / "crossings"))
        ids = served["crossing_id"]
        closed = np.flatnonzero(ids.isin(wanted))
        if not len(closed):
            continue
        yield f"{name}, {mode}: {len(closed)} of {len(ids)} crossings closed"
        yield from (f"  {line}" for line in _named(served.iloc[closed]))
        for model in demand.MODELS:
            chosen = travelled.choice(travel_dir, mode, model)
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
    counted = crossings.set_index("crossing_id")["counted"]
    for crossing in sorted(wanted):
        mode = crossings.set_index("crossing_id")["mode"][crossing]
        if mode not in VEHICLE_MODES or not counted[crossing]:
            yield f"{name}: {crossing} carries no road or railway through: closing it does nothing"


def _named(crossings: pd.DataFrame) -> Iterator[str]:
    for row in crossings.itertuples():
        yield f"{row.crossing_id}  {row.name or 'no name'}, {row.status}, km {row.border_km:.0f}"
