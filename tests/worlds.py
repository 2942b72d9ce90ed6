"""Small worlds for the tests: their configurations, and compiled doors to single rules."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from sim.configuration import compose
from sim.engine.compiled import INTERPRETED
from sim.levers import LEVER_KINDS
from sim.parameters import Lever, Parameters
from sim.simulation import Simulation
from sim.state.ledger import CELL_MEASURES, DAY_MEASURES

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
    return with_levers(parameters, {name: lever})


def with_levers(parameters: Parameters, levers: dict[str, dict]) -> Parameters:
    """The same configuration under a policy of several levers, each given by name and what it is set to."""
    chosen = {name: Lever(**lever) for name, lever in levers.items()}
    policy = parameters.policy.model_copy(update={"name": "+".join(levers), "levers": chosen})
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


def hear_ctrl_c() -> None:
    """For a child process that is to be interrupted: a job in the background may have been told to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


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
    "demand.channel_switch": _share(),
    "demand.channel_drift": _share(),
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
    "enforcement.cells_chosen": st.sampled_from(["uniform", "listed", "learned", "reported", "problem"]),
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
    "learning.general_rate": _share(),
    # police and clients
    "enforcement.online_share": _share(0.0, 0.15),  # tactics must not exceed the whole
    "enforcement.casework_share": _share(0.0, 0.2),
    "enforcement.client_share": _share(0.0, 0.05),
    "enforcement.fines_per_inspector_day": _share(0.0, 50.0),
    "enforcement.fine_amount": _share(0.0, 1500.0),
    "enforcement.courses_per_100k": _share(0.0, 10.0),
    "enforcement.training_recognition": _share(),
    "enforcement.training_detection": _share(0.0, 20.0),
    "enforcement.training_staff": _share(0.0, 200.0),
    "demand.course_effect": _share(),
    "demand.campaign_effect": _share(),
    "learning.fine_fear": _share(0.0, 5.0),
    "learning.fine_word": _share(0.0, 5.0),
    "casework.ads_per_inspector_day": _share(0.0, 100.0),
    "casework.link_chance": _share(),
    "casework.direct_chance": _share(),
    "casework.evidence_link": _share(),
    "casework.evidence_report": _share(),
    "casework.evidence_break_up": _share(),
    "casework.evidence_testimony": _share(),
    "casework.evidence_day": _share(),
    "casework.provider_share": _share(),
    "casework.file_opened": _share(),
    "casework.decay": _share(),
    "casework.kept_silo": _share(),
    "casework.kept_replaced": _share(),
    "casework.group_days": st.integers(0, 60),
    "casework.testimony": _share(),
    "casework.testimony_trust": _share(),
    "justice.evidence_weight": _share(),
    # web sites
    "platforms.lag_days": _share(1.0, 30.0),
    "platforms.to_street": _share(),
    "platforms.give_up": _share(),
    "platforms.contacts_lost": _share(),
    "platforms.birth": _share(),
    # outreach
    "outreach.street_hours": _share(0.0, 50.0),
    "outreach.personal_hours": _share(0.0, 50.0),
    "outreach.mass_hours": _share(0.0, 50.0),
    "outreach.reception_hours": _share(0.0, 50.0),
    "outreach.accompany_places": _share(0.0, 20.0),
    "outreach.street_per_hour": _share(0.0, 20.0),
    "outreach.personal_per_hour": _share(0.0, 60.0),
    "outreach.mass_per_hour": _share(0.0, 1000.0),
    "outreach.reception_per_hour": _share(0.0, 20.0),
    "outreach.practice_days": st.integers(0, 90),
    "outreach.interval_days": st.integers(0, 90),
    "outreach.street_answer": _share(),
    "outreach.personal_answer": _share(),
    "outreach.mass_answer": _share(),
    "outreach.positive_share": _share(),
    "outreach.undercover_effect": _share(0.0, 200.0),
    "outreach.meeting_chance": _share(),
    "outreach.patience_days": _share(0.1, 30.0),
    "outreach.load_effect": _share(0.0, 10.0),
    "outreach.queue_days": st.integers(1, 30),
    "outreach.accompany_chance": _share(),
    "outreach.accompany_days": _share(1.0, 60.0),
    "outreach.online_keeps": _share(),
    "outreach.trust_street": _share(),
    "outreach.trust_answer": _share(),
    "outreach.trust_meeting": _share(),
    "outreach.trust_day": _share(),
    "outreach.trust_lost": _share(),
    "outreach.attempt_gain": _share(),
    "outreach.success_gain": _share(),
    "outreach.vulnerability_decay": _share(),
    # care
    "care.beds_near": _share(0.0, 5.0),
    "care.beds_distant": _share(0.0, 5.0),
    "care.accept": _share(),
    "care.accept_trust": _share(),
    "care.stay_days": _share(1.0, 60.0),
    "care.runaway_near": _share(0.0, 0.5),
    "care.runaway_distant": _share(0.0, 0.5),
    "care.found_near": _share(0.0, 0.5),
    "care.found_distant": _share(0.0, 0.5),
    "care.back_to_boss": _share(),
    "care.reprisals": _share(),
    "care.trust_day": _share(),
    "care.relapse_factor": _share(),
    # entry and careers
    "calendar.growth": _share(-0.5, 1.0),
    "entry.growth": _share(-0.5, 1.0),
    "entry.meeting_rate": st.one_of(_share(), st.just(1e6)),
    "entry.runaway_rate": _share(),
    "entry.runaway_days": _share(1.0, 20.0),
    "entry.runaway_factor": _share(0.0, 20.0),
    "entry.prevention_rate": _share(0.0, 0.5),
    "planning.co_boss_chance": _share(),
    "control.taken_on_chance": _share(),
    "control.awareness_contact": _share(),
    "control.awareness_day": _share(),
    "control.intention_trust": _share(),
    "control.intention_control": _share(),
    "careers.boss_leave_idle": _share(0.0, 0.2),
    "careers.boss_leave_wealth": _share(0.0, 20.0),
    "careers.wealth": _share(1.0, 100_000.0),
    "careers.leave_after_arrest": _share(),
    "careers.promotion_rate": _share(0.0, 0.2),
    "careers.promotion_days": st.integers(0, 30),
    "careers.promotion_capital": _share(0.0, 3000.0),
    "careers.promotion_contacts": st.integers(0, 8),
    "careers.promotion_blind": st.booleans(),
    "careers.takeover_partner": _share(),
    "careers.takeover_provider": _share(),
}

