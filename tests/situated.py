"""A drawn border as mapped, for situation files laid over it."""

from datetime import date
from pathlib import Path

import pandas as pd

from pipeline.core import schema, store
from pipeline.ops.situation import situation
from tests import drawn, ground, world
from tests.frames import row_of
from tests.test_bypass import SETTLED
from tests.test_demand import places
from tests.test_routing import cross
from tests.test_whatif import LINKS, NAMES, TOML, WHERE

HEAD = "crossing,vehicle,state,wait_minutes,source,date,expiry"
TODAY = date(2026, 11, 20)


def as_mapped(at: Path) -> Path:
    """A border as mapped: x1 official, x2 informal, x3 closed at the line and behind it."""
    ground.network(at / "mapped/network", WHERE, *LINKS)
    nodes, links = drawn.draw(WHERE, *LINKS)
    crossings, joins = cross(nodes, links, {"x1": "c1", "x2": "c2", "x3": "c3"})
    crossings = crossings.assign(name=crossings["crossing_id"].map(NAMES))
    crossings["status"] = ["official", "informal", "closed"]
    crossings["in_headline"] = [True, True, False]
    tables = {"nodes": nodes, "links": links, "places": places(*SETTLED)}
    tables |= {name: schema.empty(name) for name in ("reach", "posts", "stations")}
    world.put(at / "mapped/network", tables)
    store.write(at / "mapped/crossings", {"crossings": crossings, "crossing_links": joins})
    (at / "aa-bb.toml").write_text(TOML, encoding="utf-8")
    return at


def laid(mapped: Path, tmp_path: Path, *rows: str, today: str = "2026-11-20") -> Path:
    """The folder of the border with a situation file of these rows laid over."""
    path = tmp_path / "aa-bb.status.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    situation(str(mapped / "mapped"), str(path), today, str(tmp_path / "now"))
    return tmp_path / "now"


def crossing(folder: Path, crossing_id: str) -> pd.Series:
    rows = store.read(folder / "crossings", "crossings").set_index("crossing_id")
    return row_of(rows, crossing_id)
