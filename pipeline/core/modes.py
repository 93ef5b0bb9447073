"""The modes of travel, as every table names them."""

VEHICLE_MODES = ("road", "rail")  # networks that vehicles use, ferries included
MODES = (*VEHICLE_MODES, "foot")  # foot: roads that may be walked, and paths
COMBINED = "combined"  # road and rail as one network, joined at stations
# Statuses of crossings that nobody can pass in the model: closed on the map, closed by a statement,
# or with a statement of the situation file that has expired.
NOT_PASSED = ("closed", "unknown")
