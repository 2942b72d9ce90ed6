"""Earnings in plain form: a Plan's takings are shared, and its price for tomorrow follows from today's bookings."""

from __future__ import annotations

from sim.rules.labour.staffing_plain import cents, pay_for
from sim.state.records import ADS_AND_CALLS, PARTNER, STREET, WATCH


def share_money(b, day, world, params):
    """Share the day's payments: a share to the persons, wages, venue and ads; the rest, if any, to the Boss."""
    plan, today = world.plans[b], world.ledger[day]
    each = int(plan.income * params.entry_keep_share) // max(1, plan.n_persons)
    for row in plan.person[: plan.n_persons]:
        world.prostitutes[row].earnings += each
    kept = each * plan.n_persons
    wages = pay_wages(b, day, world, params)
    venue = cents(params.planning_venue_cost[plan.kind]) * plan.n_persons
    ads = 0 if plan.kind == STREET else cents(params.planning_ad_cost) * plan.n_persons
    rest = plan.income - kept - wages - venue - ads
    share_with_co_boss(b, rest, world)
    plan.income_total += plan.income - kept
    plan.costs_total += wages + venue + ads
    plan.person_days += plan.n_persons
    plan.booked_before = plan.booked
    today.persons_income += kept
    today.providers_income += wages
    today.venue_costs += venue
    today.ad_costs += ads
    today.bosses_income += rest
    adjust_price(b, world, params)


def pay_wages(b, day, world, params):
    """Pay each Provider of a Plan one day: that of a watch if they hold one, else that of another task; return cents."""
    boss, plan, total = world.bosses[b], world.plans[b], 0
    slots = list(zip(plan.slot_holder.tolist(), plan.slot_task.tolist(), strict=True))[: plan.n_slots]
    for p in {p for p, _ in slots if p >= 0}:
        pay = cents(pay_for(WATCH if (p, WATCH) in slots else ADS_AND_CALLS, boss, params))
        world.providers[p].cash += pay
        world.providers[p].days_worked += 1
        world.ledger[day].provider_plans += 1
        total += pay
    return total


def share_with_co_boss(b, rest, world):
    """Give the rest to the Boss; a co-Boss in the Plan gets half of a gain and bears no loss."""
    c = world.plans[b].co_boss
    is_there = c >= 0 and world.bosses[c].status == PARTNER and world.bosses[c].partner == b
    half = rest // 2 if is_there and rest > 0 else 0
    world.bosses[b].cash += rest - half
    if half:
        world.bosses[c].cash += half


def adjust_price(b, world, params):
    """Raise the price by a step after a full day, lower it by a step after a slack one, within bounds."""
    boss, plan = world.bosses[b], world.plans[b]
    if plan.places == 0:
        return
    if plan.booked >= plan.places:
        price = boss.price * (1.0 + params.demand_price_step_up)
    elif plan.booked < params.demand_slack_below * plan.places:
        price = boss.price * (1.0 - params.demand_price_step_down)
    else:
        return
    boss.price = int(min(100.0 * params.demand_price_high, max(100.0 * params.demand_price_low, price)) + 0.5)
    plan.price = boss.price
