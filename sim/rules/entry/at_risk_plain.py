"""Persons at risk in plain form: early detection, risk that passes with time, prevention, runaway spells."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import days_until, probability_from_rate, substream_of, uniform
from sim.levers import PREVENTION, TRAINING
from sim.rules.control.ties_plain import set_status
from sim.state.records import KINDS, OUT


def live_at_risk(person, day, seed, world, params):
    """A day at risk: trained professionals detect more (E68); runaways are easier to recruit (E26, E28)."""
    trained, programmes = world.lever_intensity[[TRAINING, PREVENTION], person.territory * KINDS].tolist()
    detection = params.entry_detection_rate * (1.0 + params.enforcement_training_detection * min(1.0, trained))
    today, risk = world.ledger[day], substream_of(seed, draws.AT_RISK, day, person.uid)
    reached, away = substream_of(seed, draws.PREVENT, day, person.uid), substream_of(seed, draws.RUNAWAY, day, person.uid)
    if uniform(risk, draws.RISK_DETECTED) < probability_from_rate(detection):
        set_status(person, OUT, day)
        today.detected_early += 1
    elif uniform(risk, draws.RISK_PASSES) < probability_from_rate(1.0 / params.entry_at_risk_days):
        set_status(person, OUT, day)
        today.risk_passed += 1
    elif uniform(reached, draws.ONLY) < probability_from_rate(params.entry_prevention_rate * programmes):
        set_status(person, OUT, day)
        today.prevented += 1
    elif person.away_until <= day and uniform(away, draws.RUNAWAY_BEGINS) < probability_from_rate(params.entry_runaway_rate):
        person.away_until = day + days_until(uniform(away, draws.RUNAWAY_DAYS), params.entry_runaway_days)
        today.runaway_spells += 1
