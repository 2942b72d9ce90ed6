"""Figures of worlds and of twin worlds.

They take plain arrays and tables, know nothing of the model, and return matplotlib figures that
never touch pyplot. Harm is shown by place; income and chances of detection never are.
"""
