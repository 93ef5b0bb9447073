"""Stage 3: where links of a mode pass from one side of the border to the other."""

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.core import parameters, store
from pipeline.core.borderfile import BorderFile
from pipeline.core.frames import records
from pipeline.core.terminal import printable
from pipeline.measures import crossing_issues, crossing_table, line_hits
from pipeline.measures.control_stations import at_nodes, stations
from pipeline.measures.crossing_merge import merged
from pipeline.measures.line_hits import Network, certain, joined_hits, meeting, part, passed
from pipeline.measures.way_inland import inland
from pipeline.network import access, hours, reach
from pipeline.network import issues as data_issues

MERGE_M = parameters.number("merge_m")
OTHER_MERGES_M = parameters.numbers("other_merges_m")
# People may also walk over a road bridge. A crossing of mode foot can only be walked over, but the
# ways behind it may be any that people may walk on.
NETWORKS = {"road": ("road",), "rail": ("rail",), "foot": ("road", "foot_only")}

# By column (vehicles, always) and access bit: the nodes on the line where that access is allowed.
Passable = dict[tuple[str, int], set[str]]


@dataclass(frozen=True)
class Tables:
    """The tables of the network stage."""

    nodes: pd.DataFrame
    links: pd.DataFrame
    posts: pd.DataFrame
    post_nodes: pd.DataFrame
    border: pd.DataFrame


def crossings(network: str, border_toml: str, out: str, data_toml: str | None = None) -> None:
    """Write crossings, crossing_links, crossing_merges and crossing_issues to the folder `out`.

    Parameters
    ----------
    network
        Folder of the network stage.
    border_toml, data_toml
        The border file, and the data's own file.
    out
        Folder to write to.

    Raises
    ------
    InputError
        For a table or file that is missing or wrong.
    """
    border = reach.settled(network, border_toml, data_toml)
    names = ("nodes", "links", "posts", "post_nodes", "border")
    found = Tables(*(store.read(network, name) for name in names))
    whole = line_hits.network(found.nodes, found.links)
    passable = _passable(found, whole, border)
    taken: set[str] = set()
    parts = []
    for mode in NETWORKS:
        parts.append(crossings_of(mode, found, whole, border, passable, taken))
        taken |= _open_nodes(*parts[-1][:2])
    rows, members, merges = (
        pd.concat(part, ignore_index=True) for part in zip(*parts, strict=True)
    )
    doubts = crossing_issues.issues(rows, members, found.posts)
    _say_uncounted(border, crossing_issues.uncounted(rows, members))
    tables = {"crossings": rows, "crossing_links": members, "crossing_merges": merges}
    tables["crossing_issues"] = data_issues.table(doubts, "crossing_issues")
    store.write(out, tables)


