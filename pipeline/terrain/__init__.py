"""Terrain: elevation, walking effort, friction, reach of posts, detours on foot, fronts."""
