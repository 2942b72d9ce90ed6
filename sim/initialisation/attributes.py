"""Attributes of agents, drawn once from a substream of their own when they enter the world."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import U64, day_key, lognormal, new_uid, normal, substream_of, uniform
from sim.engine.compiled import rule
from sim.engine.lowest_k import keep_lowest
from sim.parameters.constants import (
    ADULT_AGE,
    DAYS_A_YEAR,
    LONGEST_EXCESS,
    MET_WITHIN,
    MORE_CONVICTIONS,
    OLDEST_AT_ENTRY,
    TRUST_AT_ENTRY,
    VIOLENCE_IN_VULNERABILITY,
)
from sim.state.records import (
    ACQUAINTED,
    AT_RISK,
    CAN_LOGISTICS,
    CAN_RECRUIT,
    CAN_WATCH,
    CONTACTS,
    DOES_NOT_KNOW,
    FEMALE,
    FILE_PROVIDERS,
    FREE,
    KINDS,
    LEFT,
    MALE,
    NO,
    TIES,
    YES,
)

LONG_AGO = -100_000  # a day before any message, contact or news
A_BOSS, A_PROVIDER, A_PROSTITUTE, A_CLIENT = 1, 2, 3, 4


@rule
def birth_substream(seed, uid):
    """The substream of everything that is drawn once for an agent."""
    return substream_of(day_key(seed, draws.BIRTH, draws.DAY_OF_BIRTH), uid)


@rule
def age_at_entry(u, low, mean):
    """Years: a lower bound plus an exponential excess, cut at `LONGEST_EXCESS` times its mean and at `OLDEST_AT_ENTRY`."""
    excess = -math.log(u) * (mean - low)
    return min(low + min(excess, LONGEST_EXCESS * (mean - low)), OLDEST_AT_ENTRY)


@rule
def age_of(person, day):
    """Age in years on a day."""
    return (day - person.birth_day) / DAYS_A_YEAR


@rule
def is_minor(person, day):
    """Under 18 on that day."""
    return day - person.birth_day < ADULT_AGE * DAYS_A_YEAR


@rule
def convictions_of(u, number_u, share):
    """Prior convictions: none, or one or more with falling chance."""
    if u >= share:
        return 0
    return 1 + int(-math.log(number_u) * MORE_CONVICTIONS)


@rule
def create_boss(boss, k, territory_uid, territory, day, seed, params):
    """Create a Boss in their home territory, not yet known to anybody."""
    boss.uid = new_uid(A_BOSS, territory_uid, day, k)
    substream = birth_substream(seed, boss.uid)
    age = age_at_entry(uniform(substream, draws.BOSS_AGE), params.careers_entry_age_low, params.careers_entry_age_mean)
    boss.birth_day = day - int(age * DAYS_A_YEAR)
    boss.sex = MALE if uniform(substream, draws.BOSS_SEX) < params.careers_provider_male_share else FEMALE
    boss.unqualified = 1 if uniform(substream, draws.BOSS_UNQUALIFIED) < params.careers_unqualified_share else 0
    boss.convictions = convictions_of(
        uniform(substream, draws.BOSS_CONVICTED), uniform(substream, draws.BOSS_CONVICTIONS), params.careers_convicted_boss
    )
    start_as_boss(boss, substream, territory, day, params)


@rule
def start_as_boss(boss, substream, territory, day, params):
    """Start as a Boss: free from tomorrow, at home, no ties yet; pay, team and commitment from the substream given."""
    boss.since = day
    boss.home = territory
    boss.territory = territory
    boss.last_cell = -1
    boss.status = FREE
    boss.back_day = day + 1
    boss.tour_end = day
    boss.ad_since = day
    boss.pay_level = uniform(substream, draws.BOSS_PAY)
    boss.price = int(100.0 * params.demand_price_start)
    boss.team_wanted = team_wanted(uniform(substream, draws.BOSS_TEAM), params)
    boss.leaving_factor = lognormal(substream, draws.BOSS_LEAVING_PAIR, 1.0, params.careers_commitment_sigma)
    boss.event_day = -1
    boss.taken_until = -1
    boss.partner = -1
    boss.expected_income = params.learning_prior_income
    boss.file_unit = -1
    boss.file_since = -1
    boss.case_day = -1
    for i in range(FILE_PROVIDERS):
        boss.file_provider[i] = -1
    for slot in range(CONTACTS):
        boss.contact[slot] = -1
    for slot in range(TIES):
        boss.person[slot] = -1
    for slot in range(ACQUAINTED):
        boss.acquainted[slot] = -1


@rule
def team_wanted(u, params):
    """Persons a Boss aims at: one plus a binomial number, mean `team_mean`, at most `max_team` (E03)."""
    trials = params.planning_max_team - 1
    if trials == 0:
        return 1
    chance = (params.planning_team_mean - 1.0) / trials
    if chance >= 1.0:
        return params.planning_max_team
    weight = math.exp(trials * math.log(1.0 - chance))
    total = weight
    extra = 0
    while u > total and extra < trials:
        weight *= (trials - extra) / (extra + 1.0) * chance / (1.0 - chance)
        extra += 1
        total += weight
    return 1 + extra


@rule
def create_provider(provider, k, territory_uid, territory, day, seed, params):
    """Create a Provider, idle in their home territory."""
    provider.uid = new_uid(A_PROVIDER, territory_uid, day, k)
    substream = birth_substream(seed, provider.uid)
    age = age_at_entry(uniform(substream, draws.PROVIDER_AGE), params.careers_entry_age_low, params.careers_entry_age_mean)
    provider.birth_day = day - int(age * DAYS_A_YEAR)
    provider.since = day
    provider.sex = MALE if uniform(substream, draws.PROVIDER_SEX) < params.careers_provider_male_share else FEMALE
    provider.unqualified = 1 if uniform(substream, draws.PROVIDER_UNQUALIFIED) < params.careers_unqualified_share else 0
    convicted, number_u = uniform(substream, draws.PROVIDER_CONVICTED), uniform(substream, draws.PROVIDER_CONVICTIONS)
    provider.convictions = convictions_of(convicted, number_u, params.careers_convicted_provider)
    provider.home = territory
    provider.status = FREE
    provider.bound_to = -1
    provider.last_boss = -1
    provider.taken_until = -1
    skills = 0
    if uniform(substream, draws.PROVIDER_LOGISTICS) < params.labour_logistics_share:
        skills += CAN_LOGISTICS
    if uniform(substream, draws.PROVIDER_WATCH) < params.labour_watch_share:
        skills += CAN_WATCH
    if uniform(substream, draws.PROVIDER_RECRUITING) < params.labour_recruiting_share:
        skills += CAN_RECRUIT
    provider.skills = skills
    provider.housing_insecurity = (
        uniform(substream, draws.PROVIDER_INSECURITY)
        if uniform(substream, draws.PROVIDER_INSECURE) < params.careers_insecure_share
        else 0.0
    )
    wish = lognormal(substream, draws.PROVIDER_RESERVATION_PAIR, params.labour_reservation, params.labour_reservation_sigma)
    provider.reservation = wish * (1.0 - params.labour_housing_discount * provider.housing_insecurity)


@rule
def create_prostitute(person, k, territory_uid, territory, day, seed, params):
    """Create a person at risk, not tied to anybody (attributes: E24 to E27, E64, E65)."""
    person.uid = new_uid(A_PROSTITUTE, territory_uid, day, k)
    substream = birth_substream(seed, person.uid)
    age = age_at_entry(uniform(substream, draws.PERSON_AGE), params.entry_age_low, params.entry_age_mean)
    person.birth_day = day - int(age * DAYS_A_YEAR)
    person.sex = MALE if uniform(substream, draws.PERSON_SEX) < params.entry_male_share else FEMALE
    person.violence = 1 if uniform(substream, draws.PERSON_VIOLENCE) < params.entry_violence_share else 0
    answer = uniform(substream, draws.PERSON_INTENTION)
    if answer < params.entry_intends_to_leave:
        person.intention = YES
    elif answer < params.entry_intends_to_leave + params.entry_does_not_know:
        person.intention = DOES_NOT_KNOW
    else:
        person.intention = NO
    person.vulnerability = VIOLENCE_IN_VULNERABILITY * person.violence
    person.vulnerability += (1.0 - VIOLENCE_IN_VULNERABILITY) * uniform(substream, draws.PERSON_VULNERABILITY)
    person.trust = TRUST_AT_ENTRY * uniform(substream, draws.PERSON_TRUST)
    person.awareness = 1.0 if uniform(substream, draws.PERSON_AWARE) < params.entry_aware_share else 0.0
    sigma = params.control_spell_sigma
    person.attempt_factor = math.exp(sigma * normal(substream, draws.PERSON_ATTEMPT_PAIR) + 0.5 * sigma * sigma)
    person.territory = territory
    person.status = AT_RISK
    person.since = day
    person.status_since = day
    person.plan = -1
    person.message_day = LONG_AGO
    person.answer_day = -1
    person.team = -1
    person.bed = -1
    person.old_boss = -1
    for tie in range(2):
        person.boss[tie] = -1


@rule
def create_client(client, k, territory, mean_rate, seed, params):
    """Create a client with their own rate, tastes and tendency to report."""
    client.uid = new_uid(A_CLIENT, U64(1), 0, k)
    substream = birth_substream(seed, client.uid)
    client.territory = territory
    client.rate = lognormal(substream, draws.CLIENT_RATE_PAIR, mean_rate, params.demand_rate_sigma)
    client.willingness = lognormal(
        substream, draws.CLIENT_WILLINGNESS_PAIR, params.demand_willingness_mean, params.demand_willingness_sigma
    )
    client.distance_cost = lognormal(
        substream, draws.CLIENT_DISTANCE_PAIR, params.demand_distance_cost, params.demand_distance_sigma
    )
    client.report = -math.log(uniform(substream, draws.CLIENT_REPORT)) * params.demand_report_chance
    for kind in range(KINDS):
        client.taste[kind] = params.demand_kind_taste * normal(substream, draws.CLIENT_TASTE_PAIR + kind)
    client.next_day = -1
    client.retry_day = -1


@rule
def believe_the_prior(b, day, world, params):
    """Set a Boss's belief about every cell to the prior."""
    for cell in range(world.belief_risk.shape[1]):
        world.belief_risk[b, cell] = params.learning_prior_risk
        world.belief_income[b, cell] = params.learning_prior_income
        world.belief_day[b, cell] = day


