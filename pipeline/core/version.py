"""Version of the tool, and of the format that it publishes."""

# Also that of the distribution (pyproject.toml).
VERSION = "0.2.0"
# Raised when a published layer or column is removed, renamed or changes its meaning; not raised
# when one is only added.
SCHEMA_VERSION = 2
