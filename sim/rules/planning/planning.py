"""Planning: arrivals, and Bosses' decisions whether, where and with whom to launch a Plan.

A choice is a multinomial logit: systematic utility plus Gumbel noise of its own for each option, so that
an option that becomes better or worse does not change the others' utilities (Train 2009, ch. 3).
Utilities are in EUR for the whole Plan.
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import (
    U64,
    day_key,
    geometric_days,
    gumbel,
    hash64,
    mix,
    noisy_utility_or_bound,
    normal,
    substream_of,
    uniform,
)
from sim.engine.compiled import phase, rule
from sim.engine.lowest_k import pair_hash
from sim.engine.pointer import read_soon
from sim.engine.sorting import sort_by_key
from sim.levers import PLANTED_AVERSION
from sim.parameters.constants import SAME_ADS_DAYS, TOUR_LONGEST, TOUR_SHORTEST
from sim.rules.casework.evidence import move_file
from sim.rules.demand.platforms import NOT_YET, channel_of_plan, has_street
from sim.rules.entry.arrivals import list_by_territory, receive_arrivals
from sim.rules.events import note_event
from sim.rules.labour.staffing import staff_new_plan
from sim.rules.money import cents, pay_of_task
from sim.rules.planning.recruitment import assemble_team
from sim.state.records import (
    FREE,
    KINDS,
    NEAR,
    OTHER_WORK,
    OUTSIDE,
    PARTNER,
    PLAN_STARTED,
    RUNNING,
    STREET,
)

WAIT, OTHER, LEAVE_REGION = -1, -2, -3  # options that are not a cell


@phase
def plan_the_day(day, seed, world, params):
    """Receive arrivals, then let Bosses who are free and rested decide, in the order of their queue keys.

    Plain form: planning_plain.plan_the_day.
    """
    receive_arrivals(day, seed, world, params)
    list_by_territory(world)
    number = _gather_deciders(day, seed, world)
    for i in range(number):
        if i + 2 < number:
            read_soon(world.bosses, world.boss_queue[i + 2])
        if i + 1 < number:
            _read_beliefs_soon(world.boss_queue[i + 1], world)
        if world.bosses[world.boss_queue[i]].status == FREE:  # else joined another Boss's Plan this morning
            decide(world.boss_queue[i], day, seed, world, params)
    list_running_plans(day, seed, world)


@rule
def _read_beliefs_soon(b, world):
    """Prefetch the next Boss's beliefs about the cells around them while this one decides."""
    boss = world.bosses[b]
    row = b * world.belief_day.shape[1]
    for nearness in range(NEAR):
        z = world.near[boss.territory, nearness]
        if z >= 0:
            read_soon(world.belief_day, row + z * KINDS)
            read_soon(world.belief_risk, row + z * KINDS)
            read_soon(world.belief_income, row + z * KINDS)


@rule
def _gather_deciders(day, seed, world):
    """Gather Bosses who are free and rested today, or back from other work or outside, sorted by queue key."""
    key = day_key(seed, draws.LAUNCH_TICKET, day)
    number = 0
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        if boss.status in (OTHER_WORK, OUTSIDE) and boss.back_day <= day:
            boss.status = FREE
        if boss.status == FREE and boss.back_day <= day:
            world.boss_queue[number] = b
            world.queue_keys[number] = hash64(substream_of(key, boss.uid), draws.TICKET_DECIDING)
            number += 1
    sort_by_key(number, world.boss_queue, world)
    return number


@rule
def list_running_plans(day, seed, world):
    """List running Plans in the order of their Bosses' queue keys, which decide who gets a scarce Provider.

    Plain form: planning_plain.in_turn.
    """
    key = day_key(seed, draws.LAUNCH_TICKET, day)
    number = 0
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        if boss.status == RUNNING:
            world.running[number] = b
            world.queue_keys[number] = hash64(substream_of(key, boss.uid), draws.TICKET_RUNNING)
            number += 1
    sort_by_key(number, world.running, world)
    world.counts[0].running = number


@rule
def decide(b, day, seed, world, params):
    """Choose for one Boss among the cells within reach, waiting, other work, and leaving the region.

    Plain form: planning_plain.decide.
    """
    boss = world.bosses[b]
    substream = substream_of(day_key(seed, draws.LAUNCH, day), boss.uid)
    length = plan_length(substream, params)
    if day >= boss.tour_end:
        boss.territory = boss.home
    option = choose_option(b, length, day, substream, world, params)
    today = world.ledger[day]
    if option == WAIT:
        today.waited += 1
        boss.waited_days += 1
        boss.back_day = day + 1
    elif option == OTHER:
        boss.status = OTHER_WORK
        boss.back_day = day + geometric_days(uniform(substream, draws.LAUNCH_OTHER_WORK_DAYS), params.planning_other_work_days)
    elif option == LEAVE_REGION:
        boss.status = OUTSIDE
        boss.back_day = day + geometric_days(uniform(substream, draws.LAUNCH_OUTSIDE_DAYS), params.planning_outside_days)
    else:
        launch(b, option, length, day, seed, world, params)


