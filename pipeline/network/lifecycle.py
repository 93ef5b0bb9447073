"""Whether a way is in use, out of use, or not there: https://wiki.openstreetmap.org/wiki/Lifecycle_prefix."""

from typing import Literal

State = Literal["open", "closed", "disused"]

OUT_OF_USE = ("disused", "abandoned")
# No longer there, or not yet open; a way with `construction=minor` stays open.
GONE = (
    *("demolished", "destroyed", "dismantled", "razed", "removed", "collapsed", "ruins"),
    "construction",
)
PLANNED = ("proposed", "planned")
KEYS = (
    *(
        key
        for word in OUT_OF_USE
        for way in ("highway", "railway", "route")
        for key in (word, f"{word}:{way}", f"{way}:{word}")
    ),
    *GONE,
    *PLANNED,
)
# Older or odd values of `highway`.
ALIASES = {"yes": "road", "minor": "unclassified", "unsurfaced": "track", "byway": "track"}


def class_and_state(
    tags: dict[str, str], key: str, classes: tuple[str, ...], usual: str
) -> tuple[str, State]:
    """The class of a way (the first known class of several), and whether it is in use.

    Parameters
    ----------
    tags
        All tags of the way.
    key
        highway or railway.
    classes
        The known classes.
    usual
        The class of a way whose tags only say that it is out of use.

    Returns
    -------
    class, state
        The class is not one of `classes` if the way is of another kind, or only planned.
    """
    values = [plain(value) for value in tags.get(key, "").split(";")]
    known = [value for value in values if value in classes]
    if "disused" in values or (key == "highway" and "abandoned" in values):
        older = (plain(tags.get(word, "")) for word in OUT_OF_USE)
        was = next((value for value in (former(tags, key), *older) if value in classes), usual)
        return was, "disused"
    if not known:
        was = former(tags, key)
        # Rails of an abandoned railway are gone; often a path runs there.
        lost = key == "railway" and "disused:railway" not in tags
        out_of_use = was in classes and not tags.get(key) and not lost
        return (was, "disused") if out_of_use else (values[0], "open")
    if any(tags.get(word) == "yes" for word in PLANNED):
        return "", "closed"
    return known[0], state(tags, key)


def former(tags: dict[str, str], key: str) -> str:
    """The former value of a way that is out of use, by a prefix: `disused:highway=track`.

    Parameters
    ----------
    tags
        All tags of the way.
    key
        highway, railway or route.

    Returns
    -------
    str
        The value; empty if there is none.
    """
    return next((plain(tags[at]) for word in OUT_OF_USE if (at := f"{word}:{key}") in tags), "")


def state(tags: dict[str, str], key: str) -> State:
    """Whether other tags say that a way is out of use although it has the key of a way in use.

    Parameters
    ----------
    tags
        All tags of the way.
    key
        highway, railway or route.

    Returns
    -------
    str
        `closed` if it was torn down or is being built, `disused` if it exists but is not used.
    """
    names = (name for word in OUT_OF_USE for name in (word, f"{word}:{key}", f"{key}:{word}"))
    if any(tags.get(name) == "yes" for name in names):
        return "disused"
    return "closed" if any(tags.get(word) == "yes" for word in GONE) else "open"


def plain(value: str) -> str:
    """A value of `highway` or `railway` as the name of a class.

    Parameters
    ----------
    value
        As tagged: `Primary_link`.

    Returns
    -------
    str
        In small letters, without `_link`; older values by their present name.
    """
    value = value.strip().lower().removesuffix("_link")
    return ALIASES.get(value, value)
