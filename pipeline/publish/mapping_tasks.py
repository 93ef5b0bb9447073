"""Tasks for mappers in the formats of MapRoulette and JOSM, and the page of a challenge.

MapRoulette: one line for each task, a FeatureCollection after a record separator (RFC 7464).
JOSM: an OSM file of places to check, which JOSM does not upload.
"""

import json
from xml.sax.saxutils import quoteattr

import geopandas as gpd

from pipeline.core.frames import records

RECORD_SEPARATOR = "\x1e"
# The question for each kind, to be answered from aerial imagery only.
QUESTIONS = {
    "ends_nearly_meet": "Do these two ways join on the ground? If the imagery shows that they do, "
    "join them at one node.",
    "ends_on_line": "Does this way continue beyond the border? If the imagery shows that it does, "
    "draw what is visible and join it to the way that is mapped there.",
    "uncounted_crossing": "Is this way connected to the road network on both sides? If the imagery "
    "shows a stretch that is not mapped, draw it.",
    "control_without_way": "Which road passes this control? If the imagery shows it, draw the road "
    "or move the control to where the booths are visible.",
}
RULES = (
    "Change only what the imagery shows; check its offset and its age first.",
    "Keep tags as they are. Do not guess access, opening hours or names, and do not move the "
    "border line: imagery shows none of these.",
    "If you cannot tell, skip the task or mark it as too hard. Leave it, too, where a local mapper "
    "has left a note.",
    "Use the changeset comment below, name the imagery as source, and answer comments on your "
    "changesets.",
)
GUIDELINES = "https://osmfoundation.org/wiki/Organised_Editing_Guidelines"
HASHTAG = "#border-crossing-gaps"


def challenge(tasks: gpd.GeoDataFrame) -> str:
    """The tasks line by line for MapRoulette."""
    lines = []
    for row in records(tasks):
        feature = {
            "type": "Feature",
            "geometry": {
                "type": "Point",
                "coordinates": [round(row["geometry"].x, 7), round(row["geometry"].y, 7)],
            },
            "properties": {
                "id": row["issue_id"],
                "rank": int(row["rank"]),
                "kind": row["kind"],
                "elements": _elements(row["element"]),
                "found": plain(row["found"]),
                "question": QUESTIONS[row["kind"]],
                "would_move": plain(row["moves"]),
            },
        }
        whole = {"type": "FeatureCollection", "features": [feature]}
        line = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
        lines.append(f"{RECORD_SEPARATOR}{line}\n")
    return "".join(lines)


def josm(tasks: gpd.GeoDataFrame) -> str:
    """The tasks as points of an OSM file that JOSM refuses to upload."""
    lines = [
        "<?xml version='1.0' encoding='UTF-8'?>",
        "<osm version='0.6' upload='never' generator='border-closure'>",
    ]
    for row in records(tasks):
        place = f"lat='{row['geometry'].y:.7f}' lon='{row['geometry'].x:.7f}'"
        lines.append(f"  <node id='-{row['rank']}' action='modify' visible='true' {place}>")
        tags = {
            "border_task": row["kind"],
            "border_task:rank": str(row["rank"]),
            "border_task:elements": _elements(row["element"]),
            "border_task:found": plain(row["found"]),
            "border_task:question": QUESTIONS[row["kind"]],
            "border_task:would_move": plain(row["moves"]),
        }
        lines += [f"    <tag k={quoteattr(k)} v={quoteattr(v[:255])} />" for k, v in tags.items()]
        lines.append("  </node>")
    return "\n".join([*lines, "</osm>", ""])


def instructions(tasks: gpd.GeoDataFrame, border: str, source: str) -> str:
    """The instructions of a challenge, and what to do before starting it (Markdown)."""
    kinds = [kind for kind in QUESTIONS if kind in set(tasks["kind"])]
    asked = [f"- `{kind}`: {QUESTIONS[kind]}" for kind in kinds]
    return "\n".join(
        [
            f"# Gaps at border crossings: {_escaped(border)}",
            "",
            f"{len(tasks)} doubtful places at official crossings and main roads: "
            "first the one that may change a published figure most.",
            "",
            "## For mappers",
            "",
            "{{found}}. {{question}}",
            "",
            *asked,
            "",
            *(f"- {rule}" for rule in RULES),
            "",
            f"Changeset comment: `Check border crossing against imagery {HASHTAG}`",
            "",
            "## Before the challenge is opened",
            "",
            f"It is organised editing: see {GUIDELINES}.",
            "",
            "- Describe it on a wiki page under Organised Editing/Activities: goal, time frame, "
            "who runs it, how to reach them, hashtag, imagery, how results are measured.",
            "- Tell the communities of both countries two weeks before, and change or drop what "
            "they ask for; a border may be disputed, or mapping it may put people at risk.",
            "- Check the first ten tasks yourself, and look at the changesets when it has run.",
            "",
            f"Made from: {_escaped(source)}",
            "",
        ]
    )


def plain(text: object) -> str:
    """A text from data in one line, without characters that cannot be printed."""
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in str(text))
    return " ".join(shown.split())


def _elements(text: str) -> str:
    """OpenStreetMap elements as mappers write them: n123 is node/123; others are unchanged."""
    kinds = {"n": "node", "w": "way", "r": "relation"}
    words = [
        f"{kinds[word[0]]}/{word[1:]}" if word[:1] in kinds and word[1:].isdigit() else plain(word)
        for word in str(text).split()
    ]
    return " ".join(words)


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in r"\`*_[]<>|#{}" else c for c in plain(text))
