"""What the page contains: Leaflet (from XStatic-Leaflet), its own scripts and styles."""

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_suffix("")
LEAFLET = "xstatic.pkg.leaflet"
SCRIPTS = (
    *("map_symbols.js", "web_map.js", "what_if.js", "rests_on.js"),
    *("map_points.js", "map_view.js", "what_if_panel.js", "page.js"),
)


def scripts() -> list[str]:
    """Leaflet, without its last line (a browser would load a source map), and our script."""
    leaflet = re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", _leaflet("leaflet.js"))
    return [leaflet, *((FOLDER / name).read_text("utf-8") for name in SCRIPTS)]


def styles() -> list[str]:
    """Leaflet's style, without rules that load a file: its layer switch and pins are not used."""
    leaflet = re.sub(r"[^{}]*\{[^{}]*url\([^{}]*\}", "", _leaflet("leaflet.css"))
    return [leaflet, (FOLDER / "page.css").read_text("utf-8")]


def leaflet_licence() -> str:
    """The licence that must go with every copy of Leaflet (BSD, 2 clauses)."""
    return (FOLDER / "leaflet_licence.txt").read_text(encoding="utf-8")


def as_json(value: Any) -> str:
    """JSON for a script element, escaped so that no text in it can end the element."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _leaflet(name: str) -> str:
    return (resources.files(LEAFLET) / "data" / name).read_text(encoding="utf-8")
