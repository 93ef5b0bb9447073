"""An Overpass server on loopback: answers real questions from an extract, and fails when told to.

It understands the part of the query language that is asked for here: settings, statements on
nodes, ways and relations with tag filters, polygons, recursion and named sets, unions, and `out`.
"""

import json
import random
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import osmium
import shapely
from shapely.geometry import LineString, Polygon

Key = tuple[str, int]
KINDS = {"node": "node", "way": "way", "rel": "relation"}
FAULTS = ("429", "504", "remark", "cut", "html", "empty", "short", "hang")
FILTER = re.compile(
    r'\[~"(?P<keys>[^"]*)"~"(?P<any>[^"]*)"\]|\["(?P<key>[^"]*)"(?:(?P<op>[~=])"(?P<value>[^"]*)")?\]'
    r'|\(poly:"(?P<poly>[^"]*)"\)|\((?P<rec>bw|w|r)\.(?P<of>\w+)\)|\.(?P<set>\w+)'
)


class Extract:
    """The elements of an OSM file as Overpass JSON, with shapes."""

    def __init__(self, path: Path) -> None:
        self.elements: dict[Key, dict[str, Any]] = {}
        for one in osmium.FileProcessor(str(path)):
            kind = {"n": "node", "w": "way", "r": "relation"}[one.type_str()]
            element: dict[str, Any] = {"type": kind, "id": one.id}
            if one.is_node():
                element |= {"lat": one.lat, "lon": one.lon}
            elif one.is_way():
                element["nodes"] = [node.ref for node in one.nodes]
            else:
                types = {"n": "node", "w": "way", "r": "relation"}
                element["members"] = [
                    {"type": types[m.type], "ref": m.ref, "role": m.role} for m in one.members
                ]
            if tags := dict(one.tags):
                element["tags"] = tags
            self.elements[kind, one.id] = element
        self.time = (
            osmium.io.Reader(str(path), osmium.osm.NOTHING)
            .header()
            .get("osmosis_replication_timestamp")
        )
        self.by_kind = {
            kind: [key for key in self.elements if key[0] == kind] for kind in KINDS.values()
        }
        # Only tagged nodes are ever asked for by place; untagged ones come with their ways.
        self.by_kind["node"] = [k for k in self.by_kind["node"] if "tags" in self.elements[k]]
        self.placed = self.by_kind["node"] + self.by_kind["way"]
        self.tree = shapely.STRtree([self.shape(key) for key in self.placed])

    def shape(self, key: Key) -> Any:
        if key[0] == "node":
            return shapely.Point(self.elements[key]["lon"], self.elements[key]["lat"])
        at = [self.elements.get(("node", ref)) for ref in self.elements[key]["nodes"]]
        points = [(node["lon"], node["lat"]) for node in at if node]
        return LineString(points) if len(points) > 1 else None

    def inside(self, text: str) -> set[Key]:
        """What meets the polygon; a relation does if one of its members does."""
        numbers = [float(part) for part in text.split()]
        polygon = Polygon(list(zip(numbers[1::2], numbers[::2], strict=True)))
        found = {self.placed[row] for row in self.tree.query(polygon, predicate="intersects")}
        return found | {
            key
            for key in self.by_kind["relation"]
            if any((m["type"], m["ref"]) in found for m in self.elements[key]["members"])
        }


def answer(extract: Extract, question: str) -> dict[str, Any]:
    """The answer of an Overpass server to a question; ValueError if it is not understood."""
    sets: dict[str, set[Key]] = {"_": set()}
    out: list[dict[str, Any]] = []
    settings, _, rest = question.partition(";")
    if not settings.startswith("[out:json]"):
        raise ValueError(settings)
    cache: dict[str, set[Key]] = {}
    while rest:
        statement, rest = _statement(rest)
        if shown := re.fullmatch(r"out (body|count)", statement):
            found = sorted(sets["_"], key=lambda k: (list(KINDS.values()).index(k[0]), k[1]))
            if shown[1] == "body":
                out += [extract.elements[key] for key in found]
            else:
                counts = {
                    f"{kind}s": str(sum(k[0] == kind for k in found)) for kind in KINDS.values()
                }
                out.append({"type": "count", "id": 0, "tags": counts | {"total": str(len(found))}})
        else:
            _run(extract, statement, sets, cache)
    return {
        "version": 0.6,
        "generator": "stand-in",
        "osm3s": {"timestamp_osm_base": extract.time, "copyright": "ODbL"},
        "elements": out,
    }


