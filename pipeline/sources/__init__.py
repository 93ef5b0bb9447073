"""Where raw data come from: each client asks, parses, trims and records."""
