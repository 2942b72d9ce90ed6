"""Planning in plain form: the phase as it would be written if nothing had to be fast.

>>> from sim.market import Market
>>> from sim.rules import plain
>>> market = Market(market="class", seed=1, overrides={"days": 30, "burn_in": 0})
>>> market.replace_phase("planning", plain.planning)
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance_plain import GOLDEN, days_until, gumbel_of, hash64, lowest, normal_of, scramble, substream_of, uniform
from sim.levers import PLANTED_AVERSION
from sim.parameters.constants import SAME_ADS_DAYS, TOUR_LONGEST, TOUR_SHORTEST
from sim.rules.casework.evidence_plain import move_file
from sim.rules.demand.platforms_plain import NOT_YET, channel_of_ads
from sim.rules.entry.arrivals_plain import list_by_territory, receive_arrivals
from sim.rules.labour.staffing_plain import cents, pay_for, staff_new_plan
from sim.rules.plain_tables import in_plain_numbers, note_event
from sim.rules.planning.recruitment_plain import assemble_team
from sim.state.records import (
    FREE,
    KINDS,
    OTHER_WORK,
    OUTSIDE,
    PARTNER,
    PLAN_STARTED,
    RUNNING,
    STREET,
    TRANSPORT,
    WATCH,
)

WAIT, OTHER, LEAVE_REGION = -1, -2, -3  # options that are not a cell
NOISE_OF = {
    WAIT: draws.LAUNCH_WAIT,
    OTHER: draws.LAUNCH_OTHER_WORK,
    LEAVE_REGION: draws.LAUNCH_OUTSIDE,
}  # draws of their noise
NO_VENUES = -1e9  # a size term below it: no venues


def plan_the_day(day, seed, world, params):
    """Receive arrivals, then let Bosses who are free and rested decide, in the order of their queue keys."""
    world, params = in_plain_numbers(world, params)
    receive_arrivals(day, seed, world, params)
    list_by_territory(world)
    bosses = range(world.counts[0].bosses)
    for b in bosses:
        if world.bosses[b].status in (OTHER_WORK, OUTSIDE) and world.bosses[b].back_day <= day:
            world.bosses[b].status = FREE
    rested = [b for b in bosses if world.bosses[b].status == FREE and world.bosses[b].back_day <= day]
    for b in in_turn(rested, 0, day, seed, world):
        if world.bosses[b].status == FREE:  # else joined another Boss's Plan this morning
            decide(b, day, seed, world, params)
    running = in_turn([b for b in bosses if world.bosses[b].status == RUNNING], 1, day, seed, world)
    world.running[: len(running)] = running
    world.counts[0].running = len(running)


def in_turn(bosses, k, day, seed, world):
    """Sort Bosses by their queue keys: the k-th hashes of their substreams."""
    return sorted(bosses, key=lambda b: hash64(substream_of(seed, draws.LAUNCH_TICKET, day, world.bosses[b].uid), k))


def decide(b, day, seed, world, params):
    """Let a Boss, at home unless on tour, launch a Plan in a cell, wait, do other work, or leave the region."""
    boss, today = world.bosses[b], world.ledger[day]
    substream = substream_of(seed, draws.LAUNCH, day, boss.uid)
    length = plan_length(substream, params)
    if day >= boss.tour_end:
        boss.territory = boss.home
    choice = choose_place(b, length, day, substream, world, params)
    if choice == WAIT:
        today.waited += 1
        wait(boss, day)
    elif choice == OTHER:
        boss.status = OTHER_WORK
        boss.back_day = day + days_until(uniform(substream, draws.LAUNCH_OTHER_WORK_DAYS), params.planning_other_work_days)
    elif choice == LEAVE_REGION:
        boss.status = OUTSIDE
        boss.back_day = day + days_until(uniform(substream, draws.LAUNCH_OUTSIDE_DAYS), params.planning_outside_days)
    else:
        launch(b, choice, length, day, seed, world, params)


def wait(boss, day):
    """Wait until tomorrow."""
    boss.waited_days += 1
    boss.back_day = day + 1


def plan_length(substream, params):
    """Length in days: lognormal with the given mean, cut to its range, rounded."""
    sigma = params.planning_duration_sigma
    days = params.planning_duration_mean * math.exp(sigma * normal_of(substream, draws.LAUNCH_LENGTH_PAIR) - 0.5 * sigma * sigma)
    return int(min(max(days, params.planning_duration_low), params.planning_duration_high) + 0.5)


def choose_place(b, length, day, substream, world, params):
    """Multinomial logit: the option with the highest utility plus its own Gumbel noise."""
    pull = pull_of_alternatives(world.bosses[b], params)
    utility = {WAIT: params.planning_wait_utility, OTHER: params.planning_other_work_utility + pull}
    if params.planning_moving:
        utility[LEAVE_REGION] = params.planning_outside_utility + pull
    for cell in cells_open_to(b, world, params):
        utility[cell] = utility_of_cell(b, cell, length, day, world, params)

    def noisy_utility_or_bound(option):
        number = NOISE_OF[option] if option < 0 else scramble(world.territories[option // KINDS].uid + option % KINDS)
        return utility[option] + params.planning_temperature * gumbel_of(hash64(substream, number))

    return max(utility, key=noisy_utility_or_bound)


def pull_of_alternatives(boss, params):
    """Shift of the utilities of other work and of the outside: temperature x log of the Boss's own leaving factor."""
    return params.planning_temperature * math.log(boss.leaving_factor)


