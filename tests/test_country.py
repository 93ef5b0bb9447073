"""Which relations are countries."""

import pytest

from pipeline.core.country import country_code

COUNTRY = {"type": "boundary", "boundary": "administrative", "admin_level": "2"}


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        (COUNTRY | {"ISO3166-1": "AD"}, "AD"),
        (COUNTRY | {"ISO3166-1": "ad"}, "AD"),
        (COUNTRY | {"ISO3166-1:alpha2": " Li "}, "LI"),
        (COUNTRY | {"ISO3166-1": "AND", "ISO3166-1:alpha2": "AD"}, "AD"),
        (COUNTRY, None),
        (COUNTRY | {"ISO3166-1": "AD", "admin_level": "4"}, None),
        (COUNTRY | {"ISO3166-1": "AD", "type": "multipolygon"}, "AD"),
        (COUNTRY | {"ISO3166-1": "AD", "type": "route"}, None),
        (COUNTRY | {"ISO3166-1": "Andorra"}, None),
    ],
)
def test_a_country_has_a_code_in_any_case(tags: dict[str, str], code: str | None) -> None:
    assert country_code(tags) == code


def test_a_territory_is_named_by_its_relation() -> None:
    tags = {"type": "boundary", "admin_level": "3", "name": "Hong Kong"}
    assert country_code(tags, 913110) is None
    assert country_code(tags, 913110, {913110: "HK"}) == "HK"
