"""Hypotheses under the named structures of the model: one at a time against the default, or several at once in a screening."""
