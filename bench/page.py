"""The report of a border in a browser: how large it is, and how long until it can be used."""

from pathlib import Path
from typing import Any

from tests import browser

WIDTH = 1280
# When the page's own scripts have drawn the maps, which is when it can be used.
LOADED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def measured(page: Path, scratch: Path) -> dict[str, Any]:
    """Size (MB) and seconds until it can be used; nothing of the latter without Chromium."""
    found: dict[str, Any] = {"page_mb": page.stat().st_size / 1e6}
    if browser.CHROMIUM:
        with browser.page(scratch / "profile") as view:
            view.open(page, WIDTH)
            found["page_s"] = view.run(LOADED) / 1000
            found["page_complaints"] = len(view.complaints)
    return found
