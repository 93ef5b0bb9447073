"""What the figures of two borders say of each claim."""
