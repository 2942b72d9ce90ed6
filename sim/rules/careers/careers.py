"""Careers: Providers become Bosses, Bosses and Providers leave for good. Entries are part of planning."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import day_key, occurs, probability_from_rate, substream_of, uniform
from sim.engine.compiled import phase, rule
from sim.initialisation.attributes import age_of
from sim.parameters.constants import IDLE_MONTH, LEAVING_AGE
from sim.rules.careers.succession import promote_providers
from sim.state.records import FREE, LEFT, OTHER_WORK, OUTSIDE


@phase
def follow_careers(day, seed, world, params):
    """Promote idle Providers; let Bosses between Plans and idle Providers leave, older and wealthier Bosses more often.

    Plain form: careers_plain.follow_careers.
    """
    promote_providers(day, seed, world, params)
    key = day_key(seed, draws.CAREER, day)
    today = world.ledger[day]
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        if boss.status not in (FREE, OTHER_WORK, OUTSIDE):
            continue
        has_had_enough = boss.plans_wanted > 0 and boss.plans_done >= boss.plans_wanted
        if has_had_enough or occurs(uniform(substream_of(key, boss.uid), draws.ONLY), leaving_rate(boss, day, params)):
            boss.status = LEFT
            today.bosses_left += 1
    leaving = probability_from_rate(params.careers_provider_leave_rate)
    leaving_unqualified = probability_from_rate(params.careers_provider_leave_rate / (1.0 + params.careers_unqualified_weight))
    for p in range(world.counts[0].providers):
        provider = world.providers[p]
        if provider.bound_to >= 0 and world.bosses[provider.bound_to].status == LEFT:
            provider.bound_to = -1
        if provider.status != FREE and provider.status != OTHER_WORK:
            continue
        if uniform(substream_of(key, provider.uid), draws.ONLY) < (leaving_unqualified if provider.unqualified == 1 else leaving):
            provider.status = LEFT
            today.providers_left += 1


@rule
def leaving_rate(boss, day, params):
    """Daily rate at which a free Boss leaves: rises with age above 20, with wealth, and with days waited for a Plan.

    It is multiplied by the Boss's own factor, and divided by 1 + `careers.unqualified_weight` without a qualification (E11).

    Plain form: careers_plain.leaving_rate.
    """
    older = max(0.0, age_of(boss, day) - LEAVING_AGE)
    wealth = max(0.0, 0.01 * boss.cash / params.careers_wealth)
    rate = params.careers_boss_leave_rate
    rate *= 1.0 + params.careers_boss_leave_age * older + params.careers_boss_leave_wealth * wealth
    rate += params.careers_boss_leave_idle * boss.waited_days / IDLE_MONTH
    return rate * boss.leaving_factor / (1.0 + params.careers_unqualified_weight * boss.unqualified)
