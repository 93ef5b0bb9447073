"""OpenStreetMap by regional extracts."""
