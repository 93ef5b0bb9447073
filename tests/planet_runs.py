"""A small planet that is run for tests: how, what came of it, and what must not differ."""

import csv
from collections.abc import Iterable
from pathlib import Path

import osmium
import psutil

from pipeline.world import cutting, run
from pipeline.world.world import world
from tests import planet

CORRIDOR_KM = 25.0
FEW = "al-bk bl-zz"


def drawn(at: Path) -> Path:
    """The planet's file."""
    return planet.write(planet.small(), at / "planet.osm.pbf")


def go(folder: Path, *files: Path, **more: object) -> None:
    settings: dict[str, object] = {"workers": 0, "until": "chokepoints", "corridor": CORRIDOR_KM}
    settings |= {"known": folder / "no-border-files"} | more
    world(folder / "raw", folder / "out", *files, **settings)  # type: ignore[arg-type]


def table(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "out/world.csv").open(encoding="utf-8") as file:
        return {row["border"]: row for row in csv.DictReader(file)}


def few_jobs(planet_run: Path, planet_file: Path, results: str) -> list[run.Job]:
    """Two of the borders that `planet_run` holds, to be run anew with results elsewhere."""
    found = cutting.cut_all(
        [planet_file], planet_run / "raw", planet_run / "no-border-files", CORRIDOR_KM, []
    )
    return [
        run.Job(
            border=one.border,
            raw=str(planet_run / "raw"),
            results=results,
            toml=cutting.toml_of(one.border),
            dem="",
            digest=one.digest,
            size=one.size,
        )
        for one in found
        if one.border in FEW.split()
    ]


def listening() -> set[tuple[str, int]]:
    """Addresses and ports that this process and those that it started have opened to others."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return {
        (one.laddr.ip, one.laddr.port)
        for process in family
        for one in process.net_connections(kind="inet")
        if one.status == psutil.CONN_LISTEN
    }


def refuse_other_bytes(out: Path, planet_run: Path, *unlike: str) -> None:
    found = [path for path in out.rglob("*.parquet") if path.stem not in unlike]
    assert len(found) > 10
    for path in found:
        assert path.read_bytes() == (planet_run / "out" / path.relative_to(out)).read_bytes()


def refuse_other_cuts(raw: Path, other: Path, borders: Iterable[str]) -> None:
    """Raw files and border files must be the same bytes."""
    for border in borders:
        for name in (f"{border}.osm.pbf", cutting.toml_of(border)):
            assert (raw / name).read_bytes() == (other / name).read_bytes(), name


def elements(raw: Path) -> list[str]:
    """The elements of a raw file as lines, sorted."""
    out = raw.with_name(f"{raw.name}.opl")
    with (
        osmium.io.Reader(str(raw)) as reader,
        osmium.SimpleWriter(str(out), overwrite=True) as writer,
    ):
        osmium.apply(reader, writer)
    return sorted(out.read_text(encoding="utf-8").splitlines())
