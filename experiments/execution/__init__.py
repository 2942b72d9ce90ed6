"""Runs in chunks on an engine: this machine, or a Ray cluster; progress, and what to do about interrupts."""
