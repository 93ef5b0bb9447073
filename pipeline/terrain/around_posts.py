"""Distances for walks round a post; a separate small module, so that it loads quickly."""

from pipeline.core import parameters

ROAD_M = 1000 * parameters.number("post_detour_road_km")
KEEP_AWAY_M = 1000 * parameters.number("post_detour_distance_km")
AROUND_M = 1000 * parameters.number("post_detour_margin_km")
