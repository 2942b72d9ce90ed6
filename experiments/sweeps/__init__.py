"""Many worlds over a grid or a design."""
