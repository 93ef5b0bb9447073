"""The result of axe-core, a common accessibility checker, for a page in the browser."""

import json
from importlib import resources

from tests.browser import Page

# Of its four grades (minor, moderate, serious, critical) those that exclude a reader.
BARS = ("serious", "critical")
RUN = """axe.run(document, {resultTypes: ['violations']}).then((found) => [found.passes.length,
  found.violations.filter((rule) => %s.includes(rule.impact)).flatMap((rule) =>
    rule.nodes.map((node) => `${rule.impact}: ${rule.help}: ${node.html.slice(0, 160)}`))])"""


def barriers(page: Page, media: str = "screen") -> list[str]:
    """Each serious or critical fault as a line, on screen or as it is printed."""
    page.send("Emulation.setEmulatedMedia", media=media)
    try:
        checker = (resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
        passed, wrong = page.run_apart(f"{checker}\n;{RUN % json.dumps(BARS)}")
    finally:
        page.send("Emulation.setEmulatedMedia", media="")
    assert passed > 10, "axe found next to nothing to check"
    found: list[str] = wrong
    return found
