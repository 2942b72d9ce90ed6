"""The table of posterior draws: written by a calibration, read by whatever runs over it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.store.result import write_table
from sim.configuration import ConfigurationError, parameter_table
from sim.evidence import held_out

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

NAME, WEIGHT = "posterior", "weight"
PUBLISHED = "published"
_PUBLISHED_FILE = Path(__file__).resolve().parents[2] / "results" / "published" / f"{NAME}.parquet"
HELD_OUT = held_out()


@dataclasses.dataclass(frozen=True)
class PosteriorDraws:
    """Draws as they were stored: `values`, one dictionary a draw by parameter, and their `weights`, which sum to 1."""

    values: tuple[dict[str, float], ...]
    weights: np.ndarray
    path: str

    def resample(self, number: int, generator: np.random.Generator) -> list[dict[str, float]]:
        """So many draws, each as often as its weight asks (systematic resampling)."""
        import numpy as np

        steps = (np.arange(number) + generator.random()) / number
        rows = np.searchsorted(np.cumsum(self.weights), steps).clip(0, len(self.weights) - 1)
        return [self.values[row] for row in generator.permutation(rows)]


def write_posterior(folder: Path, table: pd.DataFrame) -> None:
    """Store the draws in a result folder."""
    write_table(folder, NAME, table)


def read_posterior(given: str) -> PosteriorDraws:
    """The draws of a result of `plansim calibrate`, of a table, or with `published` those of the published set.

    ConfigurationError, one line, for what is not there, is damaged, or does not fit the parameters of today.
    """
    import numpy as np
    import pyarrow.parquet as pq

    given = given.strip("\"'")  # as a page quotes it
    path = _PUBLISHED_FILE if given == PUBLISHED else Path(given)
    path = path / f"{NAME}.parquet" if path.is_dir() else path
    if not path.is_file():
        published = f"the published set is in the repository alone: give the path of its results/published/{NAME}.parquet"
        hint = published if given == PUBLISHED else f"give a result of plansim calibrate, or its {NAME}.parquet"
        raise ConfigurationError(f"posterior={given}: no such table; {hint}")
    try:
        table = pq.ParquetFile(path).read().to_pandas()
    except (OSError, ValueError) as problem:
        raise ConfigurationError(f"posterior={given}: not readable ({str(problem).splitlines()[0]}); calibrate again") from None
    rows = {row["key"]: row for row in parameter_table()}
    if WEIGHT not in table or len(table) == 0 or len(table.columns) < 2:
        raise ConfigurationError(f"posterior={given}: a table with a column {WEIGHT} and one for each parameter is needed")
    for key in table.columns.drop(WEIGHT):
        if key not in rows:
            raise ConfigurationError(f"posterior={given}: {key} is not a parameter of this version; calibrate again")
        column = table[key].to_numpy(float)
        low, high = rows[key]["low"], rows[key]["high"]
        if not (np.isfinite(column).all() and (column >= low).all() and (column <= high).all()):
            raise ConfigurationError(f"posterior={given}: {key} has values outside {low:g} to {high:g}; calibrate again")
    weights = table[WEIGHT].to_numpy(float)
    if not (np.isfinite(weights).all() and (weights >= 0.0).all() and weights.sum() > 0.0):
        raise ConfigurationError(f"posterior={given}: weights must be numbers from 0 up, not all of them 0")
    values = table.drop(columns=WEIGHT).to_dict("records")
    return PosteriorDraws(tuple(values), weights / weights.sum(), str(path))
