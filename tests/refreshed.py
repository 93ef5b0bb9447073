"""A checkout in which a source is refreshed, with a program that replaces the flow.

It writes GeoPackages of a few features; refresh itself, its lock, its guard and its moves are the
true ones, in processes of their own.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point

from pipeline.core import errors, store
from pipeline.ops import refresh

ROOT = Path(__file__).parents[1]
CRS = "EPSG:4326"
MAKE = """#!{python} -SE
import shutil, sys, time
from pathlib import Path
words = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
side_by_side, *goals = [word for word in sys.argv[1:] if "=" not in word]
assert side_by_side.startswith("-j")
again = goals == [words["OUT"] + "/comparison.csv"]
assert again or goals in (["all", "verify"], ["all"], ["all", "parquet"])
assert not again or words["RAW"] == "data/raw/overpass"
source = Path("again" if again else "next")
out, raw = Path(words["OUT"]), Path(words.get("RAW", "unused"))
out.mkdir(parents=True, exist_ok=True)
with open("calls", "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
while Path("hold").exists():
    time.sleep(0.01)
if Path("break").exists():
    sys.exit(2)
for border in ("us-mx", "mx-gt"):
    for suffix, folder in ((".osm.pbf", raw), (".record.json", raw), (".gpkg", out)):
        target = folder / (border + suffix)
        if (suffix == ".gpkg" or "RAW" in words) and not target.exists():
            aside = folder / ("." + border + suffix)
            shutil.copy(source / (border + suffix), aside)
            time.sleep(0.01)
            aside.replace(target)
version = Path("next/version").read_text()
table = "border,mode,measure,value\\nus-mx,road,k90," + version + "\\n"
(out / "comparison.csv").write_text(table)
(out / "borders").write_text("us-mx mx-gt")
if "parquet" in goals:
    (out / "parquet/us-mx").mkdir(parents=True)
    (out / "parquet/us-mx/border.parquet").write_text(version)
"""


def package(path: Path, version: int = 1, **given: Any) -> None:
    """A small GeoPackage with the layers that a change report reads."""
    crossings = {"Bridge": (9.0, "official"), "Ford": (9.1, "unmarked")}
    crossings |= given.get("crossings", {})
    found = {name: spot for name, spot in crossings.items() if spot}
    links: dict[str, list[tuple[float, float]]] = {
        f"w{n}": [(9 + n / 100, 46.9), (9 + n / 100, 47.1)] for n in range(10)
    }
    links |= given.get("links", {})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    layers = {
        "border": gpd.GeoDataFrame(
            {"border": [path.stem], "version": [version]},
            geometry=[MultiLineString([[(8.9, 47.0), (9.2, 47.0)]])],
            crs=CRS,
        ),
        "crossings": gpd.GeoDataFrame(
            {
                "crossing_id": given.get("ids", [f"road-{name}" for name in found]),
                "mode": "road",
                "name": list(found),
                "status": [state for _, state in found.values()],
            },
            geometry=[Point(lon, 47.0) for lon, _ in found.values()],
            crs=CRS,
        ),
        "chokepoints": gpd.GeoDataFrame(
            {
                "chokepoint_id": ["cut-1"],
                "mode": ["road"],
                "kind": ["cut"],
                "depth_km": [10.0],
                "name": ["A1"],
            },
            geometry=[MultiPoint([(9.0, 47.05)])],
            crs=CRS,
        ),
        "links": gpd.GeoDataFrame(
            {
                "link_id": list(links),
                "mode": "road",
                "name": "=1+1",
                "length_m": [LineString(line).length * 100_000 for line in links.values()],
            },
            geometry=[LineString(line) for line in links.values()],
            crs=CRS,
        ),
    }
    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")
    cordons = {"mode": "road", "directed": True, "third_open": False, "depth_km": [10.0, 25.0]}
    cut = given.get("cut", [4, 3])
    pyogrio.write_dataframe(
        pd.DataFrame(cordons | {"min_cut_links": cut}), path, layer="cordons", driver="GPKG"
    )
    made_by = dict(zip(("schema_version", "tool_version"), refresh.VERSIONS, strict=True))
    made_by |= given.get("made_by", {})
    pyogrio.write_dataframe(
        pd.DataFrame(made_by.items(), columns=["key", "value"]), path, layer="provenance"
    )


def checkout(folder: Path) -> Path:
    """A checkout whose make is replaced; `offer` sets what the next refresh will find."""
    program = folder / "fake-make"
    program.write_text(MAKE.replace("{python}", sys.executable))
    program.chmod(0o755)
    offer(folder, 1)
    return folder


def offer(place: Path, version: int, **given: Any) -> None:
    folder = place / "next"
    folder.mkdir(exist_ok=True)
    (folder / "version").write_text(str(version))
    for border in ("us-mx", "mx-gt"):
        package(folder / f"{border}.gpkg", version, **given)
        (folder / f"{border}.osm.pbf").write_text(f"raw {version}")
        record = {"fetched": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        (folder / f"{border}.record.json").write_text(json.dumps(record))


def alternate(place: Path, version: int) -> None:
    """Offer version 1 or 2, made once."""
    kept = place / f"version-{version}"
    if not kept.exists():
        offer(place, version)
        shutil.copytree(place / "next", kept)
    shutil.rmtree(place / "next")
    shutil.copytree(kept, place / "next")


def start(place: Path, source: str = "overpass", **environment: str) -> "subprocess.Popen[str]":
    paths = {"PYTHONPATH": str(ROOT), "MAKE": str(place / "fake-make")}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "refresh", source],
        cwd=place,
        env=os.environ | paths | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(place: Path, source: str = "overpass", **environment: str) -> tuple[int, str]:
    """Exit status of a refresh, and what it printed."""
    status = os.waitstatus_to_exitcode(os.waitpid(forked(place, source, **environment), 0)[1])
    return status, (place / "output").read_text()


def forked(place: Path, source: str = "overpass", **environment: str) -> int:
    """A refresh in a process of its own that has its modules loaded already."""
    process = os.fork()
    if process:
        os.setpgid(process, process)  # on both sides: whoever comes first
        return process
    os.setpgid(0, 0)
    os.chdir(place)
    os.environ.update({"MAKE": str(place / "fake-make")} | environment)
    output = os.open("output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    status: object = 70
    try:
        errors.run(refresh.refresh, source)
        status = 0
    except SystemExit as end:
        status = end.code
        if isinstance(status, str):
            sys.stderr.write(status)
            status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 0)


def served(place: Path, source: str = "overpass") -> dict[str, int]:
    """Version of each GeoPackage that is served; it must be whole, and have its changes."""
    found = {}
    for path in sorted((place / "data/processed" / source).glob("[!.]*.gpkg")):
        assert not path.is_symlink()
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = set(pyogrio.list_layers(path)[:, 0])
        assert names == {"border", "crossings", "chokepoints", "links", "cordons", "provenance"}
        # What publish makes the layer `changes` of: the flow stood in for here does not.
        changed = path.with_suffix("") / "changes"
        assert len(store.read(changed, "changes")) >= 0
        assert (changed / "stamp").is_file()
        found[path.stem] = int(pyogrio.read_dataframe(path, layer="border")["version"][0])
    return found


def both(version: int) -> dict[str, int]:
    return {"us-mx": version, "mx-gt": version}
