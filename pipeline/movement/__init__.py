"""Who travels between which places, by which crossing, how fast, and what closures do to them."""