def cells_open_to(b, world, params):
    """The cells within reach that have venues; without moving, the Boss's last one alone."""
    boss = world.bosses[b]
    near = [z for z in world.near[boss.territory] if z >= 0 and world.distance[boss.territory, z] <= params.market_reach_km]
    cells = [int(z) * KINDS + kind for z in near for kind in range(KINDS) if world.territories[z].log_size[kind] >= NO_VENUES]
    stays = not params.planning_moving and boss.last_cell >= 0
    return [cell for cell in cells if cell == boss.last_cell or not stays]


def utility_of_cell(b, cell, length, day, world, params):
    """EUR for the whole Plan: expected income less costs, travel, perceived risk and aversion, plus habit and size."""
    boss, territory, kind = world.bosses[b], world.territories[cell // KINDS], cell % KINDS
    housed = kind != STREET
    demand = world.demand_sum[territory.zone]
    ahead = (demand[day + length] - demand[day]) / length
    income = belief(world.belief_income, boss.expected_income, b, cell, day, world, params)
    risk = belief(world.belief_risk, params.learning_prior_risk, b, cell, day, world, params)
    a_day = income * ahead - params.planning_venue_cost[kind] - (params.planning_ad_cost if housed else 0.0)
    return (
        a_day * boss.team_wanted * length
        - (wages_expected(boss, params) * length if housed else 0.0)
        - params.planning_travel_cost * world.distance[boss.territory, cell // KINDS]
        - loss_of_break_up(boss, params) * risk * length
        - world.lever_intensity[PLANTED_AVERSION, cell]
        + (params.planning_habit if cell == boss.last_cell else 0.0)
        + params.planning_temperature * territory.log_size[kind]
    )


def belief(beliefs, prior, b, cell, day, world, params):
    """A Boss's belief about a cell: the last news, drifting back to the prior."""
    age = day - int(world.belief_day[b, cell])
    return prior + (float(beliefs[b, cell]) - prior) * math.exp(-age / params.learning_drift_days)


def loss_of_break_up(boss, params):
    """Disutility of a break-up: a number of EUR, or a multiple of presence x prosecution x detention x prison x income."""
    jailed = params.enforcement_boss_present * params.justice_prosecuted_boss * params.justice_detained
    income = boss.expected_income * boss.team_wanted
    weight = params.planning_loss_weight
    return weight * jailed * params.justice_prison_days_boss * income if weight > 0.0 else params.planning_loss_aversion


def wages_expected(boss, params):
    """Expected wages of a housed Plan, EUR per day: one logistics task, and one watch per two persons."""
    return 0.01 * (cents(pay_for(TRANSPORT, boss, params)) + boss.team_wanted // 2 * cents(pay_for(WATCH, boss, params)))


def launch(b, cell, length, day, seed, world, params):
    """Begin a Plan: ads, travel, persons, venue, staff; none without a person, or a site for its ads."""
    boss, plan, today = world.bosses[b], world.plans[b], world.ledger[day]
    z, kind = cell // KINDS, cell % KINDS
    substream = substream_of(seed, draws.LAUNCH, day, boss.uid)
    u, other_u = uniform(substream, draws.LAUNCH_CHANNEL), uniform(substream, draws.LAUNCH_OTHER_CHANNEL)
    channel = channel_of_ads(boss.uid, kind, u, other_u, day, seed, world, params)
    if channel == 0 and kind != STREET:
        if world.territories[z].log_size[STREET] >= NO_VENUES and world.territories[z].venues[STREET] > 0:
            kind, cell = STREET, z * KINDS + STREET
            today.launches_to_street += 1
        else:
            channel = NOT_YET
    if channel < 0:
        today.launches_delayed += 1
        wait(boss, day)
        return
    came_from, boss.territory, plan.open = boss.territory, z, 0
    plan.co_boss = find_co_boss(b, day, seed, world, params)
    if assemble_team(b, day, seed, world, params) == 0:
        boss.territory, plan.co_boss = came_from, -1
        wait(boss, day)
        return
    if plan.co_boss >= 0:
        join_as_co_boss(b, plan.co_boss, world)
        today.plans_with_co_boss += 1
    for total in ("income", "income_total", "costs_total", "exposure", "reports", "identified", "person_days", "booked"):
        setattr(plan, total, 0)
    plan.uid = scramble(boss.uid + day * GOLDEN)
    plan.territory, plan.kind, plan.platform, plan.price = z, kind, channel, boss.price
    plan.venue = int(uniform(substream, draws.LAUNCH_VENUE) * world.territories[z].venues[kind])
    plan.start, plan.end, plan.open = day, day + length, 1
    plan.booked_before = plan.n_persons * params.demand_appointments_per_person // 2
    if cell != boss.last_cell or boss.event_day < day - SAME_ADS_DAYS:
        boss.ad_since = day  # the ads are new
    boss.last_cell, boss.status, boss.waited_days = cell, RUNNING, 0
    begin_tour(boss, day, seed, params)
    fare = cents(params.planning_travel_cost * world.distance[came_from, z])
    boss.cash -= fare
    move_file(b, day, world, params)
    staff_new_plan(b, day, seed, world, params)
    today.travel_costs += fare
    today.bosses_income -= fare
    today.plans_launched += 1
    today.team_launched += plan.n_persons
    world.cells[day, cell].plans_launched += 1
    note_event(day, PLAN_STARTED, cell, plan.n_persons, boss.uid, plan.uid, world)


def find_co_boss(b, day, seed, world, params):
    """Find a free and near acquainted Boss, by the lowest hash, who joins in with some chance; -1 if none does."""
    boss = world.bosses[b]
    substream = substream_of(seed, draws.CO_BOSS, day, boss.uid)
    if uniform(substream, draws.CO_BOSS_ASKED) >= params.planning_co_boss_chance:
        return -1
    others = {int(c): world.bosses[c] for c in boss.acquainted[: boss.n_acquainted] if c != b}
    near = [c for c, other in others.items() if world.distance[other.territory, boss.territory] <= params.market_reach_km]
    willing = lowest([c for c in near if others[c].status == FREE], 1, substream, world.bosses)
    return willing[0] if willing else -1


def join_as_co_boss(b, c, world):
    """Record the partnership of both; the co-Boss runs no own Plan until this one is over."""
    world.bosses[c].status = PARTNER
    world.bosses[c].partner = b
    world.bosses[b].partner = c


def begin_tour(boss, day, seed, params):
    """Begin a tour of 3 to 14 days with some chance: the next Plans follow from place to place."""
    substream = substream_of(seed, draws.TOUR, day, boss.uid)
    if params.planning_moving and day >= boss.tour_end and uniform(substream, draws.TOUR_BEGINS) < params.planning_tour_chance:
        days = days_until(uniform(substream, draws.TOUR_DAYS), params.planning_tour_days)
        boss.tour_end = day + min(TOUR_LONGEST, max(TOUR_SHORTEST, days))
