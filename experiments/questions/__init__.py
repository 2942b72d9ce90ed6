"""Hypotheses: what is asked of pairs of worlds. A folder for each estimand."""
