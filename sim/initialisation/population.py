"""Construction of a world: places from the data files, then people, from substreams of their own.

Nothing here depends on the policy: the twins of a pair start alike.
"""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np

from sim.engine import draws
from sim.engine.agenda import next_search_day, note_search
from sim.engine.chance import U64, bits_below, day_key, geometric_days, hash64_at, new_uid, step_of, substream_of, uniform, unit
from sim.engine.compiled import phase, rule
from sim.engine.lowest_k import keep_lowest
from sim.initialisation.attributes import (
    A_BOSS,
    A_PROSTITUTE,
    A_PROVIDER,
    believe_the_prior,
    birth_substream,
    create_boss,
    create_client,
    create_prostitute,
    create_provider,
    meet_bosses,
)
from sim.initialisation.environment import (
    bed_table,
    check_environment,
    demand_over_days,
    ground_of,
    outreach_teams,
    platform_table,
    police_units,
    territory_table,
)
from sim.initialisation.geography import Place
from sim.initialisation.own_places import holidays_of, sites_of
from sim.parameters import Parameters
from sim.parameters.constants import AT_RISK_LEFT, MET_BEFORE, MET_WITHIN, OLDEST_AT_START, READY_WITHIN, TIE_AT_START
from sim.policy import lever_records, lever_scale
from sim.state.params import params_record
from sim.state.records import BETWEEN, CONTACTS, INDEPENDENT, PRISON, TIES
from sim.state.world import World, empty_world, overwrite

_ROW_BITS = U64(24)
MOST_DAYS_OF_ROOM = 730  # tables are doubled when a long run needs more


@dataclasses.dataclass(frozen=True)
class Founded:
    """A world on its first morning, with the numbers of its rules and the names of its places."""

    world: World
    params: np.ndarray  # RULES[1]
    places: tuple[Place, ...]
    parameters: Parameters


@dataclasses.dataclass(frozen=True)
class _Environment:
    """A world before its people and its policy."""

    params: np.ndarray  # RULES[1]
    places: tuple[Place, ...]
    tables: dict[str, np.ndarray]
    people: np.ndarray  # int64[5]: Bosses, Providers, persons tied, at risk, clients
    capacities: tuple[int, int, int]
    mean_rate: float  # searches per client and day


def found_world(parameters: Parameters) -> Founded:
    """Build the world of a configuration. Raises ConfigurationError or DataError."""
    environment = _environment_of(parameters)
    tables = environment.tables
    territories, scale = tables["territories"], tables["lever_capacity"]
    levers = lever_records(parameters, [place.name for place in environment.places], territories["population"], scale)
    world = empty_world(
        environment.tables | {"levers": levers}, environment.capacities, parameters.market.clients, parameters.days
    )
    params = np.empty_like(environment.params)
    overwrite(params, environment.params)
    found_people(np.uint64(parameters.seed), environment.people, environment.mean_rate, world, params[0])
    return Founded(world, params, environment.places, parameters)


def _environment_of(parameters: Parameters) -> _Environment:
    """Made once for worlds whose parameters are the same objects, except seed, policy and budget: the seeds of a sweep."""
    given = [value for name, value in parameters.__dict__.items() if name not in ("seed", "policy", "budget")]
    key = tuple(map(id, given))
    if key not in _ENVIRONMENTS:
        while len(_ENVIRONMENTS) >= _MOST_ENVIRONMENTS:
            del _ENVIRONMENTS[next(iter(_ENVIRONMENTS))]
        _ENVIRONMENTS[key] = given, _make_environment(parameters)  # keeping the object keeps its identity
    return _ENVIRONMENTS[key][1]


def found_alike(one: Parameters, other: Parameters) -> bool:
    """Whether two configurations have the same places, institutions, numbers of people and rates of search at their founding."""
    first, second = _environment_of(one), _environment_of(other)
    same = one.market == other.market and first.mean_rate == second.mean_rate
    return same and all(table.tobytes() == second.tables[name].tobytes() for name, table in first.tables.items())


_ENVIRONMENTS: dict[tuple[int, ...], tuple[list, _Environment]] = {}
_MOST_ENVIRONMENTS = 16


def _make_environment(parameters: Parameters) -> _Environment:
    """The environment of a configuration. Raises ConfigurationError or DataError."""
    size = parameters.market
    sites = sites_of(size)
    distance, near, inverse_visibility = ground_of(sites, size.distance_scale_km)
    check_environment(parameters)
    demand, demand_sum, reached = demand_over_days(
        parameters.start, parameters.days, parameters.planning.duration_high, parameters.calendar, holidays_of(size)
    )
    populations = np.array([place.population for place in sites])
    at_risk = _at_risk_at_start(parameters, populations)
    arriving = _at_risk_who_arrive(parameters, populations)
    planning = parameters.planning
    territories = territory_table(sites, planning.venue_stock, planning.attractiveness, parameters.demand.digital_share)
    units = police_units(parameters, sites)
    tables = {
        "territories": territories,
        "platforms": platform_table(size.platforms, parameters.demand.digital_share),
        "units": units,
        "teams": outreach_teams(parameters, units),
        "beds": bed_table(parameters, units),
        "lever_capacity": lever_scale(parameters, territories, units),
        "distance": distance,
        "near": near,
        "inverse_visibility": inverse_visibility,
        "demand": demand,
        "demand_sum": demand_sum,
        "reached": reached,
    }
    return _Environment(
        params=params_record(parameters),
        places=sites,
        tables=tables,
        people=np.array([size.bosses, size.providers, size.prostitutes, at_risk, size.clients]),
        capacities=(_room(size.bosses), _room(size.providers), _room(size.prostitutes + at_risk + arriving)),
        mean_rate=_rate_for(size.searches_per_day, size.clients, parameters.demand.rate_sigma),
    )


