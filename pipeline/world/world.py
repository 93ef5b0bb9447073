"""All land borders in extracts: found, cut together, run and compared."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from pipeline.core import files as disk
from pipeline.core import folders, parameters
from pipeline.core.errors import InputError
from pipeline.core.spread import Spread, in_turn
from pipeline.core.terminal import printable
from pipeline.world import atlas, needs, pages, rows, tasks
from pipeline.world.cutting import Cut, cut_all, toml_of
from pipeline.world.run import Job, Outcome
from pipeline.world.store import Store


def world(
    raw_dir: Path,
    out: Path,
    *planet: Path,
    workers: int = 1,
    scheduler: str = "",
    host: str = "127.0.0.1",
    raw: str = "",
    results: str = "",
    corridor: float | None = None,
    borders: str = "",
    until: str = "",
    known: Path = Path("pipeline/borders"),
) -> None:
    """Write world.gpkg, world.csv and atlas.html, and the results of every border.

    Parameters
    ----------
    raw_dir
        Where the raw files of the corridors are written.
    out
        Where results are written.
    planet
        OpenStreetMap extracts (.osm.pbf): a planet, a continent, or several countries.
    workers
        Number of processes to run borders in; 0 runs them in this process.
    scheduler
        Address of a Dask scheduler to use instead, `tcp://host:port`. Its workers need raw files
        and results under the same paths, or at addresses.
    host
        Address on which local workers open their ports; by default loopback only.
    raw, results
        Addresses (s3://…) for raw files and results of borders, instead of the folders.
    corridor
        How deep to cut on each side, km.
    borders
        Borders to run, by name; all if empty.
    until
        The last stage to run, all if empty.
    known
        Folder of border files written by hand.
    """
    if not planet:
        raise InputError("PLANET is empty, expected one or more .osm.pbf files")
    for path in planet:
        if not path.is_file():
            raise InputError(f"{path}: no such file, expected an .osm.pbf")
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(disk.locked(out / ".lock"))
        except BlockingIOError as error:
            raise InputError(f"{out}: another run is working there; wait until it ends") from error
        found = needs.needs(planet, out, workers)
        _say(f"{', '.join(path.name for path in planet)}: {needs.sentence(found)}")
        needs.refuse(found, out)
        km = corridor or parameters.number("border_corridor_km")
        scratch = stack.enter_context(folders.temporary("world"))
        theirs = None
        if scheduler:  # asked for first: one that does not answer must not wait for the cut
            theirs = stack.enter_context(tasks.cluster(0, scheduler, host, scratch))
        # Corridors are cut on this machine, where the files are, whoever runs the stages.
        here = stack.enter_context(ExitStack())
        local = here.enter_context(tasks.cluster(workers, "", host, scratch / "dask"))
        spread = tasks.on_workers(local)
        cuts = cut_all(planet, raw_dir, known, km, borders.split(), spread)
        _say(f"{len(cuts)} land borders: {', '.join(one.border for one in cuts)}")
        kept_raw, kept = Store(raw or str(raw_dir), raw_dir), Store(results or str(out), scratch)
        jobs = [_job(one, raw_dir, kept_raw, kept) for one in cuts if not one.error]
        if theirs is not None:
            here.close()
            spread = in_turn
        outcomes = tasks.run_all(jobs, str(scratch), until or None, theirs or local)
        _write(cuts, outcomes, kept, out, spread)


def _job(cut: Cut, raw_dir: Path, raw: Store, results: Store) -> Job:
    """The run of a border; its raw files are sent to the address where they are kept."""
    dem = f"{cut.border}.dem.tif"
    has_dem = (raw_dir / dem).is_file()
    if not raw.is_local:
        sent = [f"{cut.border}.osm.pbf", f"{cut.border}.record.json", toml_of(cut.border)]
        for name in (*sent, *([dem] if has_dem else [])):
            raw.put(name)
    digest = cut.digest + (f" {disk.sha256(raw_dir / dem)}" if has_dem else "")
    return Job(
        border=cut.border,
        raw=raw.address,
        results=results.address,
        toml=toml_of(cut.border),
        dem=dem if has_dem else "",
        digest=digest,
        size=cut.size,
    )


def _write(
    cuts: Sequence[Cut],
    outcomes: Mapping[str, Sequence[Outcome]],
    results: Store,
    out: Path,
    spread: Spread,
) -> None:
    table = rows.rows(cuts, outcomes, results, spread)
    rows.write(table, out)
    atlas.write(table, out, pages.write(table, results, out))
    for name in ("world.csv", "world.gpkg", "atlas.html"):
        results.put(name, out / name)
        _say(f"written: {out / name}")
    failed = table[table["failed"] != ""]
    for border, reason in zip(failed["border"], failed["failed"], strict=True):
        _say(f"not computed: {border}: {reason}")


def _say(text: str) -> None:
    sys.stderr.write(f"{printable(text)}\n")
