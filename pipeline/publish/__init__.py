"""What a GIS opens: layers, styles, layout, exports."""
