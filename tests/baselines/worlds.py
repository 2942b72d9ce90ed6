"""The worlds whose ledgers are kept as baselines, and how one of them is described."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np

from experiments.configuration.composition import leaves_of
from sim.configuration import compose, read_group
from sim.parameters import Parameters
from sim.simulation import Simulation

FILE = Path(__file__).with_name("golden.json")
DAYS, BURN_IN = 200, 60
FIRST_VERSION = dict(leaves_of(read_group("structure", "first_version")))  # so that no better default renews the baselines
MEANS = ("in_plan", "plans_running", "encounters", "unmet", "slots_vacant", "provider_days_engaged", "plans_broken_up")
WORLDS = {
    "plain": (
        {"seed": 11},
        "The class market of seed 11 left alone: any change of a rule, a default or a stream of chance moves it.",
    ),
    "other seed": (
        {"seed": 12, "labour.bonding": 0.5, "enforcement.cells_chosen": "learned"},
        "Half the pairs bonded and police who learn: changes that only those rules feel move this one and leave the plain one.",
    ),
    "policy": (
        {"seed": 13, "policy.start_day": 100,
         "policy.levers.venue_inspection": {"intensity": 20.0, "territory": "largest", "kind": "hotel"},
         "policy.levers.arrest_providers": {"intensity": 0.2, "start": 120, "end": 160}},
        "Inspections of one place's hotels and the arrest of a fifth of Providers for forty days: moves when a lever changes.",
    ),
}  # fmt: skip


def parameters_of(name: str, **changed) -> Parameters:
    """The configuration of a baseline, perhaps perturbed."""
    return compose("class", overrides=FIRST_VERSION | {"days": DAYS, "burn_in": BURN_IN} | WORLDS[name][0] | changed)


def run_world(parameters: Parameters) -> Simulation:
    run = Simulation(parameters)
    run.run()
    return run


def means_of(run: Simulation) -> dict[str, float]:
    """Daily means after burn-in, for a comparison elsewhere than on the platform of the hashes."""
    return {name: float(np.mean(run.world.ledger[name][BURN_IN:])) for name in MEANS}


def this_platform() -> str:
    """What may change the last digit of a logarithm: system, processor and C library."""
    return "-".join([platform.system(), platform.machine(), *platform.libc_ver()])


def describe_all() -> dict:
    """Hash, means and meaning of every baseline on this platform."""
    runs = {name: run_world(parameters_of(name)) for name in WORLDS}
    return {
        "platform": this_platform(),
        "worlds": {
            name: {"meaning": WORLDS[name][1], "ledger_sha256": run.ledger_sha256(), "daily_means": means_of(run)}
            for name, run in runs.items()
        },
    }


def kept() -> dict:
    return json.loads(FILE.read_text(encoding="utf-8"))
