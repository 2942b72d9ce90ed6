"""Intervals, verdicts, survival, and when to stop drawing pairs."""
