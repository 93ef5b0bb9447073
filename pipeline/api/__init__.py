"""The pipeline as a package: a border from a file, its cuts, closures, posts and results.

Geometries of all GeoDataFrames are in EPSG:4326. The stages are the same as those of `make`. A
border that was read is a folder with their tables, from which all answers are computed. All names
here can also be imported from `pipeline`.
"""
