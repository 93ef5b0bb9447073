"""Which relation of OpenStreetMap is a country: one rule for all that read relations.

https://wiki.openstreetmap.org/wiki/Tag:boundary=administrative, https://wiki.openstreetmap.org/wiki/Key:ISO3166-1
"""

import re
from collections.abc import Mapping

TYPES = ("boundary", "multipolygon")  # the second is older
CODE_KEYS = ("ISO3166-1", "ISO3166-1:alpha2")


def country_code(
    tags: Mapping[str, str], relation: int = 0, territories: Mapping[int, str] | None = None
) -> str | None:
    """Code of the country that a relation stands for, or None if it stands for none.

    Extracts hold relations with the same administrative tags that are no country, such as
    `Austria — Liechtenstein`: these carry no code.

    Parameters
    ----------
    tags
        The relation's tags.
    relation
        Its id.
    territories
        Codes of relations by id that count as countries whatever their tags: a border file names
        so what is no country of `admin_level=2` (Hong Kong).

    Returns
    -------
    str or None
        ISO 3166-1 alpha-2 code in capitals, or the code that `territories` gives.
    """
    if territories and relation in territories:
        return territories[relation]
    if tags.get("type") not in TYPES or tags.get("admin_level") != "2":
        return None
    if tags.get("boundary") != "administrative":  # claims and disputes carry codes too
        return None
    codes = (tags[key].strip().upper() for key in CODE_KEYS if key in tags)
    return next((code for code in codes if re.fullmatch("[A-Z]{2}", code)), None)