def _statement(text: str) -> tuple[str, str]:
    depth, quoted = 0, False
    for at, letter in enumerate(text):
        quoted ^= letter == '"'
        if not quoted:
            depth += (letter == "(") - (letter == ")")
            if letter == ";" and depth == 0:
                return text[:at], text[at + 1 :]
    raise ValueError(f"no end: {text[-80:]}")


def _run(
    extract: Extract, statement: str, sets: dict[str, set[Key]], cache: dict[str, set[Key]]
) -> None:
    body, name = statement, "_"
    if target := re.fullmatch(r"(.*)->\.(\w+)", statement, re.S):
        body, name = target[1], target[2]
    if body.startswith("("):
        inner, found = body[1:-1], set()
        while inner:
            part, inner = _statement(inner)
            own = dict(sets)
            _run(extract, part, own, cache)
            found |= own["_"]
        sets[name] = found
    elif body.startswith("."):
        sets[name] = sets[body[1:]]
    else:
        sets[name] = _query(extract, body, sets, cache)


def _query(
    extract: Extract, body: str, sets: dict[str, set[Key]], cache: dict[str, set[Key]]
) -> set[Key]:
    word = re.match(r"node|way|rel", body)
    if not word:
        raise ValueError(body[:80])
    kind, at = KINDS[word[0]], word.end()
    found: set[Key] | None = None
    tests: list[Callable[[dict[str, str]], bool]] = []
    while at < len(body):
        match = FILTER.match(body, at)
        if not match:
            raise ValueError(body[at : at + 80])
        at = match.end()
        chosen: set[Key] | None = None
        if match["keys"] is not None:
            tests.append(_any_key(re.compile(match["keys"]), re.compile(match["any"])))
        elif match["key"] is not None:
            tests.append(_one_key(match["key"], match["op"], match["value"]))
        elif match["poly"] is not None:
            if match["poly"] not in cache:
                cache[match["poly"]] = extract.inside(match["poly"])
            chosen = {key for key in cache[match["poly"]] if key[0] == kind}
        elif match["rec"]:
            chosen = _recursed(extract, kind, match["rec"], sets[match["of"]])
        else:
            chosen = {key for key in sets[match["set"]] if key[0] == kind}
        if chosen is not None:
            found = chosen if found is None else found & chosen
    keys = extract.by_kind[kind] if found is None else found
    return {
        key for key in keys if all(test(extract.elements[key].get("tags", {})) for test in tests)
    }


def _any_key(key: "re.Pattern[str]", value: "re.Pattern[str]") -> Callable[[dict[str, str]], bool]:
    return lambda tags: any(key.search(k) and value.search(v) for k, v in tags.items())


def _one_key(key: str, op: str | None, value: str | None) -> Callable[[dict[str, str]], bool]:
    if op == "~":
        pattern = re.compile(value or "")
        return lambda tags: key in tags and bool(pattern.search(tags[key]))
    return lambda tags: key in tags and (op is None or tags[key] == value)


def _recursed(extract: Extract, kind: str, how: str, of: set[Key]) -> set[Key]:
    if how == "bw":
        return {
            key
            for key in extract.by_kind["relation"]
            if any((m["type"], m["ref"]) in of for m in extract.elements[key]["members"])
        }
    found: set[Key] = set()
    for key in of:
        one = extract.elements[key]
        if how == "w" and key[0] == "way":
            found |= {("node", ref) for ref in one["nodes"]}
        elif how == "r" and key[0] == "relation":
            found |= {(m["type"], m["ref"]) for m in one["members"]}
    return {key for key in found if key[0] == kind and key in extract.elements}


# What the real server sends, with status 200, in place of an answer.
PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
<head>
  <meta http-equiv="content-type" content="text/html; charset=utf-8" lang="en"/>
  <title>OSM3S Response</title>
</head>
<body>

<p>The data included in this document is from www.openstreetmap.org.</p>
<p><strong style="color:#FF0000">Error</strong>: runtime error: {} </p>

