"""What Bosses and clients learn from a day."""
