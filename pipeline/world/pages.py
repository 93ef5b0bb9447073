"""The page of each border: the stages that compare borders, run on one border alone."""

import contextlib
import hashlib
import importlib
import io
from pathlib import Path

import pandas as pd

from pipeline.core import files
from pipeline.core.errors import InputError
from pipeline.core.progress import progress, warn
from pipeline.publish.layers import evidence
from pipeline.world.standing import standing
from pipeline.world.store import Store

PAGE = "report.html"
STANDING = "standing.csv"


def write(table: pd.DataFrame, results: Store, out: Path) -> dict[str, str]:
    """Write `<border>/page/report.html` below the folder; returns their addresses relative to it.

    A page is made from its GeoPackage and the border's rank among the others of `table` (one row
    for each border), and made again if either has changed. It is handed on with the atlas, so it
    has the public profile. A border that failed or has no GeoPackage has no page. If results are
    kept at an address, pages are sent there too.
    """
    found: dict[str, str] = {}
    for border in progress(list(table.loc[table["failed"] == "", "border"]), "pages"):
        if not results.exists(f"{border}.gpkg"):
            continue
        package = results.fetch(f"{border}.gpkg")
        results.fetch(evidence(package).name)
        folder = out / border / "page"
        rank = standing(table, border).to_csv(index=False, lineterminator="\n")
        digest = f"{files.sha256(package)} {hashlib.sha256(rank.encode()).hexdigest()} public"
        note = folder / "made-of"
        try:
            if not note.is_file() or note.read_text(encoding="utf-8") != digest:
                folder.mkdir(parents=True, exist_ok=True)
                with contextlib.redirect_stdout(io.StringIO()):
                    _run("compare", str(package), str(folder))
                    given = [folder / name for name in ("comparison.csv", "claims.json", PAGE)]
                    files.write_text(folder / STANDING, rank)
                    more = {"profile": "public", "standing": str(folder / STANDING)}
                    _run("report", str(package), *map(str, given), **more)
                files.write_text(note, digest)
                results.put(f"{border}/page", folder)
        except InputError as error:
            warn(f"{border}: no page: {error}")
            continue
        except Exception as error:  # noqa: BLE001 (one page must not end the others)
            warn(f"{border}: no page: {type(error).__name__}: {str(error)[:300]}")
            continue
        found[border] = f"{border}/page/{PAGE}"
    return found


def _run(stage: str, *paths: str, **options: str) -> None:
    getattr(importlib.import_module(f"pipeline.stages.{stage}"), stage)(*paths, **options)