def _room(persons: int) -> int:
    return max(64, int(persons * 1.5) + 64)


@functools.lru_cache(maxsize=1024)
def _rate_for(searches_per_day: float, clients: int, sigma: float) -> float:
    """Mean rate at which lognormal clients, each searching at most once per day, make this number of searches."""
    nodes, weights = _gauss_hermite()
    shape = np.exp(sigma * nodes - 0.5 * sigma * sigma)
    weights = weights / weights.sum()
    wanted = searches_per_day / clients
    rate = wanted
    for _ in range(60):
        before = rate
        rate *= wanted / max(float(weights @ -np.expm1(-rate * shape)), 1e-12) if wanted > 0.0 else 0.0
        if rate == before:
            break  # converged
    return rate


@functools.cache
def _gauss_hermite() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of a quadrature over the standard normal law."""
    return np.polynomial.hermite_e.hermegauss(40)


def _at_risk_at_start(parameters: Parameters, populations: np.ndarray) -> int:
    """Stock of persons at risk sustained by arrivals and the mean time at risk."""
    entry = parameters.entry
    return round(populations.sum() / 100_000.0 * entry.at_risk_per_100k / 365.0 * entry.at_risk_days * AT_RISK_LEFT)


def _at_risk_who_arrive(parameters: Parameters, populations: np.ndarray) -> int:
    """Persons expected to become at risk during the run, at most in two years: room from the start."""
    days = min(parameters.days, MOST_DAYS_OF_ROOM)
    return round(populations.sum() / 100_000.0 * parameters.entry.at_risk_per_100k / 365.0 * days)


@rule
def _home(u, world):
    """A territory drawn in proportion to its demand: its inhabitants, unless the user's table has other weights."""
    for row in range(world.territories.size):
        u -= world.territories[row].demand_weight
        if u < 0.0:
            return row
    return world.territories.size - 1


@rule
def _home_of_person(u, world):
    """A territory drawn in proportion to its inhabitants."""
    inhabitants = 0
    for row in range(world.territories.size):
        inhabitants += world.territories[row].population
    for row in range(world.territories.size):
        u -= world.territories[row].population / inhabitants
        if u < 0.0:
            return row
    return world.territories.size - 1


@rule
def _born_in(role, k, seed, world):
    """The home of the k-th person of a role at the start."""
    u = uniform(birth_substream(seed, new_uid(role + 10, U64(1), -1, k)), draws.ONLY)
    return _home_of_person(u, world) if role == A_PROSTITUTE else _home(u, world)


@phase
def found_people(seed, people, mean_rate, world, params):
    """Fill the tables with the people of day 0; `people` counts Bosses, Providers, persons tied, at risk, clients."""
    counts = world.counts[0]
    key = day_key(seed, draws.BIRTH, draws.DAY_OF_HISTORY)
    for k in range(people[0]):
        boss = world.bosses[k]
        create_boss(boss, k, U64(1), _born_in(A_BOSS, k, seed, world), -1, seed, params)
        substream = substream_of(key, boss.uid)
        in_role = min(
            OLDEST_AT_START + boss.birth_day,
            geometric_days(uniform(substream, draws.START_TIME_IN_ROLE), 365.0 * params.careers_age_spread),
        )
        boss.birth_day -= in_role
        boss.since = -in_role
        boss.back_day = int(uniform(substream, draws.START_READY) * READY_WITHIN)
        if uniform(substream, draws.START_PRISON) < params.careers_bosses_in_prison:
            boss.status = PRISON
            boss.back_day = geometric_days(uniform(substream, draws.START_PRISON_DAYS), params.justice_prison_days_boss)
        believe_the_prior(k, 0, world, params)
    counts.bosses = people[0]
    for k in range(people[1]):
        provider = world.providers[k]
        create_provider(provider, k, U64(1), _born_in(A_PROVIDER, k, seed, world), -1, seed, params)
        substream = substream_of(key, provider.uid)
        in_role = geometric_days(uniform(substream, draws.START_TIME_IN_ROLE), 365.0 * params.careers_age_spread)
        in_role = min(OLDEST_AT_START + provider.birth_day, in_role)
        provider.birth_day -= in_role
        provider.since = -in_role
        if uniform(substream, draws.START_PRISON) < params.careers_providers_in_prison:
            provider.status = PRISON
            provider.back_day = geometric_days(uniform(substream, draws.START_PRISON_DAYS), params.justice_prison_days_provider)
    counts.providers = people[1]
    for k in range(people[2] + people[3]):
        person = world.prostitutes[k]
        create_prostitute(person, k, U64(1), _born_in(A_PROSTITUTE, k, seed, world), -1, seed, params)
        if k < people[2]:
            substream = substream_of(key, person.uid)
            in_role = geometric_days(uniform(substream, draws.START_AGE), 365.0 * params.entry_age_spread)
            person.birth_day -= min(OLDEST_AT_START + person.birth_day, in_role)
            person.by_acquaintance = 1 if uniform(substream, draws.START_ACQUAINTED) < params.entry_acquaintance_share else 0
            if uniform(substream, draws.START_INDEPENDENT) < params.entry_independent_at_start:
                person.status = INDEPENDENT
                person.was_exploited = 1
                person.until = geometric_days(uniform(substream, draws.START_INDEPENDENT_DAYS), params.control_independent_days)
            else:
                _tie_at_start(k, person, uniform(substream, draws.START_BOSS), world)
    counts.prostitutes = people[2] + people[3]
    _list_providers_by_home(world)
    for b in range(people[0]):
        meet_bosses(b, seed, world, params)
        _know_providers(b, seed, world, params)
    _found_clients(people[4], mean_rate, seed, world, params)


