"""Who enters the world, and life at risk."""
