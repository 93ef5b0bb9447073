"""Many borders: border files made from data, the borders of a planet file, and their runs."""
