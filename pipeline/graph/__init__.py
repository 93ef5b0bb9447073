"""Algorithms on arrays: paths, flows, bridges, detours, disjoint paths, interdiction."""

from pathlib import Path

from pipeline.core.compiled import drop_outdated

drop_outdated(Path(__file__).parent)
