"""The second witness: figures recomputed from published layers alone."""
