"""Which nodes and links carry a post that checks who passes, by the layers."""

import numpy as np

from pipeline.core.types import Bools
from pipeline.ops.proof.gather import Proof

# Posts without a check of travellers.
UNGUARDED_POSTS = ("toll",)


def checked(proof: Proof) -> Bools:
    """Nodes where a post stands that checks who passes."""
    posts, nodes = proof.layers["posts"], proof.layers["nodes"]
    guards = posts.loc[~posts["kind"].isin(UNGUARDED_POSTS), "post_id"]
    at = proof.layers["post_nodes"]
    return nodes["node_id"].isin(at.loc[at["post_id"].isin(guards), "node_id"]).to_numpy(bool)


def guarded(proof: Proof) -> Bools:
    """Which links carry a post: one stands at either end, at any of its nodes."""
    stands = checked(proof)
    return np.asarray(stands[proof.start] | stands[proof.end])
