"""The pipeline as a package: a border from a file, its cuts, closures, posts and results.

Every function takes and gives GeoDataFrames in EPSG:4326. The stages are the same as those of
`make`; a border that was read is a folder of their tables, and what is asked of it is computed from
them. Names here can be imported from `pipeline` itself.
"""
