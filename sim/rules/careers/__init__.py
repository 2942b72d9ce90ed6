"""Promotion, succession and leaving."""
