"""The sources of raw data: each client requests, parses and trims data and records what it did."""