</body>
</html>
"""
REPEATED = (
    "open64: 0 Success /osm3s_osm_base Dispatcher_Client::request_read_and_idx::duplicate_query"
)
NO_HISTORY = "Tried to use museum file but no museum files available on this instance."


def compared(question: str) -> str:
    """A question as the real server compares it: without comments, white space between words one.

    By src/overpass_api/frontend/hash_request.cc of the server, which keeps figures as they are.
    """
    bare = re.sub(r"/\*.*?\*/|//[^\n]*", "", question, flags=re.DOTALL)
    return re.sub(r"\s+", "", re.sub(r"(?<=\w)\s+(?=[\w-])", "\0", bare))


class Server:
    """The server, while in use as a context; `asked` lists its questions, `faulty` its faults.

    A question that comes again is refused, as the real server refuses it within the time limit.

    `fault` is asked before each answer for the name of a fault, or None. A `hang` lasts `hang_s`.
    """

    def __init__(
        self,
        extract: Extract,
        fault: Callable[[str], str | None] = lambda _: None,
        hang_s: float = 1,
    ) -> None:
        self.extract, self.fault, self.hang_s = extract, fault, hang_s
        self.asked: list[str] = []
        self.faulty: list[str] = []
        self.repeated: list[str] = []
        self._known: set[str] = set()
        self.status_asked = 0
        self.agents: set[str] = set()
        # The status of a public server; a private server has no limit, and no line about slots.
        self.slots: str | None = "Rate limit: 2\n2 slots available now.\n"
        self.retry_after: str | None = None
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.status_asked += 1
                now = "2026-01-01T00:00:00Z"
                text = f"Connected as: 1\nCurrent time: {now}\nAnnounced endpoint: none\n"
                text += f"{outer.slots}Currently running queries (pid, space limit, time limit):\n"
                outer.agents.add(self.headers["User-Agent"])
                if outer.slots is None:
                    self.send(404, b"<html><body>Not found</body></html>", "text/html")
                    return
                self.send(200, text.encode(), "text/plain")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                question = parse_qs(body)["data"][0]
                outer.agents |= {self.headers["User-Agent"], self.headers["Referer"]}
                with outer._lock:
                    if compared(question) in outer._known:
                        outer.repeated.append(question)
                        self.send(200, PAGE.format(REPEATED).encode(), "text/html")
                        return
                    outer._known.add(compared(question))
                    outer.asked.append(question)
                    fault = outer.fault(question)
                    if fault:
                        outer.faulty.append(fault)
                outer.reply(self, question, fault)

            def send(self, status: int, content: bytes, kind: str = "application/json") -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                if outer.retry_after is not None:
                    self.send_header("Retry-After", outer.retry_after)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A client that disconnects early is not reported."""

        self._http = Quiet(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/api"

    def __enter__(self) -> "Server":
        # The default poll of half a second is what leaving the context would wait for.
        threading.Thread(target=self._http.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def reply(self, handler: Any, question: str, fault: str | None) -> object:
        busy = f"open64: 0 Success /osm3s_osm_base {fault}. The server is probably too busy."
        page = PAGE.format(busy).encode()
        if fault in ("406", "429", "504"):
            return handler.send(int(fault), page, "text/html")
        pages = {"html": page, "no history": PAGE.format(NO_HISTORY).encode()}
        other = b"<!doctype html><head><title>Hi</title></head><body>It works!</body>"
        pages["another page"] = other
        if fault in pages:
            return handler.send(200, pages[fault], "text/html")
        if fault == "hang":
            time.sleep(self.hang_s)
            return None
        try:
            result = answer(self.extract, question)
        except (ValueError, KeyError) as error:
            return handler.send(400, f"parse error: {error}".encode(), "text/html")
        if fault == "remark":
            result["elements"] = result["elements"][: len(result["elements"]) // 2]
            result["remark"] = (
                'runtime error: Query timed out in "query" at line 1 after 180 seconds.'
            )
        elif fault == "empty":
            result["elements"] = []
        elif fault == "void":
            result["elements"] = [{"type": "count", "id": 0, "tags": {"total": "0"}}]
        elif fault == "short":
            result["elements"] = result["elements"][::2]
        content = json.dumps(result).encode()
        return handler.send(200, content[: len(content) // 2] if fault == "cut" else content)


def seeded(share: float, seed: int, among: tuple[str, ...] = FAULTS) -> Callable[[str], str | None]:
    """Faults at random, the same for one seed."""
    choose = random.Random(seed)
    return lambda _: choose.choice(among) if choose.random() < share else None
