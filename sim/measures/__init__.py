"""Measures: from tables of outcomes to the quantities reported in research."""
