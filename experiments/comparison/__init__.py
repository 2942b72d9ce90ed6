"""Policies compared on the same worlds: the first one given is the base, and the others are set against it."""
