"""Arrivals in plain form: today's entries, the acquaintances of new Bosses, and the lists of the morning."""

from __future__ import annotations

import math

import numpy as np

from sim.engine import draws
from sim.engine.chance import U64
from sim.engine.chance_plain import GOLDEN, MODULUS, days_until, poisson_of, substream_of, uniform
from sim.initialisation import attributes as births
from sim.parameters.constants import MET_WITHIN
from sim.rules.plain_tables import callable_from_python
from sim.state.records import FREE, INDEPENDENT, LEFT

create_boss = callable_from_python(births.create_boss)
create_prostitute = callable_from_python(births.create_prostitute)
create_provider = callable_from_python(births.create_provider)
be_introduced = callable_from_python(births.be_introduced)


def receive_arrivals(day, seed, world, params):
    """Create a Poisson number of persons at risk, Bosses and Providers in each territory."""
    counts, today = world.counts[0], world.ledger[day]
    follow_income(day, world, params)
    one_off = 1.0 / (1.0 - params.entry_one_off_share)
    elasticities = params.entry_boss_elasticity, params.entry_provider_elasticity
    boss_room, provider_room = (params.entry_headroom if elasticity > 0 else 1.0 for elasticity in elasticities)
    boss_chance, provider_chance = map(chance_of_entry, ("boss", "provider"), elasticities, [counts] * 2, [params] * 2)
    growth = math.exp(day / 365.0 * math.log(1.0 + params.entry_growth))
    for z, territory in enumerate(world.territories):
        substream, home = substream_of(seed, draws.ARRIVALS, day, territory.uid), (U64(territory.uid), z, day, seed, params)
        at_risk = params.entry_at_risk_per_100k * territory.population / 100_000.0 / 365.0 * growth
        for k in range(poisson_of(uniform(substream, draws.ARRIVING_PERSONS), at_risk)):
            create_prostitute(world.prostitutes[counts.prostitutes], k, *home)
            counts.prostitutes += 1
            today.arrivals_at_risk += 1
        bosses_a_day = params.careers_boss_entry * params.market_boss_entry_factor * params.market_bosses / 365.0
        new_bosses = bosses_a_day * territory.demand_weight * growth
        for k in range(poisson_of(uniform(substream, draws.ARRIVING_BOSSES), new_bosses * one_off * boss_room)):
            if uniform(substream, draws.BOSS_CANDIDATE + draws.DRAWS_PER_CANDIDATE * k) >= boss_chance:
                continue
            create_boss(world.bosses[counts.bosses], k, *home)
            limit_career(world.bosses[counts.bosses], seed, params)
            believe_the_prior(counts.bosses, day, world, params)
            meet_bosses(counts.bosses, seed, world, params)
            be_introduced(counts.bosses, world, params)
            counts.bosses += 1
            today.bosses_entered += 1
        new_providers = params.careers_provider_entry * params.market_providers / 365.0 * territory.demand_weight * growth
        for k in range(poisson_of(uniform(substream, draws.ARRIVING_PROVIDERS), new_providers * provider_room)):
            if uniform(substream, draws.PROVIDER_CANDIDATE + draws.DRAWS_PER_CANDIDATE * k) >= provider_chance:
                continue
            create_provider(world.providers[counts.providers], k, *home)
            counts.providers += 1
            today.providers_entered += 1


def limit_career(boss, seed, params):
    """Draw whether an entering Boss leaves after a few Plans, and after how many."""
    substream = substream_of(seed, draws.BIRTH, draws.DAY_OF_BIRTH, boss.uid)
    if uniform(substream, draws.BOSS_ONE_OFF) < params.entry_one_off_share:
        boss.plans_wanted = days_until(uniform(substream, draws.BOSS_PLANS), params.entry_one_off_plans)


AT_LIBERTY = {
    "boss": ("bosses_free", "bosses_running", "bosses_partner", "bosses_other_work", "bosses_outside"),
    "provider": ("providers_idle", "provider_days_engaged", "providers_other_work"),
}
INCOME = {"boss": "bosses_income", "provider": "providers_income"}


def follow_income(day, world, params):
    """Add yesterday to the recent means and, in the second half of the days before the policy, to their reference."""
    counts, yesterday = world.counts[0], world.ledger[day - 1]
    if day < 1 or not (params.entry_boss_elasticity or params.entry_provider_elasticity):
        return
    for role, statuses in AT_LIBERTY.items():
        new = {"income": float(yesterday[INCOME[role]]), "days": float(sum(yesterday[status] for status in statuses))}
        for what, amount in new.items():
            counts[f"{role}_{what}"] = math.exp(-1.0 / params.entry_income_days) * counts[f"{role}_{what}"] + amount
            if counts.policy_start // 2 <= day - 1 < counts.policy_start:
                counts[f"{role}_{what}_before"] += amount


def chance_of_entry(role, elasticity, counts, params):
    """The chance that a candidate enters: min(1, (recent income / its reference) ^ elasticity / headroom)."""
    income, days, income_before, days_before = (
        counts[f"{role}_{what}"] for what in ("income", "days", "income_before", "days_before")
    )
    if elasticity <= 0.0:
        return 1.0
    known = days > 0.0 and days_before > 0.0 and income_before > 0.0
    relative = max(0.0, income / days) / (income_before / days_before) if known else 1.0
    return min(1.0, relative**elasticity / params.entry_headroom)


def believe_the_prior(b, day, world, params):
    """Set a Boss's belief about every cell to the prior."""
    world.belief_risk[b] = params.learning_prior_risk
    world.belief_income[b] = params.learning_prior_income
    world.belief_day[b] = day


def meet_bosses(b, seed, world, params):
    """Choose the Bosses a Boss hears from: the lowest exponential draws x exp(distance / scale), not far away."""
    boss, scale = world.bosses[b], params.careers_acquaintance_km
    substream = substream_of(seed, draws.BIRTH, draws.DAY_OF_BIRTH, boss.uid)
    candidates = []
    for c in range(world.counts[0].bosses):
        other = world.bosses[c]
        km = world.distance[boss.home, other.home]
        if c != b and km <= MET_WITHIN * scale and other.status != LEFT:
            candidates.append((int(-math.log(uniform(substream, other.uid)) * math.exp(km / scale) * 1e6), c))
    nearest = [c for _, c in sorted(candidates)[: params.careers_acquaintances]]
    boss.n_acquainted = len(nearest)
    boss.acquainted[: len(nearest)] = nearest


def list_by_territory(world):
    """List idle Providers by home, and recruitable persons by territory, for all phases of the day."""
    idle = [(other.home, p) for p, other in enumerate(world.providers[: world.counts[0].providers]) if other.status == FREE]
    persons = world.prostitutes[: world.counts[0].prostitutes]
    at_risk = [(person.territory, row) for row, person in enumerate(persons) if person.status <= INDEPENDENT]
    _write_list(sorted(idle), world.pool, world.pool_start)
    _write_list(sorted(at_risk), world.risk, world.risk_start)
    world.pool_step[: len(idle)] = [(world.providers[p].uid + 1) * GOLDEN % MODULUS for _, p in sorted(idle)]


def _write_list(listed, rows, starts):
    """Write rows by territory, and the start of each territory's rows."""
    rows[: len(listed)] = [row for _, row in listed]
    starts[:] = np.searchsorted([z for z, _ in listed], np.arange(len(starts)))
