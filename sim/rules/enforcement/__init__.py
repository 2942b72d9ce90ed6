"""Inspections, reports, arrests and fines."""
