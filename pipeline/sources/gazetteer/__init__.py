"""The embedded source: tables of places, links, crossings and posts drawn as OpenStreetMap."""
