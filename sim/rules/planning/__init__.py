"""A Plan: where, with whom, and its days until it ends."""