def crossings_of(
    mode: str,
    found: Tables,
    whole: Network,
    border: BorderFile,
    passable: Passable,
    taken: set[str],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The rows of crossings (grazes included: counted is false), crossing_links, crossing_merges.

    A hit that open links lead through is open. A hit that can only be passed over a closed or
    disused link, there or before the way is deep enough, is closed, and is not merged with open
    ones. On foot, nodes in `taken` are left out: an open road already passes them.
    """
    chosen, nodes = _chosen(mode, found.links), found.nodes
    links, every = found.links[chosen].reset_index(drop=True), part(whole, chosen)
    own = _own(mode, links, taken)
    in_use = links["state"] == "open"
    used = part(every, in_use)
    every_hit = meeting(joined_hits(every, border), part(every, own))
    open_hits = meeting(joined_hits(used, border), part(every, own & in_use))
    through = set(open_hits.loc[open_hits["counted"], "node_id"])
    not_in_use = set(meeting(every_hit, part(every, own & ~in_use))["node_id"])
    is_closed = every_hit["counted"] | every_hit["node_id"].isin(not_in_use)
    closed_hits = every_hit[is_closed & ~every_hit["node_id"].isin(through)]
    if mode == "foot":  # a road that is closed or only touches the line is listed as a road
        paths = set(meeting(every_hit, part(every, links["mode"] == "foot_only"))["node_id"])
        closed_hits = closed_hits[closed_hits["node_id"].isin(paths)]
        open_hits = open_hits[open_hits["counted"] | open_hits["node_id"].isin(paths)]
    open_hits = open_hits[~open_hits["node_id"].isin(set(closed_hits["node_id"]))]
    in_use_links = links[in_use]
    open_hits = _with_passage(mode, open_hits, in_use_links, used, found, border, passable)
    open_hits = open_hits.assign(certain=open_hits["node_id"].isin(certain(used, border)))
    closed_hits = _nobody(closed_hits).assign(certain=True)
    rail = mode == "rail"
    # From here on only the links at the line are needed, a small part of all; railways are followed
    # to their switches.
    there = whole.on_border[every.start] | whole.on_border[every.end]
    at_line = links[there]
    near_use, near = (in_use_links, links) if rail else (links[there & in_use], at_line)
    on_border = nodes[whole.on_border]
    tables = {}
    for merge_m in (MERGE_M, *OTHER_MERGES_M):
        hits = []
        for some, network in ((open_hits, near_use), (closed_hits, near)):
            met = dict(zip(some["node_id"], some["stations"], strict=True))
            number = merged(some, network, on_border, met, merge_m, rail=rail)
            hits.append(some.assign(crossing=number))
        both = pd.concat(hits, ignore_index=True)
        tables[merge_m] = crossing_table.table(
            mode, both, at_line, on_border, found.posts, float(found.border["length_km"].iloc[0])
        )
    counts = [
        (mode, merge_m, int(rows["in_headline"].sum())) for merge_m, (rows, _) in tables.items()
    ]
    merges = pd.DataFrame(counts, columns=["mode", "merge_m", "crossings"])
    return *tables[MERGE_M], merges


def _chosen(mode: str, links: pd.DataFrame) -> pd.Series:
    """Which links belong to a mode's network, in any state."""
    return links["mode"].isin(NETWORKS[mode]) & (links["walkable"] | (mode != "foot"))


def _own(mode: str, links: pd.DataFrame, taken: set[str]) -> pd.Series:
    """The links whose hits count for this mode."""
    if mode != "foot":
        return links["mode"] == mode
    by_road = links["from_node"].isin(taken) | links["to_node"].isin(taken)
    return (links["mode"] == "foot_only") | ~by_road


def _passable(found: Tables, whole: Network, border: BorderFile) -> Passable:
    """The nodes where open ways other than railways let each kind of vehicle pass the line."""
    chosen = ((found.links["mode"] != "rail") & (found.links["state"] == "open")).to_numpy()
    ways = part(whole, chosen)
    passable: Passable = {}
    known: dict[bytes, set[str]] = {}
    for column, among in (("vehicles", "vehicles"), ("always", "at_all_times")):
        words, texts = pd.factorize(found.links[among].to_numpy()[chosen])
        bits = np.array([access.bits(text) for text in texts], dtype=np.int64)
        for bit in access.BIT.values():
            may = ((bits & bit) > 0)[words]
            same = may.tobytes()  # most ways let all pass, and at all times
            if same not in known:
                known[same] = passed(part(ways, may), border)
            passable[column, bit] = known[same]
    return passable


def _with_passage(
    mode: str,
    hits: pd.DataFrame,
    links: pd.DataFrame,
    used: Network,
    found: Tables,
    border: BorderFile,
    passable: Passable,
) -> pd.DataFrame:
    """Hits with post, stations, vehicles, always (bits of access), hours and one_gauge."""
    nodes = found.nodes
    posts_at = at_nodes(found.posts, found.post_nodes)
    station = stations(found.posts)
    with_hours = found.posts[found.posts["hours"].notna()]
    kept = dict(zip(with_hours["post_id"], with_hours["hours"], strict=True))
    met = inland(hits["node_id"].tolist(), nodes, links, posts_at, border)
    passages = [met[node] for node in hits["node_id"]]
    first = [one.controls[0] if one.controls else None for one in passages]
    of_stations = [frozenset(station[post] for post in one.controls) for one in passages]
    open_hours = [
        hours.joined([*one.hours, *(kept[post] for post in one.controls if post in kept)])
        for one in passages
    ]
    hits = hits.assign(
        post=pd.Series(first, hits.index, dtype=object),
        stations=pd.Series(of_stations, hits.index, dtype=object),
        hours=pd.Series(open_hours, hits.index, dtype=object),
        vehicles=0,
        always=0,
        one_gauge=True,
        is_closed=False,
    )
    if mode == "rail":
        return hits.assign(one_gauge=hits["node_id"].isin(_of_one_gauge(links, used, border)))
    for (column, bit), at in passable.items():
        hits[column] |= np.where(hits["node_id"].isin(at), bit, 0)
    # Where a control on the way has opening hours, no one can pass at all times.
    by_hours = np.array(
        [any(post in kept for post in one.controls) for one in passages], dtype=bool
    )
    return hits.assign(always=hits["always"].mask(by_hours, 0))


def _of_one_gauge(links: pd.DataFrame, used: Network, border: BorderFile) -> set[str]:
    """Nodes where tracks of one gauge, or of unknown gauge, lead over the line."""
    gauges = {part for text in links["gauge"].dropna() for part in text.split(";")}
    through: set[str] = set()
    for gauge in sorted(gauges) or [""]:
        fits = links["gauge"].isna() | links["gauge"].fillna("").str.split(";").map(
            lambda parts, gauge=gauge: gauge in parts
        )
        through |= passed(part(used, fits), border)
    return through


def _nobody(hits: pd.DataFrame) -> pd.DataFrame:
    """Hits that are closed: no vehicle may pass, and controls do not matter."""
    nothing = pd.Series([frozenset[str]()] * len(hits), hits.index, dtype=object)
    return hits.assign(post=None, stations=nothing, hours=None, vehicles=0, always=0,
                       one_gauge=True, is_closed=True)  # fmt: skip


def _open_nodes(rows: pd.DataFrame, members: pd.DataFrame) -> set[str]:
    """The nodes of crossings that count and are not closed."""
    usable = rows.loc[rows["counted"] & (rows["status"] != "closed"), "crossing_id"]
    return set(members.loc[members["crossing_id"].isin(usable), "node_id"])


def _say_uncounted(border: BorderFile, rows: pd.DataFrame) -> None:
    """One line for each important crossing that is not counted."""
    for row in records(rows):
        name = printable(row["name"] or row["crossing_id"])
        sys.stderr.write(
            f"{border.border}: not counted: {row['status']} {row['mode']} crossing "
            f"{name} ({row['class']}) at km {row['border_km']:.1f}: "
            "it leads to no place deep enough on one of the two sides\n"
        )
