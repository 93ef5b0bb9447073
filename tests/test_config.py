"""Settings files: what is wrong is named by file and key, with what it holds and should hold."""

import json
import re
from pathlib import Path
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from pipeline.core import config
from pipeline.core.config import Number, Text
from pipeline.core.errors import InputError
from pipeline.publish import comparison

Share = Annotated[float, Meta(ge=0, le=1, description="a share from 0 to 1")]


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A table within a file."""

    name: Text
    at: Annotated[tuple[float, float], Meta(description="two numbers")]


class Whole(Struct, frozen=True, forbid_unknown_fields=True):
    """A file."""

    weight: Number
    kind: Literal["road", "rail", ""] = ""
    shares: Annotated[dict[str, Share], Meta(description="shares by name")] = {}
    parts: tuple[Part, ...] = ()
    pair: tuple[Text, Share] = ("x", 0.5)


def test_a_file_is_read_as_its_type(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('weight = 3\n[shares]\na = 1\n[[parts]]\nname = "x"\nat = [1, 2.5]\n')
    found = config.read(path, "a file", Whole)
    assert found == Whole(weight=3.0, shares={"a": 1.0}, parts=(Part("x", (1.0, 2.5)),))
    assert isinstance(found.weight, float)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("weight = true", "key weight: got True, expected a number"),
        ("weight = inf", "key weight: got inf, expected a number"),
        ("weight = nan", "key weight: got nan, expected a number"),
        ("kind = \"road\"", "key weight is missing, expected it to be there"),
        ("weight = 1\nwidth = 2", "unknown key width, expected one of ['kind', 'pair', "),
        ("weight = 1\nkind = \"sea\"", "key kind: got 'sea', expected one of road, rail"),
        (f"weight = 1\nkind = '{'x' * 2998}'",
         f"key kind: got '{'x' * 199}… (3,000 characters), expected one of road, rail"),
        ("weight = 1\nshares = 2", "key shares: got 2, expected shares by name"),
        ("weight = 1\nshares.a = 2", "key shares.a: got 2, expected a share from 0 to 1"),
        ("weight = 1\nparts = [3]", "key parts: got 3, expected a table with name, at"),
        ("weight = 1\n[[parts]]\nname = \" \"\nat = [1, 2]", "key parts.name: got ' ', expected"),
        ("weight = 1\n[[parts]]\nname = \"x\"\nat = [1, \"2\"]",
         "key parts.at: got [1, '2'], expected two numbers"),
        ("weight = 1\n[[parts]]\nname = \"x\"\nat = [1]",
         "key parts.at: got [1], expected two numbers"),
        ("weight = 1\n[[parts]]\nname = \"x\"\nat = [1, 2]\nto = 3", "unknown key parts.to, "),
        ("weight = 1\npair = [\"x\", 2]", "key pair: got 2, expected a share from 0 to 1"),
        ("weight = ", "not TOML"),
        (f"weight = {'[' * 3000}", "too deeply nested, expected a file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "f.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        config.read(path, "a file", Whole)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: no such file, expected a file"):
        config.read(tmp_path / "none.toml", "a file", Whole)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"weight": 1', "not JSON ("),
        ("[" * 100_000, "too deeply nested, expected a record"),
        ("[1, 2]", "got [1, 2], expected a table of values by key"),
    ],
)
def test_a_json_file_is_read_as_one(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.record.json"
    path.write_text('{"weight": 1}')
    assert config.table(path, "a record") == {"weight": 1}
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        config.table(path, "a record")
    assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"verdict": None}, "key verdict: got None, expected a text that is not empty"),
        ({"measures": "none"}, "key measures: got 'none', expected a list of tables"),
    ],
)
def test_claims_that_lack_a_verdict_are_refused(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    whole = dict.fromkeys(("claim", "kind", "statement", "reading", "verdict", "why"), "x")
    path = tmp_path / "claims.json"
    path.write_text(json.dumps([whole | {"measures": [], "share": 1} | change]))
    if not message:
        assert comparison.answers(path)[0]["share"] == 1
        return
    with pytest.raises(InputError, match=re.escape(message)):
        comparison.answers(path)
