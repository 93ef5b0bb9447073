"""A real headless Chromium, driven by its own protocol over two pipes: no driver, no socket."""

import json
import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage", "--mute-audio",
    "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe",
)  # fmt: skip

# Codes of keys that are not letters or digits, for older code.
KEY_CODES = {"+": 187, "-": 189, "Tab": 9, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38}


class Page:
    """A page: its requests, its error messages, and actions in it."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._rest = b""
        self._count = 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command; events that come before it are noted."""
        self._count += 1
        number = self._count
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result

    def attach(self) -> None:
        """Open an empty page and listen to all it does."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        done = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = done["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def open(self, path: Path, width: int, height: int = 900) -> None:
        """Load a file at that width and wait until it is drawn."""
        self.resize(width, height)
        self.send("Page.navigate", url=path.resolve().as_uri())
        self.run(
            "new Promise(done => { const ready = () => requestAnimationFrame(() => "
            "requestAnimationFrame(() => setTimeout(done, 50))); document.readyState === 'complete'"
            " ? ready() : addEventListener('load', ready); })"
        )

    def resize(self, width: int, height: int) -> None:
        """Make the window that large."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    def run_apart(self, expression: str) -> Any:
        """As `run`, in an isolated world of the same page, to which the page's policy does not
        apply."""
        frame = self.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = self.send("Page.createIsolatedWorld", frameId=frame)
        return self.run(expression, contextId=world["executionContextId"])

    def run(self, expression: str, **where: int) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        done = self.send(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            **where,
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def click(self, x: float, y: float) -> None:
        """Press and release the mouse there."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = "none" if kind == "mouseMoved" else "left"
            self.send(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button,
                clickCount=0 if button == "none" else 1,
            )  # fmt: skip
        self.settle()

    def hover(self, x: float, y: float) -> None:
        """Move the mouse there from the corner, since an element under the mouse gets no event."""
        for place in ((0, 0), (x, y)):
            self.send("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])
            self.settle()

    def wheel(self, x: float, y: float, turned: float) -> None:
        """Turn the wheel there, away from the reader where it is less than zero."""
        self.send("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=turned)
        self.settle()

    def key(self, name: str) -> None:
        """Press and release a key."""
        code = KEY_CODES.get(name, ord(name[0]))
        for kind in ("keyDown", "keyUp"):
            text = {"text": name} if len(name) == 1 and kind == "keyDown" else {}
            self.send(
                "Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, **text
            )
        self.settle()

    def settle(self) -> None:
        """Wait until the requested content is drawn."""
        self.run("new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))")

    def picture(self, out: Path, whole: bool = False) -> None:
        """Save what the window shows, or the whole page, as PNG."""
        done = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        if whole:
            size = self.send("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            done = self.send(
                "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip
            )
        out.write_bytes(b64decode(done["data"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._from, 1 << 20)
            assert more, "chromium ended"
            self._rest += more
        first, self._rest = self._rest.split(b"\0", 1)
        message: dict[str, Any] = json.loads(first)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method: str | None, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.complaints.append(params["entry"]["text"])


@contextmanager
def page(profile: Path) -> Iterator[Page]:
    """A page of a Chromium that lives in the folder `profile` and ends with the block."""
    assert CHROMIUM, "no chromium"
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def place_pipes() -> None:
        # The browser reads commands from 3 and writes answers to 4.
        read, write = os.dup(to_read), os.dup(from_write)
        os.dup2(read, 3)
        os.dup2(write, 4)

    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with (profile.parent / f"{profile.name}.log").open("wb") as log:
        browser = subprocess.Popen(
            command,
            preexec_fn=place_pipes,  # noqa: PLW1509
            close_fds=False,
            stdout=log,
            stderr=log,
        )
    os.close(to_read)
    os.close(from_write)
    try:
        opened = Page(to_write, from_read)
        opened.attach()
        yield opened
    finally:
        browser.terminate()
        browser.wait(timeout=30)
        os.close(to_write)
        os.close(from_read)
