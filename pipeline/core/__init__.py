"""The base of all other packages: types, geodesy, schema, tables on disk, files, errors."""
