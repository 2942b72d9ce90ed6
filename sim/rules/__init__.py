"""The rules of the model, by subject. The plain form of `x.py` is `x_plain.py` next to it."""
