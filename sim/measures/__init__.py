"""Measures: from tables of outcomes to the quantities that research reports."""
