"""Which OpenStreetMap relation is a country: one rule for all code that reads relations.

https://wiki.openstreetmap.org/wiki/Tag:boundary=administrative, https://wiki.openstreetmap.org/wiki/Key:ISO3166-1
"""

import re
from collections.abc import Mapping

TYPES = ("boundary", "multipolygon")  # the second is older
CODE_KEYS = ("ISO3166-1", "ISO3166-1:alpha2")


def country_code(
    tags: Mapping[str, str], relation: int = 0, territories: Mapping[int, str] | None = None
) -> str | None:
    """The code of the country that a relation represents, or None.

    Extracts also hold relations with the same administrative tags that are not countries, such as
    `Austria — Liechtenstein`. They have no country code.

    Parameters
    ----------
    tags
        The relation's tags.
    relation
        Its id.
    territories
        Codes, by relation id, of relations that count as countries whatever their tags are. A
        border file lists here a territory that is not tagged as a country with `admin_level=2`
        (Hong Kong).

    Returns
    -------
    str or None
        ISO 3166-1 alpha-2 code in capitals, or the code that `territories` gives.
    """
    if territories and relation in territories:
        return territories[relation]
    if tags.get("type") not in TYPES or tags.get("admin_level") != "2":
        return None
    if tags.get("boundary") != "administrative":  # relations of claims and disputes have codes too
        return None
    codes = (tags[key].strip().upper() for key in CODE_KEYS if key in tags)
    return next((code for code in codes if re.fullmatch("[A-Z]{2}", code)), None)
