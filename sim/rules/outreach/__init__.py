"""Rounds, messages, contact and first reception."""
