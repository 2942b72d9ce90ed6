"""Estimands: what a hypothesis asks of its worlds, one function a question, over rows of the store.

An estimand is computed from means per cell and window only. Which agent's twin did what depends on
the coupling of random numbers and enters no table.
"""
