"""Ground to walk on: heights, friction, the line's kilometres, ways round on foot."""
