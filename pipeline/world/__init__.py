"""Many borders: border files made from data, the borders in a planet file, and their runs."""
