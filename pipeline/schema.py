"""The tables that stages hand on and the layers that are published: every column, with meaning.

A table is checked against its schema when it is written and when it is read, so that a stage can
rely on what another one made. Units stand in the column names; identifiers are text.
"""

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import pandas as pd

from pipeline.errors import InputError

Kind = Literal["text", "int", "float", "bool"]
CRS = "EPSG:4326"


@dataclass(frozen=True)
class Column:
    """A column: its type, what it means, and whether a value may be missing."""

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A table: what a row is, its columns, its key, and its geometry type (None: no geometry)."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    geometry: str | None = None


DTYPES: dict[Kind, str] = {"text": "object", "int": "int64", "float": "float64", "bool": "bool"}


def _text(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, "text", meaning, nullable)


def _int(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, "int", meaning, nullable)


def _float(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, "float", meaning, nullable)


def _bool(name: str, meaning: str) -> Column:
    return Column(name, "bool", meaning)


MODE = _text("mode", "network: road, rail or foot")
PROFILE_KEY = (
    MODE,
    _bool("directed", "one-way tags are obeyed; else every link may be used both ways"),
    _float("depth_km", "signed depth: positive on the `to` side, negative on the `from` side"),
)

_TABLES = (
    Table(
        "border",
        "the border line, one row",
        ("border",),
        (
            _text("border", "name of the border file, such as us-mx"),
            _text("name", "name for readers"),
            _text("from_country", "ISO 3166-1 code of the country that depth is negative in"),
            _text("to_country", "ISO 3166-1 code of the country that depth is positive in"),
            _float("length_km", "geodesic length of the line as drawn, WGS84"),
            _float("ruler_2km_length_km", "length when measured with a ruler of 2 km"),
            _float("vertex_spacing_m", "median distance between the line's vertices"),
            _int("parts", "separate pieces that the line consists of"),
        ),
        "MultiLineString",
    ),
    Table(
        "nodes",
        "a junction, a network end, or a place that must stay",
        ("node_id",),
        (
            _text("node_id", "n (road, foot) or r (rail) and the OSM node; cut: way.segment.part"),
            _text("mode", "road (also what may only be walked) or rail"),
            _text("kind", "border, third_border, beyond, post, depth, junction or end"),
            _text("side", "country code; `border` on a line, `beyond` where the line is prolonged"),
            _float("depth_km", "signed geodesic distance from the line; none elsewhere", True),
            _float("border_km", "km along the line of its nearest point, from the western end"),
        ),
        "Point",
    ),
    Table(
        "links",
        "a stretch of way between two nodes; it never crosses the line or a depth in use",
        ("link_id",),
        (
            _text("link_id", "OSM way and segment where the link begins"),
            _text("mode", "road, rail or foot_only"),
            _bool("walkable", "may be walked"),
            _text("class", "OSM class; restricted: forestry, agriculture, permit holders only"),
            _text("state", "open, closed (access=no) or disused; only open links count"),
            _bool("informal", "tagged as informal"),
            _text("name", "name of its longest named part", True),
            _text("ref", "road number of its longest numbered part", True),
            _text("from_node", "node where it begins"),
            _text("to_node", "node where it ends"),
            _bool("oneway", "may be used from from_node to to_node only"),
            _float("lanes", "lanes of both directions as tagged (tracks for rail)", True),
            _int("lanes_forward", "lanes from from_node to to_node, defaults filled in"),
            _int("lanes_backward", "lanes the other way, defaults filled in"),
            _float("length_m", "geodesic length, WGS84"),
            _float("minutes", "travel time at the stated speed of its class or maxspeed"),
            _text("side", "country code that it lies in; `border` if it runs on the line"),
            _float("depth_min_km", "least signed depth along it; none in a third country", True),
            _float("depth_max_km", "greatest signed depth along it", True),
        ),
        "LineString",
    ),
    Table(
        "places",
        "a settlement",
        ("place_id",),
        (
            _text("place_id", "n and the OSM node"),
            _text("name", "name", True),
            _text("kind", "city, town, village, hamlet, ..."),
            _float("population", "inhabitants as tagged", True),
            _text("side", "country code that it lies in"),
            _float("depth_km", "signed depth; none in a third country", True),
        ),
        "Point",
    ),
    Table(
        "posts",
        "a control post or checkpoint",
        ("post_id",),
        (
            _text("post_id", "n or w and the OSM element"),
            _text("kind", "border_control, customs, checkpoint, police, military, toll"),
            _text("name", "name", True),
            _text("mode", "road or rail if it stands on a network, none beside it", True),
            _text("node_id", "node of the network that it stands on", True),
            _text("side", "country code that it lies in; `border` on the line"),
            _float("depth_km", "signed depth; none in a third country", True),
        ),
        "Point",
    ),
    Table(
        "crossings",
        "a place where links of a mode pass from one side to the other",
        ("crossing_id",),
        (
            _text("crossing_id", "mode and the node of its westernmost member"),
            MODE,
            _text("name", "name of the control, or of the way", True),
            _text("status", "official, closed, informal or unmarked"),
            _bool("counted", "touches deep ground on both sides; else a graze"),
            _text("class", "best class among its links"),
            _int("n_links", "ways that pass the line here, on the side where they are fewer"),
            _int("lanes", "lanes of both directions of these ways, defaults filled in"),
            _float("border_km", "km along the line from the western end"),
            _float("span_m", "distance along the line from first to last member"),
            _bool("walkable", "one of its ways may be walked"),
        ),
        "Point",
    ),
    Table(
        "crossing_links",
        "a link that meets the line at a crossing",
        ("crossing_id", "link_id"),
        (
            _text("crossing_id", "crossing"),
            _text("link_id", "link"),
            _text("node_id", "node on the line where they meet"),
        ),
    ),
    Table(
        "chokepoints",
        "a place whose closure matters",
        ("chokepoint_id",),
        (
            _text(
                "chokepoint_id", "kind, mode and crossing, link or post; a cut's depth and end too"
            ),
            MODE,
            _text("kind", "crossing, cut, cut_edge or post"),
            _float("depth_km", "depth that its cut belongs to, or its own", True),
            _text("name", "name or number of its ways", True),
            _int("severed_places", "cut_edge: settlements left with no way to any crossing", True),
            _float("severed_population", "inhabitants of these as tagged, none untagged", True),
            _float("severed_km", "cut_edge: length of network left behind it", True),
            _text("severed_side", "cut_edge: country code that it lies in", True),
            _text("link_ids", "ids of its links, joined by spaces"),
        ),
        "MultiPoint",
    ),
    Table(
        "chokepoint_links",
        "a link whose closure is the closure of the chokepoint",
        ("chokepoint_id", "link_id"),
        (_text("chokepoint_id", "chokepoint"), _text("link_id", "link")),
    ),
    Table(
        "cordons",
        "F(D), its companions and the cordon at one depth",
        ("mode", "directed", "third_open", "depth_km"),
        (
            *PROFILE_KEY,
            _bool("third_open", "ways through third countries count"),
            _int("cordon_links", "links that cross the line of this depth towards `to`"),
            _int("min_cut_links", "F(D): fewest links to close", True),
            _int("min_cut_lanes", "fewest lanes to close", True),
            _int("min_cut_sites", "sites of the cut nearest the `from` interior", True),
            _int("unguarded_links", "G(D): the fewest after links at posts are removed", True),
            _int("second_line_links", "H(D): the fewest from the first km of `to` to D > 0", True),
            _text("why_absent", "why F(D) is not stated", True),
        ),
    ),
    Table(
        "fronts",
        "what F(D) is measured against (joined to cordons when published)",
        ("mode", "directed", "third_open", "depth_km"),
        (
            *PROFILE_KEY,
            _bool("third_open", "ways through third countries count"),
            _float("front_width_km", "W(D): land on the line of this depth, towards target", True),
            _float("links_per_100_km", "F(D) per 100 km of W(D)", True),
            _text("why_no_width", "why W(D) is not stated", True),
            _int("walked_60_links", "F with a link more per km walked in 60 minutes", True),
            _int("walked_180_links", "the same, walked in 180 minutes", True),
            _int("walked_360_links", "the same, walked in 360 minutes", True),
            _text("why_no_walk", "why these are not stated where F(D) is", True),
        ),
    ),
    Table(
        "cut_links",
        "a link of a minimum cut",
        ("mode", "directed", "depth_km", "end", "link_id"),
        (
            *PROFILE_KEY,
            _text("end", "from or to: the interior that this cut is nearest to"),
            _text("link_id", "link"),
        ),
    ),
    Table(
        "witness_paths",
        "one of the F(D) link-disjoint paths",
        ("mode", "directed", "depth_km", "path_no"),
        (
            *PROFILE_KEY,
            _int("path_no", "number of the path, from 1"),
            _float("length_m", "length along the network"),
        ),
        "MultiLineString",
    ),
    Table(
        "witness_links",
        "a link of a witness path, in order",
        ("mode", "directed", "depth_km", "path_no", "seq"),
        (
            *PROFILE_KEY,
            _int("path_no", "number of the path"),
            _int("seq", "place of the link in the path, from 1"),
            _text("link_id", "link"),
            _bool("forward", "passed from from_node to to_node"),
        ),
    ),
    Table(
        "unguarded_paths",
        "one of the G(D) link-disjoint paths that meet no post, directed, third countries shut",
        ("mode", "depth_km", "path_no"),
        (
            MODE,
            _float(
                "depth_km", "signed depth: positive on the `to` side, negative on the `from` side"
            ),
            _int("path_no", "number of the path, from 1"),
            _float("length_m", "length along the network"),
            _text("link_ids", "ids of its links in order, joined by spaces"),
        ),
        "MultiLineString",
    ),
    Table(
        "sensitivity",
        "F(D), directed and third countries shut, when other ways count than in the headline",
        ("mode", "depth_km", "choice"),
        (
            MODE,
            _float(
                "depth_km", "signed depth: positive on the `to` side, negative on the `from` side"
            ),
            _text(
                "choice", "which ways count; road: each choice with those before, headline: tracks"
            ),
            _int("min_cut_links", "F(D) then, none where it cannot be stated", True),
        ),
    ),
    Table(
        "site_merges",
        "sites of the headline cut nearest the `from` interior, by what is taken for one site",
        ("mode", "depth_km", "merge_m"),
        (
            MODE,
            _float(
                "depth_km", "signed depth: positive on the `to` side, negative on the `from` side"
            ),
            _int("merge_m", "links nearer than this to each other are one site"),
            _int("min_cut_sites", "sites then, none where F(D) is not stated", True),
        ),
    ),
    Table(
        "crossing_merges",
        "crossings that count and are open, none restricted, by what is taken for one crossing",
        ("mode", "merge_m"),
        (
            MODE,
            _int("merge_m", "a crossing is no longer than this from first to last member"),
            _int("crossings", "crossings then"),
        ),
    ),
    Table(
        "link_cuts",
        "a link, and whether it matters to a cut (joined to links when published)",
        ("link_id",),
        (
            _text("link_id", "link"),
            _bool("in_min_cut", "lies in some minimum cut of its own mode's directed profile"),
            _bool("is_cut_edge", "severs a settlement of its own mode from every crossing"),
        ),
    ),
    Table(
        "link_redundancy",
        "a link in use, and how far it is round it (joined to links when published)",
        ("link_id",),
        (
            _text("link_id", "link"),
            _float("redundancy_m", "shortest way between its ends without it; none if none", True),
            _float("detour_ratio", "redundancy_m over its own length", True),
        ),
    ),
    Table(
        "crossing_shares",
        "what closing one crossing does (joined to crossings when published)",
        ("crossing_id",),
        (
            _text("crossing_id", "crossing"),
            _float("first_choice_share", "share of through demand that it serves fastest", True),
            _float("extra_minutes", "mean extra minutes of that demand when closed", True),
            _float("cut_off_share", "share of through demand left with no way when closed", True),
            _float("logit_share", "share of through demand by logit of minutes", True),
            _float("local_first_choice_share", "the same share of local demand", True),
            _float("local_extra_minutes", "the same minutes of local demand", True),
            _float(
                "uniform_first_choice_share", "the same share of through pairs, all equal", True
            ),
            _float("uniform_extra_minutes", "the same minutes of through pairs, all equal", True),
        ),
    ),
    Table(
        "demand",
        "who travels, by one model, and why nothing can be said where nothing can",
        ("mode", "demand"),
        (
            MODE,
            _text("demand", "through, local or uniform"),
            _int("origins", "places that it leads from"),
            _int("destinations", "places that it leads to"),
            _int("places_off_network", "settlements too far from the network, left out"),
            _float("from_deep_km", "depth at which through demand begins on the `from` side"),
            _float("to_deep_km", "the same on the `to` side"),
            _float("unreachable_share", "share with no way though all crossings are open", True),
            _float("mean_minutes", "mean minutes of the fastest ways, all crossings open", True),
            _text("why_absent", "why there is no demand, or none that has a way", True),
        ),
    ),
    Table(
        "closures",
        "a crossing of the best set of k to close, for through demand",
        ("mode", "aim", "k", "crossing_id"),
        (
            MODE,
            _text("aim", "stop (no way within 1.5 times the fastest) or delay (minutes lost)"),
            _int("k", "crossings closed together; best sets need not be nested"),
            _text("crossing_id", "crossing"),
            _float("demand_stopped_share", "share left with no way within 1.5 times the fastest"),
            _float("cut_off_share", "share left with no way at all"),
            _float("mean_extra_minutes", "mean minutes lost; no way: a day beyond the slowest way"),
            _bool("exact", "no set of k reaches the aim better (to 0.001 %)"),
            _float("gap", "at most this share of all that can be won is missed; 0 if exact"),
        ),
        "Point",
    ),
    Table(
        "closure_counts",
        "fewest closings that stop a share of demand",
        ("mode", "demand", "unit", "detour_limit", "stopped_share"),
        (
            MODE,
            _text("demand", "through, local or uniform"),
            _text("unit", "crossing, or site: crossings within 10 km of border, closed together"),
            _text("detour_limit", "stopped: no way within so many times the fastest, or no way"),
            _float("stopped_share", "share of demand that has a way to stop"),
            _int("of", "crossings or sites that there are"),
            _int("closings_low", "no fewer can do it", True),
            _int("closings", "fewest found that do it; exact if not above closings_low", True),
            _text("why_absent", "why there is no figure", True),
        ),
    ),
    Table(
        "traffic_fit",
        "how well a guess ranks the counted places of half a border, road, entries",
        ("measure", "guess", "half"),
        (
            _text("measure", "what was counted: personal_vehicles or trucks"),
            _text("guess", "logit or first choice of demand; lanes; population within 15 km"),
            _text("half", "west, where demand and rate were picked, or east, where they are held"),
            _text("demand", "model of demand, where the guess rests on one", True),
            _float("rate_per_minute", "rate of the logit", True),
            _int("counted", "bridges and ports in this half"),
            _float("rank_correlation", "Spearman's, between guess and count"),
            _float("low", "2.5 % quantile when places are drawn again"),
            _float("high", "97.5 % quantile"),
        ),
    ),
    Table(
        "traffic_openings",
        "a bridge that opened between two counts: its traffic predicted and observed",
        ("measure", "bridge"),
        (
            _text("measure", "what was counted: personal_vehicles or trucks"),
            _text("bridge", "id of the bridge in the facts"),
            _int("opened", "year"),
            _int("before", "year of the count before"),
            _int("after", "year of the count after"),
            _int("bridges", "bridges whose shares are compared, it included"),
            _float("predicted_share", "its share among these, by the logit"),
            _float("observed_share", "its share in the later count"),
            _float("predicted_change", "change of its share, network with it less without it"),
            _float("observed_change", "change of its share between the counts"),
            _float("mean_error", "mean error of the predicted changes of all bridges"),
            _float("no_change_error", "the same if no change is predicted"),
        ),
    ),
    Table(
        "routes",
        "one of the link-disjoint routes of a named pair that take the least time together",
        ("mode", "pair", "route_no"),
        (
            MODE,
            _text("pair", "name of the pair in the border file"),
            _int("route_no", "number of the route, quickest first, from 1"),
            _float("minutes", "its minutes, from city to city"),
            _float("ratio_to_fastest", "its minutes over those of the fastest way"),
            _float("total_minutes", "least minutes of so many disjoint routes together"),
            _float("marginal_minutes", "what this many take more than one fewer"),
            _float("length_km", "length on the network"),
            _text("crossing_id", "first crossing that it passes", True),
        ),
        "MultiLineString",
    ),
    Table(
        "route_pairs",
        "a named pair: how many routes there are, and the way that meets no post",
        ("mode", "pair"),
        (
            MODE,
            _text("pair", "name of the pair in the border file"),
            _text("origin_entry", "within: city in the data; rim: enters where they end", True),
            _text("destination_entry", "the same at the other end", True),
            _float("fastest_minutes", "minutes of the fastest way", True),
            _int("within_1_25", "most disjoint routes at 1.25 times the fastest on average", True),
            _int("within_1_5", "the same at 1.5 times", True),
            _int("within_2", "the same at twice; these are drawn", True),
            _int("routes_in_all", "disjoint routes of any length", True),
            _bool("meets_post", "the fastest way meets a post or official crossing"),
            _float("clean_minutes", "minutes of the fastest way that meets none", True),
            _float("evasion_price", "clean_minutes over fastest_minutes", True),
            _text("why_absent", "why there are no figures", True),
        ),
    ),
    Table(
        "evasion",
        "what demand of one model pays for meeting no post",
        ("mode", "demand", "posts"),
        (
            MODE,
            _text("demand", "through, local or uniform"),
            _text("posts", "all, official crossings too; inland: only those 10 km from the line"),
            _float("meets_post_share", "share whose fastest way meets a post", True),
            _float("clean_share", "share with a way within 1.25 times that meets none", True),
            _float("no_clean_way_share", "share that cannot but meet one", True),
            _float("evasion_price", "mean minutes of the clean way over the fastest", True),
            _float("extra_minutes", "mean minutes that it takes more", True),
            _text("why_absent", "why there are no figures", True),
        ),
    ),
    Table(
        "bypasses",
        "the best way left when a chokepoint is closed",
        ("chokepoint_id",),
        (
            _text("chokepoint_id", "chokepoint"),
            MODE,
            _text("measured_by", "demand (through, that it serves) or ground (the way through it)"),
            _float("direct_minutes", "minutes through it, demand-weighted where by demand", True),
            _float("bypass_minutes", "minutes round it, likewise; none if there is no way", True),
            _float("extra_km", "extra distance, likewise", True),
            _float("detour_ratio", "bypass_minutes over direct_minutes", True),
            _bool("cut_off", "some of its demand, or the way through it, is left with no way"),
            _text("next_choice", "crossing that takes most of its demand", True),
            _bool(
                "touches_rim", "the way drawn meets the end of the data: a shorter may lie beyond"
            ),
            _bool("uses_informal", "the way drawn passes a crossing that is not official"),
            _bool("uses_track", "the way drawn uses a track or path"),
            _float("drawn_minutes", "minutes of the way drawn", True),
            _bool("uses_third", "were third countries open, it would be quicker through one"),
            _float("third_minutes", "its minutes then", True),
        ),
        "MultiLineString",
    ),
    Table(
        "barriers",
        "a line that hinders walking, near the border line or a post",
        ("barrier_id",),
        (
            _text("barrier_id", "w and the OSM way"),
            _text("kind", "river, canal, fence, wall or vehicle_barrier (which walkers pass)"),
            _text("name", "name", True),
        ),
        "LineString",
    ),
    Table(
        "waters",
        "an area of water near the border line or a post",
        ("water_id",),
        (_text("water_id", "w or r and the OSM element"), _text("name", "name", True)),
        "MultiPolygon",
    ),
    Table(
        "terrain",
        "how the ground was measured, or why it was not",
        ("key",),
        (_text("key", "what"), _text("value", "value, with its unit")),
    ),
    Table(
        "walk_km",
        "least effort on foot through a km of border (joined to border_km when published)",
        ("border_km",),
        (
            _int(
                "border_km", "km of the line, counted from its western end: from here to the next"
            ),
            _float(
                "walk_minutes", "least walking from a road of one side to one of the other", True
            ),
            _float("walk_minutes_open", "the same if no river or fence took time", True),
            _float("walk_minutes_shut", "the same if rivers and fences could not be passed", True),
            _text("why_absent", "why walk_minutes is not stated", True),
        ),
    ),
    Table(
        "passes",
        "a km of border that is easier to walk through than those beside it",
        ("border_km",),
        (
            _int("border_km", "km of the line, counted from its western end"),
            _float("walk_minutes", "least walking from road to road through it"),
            _bool("has_way", "an open road or path passes the line in this km"),
            _float("height_m", "height where the least way passes the line", True),
        ),
        "Point",
    ),
    Table(
        "post_bypasses",
        "the way round a post on foot, from the road 5 km before it to that 5 km behind it",
        ("post_id",),
        (
            _text("post_id", "post"),
            _float("minutes", "least walking that keeps 2 km away from the post", True),
            _float("road_minutes", "minutes by road between the same places, past the post", True),
            _float("length_m", "length of the way on foot", True),
            _text("why_absent", "why there is none", True),
        ),
        "MultiLineString",
    ),
    Table(
        "border_km",
        "a km of border: what stands there and who is near",
        ("border_km",),
        (
            _int(
                "border_km", "km of the line, counted from its western end: from here to the next"
            ),
            _text("kind", "river or land, whichever makes up more of it"),
            _float("fenced_share", "share with a fence or wall at most 1 km from the line"),
            _float("vehicle_barrier_share", "share with a vehicle barrier, likewise"),
            _float("built_up_share", "share inside a settlement, drawn round by its inhabitants"),
            _float("post_minutes", "least minutes from a post, by road and then on foot", True),
            _float("from_post_minutes", "the same from the `from` side's posts and roads", True),
            _float("to_post_minutes", "the same from the `to` side's posts and roads", True),
        ),
        "MultiLineString",
    ),
    Table(
        "posture",
        "a figure on barriers and posts of the whole border",
        ("measure", "mode", "of", "within"),
        (
            _text("measure", "what is measured"),
            _text("mode", "road, rail or foot; empty where it is of none"),
            _text("of", "kind of post, side, obstacles, or what posts are near to; empty for all"),
            _text("within", "minutes or km that a share counts, such as 60 minutes; else empty"),
            _float("value", "value", True),
            _text("unit", "unit"),
            _text("why_absent", "why there is no value", True),
        ),
    ),
    Table(
        "closures_on_foot",
        "what closing the best set of k crossings stops when people may walk round them",
        ("mode", "k", "within_minutes"),
        (
            MODE,
            _int("k", "crossings closed together, those of closures with the aim to stop"),
            _int("within_minutes", "people walk round a crossing if it takes no longer; 0: nobody"),
            _int("walked_round", "closed crossings that can be walked round in that time"),
            _float("demand_stopped_share", "share left with no way within 1.5 times the fastest"),
            _float("cut_off_share", "share left with no way at all"),
        ),
    ),
    Table(
        "costs",
        "what a way to close the border would cost over the years stated, by stated unit costs",
        ("scenario", "level", "wages"),
        (
            _text("scenario", "what is built or staffed: posts or fence, and where"),
            _text("level", "low, mid or high unit costs"),
            _text("wages", "same on every border, or own: as the `to` country pays"),
            _float("quantity", "posts or km that it takes", True),
            _text("unit", "posts or km"),
            _float("cost_musd", "million USD", True),
            _text("why_absent", "why it is not stated", True),
        ),
    ),
    Table(
        "provenance",
        "what the layers were made from",
        ("key",),
        (_text("key", "what"), _text("value", "value, with its unit")),
    ),
)
TABLES = {table.name: table for table in _TABLES}


