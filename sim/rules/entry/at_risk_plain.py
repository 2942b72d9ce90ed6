"""Persons at risk in plain form: early detection, risk that passes with time, prevention, runaway spells."""

from __future__ import annotations

from sim.engine.chance import AT_RISK, PREVENT, RUNAWAY
from sim.engine.chance_plain import days_until, dice, probability_from_rate, throw
from sim.levers import PREVENTION, TRAINING
from sim.rules.control.ties_plain import set_status
from sim.state.records import KINDS, OUT


def live_at_risk(person, day, seed, world, rules):
    """A day at risk. Trained professionals detect more (E68); a runaway is easier to recruit (E26, E28)."""
    trained, programmes = world.lever_intensity[[TRAINING, PREVENTION], person.territory * KINDS].tolist()
    detection = rules.entry_detection_rate * (1.0 + rules.enforcement_training_detection * min(1.0, trained))
    today, risk = world.ledger[day], dice(seed, AT_RISK, day, person.uid)
    reached, away = dice(seed, PREVENT, day, person.uid), dice(seed, RUNAWAY, day, person.uid)
    if throw(risk, 1) < probability_from_rate(detection):
        set_status(person, OUT, day)
        today.detected_early += 1
    elif throw(risk, 2) < probability_from_rate(1.0 / rules.entry_at_risk_days):
        set_status(person, OUT, day)
        today.risk_passed += 1
    elif throw(reached, 0) < probability_from_rate(rules.entry_prevention_rate * programmes):
        set_status(person, OUT, day)
        today.prevented += 1
    elif person.away_until <= day and throw(away, 0) < probability_from_rate(rules.entry_runaway_rate):
        person.away_until = day + days_until(throw(away, 1), rules.entry_runaway_days)
        today.runaway_spells += 1
