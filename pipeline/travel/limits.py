"""Beyond which detour a traveller counts as stopped, and how tables call it."""

import math

from pipeline.core import parameters

DETOUR_LIMIT = parameters.number("detour_limit")
OTHER_LIMITS = parameters.numbers("other_detour_limits")


def limit_name(limit: float) -> str:
    """What tables call a detour limit, such as `1.5`; `no way` where it is infinite.

    Parameters
    ----------
    limit : float
        Times the fastest way beyond which demand counts as stopped.

    Returns
    -------
    str
        The value of columns `detour_limit`.
    """
    return f"{limit:g}" if math.isfinite(limit) else "no way"
