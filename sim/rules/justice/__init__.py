"""Custody and prison."""
