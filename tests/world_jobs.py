"""Tiny worlds and tables for workers to make, as sweeps have them."""

import os
import time
from pathlib import Path

from experiments.execution.chunks import plan_chunks, world_seed

TINY = {
    "days": 60,
    "burn_in": 0,
    "market.bosses": 8,
    "market.prostitutes": 20,
    "market.providers": 20,
    "market.clients": 200,
    "market.searches_per_day": 20.0,
}


def plan_worlds(count, chunk_size=2):
    """Chunks of (id, seed)."""
    return plan_chunks([(id, world_seed(7, id)) for id in range(count)], chunk_size)


def run_worlds(chunk):
    """A row a world: what happened in it, and the hash of its ledger."""
    from sim.configuration import compose
    from sim.simulation import Simulation

    rows = []
    for id, seed in chunk.tasks:
        simulation = Simulation(compose("class", overrides=TINY | {"seed": seed}))
        simulation.run()
        person_days = int(simulation.world.cells["person_days"].sum())
        rows.append({"id": id, "seed": seed, "person_days": person_days, "ledger": simulation.ledger_sha256()})
    return rows


def run_worlds_slowly(chunk):
    """The same, with time for something to go wrong meanwhile."""
    time.sleep(0.3)
    return run_worlds(chunk)


def prepare():
    """Note who prepares and when; the folder is in the environment."""
    folder = Path(os.environ["PLANSIM_TEST_FOLDER"])
    (folder / f"begin-{os.getpid()}").write_text(str(time.monotonic()))
    time.sleep(0.3)
    (folder / f"end-{os.getpid()}").write_text(str(time.monotonic()))


def return_very_much(chunk):
    return b"x" * 120_000_000
