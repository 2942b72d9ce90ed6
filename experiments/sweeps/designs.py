"""Designs: which values the factors of a sweep take together, a tuple for each design point.

Sampling designs are drawn on the unit cube from a generator seeded by the project's root seed, and
each coordinate is then read as a value of its factor. SciPy and SALib draw the Sobol sequence and the
designs of sensitivity analysis; one root gives the same points always.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from experiments.execution.chunks import DESIGN_STREAM, stream_generator
from experiments.sweeps.specification import MOST_ROWS, SAMPLED, Factor, SweepSpecification
from sim.configuration import ConfigurationError

if TYPE_CHECKING:
    import numpy as np

Point = tuple[Any, ...]


def design_points(spec: SweepSpecification, root_seed: int) -> list[Point]:
    """The design points: one value per factor, in the order of `spec.factors`.

    ConfigurationError if the factors do not fit the design, or if there would be too many points.
    """
    factors = spec.factors
    if spec.design not in SAMPLED and spec.rows is not None:
        decides = "table" if spec.design == "table" else "factors"
        raise ConfigurationError(
            f"sweep.rows={spec.rows}: how many points a {spec.design} design has is decided by its {decides}; leave rows out, "
            "or give sweep.design=latin_hypercube"
        )
    if spec.design == "table":
        return list(spec.points or ())
    if spec.design == "grid":
        return _grid(factors)
    if spec.design == "list":
        return _list(factors)
    if spec.rows * _points_a_row(spec) > MOST_ROWS:
        raise ConfigurationError(f"sweep.rows={spec.rows}: more than {MOST_ROWS:,} design points; take fewer")
    if spec.design == "morris" and spec.levels % 2:
        raise ConfigurationError(f"sweep.levels={spec.levels}: a Morris design needs an even number of levels")
    return [
        tuple(value_at(factor, u) for factor, u in zip(factors.values(), point, strict=True))
        for point in unit_points(spec, root_seed).tolist()
    ]


def unit_points(spec: SweepSpecification, root_seed: int) -> np.ndarray:
    """Points of a sampling design on the unit cube, float64[points, factors].

    Latin hypercube (McKay, Beckman and Conover 1979), scrambled Sobol sequence (Owen 1998), Morris
    trajectories (Morris 1991), Saltelli's cross-sampling (Saltelli 2002), or plain random points.
    """
    import numpy as np

    dimensions, rows = len(spec.factors), spec.rows
    generator = stream_generator(root_seed, DESIGN_STREAM)
    if spec.design == "random":
        return generator.random((rows, dimensions))
    if spec.design == "latin_hypercube":
        strata = np.column_stack([generator.permutation(rows) for _ in range(dimensions)])
        return (strata + generator.random((rows, dimensions))) / rows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # `notes` warns of a count that is not a power of two
        if spec.design == "sobol":
            from scipy.stats import qmc

            return qmc.Sobol(dimensions, scramble=True, seed=generator).random(rows)
        return _sample_with_salib(spec, dimensions, generator)


def _sample_with_salib(spec: SweepSpecification, dimensions: int, generator) -> np.ndarray:
    from SALib.sample import morris, sobol

    problem = {"num_vars": dimensions, "names": list(spec.factors), "bounds": [[0.0, 1.0]] * dimensions}
    if spec.design == "morris":
        return morris.sample(problem, spec.rows, num_levels=spec.levels, seed=generator)
    return sobol.sample(problem, spec.rows, calc_second_order=spec.second_order, seed=generator)


def _points_a_row(spec: SweepSpecification) -> int:
    """Design points for each of `spec.rows`."""
    k = len(spec.factors)
    if spec.design == "morris":
        return k + 1
    if spec.design == "saltelli":
        return 2 * k + 2 if spec.second_order else k + 2
    return 1


def notes(spec: SweepSpecification) -> list[str]:
    """What a reader should know of a design before using it."""
    if spec.design in ("sobol", "saltelli") and spec.rows & (spec.rows - 1):
        below = 1 << (spec.rows.bit_length() - 1)
        return [f"rows={spec.rows}: a Sobol sequence is balanced at powers of two; {below} or {2 * below} would be better"]
    return []


def value_at(factor: Factor, u: float) -> Any:
    """The value of a factor at u in [0, 1]: listed values and whole numbers have equal shares.

    >>> value_at(Factor(low=1.0, high=100.0, log=True), 0.5)
    10.0
    >>> [value_at(Factor(values=("a", "b")), u) for u in (0.0, 0.5, 1.0)]
    ['a', 'b', 'b']
    """
    if factor.values is not None:
        return factor.values[min(int(u * len(factor.values)), len(factor.values) - 1)]
    if factor.whole:
        return _whole_at(factor, u)
    if factor.log:
        between = math.exp((1.0 - u) * math.log(factor.low) + u * math.log(factor.high))
        return min(factor.high, max(factor.low, round_off(between)))
    return factor.low + u * (factor.high - factor.low)


def _whole_at(factor: Factor, u: float) -> int:
    low, high = math.ceil(factor.low), math.floor(factor.high)
    if factor.log:
        number = math.floor(math.exp((1.0 - u) * math.log(low) + u * math.log(high + 1)) * (1.0 + 1e-12))
    else:
        number = math.floor(low + u * (high + 1 - low))
    return min(high, max(low, number))


def round_off(value: float) -> float:
    """Twelve digits: what a logarithm and its inverse leave exact."""
    return float(f"{value:.12g}")


def _grid(factors: Mapping[str, Factor]) -> list[Point]:
    """Every combination; the last factor turns fastest."""
    levels = {path: _levels(path, factor) for path, factor in factors.items()}
    size = math.prod(len(values) for values in levels.values())
    if size > MOST_ROWS:
        raise ConfigurationError(f"sweep.factors: a grid of {size:,} points is more than {MOST_ROWS:,}; take a sampling design")
    return list(itertools.product(*levels.values()))


def _levels(path: str, factor: Factor) -> tuple:
    if factor.values is not None:
        return factor.values
    if factor.steps is None:
        raise ConfigurationError(f"sweep.factors.{path}: a range in a grid needs steps, for example steps=5 (or give values)")
    shares = [step / (factor.steps - 1) for step in range(factor.steps)]
    if factor.whole:
        low, high = factor.low, factor.high
        spread = [low * (high / low) ** u if factor.log else low + u * (high - low) for u in shares]
        return tuple(dict.fromkeys(round(value) for value in spread))
    return tuple(round_off(value_at(factor, u)) for u in shares)


def _list(factors: Mapping[str, Factor]) -> list[Point]:
    """The i-th value of every factor together."""
    for path, factor in factors.items():
        if factor.values is None:
            raise ConfigurationError(f"sweep.factors.{path}: a list design needs values=[...] for every factor")
    lengths = {path: len(factor.values) for path, factor in factors.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{path} has {n}" for path, n in lengths.items())
        raise ConfigurationError(f"sweep.factors: a list design takes as many values of each factor; {counts}")
    return list(zip(*(factor.values for factor in factors.values()), strict=True)) if factors else [()]
