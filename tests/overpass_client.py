"""The client of Overpass, made to ask a stand-in on loopback without long waits."""

import os
from pathlib import Path

import pytest

from pipeline.sources.overpass import client, overpass, tiles
from tests.overpass_server import Extract, Server

BORDER = Path(__file__).parents[1] / "pipeline" / "borders" / "ch-li.toml"


def make_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that a test can bear, tiles that are several, and no other server by mistake."""
    monkeypatch.setattr(client, "WAIT_S", 0.001)
    monkeypatch.setattr(client, "TIMEOUT_S", 30.0)
    monkeypatch.setattr(tiles, "LIMIT_KM2", 1000.0)
    monkeypatch.setenv("OVERPASS_URL", "http://127.0.0.1:9/api")


def fetch(server: Server, out: Path, date: str | None = None) -> bytes:
    os.environ["OVERPASS_URL"] = server.url
    out.parent.mkdir(parents=True, exist_ok=True)
    overpass.overpass(str(BORDER), str(out), date)
    return out.read_bytes()


def fetched(extract: Extract, out: Path) -> Path:
    """What a server without faults gives."""
    patch = pytest.MonkeyPatch()
    patch.setattr(tiles, "LIMIT_KM2", 1000.0)
    patch.setenv("OVERPASS_URL", "")
    with Server(extract) as server:
        fetch(server, out)
        # Once at the beginning, whether there is a limit at all, and before each question.
        assert server.status_asked - 1 == len(server.asked) > 5
        assert all(agent.startswith("border-pipeline/") for agent in server.agents)
    patch.undo()
    return out
