"""Algorithms on arrays: paths, flows, bridges, detours, disjoint paths, interdiction."""
