"""Rows of the bench as a table on the terminal, a CSV and a plot, with the machine named."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd

mpl.use("Agg")
from matplotlib import pyplot as plt

RUNS = 5
LONG_S = 60.0  # a run that takes longer is not repeated, and the table says so


def machine() -> dict[str, Any]:
    """Cores, processor, memory, and how busy it was; no name of the machine."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text(encoding="utf-8").splitlines()
        cpu = next((one.split(":")[1].strip() for one in lines if "model name" in one), cpu)
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": len(os.sched_getaffinity(0)), "cpu": cpu, "memory_gb": round(memory_gb),
        "python": platform.python_version(), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def report(out: Path) -> None:
    """Print the table, and write `bench.csv` and `bench.png` beside the rows."""
    found = [json.loads(path.read_text()) for path in sorted((out / "rows").glob("*.json"))]
    table = pd.DataFrame([_flat(row) for row in found if "skipped" not in row])
    if table.empty:
        return
    family = table["row"].str.rsplit("-", n=1).str[0]
    table = table.assign(family=family).sort_values(["family", "nodes"], ignore_index=True)
    table["exponent"] = table["family"].map(
        {name: _exponent(rows) for name, rows in table.groupby("family")}
    )
    plot(table, out / "bench.png")
    table = table.drop(columns="family")
    table.to_csv(out / "bench.csv", index=False, float_format="%.4g")
    with pd.option_context("display.width", 250, "display.max_columns", 30):
        sys.stdout.write(
            table.to_string(index=False, float_format="{:.4g}".format, na_rep="") + "\n"
        )
    sys.stdout.write(f"{out / 'bench.csv'}\n{out / 'bench.png'}\n")


def tell(row: dict[str, Any]) -> None:
    """One line for a row just measured."""
    flat = _flat(row) if "skipped" not in row else row
    sys.stdout.write(", ".join(f"{key} {value}" for key, value in flat.items()) + "\n")
    sys.stdout.flush()


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {"row": row["name"], "nodes": row["nodes"], "links": row.get("links")}
    for side in ("ours", "theirs"):
        times = np.array(row.get(f"{side}_s", []))
        for name, value in (("", np.median), ("_min", np.min), ("_max", np.max)):
            flat[f"{side}{name}_s"] = float(value(times)) if len(times) else None
        flat[f"{side}_runs"] = len(times)
    flat["against"] = row.get("against")
    flat["ratio"] = flat["theirs_s"] / flat["ours_s"] if flat["theirs_s"] else None
    flat["goal"], flat["identical"] = row.get("goal"), row["identical"]
    flat["cpu_s"], flat["peak_mb"] = row.get("cpu_s"), row.get("peak_mb")
    flat |= row.get("more", {})
    for stage, seconds in row.get("stages_s", {}).items():
        flat[f"{stage}_s"] = seconds
    for stage, seconds in row.get("stages_cpu_s", {}).items():
        flat[f"{stage}_cpu_s"] = seconds
    if "machine" in row:
        flat |= row["machine"]
    return flat


def _exponent(rows: pd.DataFrame) -> float | None:
    """By which power of the number of nodes our time grows, by least squares; None for one size.

    The processor's time where it was kept: that of the clock grows with what else runs.
    """
    if rows["nodes"].nunique() < 2:
        return None
    kept = rows["cpu_s"].notna().all()
    seconds = rows["cpu_s" if kept else "ours_s"].to_numpy(dtype=float)
    return float(np.polyfit(np.log(rows["nodes"]), np.log(seconds), 1)[0])


def plot(table: pd.DataFrame, path: Path) -> None:
    """Seconds against nodes, both axes logarithmic; bars from the fastest to the slowest run."""
    figure, axes = plt.subplots(figsize=(9, 6))
    for number, (name, rows) in enumerate(table.groupby("family")):
        for side, style in (("ours", "o-"), ("theirs", "s--")):
            some = rows[rows[f"{side}_s"].notna()]
            if some.empty:
                continue
            middle = some[f"{side}_s"].to_numpy(dtype=float)
            low = middle - some[f"{side}_min_s"].to_numpy(dtype=float)
            high = some[f"{side}_max_s"].to_numpy(dtype=float) - middle
            label = name if side == "ours" else f"{name}: {some['against'].iloc[0]}"
            axes.errorbar(some["nodes"], middle, yerr=[low, high], fmt=style, label=label,
                          color=f"C{number}", capsize=3)  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="nodes", ylabel="seconds (median, fastest, slowest)"
    )
    named = table.iloc[-1]
    axes.set_title(f"{named['cores']} cores, {named['cpu']}, {named['memory_gb']} GB")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=120, metadata={"Software": None})
    plt.close(figure)
