"""A claims file that is wrong is refused, and the message names the key."""

from pathlib import Path

import pytest

from pipeline.core.errors import InputError
from pipeline.measures import claims
from tests.judged import CUT, HEAD, SWING, asked


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (CUT, 'claim = "C"', 'claim = "C"\nweight = 3', "unknown key C.weight"),
        (CUT, '"comparison"', '"opinion"', "key C.kind: got 'opinion'"),
        (CUT, '"above 1"', '"above 2"', "key C.supported_if_ratio: got 'above 2'"),
        (CUT, 'mode = "road"', 'mode = "rode"', "key C.primary.mode: got 'rode'"),
        (CUT, 'mode = "road"', 'moda = "road"', "unknown key C.primary.moda"),
        (CUT, '["+25 km"]', '["25 km"]', "key C.variants.depth: got '25 km'"),
        (CUT, '["+25 km"]', '["+10 km"]', "each choice once"),
        (CUT, '["+25 km"]', '"+25 km"', "expected a list of texts"),
        (CUT, 'depth = ["+25', 'level = ["low"]\ndepth = ["+25', "unknown key C.variants.level"),
        (CUT, 'statement = "s"', "", "key C.statement is missing"),
        (CUT, 'reading = "t"', "", "key C.reading is missing"),
        (CUT, "[[claims]]", "[[claims", "not TOML"),
        (
            CUT,
            'depth = ["+25 km"]',
            '[[claims.more]]\ncount = "links"',
            "a choice that differs from",
        ),
        (CUT, 'depth = ["+25 km"]', '[[claims.also]]\nmode = "road"', "key C.also.supported_if"),
        (CUT, 'depth = ["+25 km"]', '[[claims.facts]]\nmode = "rod"', "key C.facts.mode"),
        (CUT, 'depth = ["+25 km"]', '[claims.instead]\nrail = "bus"', "key C.instead"),
        (
            CUT,
            'claim = "C"',
            'claim = "C"\nfactor = "barriers"',
            "unknown key C.factor, expected none",
        ),
        (CUT, CUT, CUT + CUT, "each claim once"),
        (SWING, '"barriers"', '"luck"', "key C.factor: got 'luck'"),
        (SWING, '"irregular"', '"idle"', "key C.demand: got 'idle'"),
        (SWING, 'factor = "barriers"', "", "key C.factor is missing"),
    ],
)
def test_a_wrong_claims_file_names_the_key(
    tmp_path: Path, text: str, old: str, new: str, message: str
) -> None:
    assert old in text
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        asked(tmp_path, text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("borders = ", "border = ", "unknown key border,"),
        ('["us-mx", "mx-gt"]', '["us-mx"]', "key borders: "),
        ('spoken_of = "mx-gt"', 'spoken_of = "ch-li"', "key spoken_of: got 'ch-li'"),
        ("supported_share = 0.9", "supported_share = 9", "key rules.supported_share: got 9"),
        ("least_spread = 0.02\n", "", "key rules.least_spread is missing"),
        ("crossings = 56", "crossings = 0", "key inventories.crossings: got 0"),
        ('status = "informal"', 'status = "odd"', "key inventories.status: got 'odd'"),
    ],
)
def test_wrong_rules_name_the_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in HEAD
    path = tmp_path / "claims.toml"
    path.write_text(HEAD.replace(old, new) + CUT, encoding="utf-8")
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        claims.read(path)


def test_names_in_braces_are_parameters(tmp_path: Path) -> None:
    found = asked(tmp_path, CUT.replace('"+10 km"', '"+{headline_depth_km} km"'))
    assert found.claims[0].primary["depth"] == "+50 km"
