"""Claims and figures drawn for tests of verdicts."""

from pathlib import Path
from typing import Any

from pipeline.measures import choices, claims, verdict

HEAD = """borders = ["us-mx", "mx-gt"]
spoken_of = "mx-gt"
[rules]
supported_share = 0.9
contradicted_share = 0.1
supported_swing = 0.05
contradicted_swing = 0.01
least_spread = 0.02
[[inventories]]
border = "mx-gt"
mode = "road"
status = "informal"
crossings = 56
label = "informal crossings"
source = "a census"
"""
CUT = """[[claims]]
claim = "C"
kind = "comparison"
statement = "s"
reading = "t"
supported_if_ratio = "above 1"
[claims.primary]
measure = "min_cut"
mode = "road"
depth = "+10 km"
direction = "directed"
third_countries = "transit excluded"
ways = "headline"
count = "links"
per = "border"
[claims.variants]
depth = ["+25 km"]
"""
CROSSED = """[[claims]]
claim = "C"
kind = "comparison"
statement = "s"
reading = "t"
supported_if_ratio = "above 1"
omissions = "each adds one"
[claims.primary]
measure = "crossings"
mode = "road"
status = "open"
count = "crossings"
"""
SWING = """[[claims]]
claim = "C"
kind = "dependence"
statement = "s"
reading = "t"
factor = "barriers"
demand = ["irregular", "through"]
"""
NAMES = {"us-mx": "Northern border", "mx-gt": "Southern border"}
NEAR = {"measure": "min_cut", "mode": "road", "depth": "+10 km", "count": "links"}
FAR = NEAR | {"depth": "+25 km"}

Settings = dict[str, str]
Values = list[tuple[Settings, float | None, float | None]]


def asked(tmp_path: Path, text: str) -> claims.Claims:
    path = tmp_path / "claims.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return claims.read(path)


def judged(tmp_path: Path, text: str, values: Values) -> dict[str, Any]:
    """The answer on the one claim, where the figures of either border are these."""
    published: dict[tuple[str, str, str], dict[str, Any]] = {}
    for settings, *pair in values:
        for border, value in zip(("us-mx", "mx-gt"), pair, strict=True):
            key = border, settings.get("mode", ""), choices.key(settings)
            published[key] = {"value": value, "unit": settings.get("count", "share"),
                              "why_absent": "thin data"}  # fmt: skip
    return verdict.judge(asked(tmp_path, text), published, NAMES)[0]


OPEN = {"measure": "crossings", "mode": "road", "status": "open"}
INFORMAL = OPEN | {"status": "informal"}


def swings(swing: float | None, *, spread: float = 0.5, other: float | None = 0.3) -> Any:
    published: dict[tuple[str, str, str], dict[str, Any]] = {}
    for border, value in (("mx-gt", swing), ("us-mx", other)):
        for demand in ("irregular", "through"):
            of = {"measure": "success_swing", "of": "barriers", "demand": demand}
            share = {"measure": "success_share", "demand": demand}
            published[border, "", choices.key(of)] = {"value": value, "unit": "share"}
            published[border, "", choices.key(share)] = {
                "value": 0.2, "low": 0.2, "high": 0.2 + spread, "unit": "share",
            }  # fmt: skip
    return published
