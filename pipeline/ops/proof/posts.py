"""Which nodes and links have a post that checks travellers, by the layers."""

import numpy as np

from pipeline.core.types import Bools
from pipeline.ops.proof.gather import Proof

# Posts that do not check travellers.
UNGUARDED_POSTS = ("toll",)


def checked(proof: Proof) -> Bools:
    """Nodes with a post that checks travellers."""
    posts, nodes = proof.layers["posts"], proof.layers["nodes"]
    guards = posts.loc[~posts["kind"].isin(UNGUARDED_POSTS), "post_id"]
    at = proof.layers["post_nodes"]
    return nodes["node_id"].isin(at.loc[at["post_id"].isin(guards), "node_id"]).to_numpy(bool)


def guarded(proof: Proof) -> Bools:
    """Which links have a post: those with one of the post's nodes at one of their ends."""
    stands = checked(proof)
    return np.asarray(stands[proof.start] | stands[proof.end])
