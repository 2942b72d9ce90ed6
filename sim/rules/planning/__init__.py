"""A Plan: place, team, and its days until it ends."""
