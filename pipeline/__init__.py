"""How hard a border is to close, and how many ways lead round it."""
