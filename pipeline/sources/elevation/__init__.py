"""The Copernicus elevation model."""
