"""What OSM tags say about a point or an area: settlement, station, post."""

PLACES = ("city", "town", "village", "hamlet")
STATIONS = ("station", "halt")

# Checkpoints of sports and hiking games stop nobody (https://wiki.openstreetmap.org/wiki/Key:checkpoint).
OF_GAMES = {"hiking", "needle_punch", "punch", "stamp", "code", "plate", "nfc", "orienteering",
            "running", "cycling", "trail", "tourism"}  # fmt: skip

POST_KEYS = ("barrier", "amenity", "office", "government", "police", "military")


def place_kind(tags: dict[str, str]) -> str | None:
    """city, town, village or hamlet; None for anything else.

    Parameters
    ----------
    tags
        All tags of a node or area.

    Returns
    -------
    str or None
        The kind of settlement.
    """
    return tags.get("place") if tags.get("place") in PLACES else None


def station_kind(tags: dict[str, str]) -> str | None:
    """Station or halt of a railway in use; None for anything else, and for metro and trams.

    Parameters
    ----------
    tags
        All tags of a node or area.

    Returns
    -------
    str or None
        One of STATIONS.
    """
    urban = {"subway", "monorail", "funicular", "miniature"} & {tags.get("station")}
    closed = tags.get("disused") == "yes" or tags.get("abandoned") == "yes"
    return (
        tags.get("railway") if tags.get("railway") in STATIONS and not (urban or closed) else None
    )


def post_kind(tags: dict[str, str]) -> str | None:
    """One of `control_kinds`, police, military or toll; None for anything else.

    An office that directs posts (`office=government`, `government=border_control`) is not a post.

    Parameters
    ----------
    tags
        All tags of a node, line or area.

    Returns
    -------
    str or None
        If several are tagged, the first of border_control, customs, immigration, checkpoint,
        police, military and toll.
    """
    if tags.get("disused") == "yes" or tags.get("abandoned") == "yes":
        return None
    found = {tags.get(key) for key in POST_KEYS}
    for kind in ("border_control", "customs", "immigration"):
        if kind in found:
            directs = kind == "border_control" and tags.get("government") == kind
            return None if directs else kind
    if tags.get("checkpoint", "no") not in OF_GAMES | {"no"} or "checkpoint" in found:
        return "checkpoint"
    if "police" in {tags.get(key) for key in ("amenity", "office", "government")}:
        return "police"
    if tags.get("military") in ("base", "barracks"):
        return "military"
    return "toll" if tags.get("barrier") == "toll_booth" else None
