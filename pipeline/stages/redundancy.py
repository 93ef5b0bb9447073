"""Stage 4, beside the chokepoints: how far it is round every link."""

import numpy as np
import pandas as pd

from pipeline.core import store
from pipeline.graph.detours import detours
from pipeline.network import link_arcs

# Network that the way round is sought on, by the mode of the link.
NETWORK = {"road": "road", "rail": "rail", "foot_only": "foot"}


def redundancy(network_dir: str, out: str) -> None:
    """Write the table `link_redundancy` to the folder `out`.

    `network_dir` is what the network stage wrote. Raises InputError where its links are missing
    or wrong.
    """
    links = store.read(network_dir, "links")
    store.write(out, {"link_redundancy": link_redundancy(links)})


def link_redundancy(links: pd.DataFrame, *, directed: bool = True) -> pd.DataFrame:
    """Table `link_redundancy`: a row for every link that is in use.

    redundancy_m is the length of the shortest way between a link's two ends without it, on the
    open network of its own mode (foot_only: all that may be walked); missing where there is none.
    One-way tags are obeyed: round a one-way link from from_node to to_node, round any other the
    longer of both directions, and none if either has none. detour_ratio is redundancy_m over the
    link's own length, missing where that is 0. Restricted roads are in no network and have no row.
    Not `directed`, every link may be used both ways: the single-link redundancy of ra2ce as it
    comes. Near the edge of the data the true way round may lie outside them and be shorter.
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
