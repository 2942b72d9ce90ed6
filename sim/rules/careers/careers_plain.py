"""Careers in plain form: Providers become Bosses, Bosses and Providers leave for good."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import probability_from_rate, substream_of, uniform
from sim.parameters.constants import DAYS_A_YEAR, IDLE_MONTH, LEAVING_AGE
from sim.rules.careers.succession_plain import promote_providers
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import FREE, LEFT, OTHER_WORK, OUTSIDE


def follow_careers(day, seed, world, params):
    """Promote idle Providers; then Bosses between Plans and idle Providers may leave."""
    world, params = in_plain_numbers(world, params)
    today = world.ledger[day]
    promote_providers(day, seed, world, params)
    for boss in world.bosses[: world.counts[0].bosses]:
        may_leave = boss.status in (FREE, OTHER_WORK, OUTSIDE)
        u = uniform(substream_of(seed, draws.CAREER, day, boss.uid), draws.ONLY)
        has_had_enough = 0 < boss.plans_wanted <= boss.plans_done
        if may_leave and (has_had_enough or u < probability_from_rate(leaving_rate(boss, day, params))):
            boss.status = LEFT
            today.bosses_left += 1
    for provider in world.providers[: world.counts[0].providers]:
        if provider.bound_to >= 0 and world.bosses[provider.bound_to].status == LEFT:
            provider.bound_to = -1
        may_leave = provider.status in (FREE, OTHER_WORK)
        leaves = probability_from_rate(params.careers_provider_leave_rate / lack_of_alternatives(provider, params))
        if may_leave and uniform(substream_of(seed, draws.CAREER, day, provider.uid), draws.ONLY) < leaves:
            provider.status = LEFT
            today.providers_left += 1


def leaving_rate(boss, day, params):
    """Daily rate: rises with years of age above 20, with wealth, and with months waited for a Plan; Bosses differ in it."""
    years = max(0.0, (day - boss.birth_day) / DAYS_A_YEAR - LEAVING_AGE)
    wealth = max(0.0, 0.01 * boss.cash / params.careers_wealth)
    factor = 1.0 + params.careers_boss_leave_age * years + params.careers_boss_leave_wealth * wealth
    rate = params.careers_boss_leave_rate * factor + params.careers_boss_leave_idle * boss.waited_days / IDLE_MONTH
    return rate * boss.leaving_factor / lack_of_alternatives(boss, params)


def lack_of_alternatives(person, params):
    """1, or more for a Boss or Provider who left school without a qualification (E11): divides the rates of going elsewhere."""
    return 1.0 + params.careers_unqualified_weight if person.unqualified else 1.0
