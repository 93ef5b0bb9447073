"""The page of each border: the stages that set borders side by side, run on one border alone."""

import contextlib
import importlib
import io
from collections.abc import Sequence
from pathlib import Path

from pipeline.core import files
from pipeline.core.errors import InputError
from pipeline.core.progress import progress, warn
from pipeline.world.store import Store

PAGE = "report.html"


def write(borders: Sequence[str], results: Store, out: Path) -> dict[str, str]:
    """Write `<border>/page/report.html` below the folder; their addresses relative to it.

    A page is made of its GeoPackage alone, and made again where that is another. It is handed on
    with the atlas, so it holds what the public profile does. A border without one has no page.
    """
    found: dict[str, str] = {}
    for border in progress(list(borders), "pages"):
        package = results.at(f"{border}.gpkg")
        if not package.is_file():
            continue
        folder = out / border / "page"
        digest, note = f"{files.sha256(package)} public", folder / "made-of"
        try:
            if not note.is_file() or note.read_text(encoding="utf-8") != digest:
                folder.mkdir(parents=True, exist_ok=True)
                with contextlib.redirect_stdout(io.StringIO()):
                    _run("compare", str(package), str(folder))
                    given = [folder / name for name in ("comparison.csv", "claims.json", PAGE)]
                    _run("report", str(package), *map(str, given), profile="public")
                files.write_text(note, digest)
        except InputError as error:
            warn(f"{border}: no page: {error}")
            continue
        found[border] = f"{border}/page/{PAGE}"
    return found


def _run(stage: str, *paths: str, **options: str) -> None:
    getattr(importlib.import_module(f"pipeline.stages.{stage}"), stage)(*paths, **options)
