"""Entry into the world, and life at risk."""
