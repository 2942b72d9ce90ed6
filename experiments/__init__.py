"""What researchers do with the model: runs, tests of hypotheses, sweeps, sensitivity, reports.

Importing this package is cheap; each part is imported by its own name. In a notebook::

    from experiments import api

    api.open_result("sweep/2026-01-31").frame()
"""
