"""The table of parameters: what it holds is checked, and what is wrong is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.core import parameters
from pipeline.core.errors import InputError

ENTRY = 'unit = "km"\nreason = "it is so"\nsource = "judgement"\n'


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that puts a text in the place of the project's table."""

    def write(text: str) -> None:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(parameters, "PATH", path)

    return write


def test_the_projects_own_table_is_whole() -> None:
    assert {"detour_limit", "other_detour_limits"} <= parameters.entries().keys()
    assert parameters.number("detour_limit") > 1


def test_every_kind_of_value_is_read(written: Callable[[str], None]) -> None:
    written(
        f'[a]\nvalue = 3\n{ENTRY}[b]\nvalue = [1, 2.5]\n{ENTRY}[c]\nvalue = "x"\n{ENTRY}'
        f'[d]\nvalue = ["x", "y"]\n{ENTRY}[e]\nvalue = {{ road = 80, rail = 60.5 }}\n{ENTRY}'
    )
    assert parameters.number("a") == 3.0
    assert parameters.numbers("b") == (1.0, 2.5)
    assert parameters.texts("d") == ("x", "y")
    assert parameters.table("e") == {"road": 80.0, "rail": 60.5}


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (parameters.number, '"1"', "a number"),
        (parameters.number, "true", "a number"),
        (parameters.number, "nan", "a number"),
        (parameters.numbers, "1", "a list of numbers"),
        (parameters.numbers, "[]", "a list of numbers"),
        (parameters.numbers, '[1, "2"]', "a list of numbers"),
        (parameters.texts, '["x", 1]', "a list of texts"),
        (parameters.table, "[1]", "a table of numbers"),
        (parameters.table, '{ a = "1" }', "a table of numbers"),
    ],
)
def test_a_value_of_another_kind_is_an_error(
    written: Callable[[str], None], read: Callable[[str], object], value: str, expected: str
) -> None:
    written(f"[x]\nvalue = {value}\n{ENTRY}")
    with pytest.raises(InputError, match=rf"key x\.value: got .*, expected {expected}"):
        read("x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"[y]\nvalue = 1\n{ENTRY}", r"no entry \[x\]"),
        ('[x]\nvalue = 1\nreason = "a"\nsource = "b"\n', r"key x\.unit is missing"),
        ('[x]\nvalue = 1\nunit = "a"\nsource = "b"\n', r"key x\.reason is missing"),
        ('[x]\nvalue = 1\nunit = "a"\nreason = "b"\n', r"key x\.source is missing"),
        (f"[x]\n{ENTRY}", r"key x\.value is missing"),
        ('[x]\nvalue = 1\nunit = "a"\nreason = ""\nsource = "b"\n', r"key x\.reason: got ''"),
        (f"[x]\nvalue = 1\nhow = 2\n{ENTRY}", r"unknown key x\.how"),
        ("x = 1\n", r"key x: got 1, expected a table"),
        ("[x\n", "not TOML"),
    ],
)
def test_a_broken_entry_is_named(written: Callable[[str], None], text: str, message: str) -> None:
    written(text)
    with pytest.raises(InputError, match=message):
        parameters.number("x")


def test_a_missing_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "PATH", tmp_path / "none.toml")
    with pytest.raises(InputError, match="no such file, expected the table of parameters"):
        parameters.number("x")
