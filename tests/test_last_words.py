"""How a command ends if the machine or a text is the cause: with one printable line."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core import errors
from pipeline.core.errors import InputError
from pipeline.core.poly import read_poly
from pipeline.core.terminal import printable
from pipeline.sources import record
from pipeline.sources.overpass import questions
from pipeline.sources.overpass.questions import RefusedError

CHECKOUT = Path(__file__).parents[1]


def ending(error: BaseException) -> str | int | None:
    def fails() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        errors.run(fails)
    code: str | int | None = ended.value.code
    return code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Puente", "Puente"),
        ("\x1b[2J\x1b[31mred\x07", r"\x1b[2J\x1b[31mred\x07"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("a\u2028b\u0085c", r"a\u2028b\x85c"),
        ("half \ud800", r"half \ud800"),
        ("Rheinbrücke 🚧", "Rheinbrücke 🚧"),
        ("می\u200cخواهم \u200f", "می\u200cخواهم \u200f"),
    ],
)
def test_a_terminal_obeys_no_name(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert ending(InputError(text)) == f"error: {shown}"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EROFS, "is read-only"),
        (errno.EACCES, "permission to read or write"),
    ],
)
def test_what_a_machine_lacks_is_reported_with_what_to_do(number: int, remedy: str) -> None:
    message = ending(OSError(number, "it says", "a/file"))
    assert isinstance(message, str)
    assert message.startswith("error: a/file: it says; ")
    assert remedy in message
    assert ending(OSError(number, "it says")) == message.replace("a/file: ", "")


def test_other_ends() -> None:
    assert ending(OSError("of a library")) == "error: of a library"
    assert ending(BrokenPipeError()) == 141
    assert ending(KeyboardInterrupt()) == 130
    message = ending(MemoryError())
    assert isinstance(message, str)
    assert "fewer borders side by side" in message


def test_a_terminal_that_knows_fewer_letters_than_names_do() -> None:
    script = (
        "import sys; from pipeline import cli\n"
        "try: cli.main(['--help'])\n"
        "finally: sys.stdout.write('−1 km, Rheinbrücke')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, check=False,
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(b"?1 km, Rheinbr?cke")


def answered(*elements: object, count: object = None) -> dict[str, object]:
    total = {"total": str(len(elements))} if count is None else count
    return {
        "osm3s": {"timestamp_osm_base": "2026-01-01T00:00:00Z"},
        "elements": [*elements, {"type": "count", "id": 0, "tags": total}],
    }


NODE = {"type": "node", "id": 1, "lon": 9.0, "lat": 47.0}
WAY = {"type": "way", "id": 2, "nodes": [1]}
RELATION = {"type": "relation", "id": 3, "members": [{"type": "way", "ref": 2, "role": ""}]}


def test_a_sound_answer_is_taken() -> None:
    assert questions.elements(answered(NODE, WAY, RELATION)) == [NODE, WAY, RELATION]


@pytest.mark.parametrize(
    "strange",
    [
        None, 7, "node", [], {},
        NODE | {"id": "1"}, NODE | {"id": True}, NODE | {"id": 2**63}, NODE | {"id": 0},
        NODE | {"lon": None}, NODE | {"lon": "9.0"}, NODE | {"lat": 91.0},
        NODE | {"lat": float("nan")}, NODE | {"tags": ["a"]}, NODE | {"tags": {"a": 1}},
        NODE | {"type": "area"}, WAY | {"nodes": None}, WAY | {"nodes": [1, "1"]},
        RELATION | {"members": {}}, RELATION | {"members": [{"type": "way", "ref": 2}]},
        RELATION | {"members": [{"type": "way", "ref": "2", "role": ""}]},
    ],
)  # fmt: skip
def test_an_answer_that_is_no_map_is_refused_not_stumbled_over(strange: object) -> None:
    with pytest.raises(RefusedError, match="expected an element of OpenStreetMap"):
        questions.elements(answered(NODE, strange))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (answered(NODE, count={"total": "2"}), "got 1 elements, {'total': '2'} were counted"),
        (answered(NODE, WAY | {"nodes": [1, 9]}), "way 2 came without all its nodes"),
        (answered(NODE) | {"osm3s": {}}, "expected osm3s and elements"),
        (answered(NODE) | {"remark": "runtime error: out of memory"}, "the server remarks: run"),
    ],
)
def test_an_answer_that_is_cut_short_is_refused(answer: dict[str, object], message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        questions.elements(answer)


@pytest.mark.parametrize("total", [None, 7, "count", {"type": "count", "tags": "x"}])
def test_a_count_that_is_none_is_refused(total: object) -> None:
    answer = answered(NODE) | {"elements": [NODE, total]}
    with pytest.raises(RefusedError, match="without the count"):
        questions.elements(answer)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n1\n inf 1\n", "line 3: got ' inf 1', expected longitude and latitude"),
        ("a\n1\n 200 1\n", "line 3: got ' 200 1'"),
        ("a\n1\n 9\n", "line 3: got ' 9'"),
        ("a\n!1\n 9 47\n 9 48\n 8 48\nEND\nEND\n", "encloses no area"),
        ("a\nEND\n", "encloses no area"),
        (b"a\n1\n 9 47\xff\n", "not text in UTF-8"),
    ],
)
def test_an_outline_that_is_none_is_refused(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    path = tmp_path / "a.poly"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=message):
        read_poly(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"big_roads_km": "deep"}', "key big_roads_km: got 'deep', expected kilometres"),
        ('{"big_roads_km": NaN}', "key big_roads_km: got nan"),
        ('{"big_roads_km": -3}', "key big_roads_km: got -3"),
        ('{"big_roads_km": true}', "key big_roads_km: got True"),
        ("[" * 100_000, "too deeply nested"),
    ],
)
def test_a_record_that_says_nonsense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "aa-bb.record.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        record.big_roads_km(path)


def test_a_record_says_how_deep_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "aa-bb.record.json"
    assert record.big_roads_km(path) is None
    path.write_text('{"big_roads_km": 25, "url": "x"}', encoding="utf-8")
    assert record.big_roads_km(path) == 25.0
