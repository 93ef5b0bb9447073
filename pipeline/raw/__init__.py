"""Raw files: what is wanted of OpenStreetMap, how it comes here, and how it is written."""
