"""What researchers do with the model: runs, tests of hypotheses, sweeps, calibration, reports."""
