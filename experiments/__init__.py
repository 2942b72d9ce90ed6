"""What researchers do with the model: runs, tests of hypotheses, sweeps, sensitivity, reports.

Importing this package is cheap; each part is imported by its own name. In a notebook::

    from experiments import open_result

    open_result("sweep/2026-01-31").frame()
"""


def open_result(folder, root="results"):
    """Open a result to read it: `.frame()` gives its rows as a pandas table (`experiments.sweeps.results.Result`).

    `folder`: its folder, or any beginning of its name that no other result in `root` shares. StoreError if there is none such.
    """
    from pathlib import Path

    from experiments.store.folders import find_result
    from experiments.sweeps.results import Result

    return Result(find_result(str(folder), Path(root)))
