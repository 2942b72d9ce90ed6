"""By how much a lever moves what it is said to move (`sim.levers`): for the test and for the table of the docs.

A claim names a measure of the ledger and the direction in which the lever moves it. The effect is the mean
difference between twin worlds that part on the first day of the lever, over the same seeds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim.configuration import compose
from sim.levers import LEVER_KINDS
from sim.parameters import Lever
from sim.simulation import Simulation


def twins(
    market: str, lever: str, seeds: range, start: int, days: int, settings: dict | None = None, world: dict | None = None
) -> Iterator[tuple[Simulation, Simulation]]:
    """Pairs of (untreated, treated) worlds after `days` of the lever, from one founding and the same days before.

    `settings` are those of the lever (those of its claim if none are given); `world` overrides beside those that
    the claim asks for.
    """
    for seed in seeds:
        morning, twin = untreated(market, seed, start, days, LEVER_KINDS[lever].claim.world | (world or {}))
        yield twin, treated(morning, lever, days, settings)


def untreated(market: str, seed: int, start: int, days: int, world: dict) -> tuple[Simulation, Simulation]:
    """A world on the morning of day `start`, and its untreated twin `days` later. `world`: overrides by key."""
    overrides = {"seed": seed, "days": start + days, "burn_in": 0, "policy.start_day": start}
    morning = Simulation(compose(market, overrides=overrides | world))
    morning.run(start)
    twin = morning.fork()
    twin.run(days)
    return morning, twin


def treated(morning: Simulation, lever: str, days: int, settings: dict | None = None) -> Simulation:
    """The twin of that morning's world after `days` of the lever, set as in its claim if no settings are given."""
    if settings is None:
        settings = {"intensity": LEVER_KINDS[lever].claim.intensity} | LEVER_KINDS[lever].claim.aim
    policy = morning.parameters.policy.model_copy(update={"name": lever, "levers": {lever: Lever(**settings)}})
    twin = morning.fork(morning.parameters.model_copy(update={"policy": policy}))
    twin.run(days)
    return twin


def effect(pairs: list[tuple[Simulation, Simulation]], measure: str, start: int, errors: float) -> tuple[float, float, float]:
    """Mean difference a day of a ledger measure, and its bounds at so many standard errors."""
    differences = np.array([mean_of(b, measure, start) - mean_of(a, measure, start) for a, b in pairs])
    half = errors * differences.std(ddof=1) / math.sqrt(differences.size)
    return differences.mean(), differences.mean() - half, differences.mean() + half


def mean_of(run: Simulation, measure: str, start: int) -> float:
    """A ledger measure a day, from day `start` on."""
    return float(run.world.ledger[measure][start:].mean())
