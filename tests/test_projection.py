"""The plane that is laid along a border, where the library that projects errs."""

import numpy as np
import pytest
from pyproj import Geod

from pipeline.core.geo import fit_projection

STEP_DEGREES = 5e-6


@pytest.mark.parametrize(("lon", "lat"), [(-177.5, 11.8), (-100.0, 49.0), (20.0, -30.0)])
def test_no_point_of_a_line_from_east_to_west_is_lost(lon: float, lat: float) -> None:
    """PROJ's own formula leaps on one meridian that such a line may lie across."""
    along = np.linspace(lon - 1, lon + 1, 50)
    plane = fit_projection(along, np.full(50, lat))
    assert plane.scale_error < 0.001
    fine = lon + np.arange(-1, 1, STEP_DEGREES)
    at = plane.plane(fine, np.full(len(fine), lat + 0.01))
    back = plane.degrees(at)
    assert np.abs(back[:, 0] - fine).max() < 1e-8
    assert np.abs(back[:, 1] - lat - 0.01).max() < 1e-8
    step_m = (
        Geod(ellps="WGS84").inv(lon, lat + 0.01, lon + 0.01, lat + 0.01)[2] * STEP_DEGREES / 0.01
    )
    assert np.linalg.norm(np.diff(at, axis=0), axis=1) == pytest.approx(step_m, rel=0.01)
