"""The parts of the report: cards, pictures, tables, maps."""
