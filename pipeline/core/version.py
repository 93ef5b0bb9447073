"""Versions: of the tool, and of what it publishes."""

# Also that of the distribution (pyproject.toml).
VERSION = "0.2.0"
# Raised when a published layer or column goes, is renamed or comes to mean something else; what is
# only added leaves it.
SCHEMA_VERSION = 2
