"""Which structures matter to which hypothesis: a two-level screening design over the named structures, and its effects.

The design is a Hadamard matrix on top of its mirror image (a foldover, Box and Hunter 1961): each structure is on in half
of the runs, and its main effect is clear of every interaction of two structures (resolution IV). Interactions of two
are estimated in sums, those that cannot be told apart together, where the matrix is a regular one.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.questions.analysis import columns_of, find
from experiments.questions.study import MAIN, Study
from experiments.statistics.intervals import mean_if_known, to_json
from experiments.structures.plan import Point
from sim.configuration import ConfigurationError

FEWEST, MOST = 2, 16
_ROW_OF_12 = "++-+++---+-"  # Plackett and Burman (1946)


def hadamard(order: int) -> np.ndarray:
    """int64[order, order], +1 and -1, orthogonal columns, one row all +1: by Sylvester, and by Plackett and Burman for 12."""
    from scipy.linalg import hadamard as by_sylvester  # late: importing SciPy costs more than most commands

    if order != 12:
        return by_sylvester(order)
    first = np.array([1 if sign == "+" else -1 for sign in _ROW_OF_12])
    circulant = np.array([np.roll(first, shift) for shift in range(11)])
    whole = np.block([[np.ones((11, 1), int), circulant], [np.ones((1, 1), int), -np.ones((1, 11), int)]])
    return whole * whole[-1]


def design_of(names: Sequence[str]) -> np.ndarray:
    """int64[runs, structures]: +1 where a structure is on; 4, 8, 16, 24 or 32 runs, the fewest structures first.

    ConfigurationError for too few or too many structures.
    """
    if not FEWEST <= len(names) <= MOST:
        given = ", ".join(names) or "none"
        raise ConfigurationError(f"screening: {FEWEST} to {MOST} structures other than the default are needed; given: {given}")
    half = hadamard(next(order for order in (2, 4, 8, 12, 16) if order >= len(names)))[:, : len(names)]
    runs = np.vstack([half, -half])
    return runs[np.lexsort([*runs.T[::-1], runs.sum(axis=1)])]


def points_of(names: Sequence[str]) -> list[Point]:
    """The runs of the design as the structures that are on in each."""
    return [Point(tuple(itertools.compress(names, run > 0))) for run in design_of(names)]


def contrasts_of(names: Sequence[str]) -> list[dict[str, Any]]:
    """Name, kind and signs over the runs of each main effect and of each sum of interactions that is estimable."""
    design = design_of(names)
    contrasts = [{"effect": name, "kind": "main", "signs": design[:, i]} for i, name in enumerate(names)]
    groups: list[tuple[np.ndarray, list[str]]] = []
    for i, j in itertools.combinations(range(len(names)), 2):
        signs, label = design[:, i] * design[:, j], f"{names[i]} x {names[j]}"
        same = next((labels for other, labels in groups if np.array_equal(signs, other)), None)
        if same is not None:
            same.append(label)
        else:
            groups.append((signs, [label]))
    if all(not signs @ other for (signs, _), (other, _) in itertools.combinations(groups, 2)):
        contrasts += [{"effect": " + ".join(labels), "kind": "interactions", "signs": signs} for signs, labels in groups]
    return contrasts


def pair_values(study: Study, rows: list[dict[str, Any]]) -> np.ndarray:
    """float64[pairs] whose mean is the estimate of the main comparison; where that is no mean, by the jackknife.

    The pseudo-values of the jackknife (Tukey 1958) are n times the estimate less n - 1 times that without the pair.
    """
    columns = columns_of(rows, MAIN)
    found, pairs = find(study, columns), len(columns["pair"])
    if found.values is not None:
        return np.asarray(found.values, dtype=float)
    whole = _number(found.interval.estimate)
    without = [
        _number(find(study, {name: values[:k] + values[k + 1 :] for name, values in columns.items()}).interval.estimate)
        for k in range(pairs)
    ]
    return pairs * whole - (pairs - 1) * np.array(without)


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def effects_of(names: Sequence[str], values: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    """Each contrast: runs with a sign of + less those with -, pair by pair, with its 95 % interval over pairs.

    `values`: float64[pairs] of each run of the design, of the same seeds in all runs; one that is not finite leaves every
    effect unknown.
    """
    table = np.array(values)
    effects = []
    for contrast in contrasts_of(names):
        by_pair = contrast["signs"] @ table / (len(table) / 2)
        found = to_json(mean_if_known(by_pair))
        effects.append({"effect": contrast["effect"], "kind": contrast["kind"], **found, "clear": is_clear(found)})
    return effects


def is_clear(found: Mapping[str, float | None]) -> bool:
    """Whether an interval is known, has a width, and excludes zero."""
    low, high = found["low"], found["high"]
    return low is not None and high is not None and low < high and (low > 0.0 or high < 0.0)
