"""Another value of a parameter changes every figure, text and column that rests on it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.core import parameters

ROOT = Path(__file__).parents[1]
OTHERS: dict[str, Any] = {
    "detour_limit": 1.4,
    "other_detour_limits": [1.2, 3.0],
    "stopped_shares": [0.4, 1.0],
    "walk_minutes": [45, 90],
    "site_km": 12,
    "ruler_km": 3,
    "headline_depth_km": 150,
    "official_wait_minutes": 10,
    "road_speed_kmh": {"primary": 140},
}
# Draws a border, runs stages on it with the table of parameters named, and tells what it finds.
SCRIPT = """
import json, sys
from pathlib import Path
from pipeline.core import parameters
parameters.PATH = Path(sys.argv[1])
from pipeline.core import measures, schema, store
from pipeline.measures import choices, claims, cost
from pipeline.network import tags
from tests import test_closures
folder = Path(sys.argv[2])
found = test_closures.run(folder, *test_closures.WAYS, *test_closures.BESIDE)
counts, sets = found["closure_counts"], found["closures"]
crossings = cost.used(store.read(folder / "crossings", "crossings"))
posture = schema.empty("posture")
posture.loc[0] = {"measure": "unfenced_km", "of": "", "value": 9.0}
posture.loc[1] = {"measure": "unfenced_km", "of": "land", "value": 5.0}
scenarios = cost.scenarios(crossings, schema.empty("cordons"), counts, sets, posture)
print(json.dumps({
    "limits": sorted(set(counts["detour_limit"])),
    "shares": sorted(set(counts["stopped_share"])),
    "minutes": float(sets["mean_extra_minutes"].max()),
    "scenarios": {one.name: one.posts for one in scenarios},
    "columns": [c.name for table in schema.TABLES.values() for c in table.columns],
    "meanings": [c.meaning for table in schema.TABLES.values() for c in table.columns],
    "labels": [measures.find(key).label for key in sys.argv[3].split()],
    "choices": [*choices.CHOICES["detour"], *choices.CHOICES["within"], choices.SITES],
    "primary": [claim.primary for claim in claims.read().claims],
    "speed": tags.SPEED_KMH["primary"],
}))
"""


def figures_with(folder: Path, table: Path, *keys: str) -> dict[str, Any]:
    """What the script finds with this table of parameters."""
    folder.mkdir()
    command = [sys.executable, "-c", SCRIPT, str(table), str(folder), " ".join(keys)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


DESCRIBED_BY = ("unit", "reason", "source")


def written(path: Path, others: dict[str, Any]) -> Path:
    """The project's table with other values."""
    entries = parameters.entries()
    assert others.keys() <= entries.keys()
    lines = []
    for name, entry in entries.items():
        value = entry.value
        if name in others:
            value = value | others[name] if isinstance(value, dict) else others[name]
        lines += [f"[{name}]", *(f"{key} = {_toml(getattr(entry, key))}" for key in DESCRIBED_BY)]
        lines.append(f"value = {_toml(value)}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{ "
            + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items())
            + " }"
        )
    return json.dumps(value, ensure_ascii=False)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    at = tmp_path_factory.mktemp("changed")
    table = written(at / "parameters.toml", OTHERS)
    keys = ("closings_to_stop_40", "stoppable_share_45_minutes", "crossings_open_12_km_sites",
            "length", "min_cut_on_foot_90_minutes_at_+150_km")  # fmt: skip
    return figures_with(at / "drawn", table, *keys)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    at = tmp_path_factory.mktemp("shipped")
    return figures_with(at / "drawn", written(at / "parameters.toml", {}), "length")


def test_tables_hold_the_other_values(changed: dict[str, Any]) -> None:
    assert changed["limits"] == ["1.2", "1.4", "3", "no way"]
    assert changed["shares"] == [0.4, 1.0]
    assert {"walked_45_links", "walked_90_links", "within_1_4", "within_3"} <= set(
        changed["columns"]
    )
    assert "ruler_3km_length_km" in changed["columns"]
    assert not {"walked_60_links", "within_1_5", "ruler_2km_length_km"} & set(changed["columns"])


def test_no_cost_vanishes_when_the_detour_limit_changes(
    changed: dict[str, Any], shipped: dict[str, Any]
) -> None:
    """At 1.4 in one of seven places three costs were gone, and nothing said so."""
    assert set(shipped["scenarios"]) >= {"posts to stop 50%", "posts 50 km behind"}
    assert set(changed["scenarios"]) >= {"posts to stop 40%", "posts to stop 100%"}
    assert "posts 150 km behind" in changed["scenarios"]
    for found in (changed, shipped):
        stated = {name: posts for name, posts in found["scenarios"].items() if "behind" not in name}
        assert None not in stated.values()


def test_texts_and_labels_say_the_other_values(changed: dict[str, Any]) -> None:
    assert changed["labels"] == [
        "Closures that stop 40 % of demand",
        "Demand stopped if all crossings close and people walk 45 minutes",
        "Sites of at most 12 km",
        "Length in straight steps of 3 km",
        "+150 km, walks of 90 minutes",
    ]
    assert any("no way within 1.4 times the fastest" in one for one in changed["meanings"])
    assert not any("1.5 times" in one for one in changed["meanings"])
    assert {"1.4 times", "45 minutes", "12 km sites"} <= set(changed["choices"])
    assert any(one.get("depth") == "+150 km" for one in changed["primary"])


def test_figures_rest_on_the_other_values(changed: dict[str, Any], shipped: dict[str, Any]) -> None:
    assert changed["speed"] == 140
    assert changed["scenarios"].keys() != shipped["scenarios"].keys()
