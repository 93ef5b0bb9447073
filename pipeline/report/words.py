"""Names and numbers as a person reads them."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from babel import Locale

from pipeline.core import numbers
from pipeline.core.numbers import ABSENT, figure, is_absent, number

# An amount below it would read as zero with one digit after the point.
LEAST_SHOWN, SMALL_PLACES = 0.05, 3


def countries(border: pd.DataFrame) -> dict[str, str]:
    """The two countries of a border by code; the code itself where no name is known.

    A code counts as that of a country only if the border's own name says so: border files
    may use any code, and `BB` is not always Barbados.
    """
    row = border.iloc[0]
    codes = [str(row["from_country"]), str(row["to_country"])]
    stated = [row.get("from_name"), row.get("to_name")]
    parts = [part.strip() for part in str(row["name"]).split("–")]
    known = Locale("en").territories
    names = {}
    for code, given in zip(codes, stated, strict=True):
        english = str(known.get(code, ""))
        names[code] = given if isinstance(given, str) else english if english in parts else code
    if len(parts) == 2 and sum(names[code] == code for code in codes) == 1:
        rest = [part for part in parts if part not in names.values()]
        names = {code: rest[0] if name == code and rest else name for code, name in names.items()}
    return names


def in_sentence(country: str) -> str:
    """A country's name within a sentence: the United States, Mexico."""
    takes_article = re.match(
        r"United |Republic |Democratic |Dominican R|Central A|Czech R", country
    )
    return f"the {country}" if takes_article or country.endswith(("lands", "Emirates")) else country


def with_names(text: str, countries: Mapping[str, str]) -> str:
    """A text of the tables as a reader sees it: countries by name where it has their codes."""
    codes = "|".join(map(re.escape, countries))
    return re.sub(rf"\b({codes})\b", lambda found: countries[found[0]], text)


def short(value: Any) -> str:
    """A number with two or three significant digits; of a larger one all digits."""
    if is_absent(value):
        return ABSENT
    size = abs(float(value))
    whole = float(value).is_integer()
    return number(value, 0 if size >= 100 or whole else 1 if size >= 10 else 2)


def measure(value: Any, unit: str) -> str:
    """A value with its unit: 49 %, 2,593 km, 4.3 bn USD, 1 link."""
    if is_absent(value):
        return ABSENT
    size = abs(float(value))
    if "USD" in unit and 0 < size < LEAST_SHOWN:
        return figure(value, unit, SMALL_PLACES)
    exact = float(value).is_integer() and "USD" not in unit
    places = (
        0 if unit == "share" or exact or size >= 100 or (size >= 10 and "USD" not in unit) else 1
    )
    return figure(value, unit, places)


def span(low: Any, high: Any, unit: str) -> str:
    """The range of such a value, without its unit: 7.2 to 41.4; empty where there is none."""
    return numbers.span(low, high, unit, 1 if "USD" in unit else 0)


def joined(words: list[str]) -> str:
    """Words in a sentence: one, two and three."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def listed(text: object) -> str:
    """A list of names as OpenStreetMap writes it (`FM-1017;US-281`), as people do."""
    return ", ".join(part.strip() for part in str(text).split(";"))
