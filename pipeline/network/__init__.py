"""From raw OpenStreetMap to nodes and links: reading, tags, line, sides, contraction."""
