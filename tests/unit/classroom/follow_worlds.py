"""Small worlds in which much happens to those who are followed, and what is told of them."""

import re

from experiments.classroom.follow import agents as follow
from sim.simulation import Simulation
from tests.worlds import tiny

DAYS = 60
POLICED = {
    "days": DAYS, "market.bosses": 12, "market.providers": 24, "market.prostitutes": 40, "entry.at_risk_per_100k": 40.0,
    "enforcement.inspector_days_per_100k": 4.0, "enforcement.yield_factor": 0.3, "enforcement.response_chance": 0.3,
    "casework.evidence_day": 0.3, "labour.leave_rate": 0.3, "labour.accept_chance": 0.5, "planning.co_boss_chance": 0.3,
    "planning.outside_utility": -500.0, "planning.outside_days": 5.0, "planning.other_work_utility": -500.0,
    "planning.other_work_days": 5.0, "justice.custody_days": 1, "justice.prison_days_boss": 12.0,
    "justice.prison_days_provider": 12.0, "careers.promotion_days": 5, "careers.promotion_capital": 0.0,
    "careers.promotion_contacts": 0, "careers.promotion_rate": 0.01, "careers.boss_leave_rate": 0.003,
    "careers.takeover_provider": 0.5, "control.attempt_rate": 0.1,
}  # fmt: skip


def policed(seed=4, market="class", **changed):
    """A tiny market in which much happens."""
    return tiny(market, **(POLICED | {"seed": seed} | changed))


def after(parameters, days=DAYS):
    """The same world, with its events."""
    run = Simulation(parameters, record_events=True)
    run.run(days)
    return run


def told(parameters, role, days=DAYS):
    """The events of everybody of a role, over the whole run."""
    rows = after(parameters, days).world.counts[0][{"boss": "bosses", "provider": "providers"}[role]]
    return [follow.story(parameters, days - 1, role, number + 1, days)["events"] for number in range(rows)]


def count(stories, pattern):
    """How many sentences match."""
    return sum(bool(re.search(pattern, event["text"])) for events in stories for event in events)


def numbers(texts, pattern):
    """The sum of the numbers that a pattern finds."""
    return sum(int(number) for text in texts for number in re.findall(pattern, text))


def boxes(parameters, days, role, kind=None):
    """Distinct decisions of everybody of a role on some days."""
    found = {}
    for day in days:
        for one in follow.who(parameters, day, role):
            box = follow.decision(parameters, day, role, one["id"], kind)
            found[box["question"]] = one, day, box
    return list(found.values())
