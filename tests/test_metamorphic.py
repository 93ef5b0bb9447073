"""Maps with changes whose effect on every figure is known, run through all stages.

A grid of roads with a funnel on either side of the line: five roads cross it, four are left 20 km
before it and three 18 km behind it. Each test says what must stay and what must change.
"""

import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from tests import fuzz_proof
from tests.frames import cell, row_of
from tests.world import border_toml, country_tags, degrees, table, write

COLUMNS = list(range(-20, 21, 4))
ROWS = [2.5 * k for k in range(-14, 15)]
# Between two rows only these columns go on: (the lower row, the columns).
FUNNELS = {-20.0: (-12, -4, 4, 12), 0.0: (-12, -8, 0, 8, 12), 17.5: (-8, 0, 8)}
DEPTHS_KM = [10, 25]
KEY = ["mode", "directed", "third_open", "depth_km"]
COUNTS = [
    *("cordon_links", "min_cut_links", "min_cut_lanes", "min_cut_sites"),
    *("unguarded_links", "second_line_links"),
]
Spot = tuple[float, float]


@dataclass(frozen=True)
class Map:
    """Nodes by id in drawn kilometres, ways as nodes and tags; `lat` is that of the line."""

    nodes: dict[int, Spot]
    ways: dict[int, tuple[list[int], dict[str, str]]]
    line: list[int]
    codes: tuple[str, str] = ("AA", "BB")
    lat: float = 0.0

    def at(self, spot: Spot) -> Spot:
        """Degrees of a drawn spot."""
        lon, lat = degrees(f"{spot[0]},{spot[1]}")
        return lon / math.cos(math.radians(self.lat)), lat + self.lat

    def drawn(self, folder: Path) -> tuple[Path, Path]:
        """The OSM file and the border file: from the southern country to the northern."""
        folder.mkdir()
        line = max(self.ways) + 1
        admin = {"boundary": "administrative", "admin_level": "2"}
        raw = write(
            folder / "raw.osm",
            {node: (self.at(spot), {}) for node, spot in self.nodes.items()},
            self.ways | {line: (self.line, admin)},
            {k: ([line], country_tags(code)) for k, code in enumerate(self.codes, start=1)},
        )
        inside = {code: list(self.at((0.0, side))) for code, side in self.sides().items()}
        settings = {"corridor_km": 50, "depths_km": DEPTHS_KM, "target": inside["BB"]}
        toml = border_toml(folder, **settings)
        head = toml.read_text(encoding="utf-8").partition("[anchors]")[0]
        anchors = "".join(f"{code} = [{at}]\n" for code, at in inside.items())
        toml.write_text(f"{head}[anchors]\n{anchors}", encoding="utf-8")
        return raw, toml

    def sides(self) -> dict[str, float]:
        """How far north of the line the middle of each country lies."""
        return dict(zip(self.codes, (-33.0, 33.0), strict=True))


def grid() -> Map:
    number = {(x, y): 1 + k for k, (x, y) in enumerate((x, y) for x in COLUMNS for y in ROWS)}
    nodes = {node: (float(x), float(y)) for (x, y), node in number.items()}
    ways: list[list[int]] = [[number[x, y] for x in COLUMNS] for y in ROWS]
    for x in COLUMNS:
        way = [number[x, ROWS[0]]]
        for low, high in pairwise(ROWS):
            if x not in FUNNELS.get(low, COLUMNS):
                ways.append(way)
                way = []
            way.append(number[x, high])
        ways.append(way)
    line = [len(nodes) + k for k in range(1, 8)]
    nodes |= {node: (20.0 * k - 60, 0.5) for k, node in enumerate(line)}
    tags = {"highway": "primary", "maxspeed": "50"}
    drawn = {1 + k: (way, tags) for k, way in enumerate(ways) if len(way) > 1}
    return Map(nodes, drawn, line)


