"""Published figures: depth profiles, chokepoints, cost, claims and verdicts."""
