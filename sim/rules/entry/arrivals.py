"""Arrivals of persons at risk, Bosses and Providers: Poisson processes, thinned by income where entry follows it."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import day_key, geometric_days, poisson, step_of, substream_of, uniform
from sim.engine.compiled import rule
from sim.initialisation.attributes import (
    be_introduced,
    believe_the_prior,
    birth_substream,
    create_boss,
    create_prostitute,
    create_provider,
    meet_bosses,
)
from sim.state.records import FREE, INDEPENDENT


@rule
def receive_arrivals(day, seed, world, params):
    """Create today's arrivals in all three roles, by territory. Plain form: arrivals_plain.receive_arrivals."""
    key = day_key(seed, draws.ARRIVALS, day)
    counts = world.counts[0]
    today = world.ledger[day]
    follow_income(day, world, params)
    one_off = 1.0 / (1.0 - params.entry_one_off_share)  # those who stay are as many as without
    boss_room, provider_room, boss_chance, provider_chance = 1.0, 1.0, 1.0, 1.0
    if params.entry_boss_elasticity > 0.0:
        boss_room = params.entry_headroom
        relative = relative_income(counts.boss_income, counts.boss_days, counts.boss_income_before, counts.boss_days_before)
        boss_chance = chance_of_entry(relative, params.entry_boss_elasticity, params)
    if params.entry_provider_elasticity > 0.0:
        provider_room = params.entry_headroom
        relative = relative_income(
            counts.provider_income, counts.provider_days, counts.provider_income_before, counts.provider_days_before
        )
        provider_chance = chance_of_entry(relative, params.entry_provider_elasticity, params)
    growth = math.exp(day / 365.0 * math.log(1.0 + params.entry_growth))
    for z in range(world.territories.size):
        territory = world.territories[z]
        substream = substream_of(key, territory.uid)
        at_risk = params.entry_at_risk_per_100k * territory.population / 100_000.0 / 365.0 * growth
        for k in range(poisson(uniform(substream, draws.ARRIVING_PERSONS), at_risk)):
            create_prostitute(world.prostitutes[counts.prostitutes], k, territory.uid, z, day, seed, params)
            counts.prostitutes += 1
            today.arrivals_at_risk += 1
        bosses_a_day = params.careers_boss_entry * params.market_boss_entry_factor * params.market_bosses / 365.0
        new_bosses = bosses_a_day * territory.demand_weight * growth
        for k in range(poisson(uniform(substream, draws.ARRIVING_BOSSES), new_bosses * one_off * boss_room)):
            if uniform(substream, draws.BOSS_CANDIDATE + draws.DRAWS_PER_CANDIDATE * k) >= boss_chance:
                continue
            b = counts.bosses
            create_boss(world.bosses[b], k, territory.uid, z, day, seed, params)
            limit_career(world.bosses[b], seed, params)
            believe_the_prior(b, day, world, params)
            meet_bosses(b, seed, world, params)
            be_introduced(b, world, params)
            counts.bosses += 1
            today.bosses_entered += 1
        new_providers = params.careers_provider_entry * params.market_providers / 365.0 * territory.demand_weight * growth
        for k in range(poisson(uniform(substream, draws.ARRIVING_PROVIDERS), new_providers * provider_room)):
            if uniform(substream, draws.PROVIDER_CANDIDATE + draws.DRAWS_PER_CANDIDATE * k) >= provider_chance:
                continue
            create_provider(world.providers[counts.providers], k, territory.uid, z, day, seed, params)
            counts.providers += 1
            today.providers_entered += 1


@rule
def limit_career(boss, seed, params):
    """Draw whether an entering Boss leaves after a few Plans, and after how many: geometric, mean `entry.one_off_plans`.

    Plain form: arrivals_plain.limit_career.
    """
    substream = birth_substream(seed, boss.uid)
    if uniform(substream, draws.BOSS_ONE_OFF) < params.entry_one_off_share:
        boss.plans_wanted = geometric_days(uniform(substream, draws.BOSS_PLANS), params.entry_one_off_plans)


@rule
def follow_income(day, world, params):
    """Update recent mean income per day at liberty and, in the second half of the days before the policy, its reference.

    Plain form: arrivals_plain.follow_income.
    """
    if day < 1 or (params.entry_boss_elasticity <= 0.0 and params.entry_provider_elasticity <= 0.0):
        return
    counts = world.counts[0]
    yesterday = world.ledger[day - 1]
    bosses = yesterday.bosses_free + yesterday.bosses_running + yesterday.bosses_partner
    bosses += yesterday.bosses_other_work + yesterday.bosses_outside
    providers = yesterday.providers_idle + yesterday.provider_days_engaged + yesterday.providers_other_work
    kept = math.exp(-1.0 / params.entry_income_days)
    counts.boss_income = kept * counts.boss_income + yesterday.bosses_income
    counts.boss_days = kept * counts.boss_days + bosses
    counts.provider_income = kept * counts.provider_income + yesterday.providers_income
    counts.provider_days = kept * counts.provider_days + providers
    if counts.policy_start // 2 <= day - 1 < counts.policy_start:
        counts.boss_income_before += yesterday.bosses_income
        counts.boss_days_before += bosses
        counts.provider_income_before += yesterday.providers_income
        counts.provider_days_before += providers


@rule
def relative_income(income, days, income_before, days_before):
    """Recent mean income per day over its reference; 1 as long as there is none."""
    if days <= 0.0 or days_before <= 0.0 or income_before <= 0.0:
        return 1.0
    return max(0.0, income / days) / (income_before / days_before)


@rule
def chance_of_entry(relative, elasticity, params):
    """min(1, relative income ^ elasticity / headroom): a candidate of the upper Poisson process enters."""
    return min(1.0, relative**elasticity / params.entry_headroom)


@rule
def list_by_territory(world):
    """List, for the whole day, Providers who can be asked by home, and recruitable persons by territory.

    Branch-free, since status is unpredictable: rows not to be listed are written to the last entry, which is unused.

    Plain form: arrivals_plain.list_by_territory.
    """
    counts = world.counts[0]
    places = world.territories.size
    pool_start, risk_start = world.pool_start, world.risk_start
    for i in range(places + 1):
        pool_start[i] = 0
        risk_start[i] = 0
    for p in range(counts.providers):
        pool_start[world.providers[p].home] += 1 if world.providers[p].status == FREE else 0
    for row in range(counts.prostitutes):
        risk_start[world.prostitutes[row].territory] += 1 if world.prostitutes[row].status <= INDEPENDENT else 0
    for i in range(places):  # from counts to the end of each list
        pool_start[i + 1] += pool_start[i]
        risk_start[i + 1] += risk_start[i]
    for p in range(counts.providers - 1, -1, -1):  # filled backwards, ends become starts
        provider = world.providers[p]
        listed = 1 if provider.status == FREE else 0
        pool_start[provider.home] -= listed
        spot = pool_start[provider.home] if listed == 1 else world.pool.size - 1
        world.pool[spot] = p
        world.pool_step[spot] = step_of(provider.uid)
    for row in range(counts.prostitutes - 1, -1, -1):
        person = world.prostitutes[row]
        listed = 1 if person.status <= INDEPENDENT else 0
        risk_start[person.territory] -= listed
        spot = risk_start[person.territory] if listed == 1 else world.risk.size - 1
        world.risk[spot] = row
