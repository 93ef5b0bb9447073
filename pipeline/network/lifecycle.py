"""Whether a way is in use, out of use, or not there: https://wiki.openstreetmap.org/wiki/Lifecycle_prefix."""

from typing import Literal

State = Literal["open", "closed", "disused"]

OUT_OF_USE = ("disused", "abandoned")
# Not there any more, or not yet open; `construction=minor` leaves a way open.
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
    """Class of a way, the first of several that is known, and whether it is in use.

    Parameters
    ----------
    tags
        All tags of the way.
    key
        highway or railway.
    classes
        Those that are known.
    usual
        The class of a way of which it is only said that it is out of use.

    Returns
    -------
    class, state
        The class is none of `classes` where the way is none of these, or only planned.
    """
    values = [plain(value) for value in tags.get(key, "").split(";")]
    known = [value for value in values if value in classes]
    if "disused" in values or (key == "highway" and "abandoned" in values):
        older = (plain(tags.get(word, "")) for word in OUT_OF_USE)
        was = next((value for value in (former(tags, key), *older) if value in classes), usual)
        return was, "disused"
    if not known:
        was = former(tags, key)
        # Where rails were given up they are gone, and often a path is there.
        lost = key == "railway" and "disused:railway" not in tags
        out_of_use = was in classes and not tags.get(key) and not lost
        return (was, "disused") if out_of_use else (values[0], "open")
    if any(tags.get(word) == "yes" for word in PLANNED):
        return "", "closed"
    return known[0], state(tags, key)


def former(tags: dict[str, str], key: str) -> str:
    """What a way was before it went out of use, by a prefix: `disused:highway=track`.

    Parameters
    ----------
    tags
        All tags of the way.
    key
        highway, railway or route.

    Returns
    -------
    str
        The value, empty for none.
    """
    return next((plain(tags[at]) for word in OUT_OF_USE if (at := f"{word}:{key}") in tags), "")


def state(tags: dict[str, str], key: str) -> State:
    """Whether a way that bears its key as one in use is told to be out of it.

    Parameters
    ----------
    tags
        All tags of the way.
    key
        highway, railway or route.

    Returns
    -------
    str
        closed for what was torn down or is being built, disused for what stands there unused.
    """
    names = (name for word in OUT_OF_USE for name in (word, f"{word}:{key}", f"{key}:{word}"))
    if any(tags.get(name) == "yes" for name in names):
        return "disused"
    return "closed" if any(tags.get(word) == "yes" for word in GONE) else "open"


def plain(value: str) -> str:
    """A value of `highway` or `railway` as the classes are called.

    Parameters
    ----------
    value
        As tagged: `Primary_link`.

    Returns
    -------
    str
        In small letters, without `_link`; older values by their name of today.
    """
    value = value.strip().lower().removesuffix("_link")
    return ALIASES.get(value, value)
