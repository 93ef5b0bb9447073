"""Controls and posts of the gazetteer as nodes of their roads, or as offices."""

from pipeline.core import parameters
from pipeline.sources.drawing import Drawing, metres, nearest
from pipeline.sources.gazetteer.facts import Facts, Row, position

CONTROL_M = parameters.number("gazetteer_control_m")
POST_TO_ROAD_M = parameters.number("gazetteer_post_to_road_m")
POST_TO_TOWN_M = parameters.number("gazetteer_post_to_town_m")
ROAD_POST_TAGS = {
    "interior_checkpoint": {"police": "checkpoint"},
    "police": {"police": "checkpoint"},
    "military": {"military": "checkpoint"},
    "customs": {"amenity": "customs"},
}
# A post without a road directs other posts, or is the office of a crossing whose control is drawn
# on its way: neither counts as a post.
OFFICE_TAGS = {
    "border_control": {"office": "government", "government": "border_control"},
    "customs": {"office": "government", "government": "border_control"},
    "migration_center": {"office": "government", "government": "administrative"},
    "military": {"landuse": "military", "military": "office"},
    "police": {"office": "government"},
}


def draw_controls(drawing: Drawing, tables: Facts, border: str) -> None:
    """Draw a `barrier=border_control` node on the way of each official crossing near the line."""
    for key, row in tables.links.items():
        crossing = tables.crossings.get(row["crossing_id"] or "")
        if row["network"] != border or crossing is None or crossing["status"] != "official":
            continue
        way = f"link {key}"
        at = drawing.ways[way][0].index(f"crossing {crossing['id']}")
        towards = -CONTROL_M if crossing["place_from"] == row["from_place"] else CONTROL_M
        tags = {"barrier": "border_control", "name": crossing["name"]}
        tags |= {"alt_name": crossing["name_other_side"]}
        tags |= {"start_date": str(crossing["opened_year"])} if crossing["opened_year"] else {}
        along = metres(drawing.points(way))[at] + towards
        drawing.insert(way, f"control {crossing['id']}", along, tags)


def draw_posts(drawing: Drawing, tables: Facts, border: str) -> None:
    """Draw posts as nodes of their road; one without a road (headquarters) is an office."""
    for key, row in tables.posts.items():
        tags = {"name": row["name"], "operator": row["authority"].replace("/", ";")}
        tags |= {"start_date": str(row["since_year"])} if row["since_year"] else {}
        if row["on_link"] is None:
            if tables.places[row["near_place"]]["network"] == border:
                drawing.node(f"post {key}", position(row), tags | OFFICE_TAGS[row["kind"]])
        elif row["kind"] not in ROAD_POST_TAGS:
            raise tables.wrong("posts", row, "on_link", row["on_link"], f"none for {row['kind']}")
        elif f"link {row['on_link']}" in drawing.ways:
            way = f"link {row['on_link']}"
            _set_on_road(drawing, way, f"post {key}", row, tags | ROAD_POST_TAGS[row["kind"]])


def _set_on_road(drawing: Drawing, way: str, key: str, post: Row, tags: dict[str, str]) -> None:
    points = drawing.points(way)
    along_m, off_m = nearest(points, position(post))
    if off_m > POST_TO_ROAD_M:
        drawing.node(key, position(post), tags)
        return
    length_m = metres(points)[-1]
    margin_m = min(POST_TO_TOWN_M, length_m / 2)
    drawing.insert(way, key, min(max(along_m, margin_m), length_m - margin_m), tags)
