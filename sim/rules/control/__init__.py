"""Ties between Bosses and persons, and how they end."""
