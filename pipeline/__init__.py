"""How hard a border is to close, and how many ways lead round it.

What pipeline.api holds can be imported from here; it is loaded when it is first asked for, so that
stages start at once.
"""

import importlib
from typing import Any

__all__ = [
    "Border", "MinimumCut", "Posts", "bypass", "close", "crossings_of", "minimum_cut", "network_of",
    "open_border", "place_posts", "publish_results", "read_border", "read_layer",
]  # fmt: skip

PARTS = ("border", "questions", "results")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module pipeline has no attribute {name}")
    parts = (importlib.import_module(f"pipeline.api.{part}") for part in PARTS)
    return next(getattr(part, name) for part in parts if hasattr(part, name))