@rule
def score_by_distance(substream, uid, km, scale_km):
    """Exponential draw of a pair over nearness, as a whole number: the lowest know each other."""
    return U64(-math.log(uniform(substream, uid)) * math.exp(km / scale_km) * 1e6)


@rule
def least_score(substream, uid, km, scale_km):
    """Lower bound of `score_by_distance`, without logarithm and exponential."""
    far = km / scale_km
    return U64((1.0 - uniform(substream, uid)) * (1.0 + far * (1.0 + 0.5 * far)) * 0.999999e6)


@rule
def meet_bosses(b, seed, world, params):
    """Choose the Bosses a Boss hears from: those with the lowest exponential draws over nearness.

    Plain form: entry.arrivals_plain.meet_bosses.
    """
    boss = world.bosses[b]
    scale = params.careers_acquaintance_km
    substream = birth_substream(seed, boss.uid)
    found = 0
    for other in range(world.counts[0].bosses):
        km = world.distance[boss.home, world.bosses[other].home]
        if other == b or km > MET_WITHIN * scale or world.bosses[other].status == LEFT:
            continue
        uid = world.bosses[other].uid
        if 0 < found == params.careers_acquaintances and least_score(substream, uid, km, scale) > world.lowest_hashes[found - 1]:
            continue
        found = keep_lowest(score_by_distance(substream, uid, km, scale), other, params.careers_acquaintances, found, world)
    boss.n_acquainted = found
    for i in range(found):
        boss.acquainted[i] = world.lowest_rows[i]


@rule
def be_introduced(b, world, params):
    """Make those a new Boss hears from hear from the Boss too, where there is room or instead of one who has left."""
    boss = world.bosses[b]
    for i in range(boss.n_acquainted):
        other = world.bosses[boss.acquainted[i]]
        if other.n_acquainted < params.careers_acquaintances:
            other.acquainted[other.n_acquainted] = b
            other.n_acquainted += 1
            continue
        for their_place in range(other.n_acquainted):
            if world.bosses[other.acquainted[their_place]].status == LEFT:
                other.acquainted[their_place] = b
                break