def empty(name: str) -> pd.DataFrame:
    """A legal table with no rows: every column, in order, with its type."""
    return conform(pd.DataFrame(), name)


def conform(frame: pd.DataFrame, name: str, among: dict[str, Table] = TABLES) -> pd.DataFrame:
    """`frame` with the table's columns in order and their types, sorted by its key.

    Returns a GeoDataFrame in EPSG:4326 where the table has a geometry. Raises InputError where a
    column is missing, unknown, of another type, empty where it must not be, or the key repeats.
    """
    table = among[name]
    names = [column.name for column in table.columns]
    wanted = [*names, "geometry"] if table.geometry else names
    if not len(frame):
        frame = frame.reindex(columns=wanted)
    got = [str(column) for column in frame.columns]
    if sorted(got) != sorted(wanted):
        raise InputError(f"table {name}: got columns {sorted(got)}, expected {sorted(wanted)}")
    typed = {column.name: _typed(frame[column.name], column, name) for column in table.columns}
    result = pd.DataFrame(typed)
    if table.geometry:
        shapes = gpd.GeoSeries(frame["geometry"].to_numpy(), index=result.index, crs=CRS)
        wrong = set(shapes.geom_type.dropna()) - {table.geometry}
        if wrong or shapes.isna().any():
            raise InputError(f"table {name}: got geometry {wrong}, expected {table.geometry}")
        result = gpd.GeoDataFrame(result, geometry=shapes, crs=CRS)
    result = result.sort_values(list(table.key), kind="stable", ignore_index=True)
    if result.duplicated(list(table.key)).any():
        repeated = result.loc[result.duplicated(list(table.key)), list(table.key)].iloc[0]
        raise InputError(f"table {name}: key {tuple(repeated)} stands twice, expected once")
    return result


def _typed(values: pd.Series, column: Column, table: str) -> pd.Series:
    missing = values.isna()
    if missing.any() and not column.nullable:
        raise InputError(f"table {table}, column {column.name}: {missing.sum()} values missing")
    try:
        if column.kind == "text":
            return values.astype("object").where(~missing, None)
        dtype = "Int64" if column.kind == "int" and column.nullable else DTYPES[column.kind]
        return values.astype(dtype)
    except (TypeError, ValueError) as error:
        found = f"got {values.dtype}, expected {column.kind}"
        raise InputError(f"table {table}, column {column.name}: {found}") from error
