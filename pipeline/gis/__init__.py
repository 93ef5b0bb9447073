"""What makes the published layers at home in a GIS."""
