"""Calibration: levels of the model fitted to public records."""
