"""By how much a lever moves what its claim names (`sim.levers`): for the table of the docs, and for its test.

A claim names a measure of the ledger and the direction in which the lever moves it. The effect is the mean
difference between twin worlds that part on the first day of the lever, over the same seeds.
"""

from __future__ import annotations

from sim.configuration import compose
from sim.levers import LEVER_KINDS
from sim.parameters import Lever
from sim.simulation import Simulation


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


def mean_of(run: Simulation, measure: str, start: int) -> float:
    """A ledger measure per day, from day `start` on."""
    return float(run.world.ledger[measure][start:].mean())
