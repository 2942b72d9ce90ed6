"""What each lever is said to move, and by how much it does: one list for the test and for the table of the docs.

A claim names a measure of the ledger and the direction in which the lever moves it. The effect is the mean
difference between twin worlds that part on the first day of the lever, over the same seeds.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from sim.configuration import compose
from sim.parameters import Lever
from sim.simulation import Simulation

UP, DOWN = 1, -1


@dataclasses.dataclass(frozen=True)
class LeverClaims:
    """A lever, how strongly it is pulled, what it moves, and what the world needs for that to be seen."""

    intensity: float
    mechanism: str
    moves: dict[str, int]
    world: dict[str, float] = dataclasses.field(default_factory=dict)
    aim: dict[str, int | str] = dataclasses.field(default_factory=dict)


_MANY_VICTIMS = {"enforcement.inspector_days_per_100k": 1.0}
_MANY_ANSWERS = {  # teams that write every week and are answered often
    "outreach.mass_hours": 0.5, "outreach.practice_days": 7, "outreach.interval_days": 7, "outreach.mass_answer": 0.4,
    "outreach.accompany_places": 10.0,
}  # fmt: skip
CLAIMS = {
    "venue_inspection": LeverClaims(
        60.0, "more visits find more Plans", {"found_by_visit": UP, "plans_broken_up": UP, "bosses_arrested": UP,
                                              "providers_arrested": UP}),
    "street_patrol": LeverClaims(300.0, "more patrols find more Plans in the street", {"found_by_patrol": UP}),
    "online_inquiry": LeverClaims(
        50.0, "ads are read and linked to Plans, files are opened; fewer answers to messages (E56)",
        {"ads_read": UP, "ads_linked": UP, "files_opened": UP, "answers_mass": DOWN}, {"outreach.mass_hours": 0.5}),
    "case_building": LeverClaims(
        50.0, "files with most evidence are completed and the group is taken", {"cases_completed": UP, "bosses_arrested": UP}),
    "central_intelligence": LeverClaims(
        1.0, "files survive a move to another jurisdiction (E41)", {"evidence_lost_by_moves": DOWN, "cases_completed": UP},
        _MANY_VICTIMS),
    "client_fines": LeverClaims(
        300.0, "clients and those who hear of it fear more and search less", {"fines": UP, "searches": DOWN, "encounters": DOWN}),
    "awareness_courses": LeverClaims(
        5.0, "fined clients who follow a course search less (E46)", {"courses": UP, "searches": DOWN},
        {"enforcement.fines_per_inspector_day": 50.0}),
    "demand_campaign": LeverClaims(2.0, "fewer searches", {"searches": DOWN, "encounters": DOWN}),
    "platform_closure": LeverClaims(
        1.0, "clients and Bosses move with a lag, to the street, or give up; outreach contacts are lost (E58)",
        {"searches_blocked": UP, "searches_given_up": UP, "searches_to_street": UP, "launches_delayed": UP,
         "contacts_lost_by_closure": UP},
        _MANY_ANSWERS | {"outreach.reception_hours": 2.0}, {"platform": 1}),
    "prevention": LeverClaims(
        5.0, "persons at risk are reached before they are recruited", {"prevented": UP, "at_risk": DOWN, "recruited": DOWN}),
    "training": LeverClaims(
        1.0, "more victims are recognised, more persons at risk detected early (E64, E68)",
        {"recognised": UP, "detected_early": UP, "treated_as_offender": DOWN}, _MANY_VICTIMS),
    "staff_reporting": LeverClaims(1.0, "hotel staff report more Plans (E68)", {"reports_by_staff": UP, "found_by_report": UP}),
    "outreach_street": LeverClaims(
        50.0, "rounds meet more persons in the street, some of whom ask for more", {"street_contacts": UP, "answers_street": UP}),
    "outreach_personal": LeverClaims(
        50.0, "more personal messages, more answers (E55)", {"personal_messages": UP, "answers_personal": UP}),
    "outreach_mass": LeverClaims(50.0, "more mass messages, more answers (E52)", {"mass_messages": UP, "answers_mass": UP},
                                 {"outreach.mass_hours": 0.002, "outreach.mass_answer": 0.3}),
    "first_reception": LeverClaims(
        20.0, "answers are taken up in time and become meetings and accompaniments (E55)",
        {"meetings_mass": UP, "accompanied": UP, "answers_waiting": DOWN}, _MANY_ANSWERS | {"outreach.reception_hours": 0.02}),
    "beds_near": LeverClaims(
        5.0, "a bed in the jurisdiction for more of those who ask for one (E42)",
        {"placed_near": UP, "no_bed": DOWN, "in_care_near": UP}, _MANY_VICTIMS),
    "beds_distant": LeverClaims(
        5.0, "a bed far away for more of those who ask for one (E42)",
        {"placed_distant": UP, "no_bed": DOWN, "in_care_distant": UP}, _MANY_VICTIMS),
    "arrest_providers": LeverClaims(
        0.6, "a share of Providers is held", {"providers_prison": UP, "provider_days_engaged": DOWN, "slots_vacant": UP}),
    "arrest_bosses": LeverClaims(
        0.6, "a share of Bosses is held", {"bosses_prison": UP, "plans_running": DOWN, "in_plan": DOWN, "encounters": DOWN}),
    "planted_aversion": LeverClaims(
        4000.0, "Bosses shun the cells concerned: a positive control, never a policy",
        {"plans_running": DOWN, "plans_launched": DOWN}),
}  # fmt: skip


def twins(
    market: str, lever: str, seeds: range, start: int, days: int, settings: dict | None = None, world: dict | None = None
) -> Iterator[tuple[Simulation, Simulation]]:
    """Pairs of (untreated, treated) worlds after `days` of the lever, from one founding and the same days before.

    `settings` are those of the lever (those of its claim if none are given); `world` overrides beside those that
    the claim asks for.
    """
    for seed in seeds:
        morning, twin = untreated(market, seed, start, days, CLAIMS[lever].world | (world or {}))
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
        settings = {"intensity": CLAIMS[lever].intensity} | CLAIMS[lever].aim
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
