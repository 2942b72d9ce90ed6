"""Learning in plain form: own events and word of mouth move Bosses' beliefs; clients' fear rises and fades."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance_plain import substream_of, uniform
from sim.rules.plain_tables import in_plain_numbers
from sim.rules.planning.planning_plain import belief
from sim.state.records import KINDS, LEFT


def learn(day, seed, world, params):
    """Learn from own Plans that ended today and, by word of mouth, from those of acquainted Bosses."""
    world, params = in_plain_numbers(world, params)
    for b in range(world.counts[0].bosses if params.learning_learning else 0):
        boss = world.bosses[b]
        if boss.status == LEFT:
            continue
        if boss.event_day == day:
            take_news(b, b, params.learning_own_rate, day, world, params)
            expect_income(boss, params)
        for c in boss.acquainted[: boss.n_acquainted].tolist():
            if world.bosses[c].event_day == day and hears_of(boss, world.bosses[c], day, seed, params):
                take_news(b, c, params.learning_word_rate, day, world, params)
    spread_fear(world, params)


def hears_of(boss, other, day, seed, params):
    """Whether word passes between two acquainted Bosses today."""
    return uniform(substream_of(seed, draws.WORD, day, boss.uid), other.uid) < params.learning_word_chance


def take_news(b, source, rate, day, world, params):
    """Exponential smoothing of beliefs towards the outcome of a Plan of `source`, weight 1 - exp(-rate x days).

    Cells of the same kind or territory get a share of that weight.
    """
    news, weight = world.bosses[source], 1.0 - math.exp(-rate * world.bosses[source].event_days)
    learn_of_cell(b, news.event_cell, news, weight, day, world, params)
    for cell in range(world.belief_day.shape[1] if params.learning_generalisation > 0.0 else 0):
        alike = cell % KINDS == news.event_cell % KINDS or cell // KINDS == news.event_cell // KINDS
        if alike and cell != news.event_cell:
            learn_of_cell(b, cell, news, params.learning_generalisation * weight, day, world, params)


def learn_of_cell(b, cell, news, weight, day, world, params):
    """Move a Boss's beliefs about a cell towards what a Plan showed."""
    boss = world.bosses[b]
    risk = belief(world.belief_risk, params.learning_prior_risk, b, cell, day, world, params)
    income = belief(world.belief_income, boss.expected_income, b, cell, day, world, params)
    world.belief_risk[b, cell] = risk + weight * (risk_shown(news) - risk)
    world.belief_income[b, cell] = income + weight * (news.event_income - income)
    world.belief_day[b, cell] = day


def risk_shown(news):
    """Break-ups per day that a Plan showed: (broken up + exposure by the visits noticed) / days."""
    return (news.event_broken + float(news.event_exposure)) / news.event_days


def expect_income(boss, params):
    """Move, less, the income a Boss expects wherever there is no news."""
    weight = 1.0 - math.exp(-params.learning_general_rate * boss.event_days)
    boss.expected_income += weight * (boss.event_income - boss.expected_income)


def spread_fear(world, params):
    """Let clients' fear fade, and add the shares of the territory's Plans broken up and appointments fined today."""
    for plan in world.plans[world.running[: world.counts[0].running]]:
        world.territories[plan.territory].open_plans += 1
    for territory in world.territories:
        territory.fear *= 1.0 - params.learning_fear_decay
        if territory.broken_today > 0:
            territory.fear += params.learning_fear_gain * territory.broken_today / territory.open_plans
        if territory.fined_today > 0:
            territory.fear += params.learning_fine_word * territory.fined_today / territory.booked_today
