"""Persons at risk: runaway spells, early detection, prevention, and risk that passes with time."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import day_key, geometric_days, probability_from_rate, substream_of, uniform
from sim.engine.compiled import rule
from sim.levers import PREVENTION, TRAINING
from sim.rules.control.ties import set_status
from sim.state.records import KINDS, OUT


@rule
def live_at_risk(person, substream, risk_passes, detected, day, seed, world, params):
    """A day at risk: trained professionals detect more (E68); runaways are easier to recruit (E26, E28).

    Plain form: at_risk_plain.live_at_risk.
    """
    here = person.territory * KINDS
    today = world.ledger[day]
    trained = world.lever_intensity[TRAINING, here]
    if trained > 0.0:
        factor = 1.0 + params.enforcement_training_detection * min(1.0, trained)
        detected = probability_from_rate(params.entry_detection_rate * factor)
    programmes = world.lever_intensity[PREVENTION, here]
    if uniform(substream, draws.RISK_DETECTED) < detected:
        set_status(person, OUT, day)
        today.detected_early += 1
    elif uniform(substream, draws.RISK_PASSES) < risk_passes:
        set_status(person, OUT, day)
        today.risk_passed += 1
    elif programmes > 0.0 and is_reached(person, programmes, day, seed, params):
        set_status(person, OUT, day)
        today.prevented += 1
    elif person.away_until <= day and params.entry_runaway_rate > 0.0:
        own = substream_of(day_key(seed, draws.RUNAWAY, day), person.uid)
        if uniform(own, draws.RUNAWAY_BEGINS) < probability_from_rate(params.entry_runaway_rate):
            person.away_until = day + geometric_days(uniform(own, draws.RUNAWAY_DAYS), params.entry_runaway_days)
            today.runaway_spells += 1


@rule
def is_reached(person, programmes, day, seed, params):
    """Whether prevention reaches a person at risk today."""
    u = uniform(substream_of(day_key(seed, draws.PREVENT, day), person.uid), draws.ONLY)
    return u < probability_from_rate(params.entry_prevention_rate * programmes)
