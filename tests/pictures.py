"""The pictures of the README, from the report and the QGIS project of a source.

`python -m tests.pictures PROCESSED_SOURCE_DIR OUT_DIR` opens copies in Chromium and in QGIS and
writes PNG files small enough for a page; run by `make pictures`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests import browser, tools

MOST_BYTES = 290_000
COLOURS = 256  # of a picture that would be larger
QGIS_PICTURES = {"layout-1.png": "qgis.png"}
PICK = """(() => { const section = document.querySelectorAll('[data-map]')[%d];
  section.scrollIntoView({behavior: 'instant'});
  for (const label of section.querySelectorAll('.controls label'))
    if (label.textContent.includes('witness')) label.querySelector('input').click(); })()"""


def pictures(source: str, out: str) -> None:
    """Write report.png, map.png and qgis.png into the folder `out`."""
    if not browser.CHROMIUM or not Path(tools.SYSTEM_PYTHON).exists():
        sys.exit("error: no chromium or no Python of Debian, expected both (and python3-qgis)")
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        _of_report(Path(source), folder, Path(scratch))
        _of_project(Path(source), folder, Path(scratch))


def _of_report(source: Path, folder: Path, scratch: Path) -> None:
    with browser.page(scratch / "profile") as page:
        page.open(source / "report.html", 1280, 1300)
        page.picture(folder / "report.png")
        page.resize(1280, 860)
        page.run(PICK % 1)
        page.settle()
        page.picture(folder / "map.png")
    for name in ("report.png", "map.png"):
        _smaller(folder / name)


def _of_project(source: Path, folder: Path, scratch: Path) -> None:
    """QGIS leaves files beside a GeoPackage that it opens, so it is given a copy."""
    for path in (*source.glob("*.gpkg"), *source.glob("*.fgb"), source / "borders.qgz"):
        shutil.copy(path, scratch)
    (scratch / "out").mkdir()
    check = Path(__file__).with_name("qgis_check.py")
    command = [tools.SYSTEM_PYTHON, str(check), str(scratch / "borders.qgz"), str(scratch / "out")]
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(scratch),
        "HOME": str(scratch),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode or not json.loads(done.stdout)["read"]:
        sys.exit(f"error: QGIS did not read borders.qgz: {done.stderr.strip().splitlines()[-1:]}")
    for made, name in QGIS_PICTURES.items():
        if (scratch / "out" / made).is_file():
            shutil.copy(scratch / "out" / made, folder / name)
            _smaller(folder / name)


def _smaller(path: Path) -> None:
    """Without metadata; with fewer colours only if necessary, since that changes them a little."""
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    whole.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        whole.quantize(COLOURS, method=Image.Quantize.FASTOCTREE).save(path, optimize=True)


if __name__ == "__main__":
    pictures(*sys.argv[1:])