@rule
def _tie_at_start(row, person, u, world):
    """Tie a person to a Boss who is free and has room; the person stays at risk if there is none."""
    bosses = world.counts[0].bosses
    first = int(u * bosses)
    for step in range(bosses):
        b = (first + step) % bosses
        boss = world.bosses[b]
        if boss.status != PRISON and boss.n_persons < min(TIES, boss.team_wanted + 1):
            boss.person[boss.n_persons] = row
            boss.n_persons += 1
            person.boss[0] = b
            person.status = BETWEEN
            person.territory = boss.home
            person.was_exploited = 1
            person.attachment, person.debt, person.supervision = TIE_AT_START
            return


@rule
def _list_providers_by_home(world):
    """List all Providers in `world.pool` by home; the lists of a day hold only those who can be asked."""
    starts = world.pool_start
    for z in range(starts.size):
        starts[z] = 0
    for p in range(world.counts[0].providers):
        starts[world.providers[p].home] += 1
    for z in range(starts.size - 1):
        starts[z + 1] += starts[z]
    for p in range(world.counts[0].providers - 1, -1, -1):
        home = world.providers[p].home
        starts[home] -= 1
        world.pool[starts[home]] = p
        world.pool_step[starts[home]] = step_of(world.providers[p].uid)


@rule
def _skipped_word(found, wanted, weight, world):
    """The hash up to which scores are too high: -log(u) >= 1 - u, and `wanted` have been found below."""
    if found < wanted:
        return U64(0)
    bound = float((world.lowest_hashes[found - 1] >> _ROW_BITS) + U64(2)) * 1e-6
    return bits_below(1.0 - bound / weight)


@rule
def _know_providers(b, seed, world, params):
    """Choose the Providers a Boss knows at the start: those with the lowest draws over nearness."""
    boss = world.bosses[b]
    scale = params.careers_acquaintance_km
    substream = substream_of(day_key(seed, draws.BIRTH, draws.DAY_OF_CONTACTS), boss.uid)
    wanted = min(params.labour_contacts_start, CONTACTS)
    found = 0
    for nearness in range(-1, world.territories.size if wanted > 0 else -1):  # home first, for a low bound
        z = boss.home if nearness < 0 else nearness
        km = world.distance[boss.home, z]
        if km > MET_WITHIN * scale or z == boss.home and nearness >= 0:
            continue
        weight = math.exp(km / scale)
        skipped = _skipped_word(found, wanted, weight, world)
        for i in range(world.pool_start[z], world.pool_start[z + 1]):
            bits = hash64_at(substream, world.pool_step[i])
            if bits <= skipped:
                continue
            score = U64(-math.log(unit(bits)) * weight * 1e6)  # `score_by_distance`; of equal ones the lower row
            found = keep_lowest((score << _ROW_BITS) + U64(world.pool[i]), world.pool[i], wanted, found, world)
            skipped = _skipped_word(found, wanted, weight, world)
    boss.n_contacts = found
    for i in range(found):
        boss.contact[i] = world.lowest_rows[i]
        boss.contact_since[i] = -MET_BEFORE
        boss.contact_last[i] = -MET_BEFORE
        boss.contact_times[i] = 1


@rule
def _found_clients(number, mean_rate, seed, world, params):
    """Create clients with their rates and tastes, and enter their first search in the agenda."""
    for k in range(number):
        client = world.clients[k]
        create_client(client, k, _born_in(14, k, seed, world), mean_rate, seed, params)
        client.next_day = next_search_day(client, world.territories[client.territory].zone, -1, seed, world)
        note_search(k, client.next_day, world)
    world.counts[0].clients = number
