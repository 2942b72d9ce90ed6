"""The evening: a Plan's takings are shared, and its price for tomorrow follows from today's bookings."""

from __future__ import annotations

from sim.engine.compiled import rule
from sim.rules.money import cents, pay_of_task
from sim.state.records import PARTNER, STREET, WATCH


@rule
def share_money(b, day, world, params):
    """Share the day's payments: a share to the persons, wages, venue and ads; the rest, if any, to the Boss.

    Plain form: earnings_plain.share_money.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    today = world.ledger[day]
    each = int(plan.income * params.entry_keep_share) // max(1, plan.n_persons)
    for i in range(plan.n_persons):
        world.prostitutes[plan.person[i]].earnings += each
    kept = each * plan.n_persons
    wages = pay_wages(b, day, world, params)
    venue = cents(params.planning_venue_cost[plan.kind]) * plan.n_persons
    ads = 0 if plan.kind == STREET else cents(params.planning_ad_cost) * plan.n_persons
    rest = plan.income - kept - wages - venue - ads
    _share_with_co_boss(b, rest, world)
    plan.income_total += plan.income - kept
    plan.costs_total += wages + venue + ads
    plan.person_days += plan.n_persons
    plan.booked_before = plan.booked
    today.persons_income += kept
    today.providers_income += wages
    today.venue_costs += venue
    today.ad_costs += ads
    today.bosses_income += rest
    adjust_price(boss, plan, params)


@rule
def _share_with_co_boss(b, rest, world):
    """Give the rest to the Boss; a co-Boss in the Plan gets half of a gain and bears no loss.

    Plain form: earnings_plain.share_with_co_boss.
    """
    c = world.plans[b].co_boss
    part = 0
    if c >= 0 and rest > 0 and world.bosses[c].status == PARTNER and world.bosses[c].partner == b:
        part = rest // 2
        world.bosses[c].cash += part
    world.bosses[b].cash += rest - part


@rule
def pay_wages(b, day, world, params):
    """Pay each Provider of a Plan the highest day rate among their tasks; return cents paid.

    Plain form: earnings_plain.pay_wages.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    total = 0
    for slot in range(plan.n_slots):
        p = plan.slot_holder[slot]
        if p < 0:
            continue
        is_first = True
        watches = False
        for other in range(plan.n_slots):
            if plan.slot_holder[other] == p:
                if other < slot:
                    is_first = False
                if plan.slot_task[other] == WATCH:
                    watches = True
        if is_first:
            pay = pay_of_task(watches, boss, params)
            world.providers[p].cash += pay
            world.providers[p].days_worked += 1
            total += pay
            world.ledger[day].provider_plans += 1
    return total


@rule
def adjust_price(boss, plan, params):
    """Raise the price by a step after a full day, lower it by a step after a slack one, within bounds.

    Plain form: earnings_plain.adjust_price.
    """
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
