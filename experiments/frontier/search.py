"""The search for mixtures that no other betters in harm and in cost: NSGA-II of Optuna, asked and told a generation at a time.

NSGA-II (Deb, Pratap, Agarwal and Meyarivan 2002, doi:10.1109/4235.996017) needs no weights between objectives, asks for a whole
generation at once, so that its worlds fill all cores, and repeats itself from its seed, so that an interrupted search takes up
where it was. Optuna has it in plain Python; pymoo has more algorithms, and compiled parts. Model-based samplers (TPE, Gaussian
processes) need fewer mixtures, but one after the other, and a mixture costs less than a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from experiments.frontier.plan import SPEND, FrontierPlan, Mixture, mixture_at, place_of
from experiments.frontier.runs import OBJECTIVES

Evaluate = Callable[[int, Sequence[Mixture]], np.ndarray | None]
"""Objectives, float64[mixtures, objectives], of a generation by its number; None if its worlds failed."""


def search(plan: FrontierPlan, seed: int, evaluate: Evaluate) -> tuple[list[Mixture], np.ndarray] | None:
    """All mixtures that were tried and their objectives, float64[mixtures, objectives]; None if worlds failed."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    settings = plan.settings
    sides = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in (*settings.levers, SPEND)}
    sampler = optuna.samplers.NSGAIISampler(population_size=settings.population, seed=seed)
    study = optuna.create_study(directions=["minimize"] * len(OBJECTIVES), sampler=sampler)
    for mixture in plan.starts():
        study.enqueue_trial(place_of(settings.levers, mixture, settings.budget_a_year))
    tried: list[Mixture] = []
    found = []
    for generation in range(settings.generations):
        trials = [study.ask(sides) for _ in range(settings.population)]
        mixtures = [mixture_at(settings.levers, trial.params, settings.budget_a_year) for trial in trials]
        objectives = evaluate(generation, mixtures)
        if objectives is None:
            return None
        for trial, values in zip(trials, objectives.tolist(), strict=True):
            study.tell(trial, values)
        tried += mixtures
        found.append(objectives)
    return tried, np.vstack(found)


def not_dominated(objectives: np.ndarray) -> np.ndarray:
    """bool[mixtures]: none of the others is as good in every objective and better in one; float64[mixtures, objectives] in.

    >>> not_dominated(np.array([[1.0, 3.0], [2.0, 1.0], [2.0, 3.0]]))
    array([ True,  True, False])
    """
    kept = np.ones(len(objectives), dtype=bool)
    for i, one in enumerate(objectives):
        others = objectives
        kept[i] = not ((others <= one).all(axis=1) & (others < one).any(axis=1)).any()
    return kept


def spread_out(objectives: np.ndarray, number: int) -> list[int]:
    """So many places far from each other, the one of least harm first (farthest-first traversal; Gonzalez 1985)."""
    width = np.ptp(objectives, axis=0)
    scaled = (objectives - objectives.min(axis=0)) / np.where(width > 0.0, width, 1.0)
    chosen = [int(np.argmin(scaled[:, 0]))]
    distance = np.linalg.norm(scaled - scaled[chosen[0]], axis=1)
    while len(chosen) < min(number, len(objectives)) and distance.max() > 0.0:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(scaled - scaled[chosen[-1]], axis=1))
    return chosen
