"""Small worlds for the tests: their configurations, and compiled doors to single rules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from sim.compiled import INTERPRETED
from sim.configuration import compose
from sim.parameters import Lever, Parameters
from sim.simulation import Simulation
from sim.state.measures import CELL_MEASURES, DAY_MEASURES

ROOT = Path(__file__).resolve().parents[1]
TINY = {
    "days": 90,
    "burn_in": 0,
    "policy.start_day": 30,
    "market.bosses": 8,
    "market.prostitutes": 20,
    "market.providers": 20,
    "market.clients": 200,
    "market.searches_per_day": 20.0,
}
if INTERPRETED:  # a hundred times slower: fewer people, the same days
    TINY |= {
        "market.bosses": 4,
        "market.prostitutes": 9,
        "market.providers": 8,
        "market.clients": 40,
        "market.searches_per_day": 4.0,
    }
compiled_only = pytest.mark.skipif(INTERPRETED, reason="asks about compiled code, or draws too many numbers for plain Python")


def examples(number: int) -> settings:
    """Settings with so many generated cases, or fewer where the profile says so."""
    return settings(max_examples=min(number, settings.default.max_examples))


def tiny(market: str = "class", **changed) -> Parameters:
    """A valid configuration of a tiny market; `__` in a name may stand for the dot of a key."""
    return compose(market, overrides=TINY | {name.replace("__", "."): value for name, value in changed.items()})


def ran(parameters: Parameters, days: int | None = None) -> Simulation:
    """A world of this configuration after some days (the horizon if none are given)."""
    run = Simulation(parameters)
    run.run(days)
    return run


def table(run: Simulation, days: int | None = None) -> np.ndarray:
    """The whole-market ledger of the days run as integers, [day, measure]."""
    days = run.day if days is None else days
    return run.world.ledger[:days].view(np.int64).reshape(days, len(DAY_MEASURES))


def cells(run: Simulation, days: int | None = None) -> np.ndarray:
    """The ledger by cell of the days run as integers, [day, cell, measure]."""
    days = run.day if days is None else days
    return run.world.cells[:days].view(np.int64).reshape(days, run.world.cells.shape[1], len(CELL_MEASURES))


def with_lever(parameters: Parameters, name: str, **lever) -> Parameters:
    """The same configuration under a policy of one lever (all its territories and kinds unless told)."""
    policy = parameters.policy.model_copy(update={"name": name, "levers": {name: Lever(**lever)}})
    return parameters.model_copy(update={"policy": policy})


def agenda(world) -> dict[int, list[int]]:
    """Client rows by the day for which they stand in the agenda, each list sorted."""
    listed = {}
    for day, chunk in enumerate(world.agenda_head):
        rows = []
        while chunk >= 0:
            rows += world.agenda_client[chunk, : world.agenda_count[chunk]].tolist()
            chunk = world.agenda_next[chunk]
        listed[day] = sorted(rows)
    return listed


def run_fresh(code: str, **environment: str) -> subprocess.CompletedProcess:
    """Run Python code from the project's root in a fresh interpreter, with changes to its environment."""
    variables = os.environ | environment
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=300)


def _share(low=0.0, high=1.0):
    return st.floats(low, high).map(lambda x: round(x, 3))


CHANGES = {
    "seed": st.integers(0, 2**53 - 1),
    "market.bosses": st.integers(1, 24),
    "market.prostitutes": st.integers(0, 70),
    "market.providers": st.integers(0, 50),
    "market.clients": st.integers(1, 1500),
    "market.searches_per_day": _share(0.0, 80.0),
    "market.platforms": st.integers(1, 16),
    "market.reach_km": _share(1.0, 200.0),
    "demand.digital_share": st.one_of(st.just(0.0), st.just(1.0), _share()),
    "demand.offers_seen": st.integers(1, 8),
    "demand.retry_chance": _share(),
    "demand.fear_kappa": _share(0.0, 5.0),
    "demand.rate_sigma": _share(0.0, 2.0),
    "demand.appointments_per_person": st.integers(1, 8),
    "demand.report_chance": _share(0.0, 0.2),
    "demand.price_step_up": _share(0.0, 0.3),
    "entry.at_risk_per_100k": _share(0.0, 100.0),
    "entry.at_risk_days": _share(1.0, 120.0),
    "entry.recruit_chance": _share(),
    "entry.keep_share": _share(),
    "planning.rest_days": _share(1.0, 8.0),
    "planning.duration_sigma": _share(0.0, 1.0),
    "planning.lend_chance": _share(),
    "planning.tour_chance": _share(),
    "planning.team_mean": _share(1.0, 6.0),
    "planning.moving": st.booleans(),
    "labour.bonding": st.one_of(st.just(0.0), st.just(1.0), _share()),
    "labour.trust_days": st.integers(0, 60),
    "labour.asked_contacts": st.integers(1, 16),
    "labour.asked_pool": st.integers(0, 8),
    "labour.max_plans": st.integers(1, 6),
    "labour.leave_rate": _share(),
    "labour.minutes_per_day": st.integers(60, 1440),
    "control.attempt_rate": _share(0.0, 0.4),
    "enforcement.inspector_days_per_100k": _share(0.0, 10.0),
    "enforcement.cells_chosen": st.sampled_from(["uniform", "listed", "learned"]),
    "enforcement.listed_territory": st.integers(0, 2),
    "enforcement.response_chance": _share(),
    "enforcement.staff_report": _share(0.0, 0.5),
    "enforcement.boss_present": _share(),
    "enforcement.provider_arrested": _share(),
    "enforcement.exit_after_recognition": _share(),
    "justice.custody_days": st.integers(1, 6),
    "justice.prison_days_boss": _share(10.0, 100.0),
    "justice.prison_days_provider": _share(10.0, 100.0),
    "careers.boss_leave_rate": _share(0.0, 0.05),
    "careers.provider_leave_rate": _share(0.0, 0.05),
    "careers.boss_entry": _share(0.0, 10.0),
    "careers.provider_entry": _share(0.0, 10.0),
    "careers.acquaintances": st.integers(0, 8),
    "learning.learning": st.booleans(),
    "learning.word_rate": _share(),
}

if INTERPRETED:
    CHANGES |= {
        "market.bosses": st.integers(1, 6),
        "market.prostitutes": st.integers(0, 15),
        "market.providers": st.integers(0, 12),
        "market.clients": st.integers(1, 60),
        "market.searches_per_day": _share(0.0, 6.0),
        "careers.boss_entry": _share(0.0, 2.0),
        "careers.provider_entry": _share(0.0, 2.0),
    }

LEVER_INTENSITIES = {
    "venue_inspection": 100.0,
    "street_patrol": 100.0,
    "arrest_providers": 0.6,
    "arrest_bosses": 0.6,
    "planted_aversion": 2000.0,
}


@st.composite
def changes(draw, policy: bool = True):
    """Generated overrides of a tiny market, `class` size or smaller: up to sixteen keys, and perhaps one lever."""
    names = draw(st.lists(st.sampled_from(sorted(CHANGES)), unique=True, max_size=16))
    overrides = {"seed": draw(CHANGES["seed"])} | {name: draw(CHANGES[name]) for name in names}
    if policy and draw(st.booleans()):
        lever = draw(st.sampled_from(sorted(LEVER_INTENSITIES)))
        overrides[f"policy.levers.{lever}.intensity"] = LEVER_INTENSITIES[lever]
    return overrides
