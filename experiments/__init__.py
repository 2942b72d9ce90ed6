"""What researchers do with the model: runs, tests of hypotheses, sweeps, sensitivity, reports.

Importing this package is cheap; each part is imported by its own name. In a notebook::

    from experiments import open_result

    open_result("results/sweep/0123456789abcdef").frame()
"""


def open_result(folder):
    """Open a result folder to read it: `.frame()` gives its rows as a pandas table (`experiments.sweeps.results.Result`)."""
    from experiments.sweeps.results import Result

    return Result(folder)
