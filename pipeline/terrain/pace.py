"""How fast people walk on a slope (Tobler 1993)."""

import numpy as np

from pipeline.core import parameters

FASTEST_KM_PER_H = parameters.number("tobler_fastest_kmh")
STEEPNESS = parameters.number("tobler_steepness")
OFFSET = parameters.number("tobler_offset")
FLAT_KM_PER_H = FASTEST_KM_PER_H * float(np.exp(-STEEPNESS * OFFSET))
