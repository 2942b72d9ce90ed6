"""Lessons: pages on which two worlds, one policy apart, run side by side."""