@rule
def plan_length(substream, params):
    """Length in days: lognormal with the given mean, cut to its range (E01, E02)."""
    sigma = params.planning_duration_sigma
    days = params.planning_duration_mean * math.exp(sigma * normal(substream, draws.LAUNCH_LENGTH_PAIR) - 0.5 * sigma * sigma)
    return int(min(float(params.planning_duration_high), max(float(params.planning_duration_low), days)) + 0.5)


@rule
def decay_weight(age, params):
    """exp(-age / drift_days): share left of a belief's distance from its prior after `age` days without news."""
    return math.exp(-age / params.learning_drift_days)


@rule
def mean_reverting(belief, prior, memory):
    """prior + memory x (belief - prior). Plain form: planning_plain.belief."""
    return prior + (float(belief) - prior) * memory


@rule
def utility_of_cell(b, cell, length, wages, memory, day, world, params):
    """Systematic utility of a Plan in a cell, EUR: expected income less costs, travel and perceived risk, plus habit.

    `memory`: share left of the Boss's last news of the cell (`decay_weight`).

    Plain form: planning_plain.utility_of_cell.
    """
    boss = world.bosses[b]
    z = cell // KINDS
    kind = cell % KINDS
    territory = world.territories[z]
    income = mean_reverting(world.belief_income[b, cell], boss.expected_income, memory)
    risk = mean_reverting(world.belief_risk[b, cell], params.learning_prior_risk, memory)
    ahead = (world.demand_sum[territory.zone, day + length] - world.demand_sum[territory.zone, day]) / length
    persons = boss.team_wanted
    value = income * ahead - params.planning_venue_cost[kind]
    if kind != STREET:
        value -= params.planning_ad_cost
    utility = value * persons * length
    if kind != STREET:
        utility -= wages * length
    utility -= params.planning_travel_cost * world.distance[boss.territory, z]
    utility -= loss_of_break_up(boss, params) * risk * length
    utility -= world.lever_intensity[PLANTED_AVERSION, cell]
    if cell == boss.last_cell:
        utility += params.planning_habit
    return utility + params.planning_temperature * territory.log_size[kind]


@rule
def loss_of_break_up(boss, params):
    """Disutility of a break-up, EUR: loss_aversion, or loss_weight x presence x prosecution x detention x prison x income.

    Plain form: planning_plain.loss_of_break_up.
    """
    if params.planning_loss_weight <= 0.0:
        return params.planning_loss_aversion
    jailed = params.enforcement_boss_present * params.justice_prosecuted_boss * params.justice_detained
    return params.planning_loss_weight * jailed * params.justice_prison_days_boss * boss.expected_income * boss.team_wanted


@rule
def wages_expected(boss, params):
    """Expected wages of a housed Plan, EUR per day: one logistics task and the further watches."""
    watches = boss.team_wanted // 2
    return 0.01 * (pay_of_task(False, boss, params) + watches * pay_of_task(True, boss, params))


@rule
def pull_of_alternatives(boss, params):
    """Shift of the utilities of other work and of the outside, EUR: temperature x log of the Boss's own leaving factor.

    Plain form: planning_plain.pull_of_alternatives.
    """
    return params.planning_temperature * math.log(float(boss.leaving_factor))


@rule
def choose_option(b, length, day, substream, world, params):
    """Multinomial logit: the option with the highest utility plus noise, a cell, WAIT, OTHER or LEAVE_REGION.

    Plain form: planning_plain.choose_place.
    """
    boss = world.bosses[b]
    temperature = params.planning_temperature
    best = WAIT
    highest = params.planning_wait_utility + temperature * gumbel(hash64(substream, draws.LAUNCH_WAIT))
    pull = pull_of_alternatives(boss, params)
    bits = hash64(substream, draws.LAUNCH_OTHER_WORK)
    value = noisy_utility_or_bound(params.planning_other_work_utility + pull, temperature, bits, highest)
    if value > highest:
        highest = value
        best = OTHER
    if params.planning_moving == 1:
        bits = hash64(substream, draws.LAUNCH_OUTSIDE)
        value = noisy_utility_or_bound(params.planning_outside_utility + pull, temperature, bits, highest)
        if value > highest:
            highest = value
            best = LEAVE_REGION
    wages = wages_expected(boss, params)
    news = day + 1  # day of the last news of the previous cell: the same for most cells
    memory = 1.0
    for nearness in range(NEAR):
        z = world.near[boss.territory, nearness]
        if z < 0 or world.distance[boss.territory, z] > params.market_reach_km:
            break
        for kind in range(KINDS):
            cell = z * KINDS + kind
            if world.territories[z].log_size[kind] < -1e9:
                continue
            if params.planning_moving == 0 and boss.last_cell >= 0 and cell != boss.last_cell:
                continue
            if world.belief_day[b, cell] != news:
                news = world.belief_day[b, cell]
                memory = decay_weight(day - news, params)
            utility = utility_of_cell(b, cell, length, wages, memory, day, world, params)
            bits = hash64(substream, mix(world.territories[z].uid + U64(kind)))
            value = noisy_utility_or_bound(utility, temperature, bits, highest)
            if value > highest:
                highest = value
                best = cell
    return best


