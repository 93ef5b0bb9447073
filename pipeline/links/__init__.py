"""From OpenStreetMap to nodes and links: what tags say, where the line lies, what is cut."""
