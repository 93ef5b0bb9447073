"""Run stages on the folder of a border."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.core import stages as table

FACTS = Path(__file__).parents[2] / "data" / "raw" / "gazetteer"


def before(stage: str) -> Iterator[str]:
    """The stages that `stage` needs, without the first two, then itself, in order."""
    stages = table.read()[0]
    needed = {stage}
    for one in reversed(stages.values()):
        needed |= set(one.inputs) if one.name in needed else set()
    for one in stages.values():
        if one.name in needed and not one.makes and one.name not in ("network", "crossings"):
            yield one.name


def run(
    name: str,
    folder: Path,
    raw: Path,
    tomls: tuple[Path, ...],
    dem: str | Path | None = None,
    facts: Path = FACTS,
) -> None:
    """Run a stage of the table on the border's folder."""
    stages = table.read()[0]
    stage = stages[name]
    border = tomls[0].stem
    given = {"raw": [raw], "border": tomls[:1], "own": tomls[1:], "facts": [facts]}
    given["dem"] = [Path(dem)] if dem else []

    def word(one: str) -> list[str]:
        if one == "output" and stage.outputs:
            return [str(folder / stage.outputs[0].replace("<border>", border))]
        if one == "output":
            return [str(folder / name)]
        return [str(folder / one)] if one in stages else [str(path) for path in given.get(one, [])]

    module = importlib.import_module(f"pipeline.{stage.module}")
    function = getattr(module, stage.module.rpartition(".")[2])
    function(*table.arguments(stage, stages, word))
