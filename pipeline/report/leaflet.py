"""Leaflet, the map library that the page carries whole; XStatic-Leaflet brings it."""

import re
from importlib import resources
from pathlib import Path

PACKAGE = "xstatic.pkg.leaflet"


def script() -> str:
    """Leaflet itself, without its last line, by which a browser would ask for a source map."""
    return re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", _file("leaflet.js"))


def style() -> str:
    """Leaflet's style, without rules that ask for a file: its switch and its pins are not used."""
    return re.sub(r"[^{}]*\{[^{}]*url\([^{}]*\}", "", _file("leaflet.css"))


def licence() -> str:
    """The licence that must go with every copy of Leaflet (BSD, 2 clauses)."""
    return Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")


def _file(name: str) -> str:
    return (resources.files(PACKAGE) / "data" / name).read_text(encoding="utf-8")
