"""What the data, addresses and packages of strangers must not be able to do."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from pipeline.core import http
from pipeline.core.country import country_code
from pipeline.core.errors import InputError
from pipeline.core.http import Patience
from pipeline.publish import layers
from pipeline.report.templates import hashes

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "bench").rglob("*.py")])
OWN_CODE = ROOT / "bench" / "mutations.py"  # plants faults in the project's own functions
LOCKS = [ROOT / "requirements.lock", ROOT / "bench" / "requirements.lock"]
# Modules that run what they read, or believe XML entities.
RUNNING = {
    *("pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "code"),
    *("xml.sax", "xml.dom.minidom", "xml.dom.pulldom", "xmlrpc", "telnetlib", "ftplib"),
}
CALLS = {
    *("eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "extractall", "mktemp"),
    *("system", "popen", "literal_eval", "unsafe_load", "_create_unverified_context"),
}
# What ruff's rules of safety (S) are told to let pass, and where: anything new is to be looked at.
# 603, 606: a program is run whose words are a list, never a shell's line. 608: SQL of which the
# parts are names of the schema, or constants quoted beside.
LET_PASS = {
    ("pipeline/ops/lock.py", "S606"),
    ("pipeline/ops/refresh.py", "S603"),
    ("pipeline/ops/postgis.py", "S603"),
    ("pipeline/ops/postgis.py", "S608"),
    ("pipeline/publish/metadata.py", "S608"),
}


def name_of(node: ast.expr) -> str:
    """The last name of what is called: `read_pickle` of `pd.read_pickle`."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def nodes(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(path.read_bytes()))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_read_is_run(path: Path) -> None:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            assert not {one.name for one in node.names} & RUNNING
        elif isinstance(node, ast.ImportFrom):
            assert node.module not in RUNNING
        elif isinstance(node, ast.Call):
            called, given = name_of(node.func), {word.arg: word.value for word in node.keywords}
            is_regular = isinstance(node.func, ast.Attribute) and name_of(node.func.value) == "re"
            may_compile = is_regular or path == OWN_CODE
            assert called not in CALLS or (called == "compile" and may_compile), called
            for word, bad in (("shell", True), ("verify", False), ("allow_pickle", True)):
                value = given.get(word)
                assert not (isinstance(value, ast.Constant) and value.value is bad), (called, word)


def test_rules_of_safety_are_on_and_let_pass_what_was_looked_at() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert {"S", "BLE"} <= set(settings["lint"]["select"])
    assert [one for one in settings["lint"]["ignore"] if one.startswith("S")] == ["S101"]
    found = {
        (str(path.relative_to(ROOT)), code)
        for path in SOURCES
        for line in re.findall(r"# noqa: ([^\n(]*)", path.read_text(encoding="utf-8"))
        for code in re.findall(r"\bS\d{3}\b", line)
    }
    bench = {code for path, code in found if path.startswith("bench/")}
    assert bench <= {"S603"}
    assert {one for one in found if one[0].startswith("pipeline/")} == LET_PASS


def test_names_that_become_sql_are_plain_words() -> None:
    for name, table in layers.LAYERS.items():
        assert re.fullmatch("[a-z][a-z0-9_]*", name)
        for column in table.columns:
            assert re.fullmatch("[a-z][a-z0-9_]*", column.name), column.name


# Addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a", "data:,a", "/etc"])
def test_servers_are_asked_by_http_alone(url: str) -> None:
    with pytest.raises(InputError):
        http.ask("GET", url, Patience(tries=1, wait_s=0.0))


def test_certificates_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def send(self: object, request: object, **given: object) -> requests.Response:
        asked.append(given["verify"])
        answer = requests.Response()
        answer.status_code, answer.reason = 200, "OK"
        answer._content = b""
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    http.ask("GET", "https://example.org", Patience(tries=1, wait_s=0.0))
    assert asked
    assert all(verify is not False for verify in asked)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://me:word@host/api failed", "https://host/api failed"),
        ("https://me:w@rd@host/api", "https://host/api"),
        ("s3://id:secret@bucket/x and http://a:b@c", "s3://bucket/x and http://c"),
        ("https://h/a?apikey=123&z=1", "https://h/a?apikey=…&z=1"),
        ("https://h/a?z=1&X-Amz-Signature=abc", "https://h/a?z=1&X-Amz-Signature=…"),
        ("https://h/a?access_token=abc#b", "https://h/a?access_token=…#b"),
        ("mail me@host about https://h/a", "mail me@host about https://h/a"),
    ],
)
def test_secrets_of_an_address_are_not_reported(text: str, left: str) -> None:
    assert http.without_secrets(text) == left


# Names of files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", ["../..", "A/", "..", "A\n", "A", "ABC", "ΑΒ", "a\x00", "\u202eAB", "A.", "12", ""]
)
def test_a_country_code_of_a_map_names_no_file_elsewhere(code: str) -> None:
    """Codes become names of border files in a run of many borders."""
    tags = {"type": "boundary", "boundary": "administrative", "admin_level": "2"}
    assert country_code(tags | {"ISO3166-1": code}) is None
    assert country_code(tags | {"ISO3166-1": "aa "}) == "AA"


# Pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted((ROOT / "pipeline").rglob("*.html")), ids=lambda path: str(path.name)
)
def test_every_page_has_a_policy_that_runs_only_what_it_holds(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if "<html" not in text:
        assert "<script" not in text
        return
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none';")
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert "unsafe" not in rules["script-src"] if "script-src" in rules else "<script" not in text
    # A library that draws maps sets styles of its own; nothing of the data does.
    assert "unsafe" not in rules["style-src"] or path.name == "tiles.html"
    assert "http" not in policy[1]
    assert "base-uri 'none'" in policy[1]
    assert not re.search(r"\son\w+=", text)
    assert not re.search(r"\sstyle=", text) or "style-src-attr" in policy[1]


def test_a_policy_knows_scripts_by_their_sum() -> None:
    assert hashes(["a"]) == "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='"


# Packages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_package_is_held_to_one_version_and_its_sums(path: Path) -> None:
    """What can be known without a network: nothing is open, nothing comes from elsewhere."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^\s*(-e|--index|--extra-index|--find-links|--trusted-host)", text, re.M)
    assert not re.search(r"(git\+|https?://|file:|@\s)", re.sub(r"#.*", "", text))
    entries = re.split(r"^(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.M), flags=re.M)
    found = {}
    for entry in filter(str.strip, entries):
        head = re.match(r"([a-z0-9][a-z0-9._-]*)(\[[a-z0-9,_-]+\])?==([^\s;\\]+)([^\\]*)", entry)
        assert head, entry[:80]
        # One version for one Python: a second one is for another.
        assert (head[1], head[4]) not in found
        found[head[1], head[4]] = head[3]
        sums = re.findall(r"--hash=(\S+)", entry)
        assert sums, head[1]
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in sums)
    assert len(found) > 3


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    lock = LOCKS[0].read_text(encoding="utf-8")
    locked = {normal(one) for one in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==", lock, re.M)}
    for one in asked:
        word = re.match(r"[A-Za-z0-9._-]+", one)
        assert word is not None
        assert normal(word[0]) in locked, one


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
