"""Learning: own events and word of mouth move Bosses' beliefs; clients' fear rises and fades.

A Plan that ended today is news to its Boss and, by word of mouth, to acquainted Bosses. All read
today's events and write only their own beliefs, so the order does not matter.
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import day_key, substream_of, uniform
from sim.engine.compiled import phase, rule
from sim.rules.planning.planning import decay_weight, mean_reverting
from sim.state.records import KINDS, LEFT


@phase
def learn(day, seed, world, params):
    """Learn from own events and the word of acquainted Bosses; spread clients' fear. Plain form: learning_plain.learn."""
    if params.learning_learning == 1:
        key = day_key(seed, draws.WORD, day)
        for b in range(world.counts[0].bosses):
            boss = world.bosses[b]
            if boss.status == LEFT:
                continue
            if boss.event_day == day:
                take_news(b, b, params.learning_own_rate, day, world, params)
                expect_income(boss, params)
            for i in range(boss.n_acquainted):
                other = boss.acquainted[i]
                if world.bosses[other].event_day != day:
                    continue
                if uniform(substream_of(key, boss.uid), world.bosses[other].uid) < params.learning_word_chance:
                    take_news(b, other, params.learning_word_rate, day, world, params)
    spread_fear(world, params)


@rule
def take_news(b, source, rate, day, world, params):
    """Exponential smoothing of beliefs towards the outcome of a Plan of `source`, weight 1 - exp(-rate x days).

    Cells of the same kind or territory get a share of that weight, `learning.generalisation`.

    Plain form: learning_plain.take_news.
    """
    news = world.bosses[source]
    weight = 1.0 - math.exp(-rate * news.event_days)
    learn_of_cell(b, news.event_cell, news, weight, day, world, params)
    if params.learning_generalisation <= 0.0:
        return
    for cell in range(world.belief_day.shape[1]):
        alike = cell % KINDS == news.event_cell % KINDS or cell // KINDS == news.event_cell // KINDS
        if alike and cell != news.event_cell:
            learn_of_cell(b, cell, news, params.learning_generalisation * weight, day, world, params)


@rule
def learn_of_cell(b, cell, news, weight, day, world, params):
    """Move a Boss's beliefs about a cell towards what a Plan showed. Plain form: learning_plain.learn_of_cell."""
    memory = decay_weight(day - world.belief_day[b, cell], params)
    risk = mean_reverting(world.belief_risk[b, cell], params.learning_prior_risk, memory)
    boss = world.bosses[b]
    income = mean_reverting(world.belief_income[b, cell], boss.expected_income, memory)
    seen = risk_shown(news)
    world.belief_risk[b, cell] = risk + weight * (seen - risk)
    world.belief_income[b, cell] = income + weight * (news.event_income - income)
    world.belief_day[b, cell] = day


@rule
def risk_shown(news):
    """Break-ups per day that a Plan showed: (broken up + exposure by the visits noticed) / days.

    Its expectation is the hazard, as a break-up by a visit lowers exposure by `learning.visibility`; the more visits are
    noticed, the less it depends on chance.

    Plain form: learning_plain.risk_shown.
    """
    return (news.event_broken + float(news.event_exposure)) / news.event_days


@rule
def expect_income(boss, params):
    """Move the income a Boss expects wherever there is no news by an own Plan. Plain form: learning_plain.expect_income."""
    weight = 1.0 - math.exp(-params.learning_general_rate * boss.event_days)
    boss.expected_income += weight * (boss.event_income - boss.expected_income)


@rule
def spread_fear(world, params):
    """Let clients' fear fade, and add the shares of the territory's Plans broken up and appointments fined today.

    Plain form: learning_plain.spread_fear.
    """
    for i in range(world.counts[0].running):
        world.territories[world.plans[world.running[i]].territory].open_plans += 1
    for z in range(world.territories.size):
        territory = world.territories[z]
        territory.fear *= 1.0 - params.learning_fear_decay
        if territory.broken_today > 0:
            territory.fear += params.learning_fear_gain * territory.broken_today / territory.open_plans
        if territory.fined_today > 0:
            territory.fear += params.learning_fine_word * territory.fined_today / territory.booked_today
