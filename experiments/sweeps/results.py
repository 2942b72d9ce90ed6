"""Results read again: rows as a pandas table, differences between arms, means with their intervals.

An interval is over replicates, the independent repetitions of a sweep; design points are fixed, so with
one replicate there is none. It shows simulation error at the parameters given, nothing about the world.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.statistics.intervals import mean_interval, ratio_of_means
from experiments.store.checksums import refuse_changed
from experiments.store.files import StoreError
from experiments.store.store import Store
from experiments.sweeps.runs import DONE, FAILED
from experiments.sweeps.specification import AT_TARGET, ELSEWHERE, TARGET_UNITS, SweepSpecification, read_specification, units_of
from sim.measures.windows import LIMITS, not_observable

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

INTERVAL = "95 % over replicates (seeds): simulation error at fixed parameters"
INTERVAL_OF_DRAWS = "95 % over replicates, each with its seed and its draw of the posterior"
_SHOWN_FAILURES = 10


class Result:
    """A result folder, opened to be read. StoreError, one line, if it holds no result or its manifest is damaged.

    With a list of `faults`, damaged files are left out and noted there; without, to read them raises StoreFailure.
    """

    def __init__(self, folder: str | Path, faults: list[str] | None = None):
        self.folder = Path(folder)
        self.faults = faults
        self._note = None if faults is None else faults.append
        self.store = Store.view(self.folder) if faults is None else Store.view(self.folder, faults.append)
        self.manifest: dict[str, Any] = self.store.manifest

    @property
    def summary(self) -> dict[str, Any] | None:
        """The summary of the command, or None while it is not finished."""
        return self.store.read_summary()

    def rows(self) -> pa.Table:
        """The rows as an Arrow table, checked against their hashes and sorted by id."""
        return self.store.read_rows(self._note)

    def frame(self, table: str | None = None) -> pd.DataFrame:
        """The rows, checked against their hashes and sorted by id; or another table of the folder by name."""
        if table is None:
            return self.rows().to_pandas()
        import pyarrow.parquet as pq

        path = self.folder / f"{table}.parquet"
        if not path.is_file():
            known = sorted(file.stem for file in self.folder.glob("*.parquet"))
            raise StoreError(f"{path} does not exist; tables here: {', '.join(known) or 'none'}")
        refuse_changed(path)
        return pq.ParquetFile(path).read().to_pandas()  # Pandas itself gives Arrow a Python file (apache/arrow#50482)

    def contrasts(self, baseline: str | None = None) -> pd.DataFrame:
        """Differences of the outcomes, arm minus baseline, for each design point and seed of a sweep."""
        baseline = baseline or (self.manifest["configuration"].get("sweep") or {}).get("contrasts")
        frame = self.frame()
        arms = list(frame["arm"].unique()) if "arm" in frame else []
        if baseline not in arms:
            raise StoreError(f"{self.folder}: no baseline arm {baseline!r}; arms here: {', '.join(arms) or 'none'}")
        return differences(frame, baseline, units_of(self.manifest["configuration"]))

    def specification(self) -> SweepSpecification:
        """The sweep of the manifest; StoreError if the result is of another command."""
        if self.manifest["command"] != "sweep":
            raise StoreError(f"{self.folder} is a result of {self.manifest['command']}, not of a sweep")
        return read_specification(self.manifest["configuration"])


def outcome_columns(frame: pd.DataFrame, units: Mapping[str, str]) -> list[str]:
    """Columns that hold outcomes, of which `units` has the units, in their order."""
    return [name for name in frame.columns if name in units or name in TARGET_UNITS]


def differences(frame: pd.DataFrame, baseline: str, units: Mapping[str, str]) -> pd.DataFrame:
    """Rows of every other arm with outcomes minus those of the baseline at the same point and seed; failed ones left out."""
    done = frame[frame["status"] == DONE].drop(columns=["ledger_sha256", "status", "error", "configuration"])
    return minus_base(done, baseline, ["design", "replicate"], outcome_columns(frame, units))


def minus_base(rows: pd.DataFrame, baseline: str, keys: list[str], columns: list[str]) -> pd.DataFrame:
    """Rows of every other arm with columns minus those of the baseline at the same keys; those without such a row left out."""
    base = rows[rows["arm"] == baseline].set_index(keys)[columns]
    others = rows[rows["arm"] != baseline]
    others = others[others.set_index(keys).index.isin(base.index)]
    found = others.reset_index(drop=True)
    found[columns] = others[columns].to_numpy() - base.reindex(others.set_index(keys).index).to_numpy()
    return found


def summarise(frame: pd.DataFrame, spec: SweepSpecification, is_drawn: bool = False) -> dict[str, Any]:
    """How many rows are done and failed, means by arm with intervals, contrasts, and the displaced share."""
    failed = frame[frame["status"] == FAILED]
    arms = list(dict.fromkeys(frame["arm"]))
    summary: dict[str, Any] = {
        "question": spec.question,
        "design": spec.design,
        "factors": list(spec.factors),
        "arms": arms,
        "rows": len(frame),
        "done": int((frame["status"] == DONE).sum()),
        "failed": len(failed),
        "failures": failed[["id", "arm", "error", "configuration"]].head(_SHOWN_FAILURES).to_dict("records"),
        "interval": INTERVAL_OF_DRAWS if is_drawn else INTERVAL,
        "outcomes": {arm: _means(frame[(frame["arm"] == arm) & (frame["status"] == DONE)], spec.units) for arm in arms},
    }
    if spec.contrasts in arms:
        change = differences(frame, spec.contrasts, spec.units)
        others = [arm for arm in arms if arm != spec.contrasts]
        summary["contrasts"] = {
            "baseline": spec.contrasts,
            "outcomes": {arm: _means(change[change["arm"] == arm], spec.units) for arm in others},
        }
        if AT_TARGET in change:
            shares = {arm: displaced_share(change[change["arm"] == arm]) for arm in others}
            summary["contrasts"]["displaced_share"] = shares
    return summary


def _means(frame: pd.DataFrame, units: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Mean of each outcome over its rows, with an interval over replicates where there are two or more."""
    found = {}
    for name in outcome_columns(frame, units):
        values = frame[["replicate", name]].dropna().groupby("replicate")[name].mean().to_numpy()
        interval = mean_interval(values)
        found[name] = {
            "mean": _finite(interval.estimate), "low": _finite(interval.low), "high": _finite(interval.high),
            "replicates": interval.n, "unit": units[name],
        }  # fmt: skip
        if interval.n == 0:
            limit = LIMITS.get(name)
            other = len(frame) == 0 or limit is None or not limit.a_count
            found[name]["reason"] = "no row has a value" if other else not_observable(limit)
    return found


def displaced_share(change: pd.DataFrame) -> dict[str, Any] | None:
    """Minus the changes elsewhere over the change at the target, a ratio of means over replicates (Fieller interval).

    `change` holds differences to a baseline. None where the fall at the target is not clear of zero.
    """
    by_replicate = change[["replicate", AT_TARGET, ELSEWHERE]].dropna().groupby("replicate")[[AT_TARGET, ELSEWHERE]].mean()
    at_target, elsewhere = by_replicate[AT_TARGET].to_numpy(), by_replicate[ELSEWHERE].to_numpy()
    fall = mean_interval(at_target)
    if not fall.high < 0.0:
        return None
    ratio = ratio_of_means(-elsewhere, at_target)
    return {"estimate": _finite(ratio.estimate), "low": ratio.low, "high": ratio.high, "replicates": ratio.n, "unit": "share"}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def mean_by_point(frame: pd.DataFrame, outcome: str) -> dict[int, tuple[float, float, float]]:
    """Mean of an outcome over replicates and both ends of its interval (`INTERVAL`), by design point that has a mean."""
    by_point = frame[np.isfinite(frame[outcome])].groupby("design")[outcome]
    return {int(design): mean_interval(values.to_numpy())[:3] for design, values in by_point}
