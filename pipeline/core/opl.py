"""Lines of OPL, osmium's text form of OpenStreetMap (https://osmcode.org/opl-file-format/).

An element is a line: `n12 v3 dV Tplace=town x9.5 y47.1`, `w5 v1 dV Thighway=path Nn12,n13`, `r7 v2
dV Ttype=boundary Mw5@outer`. Osmium reads and writes it in compiled code, so that Python handles
only the elements that are needed.
"""

import re

ESCAPED = re.compile(r"%([0-9a-f]+)%")
Member = tuple[str, int, str]


def tags(text: str, known: dict[str, str]) -> dict[str, str]:
    """The tags of an element.

    Parameters
    ----------
    text
        The field after its letter: `highway=path,name=A%20%B`.
    known
        Texts that were decoded before; new ones are added. Most texts occur thousands of times.

    Returns
    -------
    dict of str to str
        Value by key.
    """
    found = {}
    for pair in text.split(",") if text else ():
        key, value = pair.split("=")
        if "%" in pair:
            key, value = (ESCAPED.sub(_character, part) for part in (key, value))
        found[known.setdefault(key, key)] = known.setdefault(value, value)
    return found


def field(line: str, letter: str) -> str:
    """The field that begins with a letter: `T` tags, `N` nodes, `M` members, `x`, `y`, `v`.

    Parameters
    ----------
    line
        A line of OPL.
    letter
        The letter that the field begins with.

    Returns
    -------
    str
        Its text after the letter; empty if the line has no such field.
    """
    at = line.find(f" {letter}")
    if at < 0:
        return ""
    end = line.find(" ", at + 2)
    return line[at + 2 : end if end >= 0 else len(line)]


def members(text: str) -> list[Member]:
    """The members of a relation: kind (n, w, r), id and role of each.

    Parameters
    ----------
    text
        The field `M` of a relation.

    Returns
    -------
    list of tuple
        Kind, id and role, in order.
    """
    found = []
    for part in text.split(",") if text else ():
        one, _, role = part.partition("@")
        found.append((one[0], int(one[1:]), ESCAPED.sub(_character, role)))
    return found


def _character(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))
