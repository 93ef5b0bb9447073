"""Stage 4, with the chokepoints: the length of the way round every link."""

import numpy as np
import pandas as pd

from pipeline.core import store
from pipeline.graph.detours import detours
from pipeline.network import link_arcs

# Network on which the way round is searched, by the mode of the link.
NETWORK = {"road": "road", "rail": "rail", "foot_only": "foot"}


def redundancy(network_dir: str, out: str) -> None:
    """Write the table `link_redundancy` to the folder `out`.

    `network_dir` is what the network stage wrote. Raises InputError where its links are missing
    or wrong.
    """
    links = store.read(network_dir, "links")
    store.write(out, {"link_redundancy": link_redundancy(links)})


def link_redundancy(links: pd.DataFrame, *, directed: bool = True) -> pd.DataFrame:
    """Table `link_redundancy`: one row for every link in use.

    redundancy_m is the length of the shortest way between a link's two ends without it, on the
    open network of its own mode (foot_only: all ways for walking); missing where there is none.
    One-way tags are obeyed: for a one-way link, the way from from_node to to_node; for any other,
    the longer of both directions, and missing if one of them is. detour_ratio is redundancy_m
    divided by the link's own length, missing where that is 0. Restricted roads are in no network
    and have no row. If not `directed`, every link may be used both ways: the single-link redundancy
    of ra2ce. Near the edge of the data the true way round may be outside them and shorter.
    """
    parts = [
        _of_network(link_arcs.of_mode(links, network), mode, directed)
        for mode, network in NETWORK.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _of_network(links: pd.DataFrame, mode: str, directed: bool) -> pd.DataFrame:
    """Rows of the links of `mode` in a network."""
    ends, nodes = pd.factorize(np.concatenate([links["from_node"], links["to_node"]]))
    start, end = ends[: len(links)], ends[len(links) :]
    oneway = links["oneway"].to_numpy(dtype=bool) & directed
    length_m = links["length_m"].to_numpy(dtype=np.float64)
    own = (links["mode"] == mode).to_numpy()
    found_m = detours(len(nodes), start, end, oneway, length_m, own)
    found_m = np.where(np.isfinite(found_m), found_m, np.nan)
    ratio = np.divide(found_m, length_m, out=np.full(len(links), np.nan), where=length_m > 0)
    table = pd.DataFrame(
        {"link_id": links["link_id"], "redundancy_m": found_m, "detour_ratio": ratio}
    )
    return table[own]
