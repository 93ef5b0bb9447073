"""One file for each stage: read, call, write."""