@rule
def launch(b, cell, length, day, seed, world, params):
    """Begin a Plan: travel, persons, venue, platform, staff; none without a person, or a site for its ads.

    Plain form: planning_plain.launch.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    z = cell // KINDS
    substream = substream_of(day_key(seed, draws.LAUNCH, day), boss.uid)
    u, other_u = uniform(substream, draws.LAUNCH_CHANNEL), uniform(substream, draws.LAUNCH_OTHER_CHANNEL)
    channel = channel_of_plan(boss, cell % KINDS, u, other_u, day, seed, world, params)
    if channel == 0 and cell % KINDS != STREET:
        if has_street(z, world):
            cell = z * KINDS + STREET
            world.ledger[day].launches_to_street += 1
        else:
            channel = NOT_YET
    if channel < 0:
        world.ledger[day].launches_delayed += 1
        boss.waited_days += 1
        boss.back_day = day + 1
        return
    travelled = world.distance[boss.territory, z]
    came_from = boss.territory
    boss.territory = z
    plan.open = 0
    plan.co_boss = find_co_boss(b, day, seed, world, params)
    if assemble_team(b, day, seed, world, params) == 0:
        boss.territory = came_from
        boss.back_day = day + 1
        boss.waited_days += 1
        plan.co_boss = -1
        return
    if plan.co_boss >= 0:
        _join_as_co_boss(b, plan.co_boss, day, world)
    plan.uid = mix(boss.uid + U64(day) * U64(0x9E3779B97F4A7C15))
    plan.territory = z
    plan.kind = cell % KINDS
    plan.platform = channel
    plan.venue = int(uniform(substream, draws.LAUNCH_VENUE) * world.territories[z].venues[plan.kind])
    plan.start = day
    plan.end = day + length
    plan.price = boss.price
    plan.income = 0
    plan.income_total = 0
    plan.costs_total = 0
    plan.exposure = 0.0
    plan.reports = 0.0
    plan.identified = 0
    plan.person_days = 0
    plan.booked = 0
    plan.booked_before = plan.n_persons * params.demand_appointments_per_person // 2
    plan.open = 1
    if cell != boss.last_cell or boss.event_day < day - SAME_ADS_DAYS:
        boss.ad_since = day
    boss.last_cell = cell
    boss.status = RUNNING
    boss.waited_days = 0
    _begin_tour(boss, day, seed, params)
    fare = cents(params.planning_travel_cost * travelled)
    boss.cash -= fare
    move_file(b, day, world, params)
    staff_new_plan(b, day, seed, world, params)
    today = world.ledger[day]
    today.travel_costs += fare
    today.bosses_income -= fare
    today.plans_launched += 1
    today.team_launched += plan.n_persons
    world.cells[day, cell].plans_launched += 1
    note_event(day, PLAN_STARTED, cell, plan.n_persons, boss.uid, plan.uid, world)


@rule
def find_co_boss(b, day, seed, world, params):
    """Find a free and near acquainted Boss, by the lowest hash, who joins in with some chance; -1 if none does.

    Plain form: planning_plain.find_co_boss.
    """
    if params.planning_co_boss_chance <= 0.0:
        return -1
    boss = world.bosses[b]
    substream = substream_of(day_key(seed, draws.CO_BOSS, day), boss.uid)
    if uniform(substream, draws.CO_BOSS_ASKED) >= params.planning_co_boss_chance:
        return -1
    best = -1
    lowest = U64(0)
    for i in range(boss.n_acquainted):
        c = boss.acquainted[i]
        other = world.bosses[c]
        if c == b or other.status != FREE or world.distance[other.territory, boss.territory] > params.market_reach_km:
            continue
        bits = pair_hash(substream, other.uid)
        if best < 0 or bits < lowest:
            best = c
            lowest = bits
    return best


@rule
def _join_as_co_boss(b, c, day, world):
    """Record the partnership of both; the co-Boss runs no own Plan until this one is over."""
    partner = world.bosses[c]
    partner.status = PARTNER
    partner.partner = b
    world.bosses[b].partner = c
    world.ledger[day].plans_with_co_boss += 1


@rule
def _begin_tour(boss, day, seed, params):
    """Begin a tour with some chance: the next Plans follow from place to place (E50)."""
    if params.planning_moving == 0 or day < boss.tour_end:
        return
    substream = substream_of(day_key(seed, draws.TOUR, day), boss.uid)
    if uniform(substream, draws.TOUR_BEGINS) < params.planning_tour_chance:
        days = geometric_days(uniform(substream, draws.TOUR_DAYS), params.planning_tour_days)
        boss.tour_end = day + min(TOUR_LONGEST, max(TOUR_SHORTEST, days))
