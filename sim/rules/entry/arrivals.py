"""Arrivals of persons at risk, Bosses and Providers: Poisson processes that no policy affects."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import day_key, poisson, step_of, substream_of, uniform
from sim.engine.compiled import rule
from sim.initialisation.attributes import (
    be_introduced,
    believe_the_prior,
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
    growth = math.exp(day / 365.0 * math.log(1.0 + params.entry_growth))
    for z in range(world.territories.size):
        territory = world.territories[z]
        substream = substream_of(key, territory.uid)
        at_risk = params.entry_at_risk_per_100k * territory.population / 100_000.0 / 365.0 * growth
        for k in range(poisson(uniform(substream, draws.ARRIVING_PERSONS), at_risk)):
            create_prostitute(world.prostitutes[counts.prostitutes], k, territory.uid, z, day, seed, params)
            counts.prostitutes += 1
            today.arrivals_at_risk += 1
        new_bosses = params.careers_boss_entry * params.market_bosses / 365.0 * territory.demand_weight * growth
        for k in range(poisson(uniform(substream, draws.ARRIVING_BOSSES), new_bosses)):
            b = counts.bosses
            create_boss(world.bosses[b], k, territory.uid, z, day, seed, params)
            believe_the_prior(b, day, world, params)
            meet_bosses(b, seed, world, params)
            be_introduced(b, world, params)
            counts.bosses += 1
            today.bosses_entered += 1
        new_providers = params.careers_provider_entry * params.market_providers / 365.0 * territory.demand_weight * growth
        for k in range(poisson(uniform(substream, draws.ARRIVING_PROVIDERS), new_providers)):
            create_provider(world.providers[counts.providers], k, territory.uid, z, day, seed, params)
            counts.providers += 1
            today.providers_entered += 1


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
