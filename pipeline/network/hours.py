"""Opening hours and conditions in tags: always open, never open, and how several are joined.

https://wiki.openstreetmap.org/wiki/Key:opening_hours,
https://wiki.openstreetmap.org/wiki/Conditional_restrictions
"""

import re
from collections.abc import Iterable

KEY = "opening_hours"
# Tags for ways that are open only part of the year, and what a plain `yes` means in each.
SEASONS = {"seasonal": "seasonal", "winter_road": "winter", "ice_road": "winter"}
KEYS = (KEY, *SEASONS)
AND = " & "  # between several hours and conditions

# Opening hours without spaces and comments, in small letters.
EVERY_DAY = r"(?:mo-su(?:,ph)?|ph,mo-su|24/7)"
ALL_DAY = r"00:00-(?:24:00|23:59|00:00)"
ALWAYS = re.compile(
    rf"(?:24/7|24hours|always|{EVERY_DAY}?{ALL_DAY}|{EVERY_DAY})(?:;ph(?:{ALL_DAY})?)?"
)
NEVER = re.compile(rf"(?:{EVERY_DAY}|{ALL_DAY})?(?:off|closed)")
LEFT_OUT = re.compile(r'"[^"]*"|\s')
CONDITION = re.compile(r"([^;@()]+)@\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\)|([^;]+))")


def is_never(text: str) -> bool:
    """Whether opening hours say that a place is never open.

    Parameters
    ----------
    text
        Value of a tag, such as `Mo-Su off "until further notice"`.

    Returns
    -------
    bool
        False also for the empty text.
    """
    return NEVER.fullmatch(_plain(text)) is not None


def is_always(text: str) -> bool:
    """Whether opening hours say that a place is open at any time.

    Parameters
    ----------
    text
        Value of a tag, such as `Mo-Su,PH 00:00-24:00`.

    Returns
    -------
    bool
        False also for the empty text.
    """
    return ALWAYS.fullmatch(_plain(text)) is not None


def of_tags(tags: dict[str, str]) -> list[str]:
    """Hours and seasons at which the tagged object is open.

    Parameters
    ----------
    tags
        All tags of an element.

    Returns
    -------
    list of str
        Empty if it is open at any time.
    """
    found = [tags[KEY].strip()] if tags.get(KEY, "").strip() else []
    found = [text for text in found if not is_always(text)]
    for key, usual in SEASONS.items():
        value = tags.get(key, "no")
        if value != "no":
            found.append(usual if value == "yes" else value)
    return found


def conditions(text: str) -> list[tuple[str, str]]:
    """Values and conditions of a conditional tag.

    Parameters
    ----------
    text
        Value of the tag: `no @ (22:00-06:00); yes @ wet`.

    Returns
    -------
    list of tuple
        Value and condition, in order.
    """
    return [
        (value.strip(), (bracketed or bare or "").strip())
        for value, bracketed, bare in CONDITION.findall(text)
    ]


def joined(texts: Iterable[str]) -> str | None:
    """Join distinct hours and conditions in their order; None if there are none.

    Parameters
    ----------
    texts
        Opening hours or conditions as tagged, or as joined by this function.

    Returns
    -------
    str or None
        Separated by AND.
    """
    parts = (part for text in texts for part in text.split(AND))
    return AND.join(dict.fromkeys(parts)) or None


def _plain(text: str) -> str:
    return LEFT_OUT.sub("", text).lower()
