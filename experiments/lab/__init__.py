"""The laboratory: plans of many runs, carried out in chunks, stored so that they can be resumed.

A plan is a list of tasks cut into chunks (`design`), an engine runs one function over the chunks
(`engine`), a result folder keeps their rows (`store`), a manifest says what made them
(`provenance`), and a bar says how far it is (`progress`). These know nothing of the model; `twins`
and `sweeps` do.

Importing this package is cheap; each part is imported by its own name. In a notebook::

    from experiments.lab import open_result

    open_result("results/sweep/0123456789abcdef").frame()
"""


def open_result(folder):
    """Open a result folder to read it: `.frame()` gives its rows as a pandas table (`sweep_results.Result`)."""
    from experiments.lab.sweep_results import open_result as open_it

    return open_it(folder)
