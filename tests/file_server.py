"""A file server on loopback with ETag, ranges, MD5 files and conditional requests; it can fail."""

import hashlib
import re
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DRIPS, DRIP_S = 1000, 0.02  # bytes or lines, and the pause after each


class FileServer:
    """Serves a folder while in use as a context.

    `asked` lists method, path, Range and status of each request. `fault` is asked before each
    answer for the name of a fault, or None: a status, `cut` (the body breaks off in its middle),
    `bad` (one byte is wrong), `drip` (half of the body, then a byte now and then), `drip-head`
    (a header line now and then), or an address to redirect to. `<path>.md5` is the MD5 of the file
    unless such a file is there. With a certificate the server is asked by https.
    """

    def __init__(
        self,
        folder: Path,
        fault: Callable[[str, str], str | None] = lambda *_: None,
        certificate: Path | None = None,
    ) -> None:
        self.folder, self.fault = folder, fault
        self.asked: list[tuple[str, str, str | None, int]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.reply(self, "GET")

            def do_HEAD(self) -> None:
                outer.reply(self, "HEAD")

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                outer.reply(self, "POST")

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that disconnects early is not reported."""

        self._http = Quiet(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> "FileServer":
        # The default poll of half a second is what leaving the context would wait for.
        threading.Thread(target=self._http.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def bodies(self, suffix: str) -> int:
        """How many requests fetched content of a path that ends so."""
        return sum(
            method == "GET" and path.endswith(suffix) and status < 300
            for method, path, _, status in self.asked
        )

    def reply(self, handler: Any, method: str) -> None:
        path, wanted = handler.path.split("?")[0], handler.headers.get("Range")
        fault = self.fault(method, path)
        status, content, headers = self._answer(path, handler.headers)
        if fault and fault.isdigit():
            status, content, headers = int(fault), b"<html>no</html>", {}
        if fault and "://" in fault:
            status, content, headers = 302, b"", {"Location": fault}
        self.asked.append((method, path, wanted, status))
        if fault == "hang":
            time.sleep(5)
        if fault == "bad" and content:
            content = content[:-1] + bytes([content[-1] ^ 1])
        handler.send_response(status)
        for number in range(DRIPS if fault == "drip-head" else 0):
            handler.send_header(f"X-{number}", "")
            handler.flush_headers()
            time.sleep(DRIP_S)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if method == "GET":
            broken = fault in ("cut", "drip")
            handler.wfile.write(content[: len(content) // 2] if broken else content)
            for number in range(DRIPS if fault == "drip" else 0):
                handler.wfile.write(content[number : number + 1])
                time.sleep(DRIP_S)
        if fault in ("cut", "drip"):
            handler.close_connection = True

    def _answer(self, path: str, asked: Any) -> tuple[int, bytes, dict[str, str]]:
        file = self.folder / path.lstrip("/")
        if path.endswith(".md5") and not file.is_file():
            of = file.with_suffix("")
            if of.is_file():
                line = f"{hashlib.md5(of.read_bytes()).hexdigest()}  {of.name}\n"
                return 200, line.encode(), {}
        if not file.is_file():
            return 404, b"<html>not found</html>", {}
        content = file.read_bytes()
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Accept-Ranges": "bytes"}
        if asked.get("If-None-Match") == tag:
            return 304, b"", headers
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.get("Range") or "")
        if span and asked.get("If-Range", tag) == tag:
            begin, end = int(span[1]), int(span[2] or len(content) - 1)
            if begin >= len(content):
                return 416, b"", headers
            part = content[begin : end + 1]
            content_range = f"bytes {begin}-{begin + len(part) - 1}/{len(content)}"
            return 206, part, headers | {"Content-Range": content_range}
        return 200, content, headers
