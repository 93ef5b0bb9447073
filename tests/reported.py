"""The report of two drawn borders, with names that would be harmful if not treated as text."""

from pathlib import Path

from pipeline.stages import compare, publish, report
from tests import finished

HOSTILE = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1">'
NAMES = (
    f"=1+1 {HOSTILE}",
    '=HYPERLINK("http://x.test","y")',
    '"; DROP TABLE links; --',
    "\u202egnol$`${x}`",
    "bell\x07, escape\x1b[31m",
)


def built(at: Path, *names: str) -> Path:
    """The report of two drawn borders with these names of crossings, and of their sources."""
    packages = []
    for border, name in zip(("us-mx", "mx-gt"), names or ("Puente", "Paso"), strict=True):
        at.mkdir(exist_ok=True, parents=True)
        packages.append(at / f"{border}.gpkg")
        source = f"{name}, drawn by hand"
        folders = finished.folders(at, border, name=name, source=source)
        publish.publish(*folders, str(packages[-1]))
    out = [str(path) for path in packages]
    compare.compare(*out, str(at))
    page = at / "report.html"
    report.report(*out, str(at / "comparison.csv"), str(at / "claims.json"), str(page))
    return page
