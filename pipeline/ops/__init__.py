"""Operation: refresh, changes, serving, status, verify, PostGIS."""
