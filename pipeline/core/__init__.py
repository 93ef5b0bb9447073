"""What everything rests on: types, geodesy, schema, tables on disk, files, errors."""
