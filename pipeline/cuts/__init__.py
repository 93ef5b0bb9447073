"""Chokepoints: deep ground, minimum cuts, disjoint paths, what closing a link severs."""
