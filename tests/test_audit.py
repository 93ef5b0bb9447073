"""The audit of packages finds what was planted in a lock, a folder of packages, an advisory."""

import base64
import hashlib
import json
import re
import zipfile
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipeline.core import config
from pipeline.core.errors import InputError
from pipeline.ops import advisories, audit, licences, pins
from pipeline.ops.advisories import Advisory

ROOT = Path(__file__).parents[1]
HASH = f"--hash=sha256:{'0' * 64}"
LOCK = f"alpha==1.5 \\\n    {HASH} \\\n    {HASH}\n    # via beta\nbeta-tool==2.0 \\\n    {HASH}\n"


def package(site: Path, name: str, version: str, *metadata: str) -> Path:
    """Install a drawn package of one module with these lines of metadata."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    module = site / f"{name}.py"
    module.write_text("x = 1\n")
    digest = hashlib.sha256(module.read_bytes()).digest()
    text = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    lines = metadata or ("License-Expression: MIT",)
    (info / "METADATA").write_text(
        "\n".join(["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *lines, ""])
    )
    (info / "RECORD").write_text(
        f"{name}.py,sha256={text},6\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n"
    )
    return info


def affected(*events: dict[str, str], **more: Any) -> dict[str, Any]:
    of = {"ecosystem": "PyPI", "name": "Beta_Tool"}
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {"package": of, "ranges": ranges} | more


def advisory(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    dates = {"modified": "2020-01-01T00:00:00Z", "summary": "reads too much"}
    return {"id": "DRAWN-1", "affected": list(parts)} | dates | more


@pytest.fixture
def site(tmp_path: Path) -> Path:
    package(tmp_path / "site", "alpha", "1.5")
    package(
        tmp_path / "site", "beta_tool", "2.0", "Classifier: License :: OSI Approved :: BSD License"
    )
    (tmp_path / "requirements.lock").write_text(LOCK)
    return tmp_path / "site"


def findings(site: Path, capsys: pytest.CaptureFixture[str], known: str = "") -> list[str]:
    """What the audit finds; it ends in status 1 if there is anything."""
    try:
        audit.audit(site.parent / "requirements.lock", advisories=known, installed=site)
    except SystemExit as ended:
        out = capsys.readouterr().out
        found = [line.removeprefix("FOUND  ") for line in out.splitlines() if "FOUND" in line]
        assert ended.code == f"error: the audit has {len(found)} findings"
        return found
    assert capsys.readouterr().out.endswith("\nnothing found\n")
    return []


def test_packages_as_the_lock_has_them_give_no_finding(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled = site / "__pycache__/alpha.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.touch()
    assert findings(site, capsys) == []


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda site: (site / name).write_text(text)


def lock(text: str) -> Callable[[Path], object]:
    return lambda site: (site.parent / "requirements.lock").write_text(text)


PLANTED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no hash": (lock(LOCK + "gamma==1 ; python_version < '3'\n"), "line 7: gamma: no hash"),
    "another hash": (lock(LOCK.replace("sha256:0", "md5:0", 1)), "line 1: alpha: got '--hash=md5"),
    "open": (lock(LOCK + f"gamma>=1 {HASH}\n"), "gamma is not held to one version"),
    "any of": (lock(LOCK + f"gamma==1.* {HASH}\n"), "gamma is not held to one version"),
    "address": (lock(LOCK + f"gamma @ https://example.org/g.whl {HASH}\n"), "from an address"),
    "other index": (lock(f"--index-url https://example.org\n{LOCK}"), "line 1: got the option"),
    "no package": (lock(f"{LOCK}!?\n"), r"line 7: got '!\?', expected a package"),
    "two versions": (lock(f"{LOCK}alpha==1.6 {HASH}\n"), "alpha has two versions"),
    "not installed": (lock(f"{LOCK}gamma==1 {HASH}\n"), "gamma 1: not installed"),
    "other version": (lock(LOCK.replace("2.0", "2.1")), "version 2.0 is installed, expected 2.1"),
    "not in the lock": (lambda site: package(site, "gamma", "1"), "gamma 1: installed, but not"),
    "twice": (lambda site: package(site, "alpha", "1.4"), "alpha: installed 2 times"),
    "changed": (write("alpha.py", "x = 2\n"), r"alpha: .*/alpha\.py: not as it was installed"),
    "missing": (lambda site: (site / "alpha.py").unlink(), r"alpha: .*/alpha\.py: missing"),
    "added": (write("extra.pth", "import os"), r"/extra\.pth: belongs to no package"),
    "no record": (
        lambda site: (site / "alpha-1.5.dist-info/RECORD").unlink(), "alpha: has no list of its"
    ),
    "weak hash": (
        write("alpha-1.5.dist-info/RECORD", "alpha.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,6\n"),
        "got a hash of kind 'md5'",
    ),
    "licence": (
        write("alpha-1.5.dist-info/METADATA", "Name: alpha\nVersion: 1.5\n"
              "License-Expression: MIT AND (GPL-3.0-only OR ISC)\n"),
        "alpha: licence 'MIT AND .GPL-3.0-only OR ISC.'",
    ),
    "no licence": (
        write("alpha-1.5.dist-info/METADATA", f"Name: alpha\nVersion: 1.5\nLicense: {'x' * 99}\n"),
        "alpha: states no licence",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PLANTED)
def test_what_is_planted_is_found(
    case: str, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant, message = PLANTED[case]
    plant(site)
    found = findings(site, capsys)
    assert any(re.search(message, one) for one in found), found


@pytest.mark.parametrize(
    ("part", "versions"),
    [
        # From a version on, to before the one that mends it; twice; up to the last affected one.
        (affected({"introduced": "1.0"}, {"fixed": "2.0"}), {"1.0", "1.9", "2.0rc1"}),
        (affected({"introduced": "0"}, {"fixed": "1.0"}), {"0.1", "1.0.dev1"}),
        (affected({"fixed": "2.0"}, {"introduced": "0"}, {"introduced": "2.0.post1"}),
         {"0.1", "1.0", "1.0.dev1", "1.9", "2.0rc1", "2.0.post1", "3.0"}),
        (affected({"introduced": "1.0"}, {"last_affected": "1.9"}), {"1.0", "1.9"}),
        (affected({"introduced": "1.9"}, {"last_affected": "1.9"}), {"1.9"}),
        (affected({"introduced": "1.0"}, {"limit": "2.0"}), {"1.0", "1.9", "2.0rc1"}),
        (affected(versions=["1.9.0", "old-wording", "3.0"]), {"1.9", "3.0"}),
        (affected(), {"0.1", "1.0.dev1", "1.0", "1.9", "2.0rc1", "2.0", "2.0.post1", "3.0"}),
        (affected(versions=["3.0"], ranges=[{"type": "GIT", "events": [{"introduced": "0"}]}]),
         {"3.0"}),
    ],
)  # fmt: skip
def test_versions_are_affected_by_the_rules_of_the_format(
    part: dict[str, Any], versions: set[str]
) -> None:
    every = ("0.1", "1.0.dev1", "1.0", "1.9", "2.0rc1", "2.0", "2.0.post1", "3.0")
    known = config.convert(Path("x"), advisory(part), Advisory)
    found = {one for one in every if [*advisories.applying([known], "beta-tool", Version(one))]}
    assert found == versions
    assert not [*advisories.applying([known], "alpha", Version("1.0"))]


@pytest.mark.parametrize(
    ("one", "lines"),
    [
        (advisory(affected({"introduced": "0"}, {"fixed": "2.1"}), aliases=["CVE-1"]),
         ["beta-tool 2.0: DRAWN-1 (CVE-1): reads too much; 2.1 mends it"]),
        (advisory(affected({"introduced": "2"}), summary="\x1b[2J\n"),
         ["beta-tool 2.0: DRAWN-1: \\x1b[2J; no version mends it"]),
        (advisory(affected({"introduced": "0"}), withdrawn="2020-02-01T00:00:00Z"), []),
        (advisory(affected({"introduced": "a version"})),
         ["beta-tool 2.0: DRAWN-1: reads too much: its versions cannot be read (Invalid version: "
          "'a version'), look at it"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["file", "folder", "zip"])
def test_an_advisory_that_applies_is_found_wherever_it_lies(
    kind: str, one: dict[str, Any], lines: list[str], site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = advisory(affected({"introduced": "9"}), id="DRAWN-2")
    folder = site.parent / "osv"
    folder.mkdir()
    place = {"file": folder / "a.json", "folder": folder, "zip": folder / "all.zip"}[kind]
    if kind == "zip":
        with zipfile.ZipFile(place, "w") as whole:
            for number, content in enumerate((one, other)):
                whole.writestr(f"{number}.json", json.dumps(content))
    else:
        (folder / "a.json").write_text(json.dumps(one))
        (folder / "b.json").write_text(json.dumps(other))
    if kind == "file" and not lines:
        with pytest.raises(InputError, match="holds no advisory on PyPI"):
            audit.audit(site.parent / "requirements.lock", advisories=str(place), installed=site)
        return
    assert findings(site, capsys, str(place)) == lines


def test_the_age_of_advisories_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = site.parent / "a.json"
    place.write_text(json.dumps(advisory(affected({"introduced": "9"}))))
    audit.audit(site.parent / "requirements.lock", advisories=str(place), installed=site)
    printed = capsys.readouterr().out
    old = r"advisories: 1, the newest of 2020-01-01 \(\d{4} days ago\); too old to rely on"
    assert re.search(old, printed), printed


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none", None, "ADVISORIES=.*none: no such file"),
        ("a.json", b"{", "a.json: not an advisory in OSV form"),
        ("a.json", b'{"id": 3}', r"a.json: not an advisory in OSV form .*`\$.id`"),
        ("a.json", b"[" * 100_000, "a.json: not an advisory in OSV form"),
        ("a.json", b'{"id": "\xff"}', "a.json: not an advisory in OSV form"),
        ("a.zip", b"PK\x03\x04", "a.zip: not readable as a zip file"),
        ("a.json", b'{"id": "x", "affected": [{"package": {"ecosystem": "npm", "name": "beta"}}]}',
         "holds no advisory on PyPI"),
    ],
)  # fmt: skip
def test_advisories_that_cannot_be_read_end_in_a_message(
    name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    place = tmp_path / name
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(InputError, match=message):
        advisories.read(place)


def test_an_advisory_of_absurd_size_is_not_read_whole(tmp_path: Path) -> None:
    place = tmp_path / "all.zip"
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("a.json", b" " * (33 << 20))
    with pytest.raises(InputError, match="more than 32 MB"):
        advisories.read(place)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"\xff", "not text in UTF-8"), (b"# x\n", "holds no package")],
)
def test_a_lock_that_is_none_is_refused(
    content: bytes | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "requirements.lock"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        pins.read(path)


def test_the_locks_of_the_project_and_the_licences_here_are_in_order() -> None:
    held, problems = pins.read(ROOT / "requirements.lock")
    assert problems == pins.read(ROOT / "bench/requirements.lock")[1] == []
    names = {pin.name for pin in held}
    known = licences.read()
    here = [one for one in distributions() if canonicalize_name(one.name) in names]
    assert len(here) > 100
    assert list(licences.not_accepted(here, known)) == []
    assert known.other.keys() <= names
