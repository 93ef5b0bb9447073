"""The report: tables, charts, the map."""
