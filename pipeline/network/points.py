"""Places, stations and posts of the corridor, and the nodes that posts stand on."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import shapely

from pipeline.core import borderfile
from pipeline.network import hours, numbers
from pipeline.network import line as lines
from pipeline.network.line import Line
from pipeline.network.read import Extract
from pipeline.network.sides import Territories, countries


def point_table(
    extract: Extract,
    line: Line,
    territories: Territories,
    corridor_km: float,
    kind_of: Callable[[dict[str, str]], str | None],
) -> pd.DataFrame:
    """Points of the corridor of a wanted kind, with side and depth.

    Parameters
    ----------
    extract
        Content of the raw file.
    line, territories
        The border line and the countries next to it.
    corridor_km
        Points farther from the line are left out.
    kind_of
        Returns the kind of a point by its tags; None for a point that is not wanted.

    Returns
    -------
    DataFrame
        Columns id, element, osm_id, kind, name, hours, population, since_year, lon, lat (degrees),
        side, depth_km (signed; NaN in a third country) and geometry, by element and id.
    """
    chosen = [(point, kind_of(point.tags)) for point in extract.points]
    found = sorted(
        ((point, kind) for point, kind in chosen if kind is not None),
        key=lambda pair: (pair[0].element, pair[0].osm_id),
    )
    points = pd.DataFrame(
        {
            "id": [f"{point.element}{point.osm_id}" for point, _ in found],
            "element": [point.element for point, _ in found],
            "osm_id": np.array([point.osm_id for point, _ in found], dtype=np.int64),
            "kind": [kind for _, kind in found],
            "name": [point.tags.get("name") for point, _ in found],
            "hours": [hours.joined(hours.of_tags(point.tags)) for point, _ in found],
            "population": [
                numbers.population(point.tags.get("population"), borderfile.MOST_PEOPLE)
                for point, _ in found
            ],
            "since_year": pd.array(
                [numbers.year(point.tags.get("start_date")) for point, _ in found], dtype="Int64"
            ),
            "lon": np.array([point.lon for point, _ in found], dtype=np.float64),
            "lat": np.array([point.lat for point, _ in found], dtype=np.float64),
        }
    )
    lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
    km = lines.nearest(line, lon, lat)[0]
    points["side"] = countries(territories, territories.projection.plane(lon, lat))
    sign = points["side"].map({territories.pair[0]: -1.0, territories.pair[1]: 1.0})
    points["depth_km"] = sign.astype("float64") * km
    points["geometry"] = np.asarray(shapely.points(lon, lat))
    return points[km <= corridor_km].reset_index(drop=True)


def with_nodes(posts: pd.DataFrame, stands: pd.DataFrame, node_at: pd.DataFrame) -> pd.DataFrame:
    """Posts with the first node that they are at, and its mode; without toll booths.

    Parameters
    ----------
    posts
        Points of `point_table`.
    stands
        Columns post (row of `posts`) and vertex, from `controls.at_posts`.
    node_at
        Columns vertex, node_id and mode, from `contract.nodes_and_links`.

    Returns
    -------
    DataFrame
        `posts` with node_id and mode, which are missing if a post is on no way.
    """
    node_at = node_at.drop_duplicates("vertex").set_index("vertex")
    vertex = stands.drop_duplicates("post").set_index("post")["vertex"].reindex(posts.index)
    on = node_at.reindex(vertex)
    posts = posts.assign(node_id=on["node_id"].to_numpy(), mode=on["mode"].to_numpy())
    posts = posts[posts["kind"] != "toll"].reset_index(drop=True)
    return posts.rename(columns={"id": "post_id"})


def post_nodes(posts: pd.DataFrame, stands: pd.DataFrame, node_at: pd.DataFrame) -> pd.DataFrame:
    """Every node that a post is at, without toll booths.

    Parameters
    ----------
    posts, stands, node_at
        As `with_nodes` takes them.

    Returns
    -------
    DataFrame
        Columns post_id and node_id.
    """
    on = stands.merge(node_at, on="vertex")
    on["post_id"] = posts["id"].to_numpy()[on["post"].to_numpy(dtype=np.int64)]
    kept = posts["kind"].to_numpy()[on["post"].to_numpy(dtype=np.int64)] != "toll"
    found: pd.DataFrame = on.loc[kept, ["post_id", "node_id"]].drop_duplicates()
    return found
