"""Beds, reception and the way back."""
