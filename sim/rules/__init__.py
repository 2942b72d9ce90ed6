"""The rules of the model, by subject. A plain form of `x.py` stands beside it as `x_plain.py`."""
