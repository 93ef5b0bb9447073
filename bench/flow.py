"""The whole flow on synthetic borders, every stage of the table as make runs it.

Elapsed time and processor time are both kept, the latter because it depends less on other work of
the machine, with the peak memory of the stage that took most.
"""

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench import border, page
from bench.process import spent
from pipeline.core import stages as table
from pipeline.core import store
from pipeline.core.stages import Stage
from tests import synthetic

FACTS = Path("data/raw/gazetteer").absolute()
NAME = "aa-bb"


def measured(size: str, out: Path) -> dict[str, Any]:
    """Every stage once, on a border of that many links; a small border goes first to compile."""
    small, folder = out / "flow-small", out / f"flow-{size}"
    _run("small", small)
    seconds, cpu_s, peak_mb = _run(size, folder)
    links = pq.read_metadata(folder / "network" / "links.parquet").num_rows
    nodes = pq.read_metadata(folder / "network" / "nodes.parquet").num_rows
    written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    gap = store.read(folder / "closures", "closures").groupby("aim")["gap"].max().to_dict()
    shown = page.measured(folder / "report.html", folder)
    for left in (small, folder):
        shutil.rmtree(left)
    return {
        "name": f"flow-{size}", "nodes": nodes, "links": links,
        "stages_s": seconds, "stages_cpu_s": cpu_s, "stages_mb": peak_mb,
        "ours_s": [sum(seconds.values())], "cpu_s": sum(cpu_s.values()),
        "peak_mb": max(peak_mb.values()), "identical": True,
        "more": {"written_mb": written / 1e6, **shown}
        | {f"gap_{aim}": most for aim, most in gap.items()},
    }  # fmt: skip


def _run(size: str, folder: Path) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Seconds, seconds of the processor and peak MB by stage."""
    width_km = border.WIDTH_KM[size]
    made = synthetic.synthetic(
        width_km=width_km, deep_km=60, crossings=min(60, width_km // 2), cut_links=12,
        cut_depth_km=30, towns=width_km,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    toml = synthetic.border_toml(made, border.DEPTHS_KM)
    (folder / f"{NAME}.toml").write_text(toml, encoding="utf-8")
    synthetic.write_pbf(made, folder / f"{NAME}.osm.pbf")
    stages, _ = table.read()
    took = {
        stage.name: spent(stage.name, *_words(stage, stages, folder))
        for stage in stages.values()
        if not stage.makes
    }
    seconds, cpu_s, peak_mb = (
        {name: one[column] for name, one in took.items()} for column in range(3)
    )
    return seconds, cpu_s, peak_mb


def _words(stage: Stage, stages: dict[str, Stage], folder: Path) -> list[str]:
    """The arguments of the stage; there is no elevation model, and there are no changes."""
    given = {
        "raw": [f"{NAME}.osm.pbf"], "border": [f"{NAME}.toml"], "output": [_out(stage)],
        "facts": [str(FACTS)],
    }  # fmt: skip

    def word(name: str) -> list[str]:
        if name in stages:
            found = [one.replace("<border>", NAME) for one in stages[name].outputs] or [name]
        else:
            found = given.get(name, [])
        return [str(folder / one) for one in found]

    return table.arguments(stage, stages, word)


def _out(stage: Stage) -> str:
    """A folder, or the file if the stage writes but one."""
    if len(stage.outputs) == 1:
        return stage.outputs[0].replace("<border>", NAME)
    return "." if stage.outputs else stage.name