POLICED = {  # police find enough for their effects to be seen in small worlds: as much as was assumed in the first version
    "enforcement.inspector_days_per_100k": 0.1, "enforcement.yield_factor": 1.0, "enforcement.response_chance": 0.2,
    "enforcement.boss_present": 0.35, "enforcement.provider_arrested": 0.6, "casework.evidence_day": 0.15,
}  # fmt: skip
BUSY = {  # every institution has a great deal to do, and every career is taken
    "enforcement.inspector_days_per_100k": 1.0,
    "enforcement.yield_factor": 1.0,
    "enforcement.response_chance": 0.2,
    "enforcement.provider_arrested": 0.6,
    "enforcement.fines_per_inspector_day": 20.0,
    "enforcement.courses_per_100k": 0.5,
    "casework.evidence_day": 0.3,
    "casework.testimony": 0.3,
    "outreach.street_hours": 2.0,
    "outreach.personal_hours": 0.5,
    "outreach.mass_hours": 0.002,
    "outreach.reception_hours": 1.0,
    "outreach.personal_answer": 0.6,
    "outreach.practice_days": 7,
    "outreach.queue_days": 21,
    "outreach.interval_days": 10,
    "outreach.accompany_places": 2.0,
    "outreach.accompany_chance": 0.7,
    "outreach.accompany_days": 20.0,
    "outreach.attempt_gain": 0.1,
    "care.beds_near": 0.5,
    "care.beds_distant": 0.6,
    "care.stay_days": 15.0,
    "care.found_near": 0.03,
    "care.runaway_near": 0.03,
    "planning.co_boss_chance": 0.4,
    "justice.prison_days_boss": 15.0,
    "justice.prison_days_provider": 15.0,
    "careers.promotion_rate": 0.03,
    "careers.promotion_days": 5,
    "careers.promotion_capital": 100.0,
    "careers.promotion_contacts": 1,
    "careers.takeover_provider": 0.6,
    "careers.leave_after_arrest": 0.2,
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
    name: kind.claim.intensity for name, kind in LEVER_KINDS.items()
} | {  # all at once, they leave some to act on
    "venue_inspection": 100.0,
    "street_patrol": 100.0,
    "online_inquiry": 100.0,
    "case_building": 100.0,
    "central_intelligence": 0.8,
    "client_fines": 100.0,
    "awareness_courses": 1.0,
    "platform_closure": 0.7,
    "beds_near": 0.5,
    "beds_distant": 0.3,
    "prevention": 10.0,
    "planted_aversion": 2000.0,
}
ALL_LEVERS = {name: {"intensity": intensity} for name, intensity in LEVER_INTENSITIES.items()}


@st.composite
def changes(draw, policy: bool = True, base: dict | None = None, most: int = 16):
    """Generated overrides of a tiny market, `class` size or smaller: up to so many keys, and perhaps some levers.

    What is drawn is laid over `base`. Levers are at most four, each perhaps with an end of its own.
    """
    names = draw(st.lists(st.sampled_from(sorted(CHANGES)), unique=True, max_size=most))
    overrides = (base or {}) | {"seed": draw(CHANGES["seed"])} | {name: draw(CHANGES[name]) for name in names}
    sizes = TINY | overrides
    most_searches = 0.9 * sizes["market.clients"]
    if sizes["market.searches_per_day"] > most_searches:
        overrides["market.searches_per_day"] = most_searches
    if policy and draw(st.booleans()):
        for lever in draw(st.lists(st.sampled_from(sorted(LEVER_KINDS)), unique=True, min_size=1, max_size=4)):
            overrides[f"policy.levers.{lever}.intensity"] = LEVER_INTENSITIES[lever]
            if draw(st.booleans()):
                overrides[f"policy.levers.{lever}.end"] = draw(st.integers(31, 80))
    return overrides
