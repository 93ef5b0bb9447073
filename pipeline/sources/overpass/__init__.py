"""OpenStreetMap by the Overpass API."""
