"""Detour limits beyond which a traveller counts as stopped, and their names in tables."""

import math

from pipeline.core import parameters

DETOUR_LIMIT = parameters.number("detour_limit")
OTHER_LIMITS = parameters.numbers("other_detour_limits")


def limit_name(limit: float) -> str:
    """The name of a detour limit in tables, such as `1.5`; `no way` if it is infinite.

    Parameters
    ----------
    limit : float
        Multiple of the fastest way beyond which demand counts as stopped.

    Returns
    -------
    str
        The value of columns `detour_limit`.
    """
    return f"{limit:g}" if math.isfinite(limit) else "no way"