@dataclass(frozen=True)
class Found:
    """What the stages made of a map."""

    folder: Path
    cordons: pd.DataFrame
    crossings: pd.DataFrame
    links: pd.DataFrame
    length_km: float

    @property
    def counts(self) -> pd.DataFrame:
        """Every count of table cordons, by its key."""
        return self.cordons.set_index(KEY)[COUNTS].sort_index()


def found(folder: Path, one: Map) -> Found:
    raw, toml = one.drawn(folder)
    fuzz_proof.run(folder, raw, toml)
    crossings = table(folder / "crossings", "crossings")
    return Found(
        folder,
        cordons=table(folder / "chokepoints", "cordons"),
        crossings=crossings[crossings["counted"]],
        links=table(folder / "network", "links"),
        length_km=float(table(folder / "network", "border")["length_km"].iloc[0]),
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return found(tmp_path_factory.mktemp("base") / "run", grid())


def f(counts: pd.DataFrame, depth_km: float, *, mode: str = "road") -> float:
    return float(cell(counts, (mode, True, False, depth_km), "min_cut_links"))


def test_the_figures_of_the_map_itself_are_those_drawn(base: Found) -> None:
    assert [f(base.counts, km) for km in (-25, -10, 10, 25)] == [4, 5, 5, 3]
    assert len(base.crossings[base.crossings["mode"] == "road"]) == 5
    assert base.length_km == pytest.approx(120, abs=0.1)


def split_ways(one: Map) -> Map:
    """Every way in two at its middle node."""
    halves: list[tuple[list[int], dict[str, str]]] = []
    for way, tags in one.ways.values():
        at = len(way) // 2
        halves += [(way[: at + 1], tags), (way[at:], tags)] if at else [(way, tags)]
    return replace(one, ways={1 + k: half for k, half in enumerate(halves)})


def dead_ends(one: Map) -> Map:
    """A street of 300 m that ends, off the line and off every depth, at some junctions."""
    nodes, ways = dict(one.nodes), dict(one.ways)
    for start, (x, y) in list(one.nodes.items())[::37]:
        if start not in one.line and abs(y) > 2:
            end = max(nodes) + 1
            nodes[end] = (x + 0.3, y + 0.1)
            ways[max(ways) + 1] = ([start, end], {"highway": "residential"})
    return replace(one, nodes=nodes, ways=ways)


def doubled_nodes(one: Map) -> Map:
    """Some nodes off the line stand twice, at one place, one after the other on a way."""
    nodes, ways = dict(one.nodes), dict(one.ways)
    for number, (way, tags) in list(ways.items())[::3]:
        node = max(nodes) + 1
        nodes[node] = nodes[way[0]]
        ways[number] = ([node, *way], tags)
        ways[number] = ([way[0], node, *way[1:]], tags)
    return replace(one, nodes=nodes, ways=ways)


def all_three(one: Map) -> Map:
    """Split, with dead ends, with nodes that stand twice."""
    return doubled_nodes(dead_ends(split_ways(one)))


def northward(one: Map) -> Map:
    """The whole map 40 degrees further north."""
    return replace(one, lat=40.0)


# One run for three changes; METAMORPHIC=1 runs each by itself too.
APART = [split_ways, dead_ends, doubled_nodes] if os.environ.get("METAMORPHIC") else []


@pytest.mark.parametrize("change", [*APART, all_three, northward])
def test_what_changes_no_way_changes_no_count(
    base: Found, tmp_path: Path, change: Callable[[Map], Map]
) -> None:
    changed = found(tmp_path / "run", change(grid()))
    pd.testing.assert_frame_equal(changed.counts, base.counts)
    assert len(changed.crossings) == len(base.crossings)
    assert changed.length_km == pytest.approx(base.length_km, rel=0.005)
    if change is not northward:
        assert sorted(changed.crossings["border_km"]) == pytest.approx(
            sorted(base.crossings["border_km"]), abs=0.001
        )


def test_a_mirrored_map_at_twice_the_speed(base: Found, tmp_path: Path) -> None:
    """Counts stay, crossings are mirrored, and minutes are halved."""
    one = grid()
    fast = {n: (way, tags | {"maxspeed": "100"}) for n, (way, tags) in one.ways.items()}
    nodes = {node: (-x, y) for node, (x, y) in one.nodes.items()}
    changed = found(tmp_path / "run", replace(one, nodes=nodes, ways=fast))
    pd.testing.assert_frame_equal(changed.counts, base.counts)
    assert sorted(base.length_km - changed.crossings["border_km"]) == pytest.approx(
        sorted(base.crossings["border_km"]), abs=0.01
    )
    minutes = [run.links.set_index("link_id")["minutes"].sort_index() for run in (base, changed)]
    assert list(minutes[0].index) == list(minutes[1].index)
    assert (minutes[1] * 2).to_numpy() == pytest.approx(minutes[0].to_numpy(), rel=1e-5)


def test_from_and_to_exchanged_turn_the_curve_of_a_two_way_network(
    base: Found, tmp_path: Path
) -> None:
    turned = found(tmp_path / "run", replace(grid(), codes=("BB", "AA"))).counts
    for mode in ("road", "foot"):
        for km in (-25, -10, 10, 25):
            assert f(turned, km, mode=mode) == f(base.counts, -km, mode=mode)


def clipped(one: Map, deepest_km: float) -> Map:
    """The result of a clip: ways end at their last node inside."""
    kept = {node for node, (_, y) in one.nodes.items() if abs(y) <= deepest_km}
    ways = {n: ([at for at in way if at in kept], tags) for n, (way, tags) in one.ways.items()}
    ways = {n: (way, tags) for n, (way, tags) in ways.items() if len(way) > 1}
    return replace(one, nodes={n: one.nodes[n] for n in kept}, ways=ways)


@pytest.mark.parametrize("deepest_km", [28.0, 6.0])
def test_of_a_smaller_extract_figures_stay_or_are_absent_and_say_why(
    base: Found, tmp_path: Path, deepest_km: float
) -> None:
    cut = found(tmp_path / "run", clipped(grid(), deepest_km)).cordons.set_index(KEY)
    for key, row in cut.iterrows():
        whole = row_of(base.cordons.set_index(KEY), key)
        if pd.isna(row["min_cut_links"]):
            assert row["why_absent"], key
        elif row["is_upper_bound"]:
            assert row["min_cut_links"] >= whole["min_cut_links"], key
        else:
            assert row["min_cut_links"] == whole["min_cut_links"], key
    deep = [key for key in cut.index if abs(key[3]) > deepest_km]
    assert cut.loc[deep, "min_cut_links"].isna().all()


# Where and when it runs --------------------------------------------------------------------------

STAGES = """
import sys
from itertools import pairwise
from pathlib import Path
from tests import fuzz_proof
folder, raw, toml = map(Path, sys.argv[1:])
fuzz_proof.run(folder, raw, toml)
"""
ELSEWHERE = {
    **{"PYTHONHASHSEED": "77", "TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8"},
    **{"LANG": "tr_TR.UTF-8", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
}
MEMORY = Path("/dev/shm")  # a file system of another kind, where there is one


def test_seed_threads_locale_time_zone_and_file_system_change_no_byte(
    base: Found, tmp_path: Path
) -> None:
    """One run is this process, the other one of its own under other settings."""
    inside = tempfile.mkdtemp(dir=MEMORY if os.access(MEMORY, os.W_OK) else tmp_path)
    raw, toml = base.folder / "raw.osm", base.folder / "aa-bb.toml"
    try:
        done = subprocess.run(
            [sys.executable, "-c", STAGES, inside, str(raw), str(toml)],
            cwd=Path(__file__).parents[1], env=os.environ | ELSEWHERE, capture_output=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        made = [
            {
                str(path.relative_to(folder)): path.read_bytes()
                for path in folder.rglob("*")
                if path.suffix not in (".osm", ".toml") and path.is_file()
            }
            for folder in (base.folder, Path(inside))
        ]
    finally:
        shutil.rmtree(inside)
    assert len(made[0]) > 20
    assert made[0].keys() == made[1].keys()
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []
