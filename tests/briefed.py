"""A drawn border of three crossings with known answers, for the brief."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
from shapely.geometry import Point

from pipeline.core import schema
from pipeline.core.situationfile import Statement
from pipeline.measures import truck_counts
from pipeline.measures.statements import stated
from pipeline.report import brief
from pipeline.report.brief_ways import Ways
from pipeline.travel.choice import Choice
from tests.drawn import PASSED

TODAY = date(2026, 11, 20)
# Minutes by crossings x1, x2, x3 of pairs to cities p, p and q; x1 is best for p, x2 for q.
MINUTES = np.array([[60.0, 90.0, 400.0], [120.0, 100.0, 60.0], [300.0, 300.0, 300.0]])


EVERYWHERE = dict.fromkeys(("x1", "x2", "x3"), truck_counts.COUNTED)


def crossings(*names: str | None) -> pd.DataFrame:
    rows = [
        {"crossing_id": f"x{n}", "mode": "road", "name": name, "status": "official",
         "counted": True,
         "class": "primary", "n_links": 1, "lanes": 2, "border_km": 10.0 * n, "span_m": 0.0,
         **PASSED, "walkable": True, "geometry": Point(n / 10, 0)}
        for n, name in enumerate(names, start=1)
    ]  # fmt: skip
    return schema.conform(pd.DataFrame(rows), "crossings")


def ways() -> Ways:
    chosen = Choice(
        minutes=MINUTES, km=MINUTES[:2], origin=np.array([0, 1, 0]),
        destination=np.array([7, 7, 8]), weight=np.array([0.5, 0.2, 0.3]), unreachable_share=0.0,
        first=MINUTES.argmin(axis=0), second=np.array([1, 1, 2]),
    )  # fmt: skip
    return Ways(
        ["x1", "x2", "x3"], np.full(3, 30.0), {"through": chosen}, {7: "Pueblo", 8: "Queens"}
    )


def statements(*rows: tuple[str, str, str, float | None, str]) -> list[Statement]:
    return [
        Statement(f"s.csv, line {n}", crossing, None, vehicle, state, wait, "customs",
                  date(2026, 11, 1), date.fromisoformat(until))
        for n, (crossing, vehicle, state, wait, until) in enumerate(rows, start=2)
    ]  # fmt: skip


def asked(
    *rows: tuple[str, str, str, float | None, str],
    doubtful: tuple[str, ...] = (),
    trucks: Mapping[str, str] = EVERYWHERE,
) -> pd.DataFrame:
    """What is known of three crossings with these statements; `doubtful` may not bear trucks."""
    frame = crossings("North", "South", None)
    situations = stated(statements(*rows), frame, TODAY)
    return brief.states(frame, situations, NAMES, doubtful, trucks)


NAMES = {"x1": "North", "x2": "South", "x3": "unnamed (km 30)"}
