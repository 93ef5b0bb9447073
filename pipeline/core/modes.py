"""The modes of travel, as every table names them."""

VEHICLE_MODES = ("road", "rail")  # networks that vehicles use, ferries included
MODES = (*VEHICLE_MODES, "foot")  # foot: roads that may be walked, and paths
COMBINED = "combined"  # road and rail as one network, joined at stations
# Status of crossings that no one is taken to pass: closed as mapped or said to be, or of which a
# statement of the situation file has run out.
NOT_PASSED = ("closed", "unknown")
