"""Police: visits to venues, street patrols, answers to reports; a Plan that is found is broken up.

A visit picks a cell, then one venue of its stock at random, and finds each Plan there with the
chance of the kind. A lever's visits are drawn apart from the baseline's, which they leave untouched.
"""

from __future__ import annotations

from sim.chance import (
    ARREST,
    LEVER_PATROL,
    LEVER_VISIT,
    PATROL,
    REMOVAL,
    REPORT,
    RESPONSE,
    U64,
    VISIT,
    day_key,
    dice_of,
    roll,
)
from sim.compiled import phase, rule
from sim.phases.events import note_event
from sim.phases.flow import end_plan
from sim.phases.ties import leave_for_good, untie
from sim.policy import ARREST_BOSSES, ARREST_PROVIDERS, STREET_PATROL, VENUE_INSPECTION
from sim.state.births import is_minor
from sim.state.records import CUSTODY, HOTEL, KINDS, LEFT, PLAN_BROKEN_UP, PRISON, REMOVED, RUNNING, STREET

UNIFORM, LISTED, LEARNED = 0, 1, 2


@phase
def enforce(day, seed, world, rules):
    """Visits and patrols of the baseline, those that levers add, reports, and the arrest of one role."""
    for cell in range(world.finds.size):
        world.finds[cell] = 0
    for u in range(world.units.size):
        _baseline(u, day, seed, world, rules)
    _added_by_levers(day, seed, world, rules)
    take_and_answer_reports(day, seed, world, rules)
    arrest_one_role(day, seed, world, rules)
    for cell in range(world.attention.size):
        world.attention[cell] *= 1.0 - rules.enforcement_attention_decay
        world.attention[cell] += rules.enforcement_attention_gain * world.finds[cell]


@rule
def whole_number(expected, u):
    """A whole number of visits with this expectation: its integer part, and one more with the rest as chance."""
    number = int(expected)
    if u < expected - number:
        number += 1
    return number


@rule
def base_weight(cell, street, unit, world, rules):
    """Weight of a cell for a unit that chooses uniformly: inhabitants, and the kind's share of inspections."""
    territory = world.territories[cell // KINDS]
    kind = cell % KINDS
    if territory.jurisdiction != unit.jurisdiction or (kind == STREET) != street:
        return 0.0
    share = 1.0 if street else rules.enforcement_inspection_weight[kind]
    return share * territory.population


@rule
def cell_weight(cell, street, unit, world, rules):
    """Weight of a cell in the way of choosing in force: uniform, listed targets, or learned from finds."""
    weight = base_weight(cell, street, unit, world, rules)
    if rules.enforcement_cells_chosen == LEARNED:
        return weight * (1.0 + world.attention[cell])
    if rules.enforcement_cells_chosen == LISTED:
        listed = world.territories[rules.enforcement_listed_territory]
        if listed.jurisdiction == unit.jurisdiction and cell // KINDS != rules.enforcement_listed_territory:
            return 0.0
    return weight


@rule
def _baseline(u, day, seed, world, rules):
    """A unit's own visits and patrols of the day."""
    unit = world.units[u]
    for street in (False, True):
        dice = dice_of(day_key(seed, PATROL if street else VISIT, day), unit.uid)
        number = whole_number(unit.patrols if street else unit.visits, roll(dice, 0))
        for k in range(number):
            cell = _choose_cell(roll(dice, 8 * k + 1), street, unit, world, rules)
            if cell < 0:
                break
            visit(cell, roll(dice, 8 * k + 2), dice, k, street, day, seed, world, rules)
        if street:
            world.ledger[day].patrols += number
        else:
            world.ledger[day].visits += number


@rule
def _choose_cell(u, street, unit, world, rules):
    """A cell of the unit's jurisdiction by weight; -1 if it has none."""
    total = 0.0
    for cell in range(world.attention.size):
        total += cell_weight(cell, street, unit, world, rules)
    if total <= 0.0:
        return -1
    u *= total
    last = -1
    for cell in range(world.attention.size):
        weight = cell_weight(cell, street, unit, world, rules)
        if weight > 0.0:
            last = cell
            u -= weight
            if u < 0.0:
                break
    return last


@rule
def baseline_visits(cell, street, world, rules):
    """Expected visits a day a cell gets from the baseline when cells are chosen uniformly."""
    unit = world.units[world.territories[cell // KINDS].jurisdiction]
    total = unit.street_weight if street else unit.venue_weight
    if total <= 0.0:
        return 0.0
    return base_weight(cell, street, unit, world, rules) / total * (unit.patrols if street else unit.visits)


@rule
def _added_by_levers(day, seed, world, rules):
    """Visits and patrols on top of the baseline: intensity times what the cell gets from it."""
    for cell in range(world.attention.size):
        street = cell % KINDS == STREET
        intensity = world.now[STREET_PATROL if street else VENUE_INSPECTION, cell]
        if intensity <= 0.0:
            continue
        place_uid = world.territories[cell // KINDS].uid + U64(cell % KINDS)
        dice = dice_of(day_key(seed, LEVER_PATROL if street else LEVER_VISIT, day), place_uid)
        lever = STREET_PATROL if street else VENUE_INSPECTION
        expected = intensity * baseline_visits(cell, street, world, rules)
        world.public_cost[day, lever] += int(expected * world.unit_cost[lever] + 0.5)
        number = whole_number(expected, roll(dice, 0))
        for k in range(number):
            visit(cell, roll(dice, 8 * k + 2), dice, k, street, day, seed, world, rules)
        if street:
            world.ledger[day].patrols_added += number
        else:
            world.ledger[day].visits_added += number


@rule
def visit(cell, u, dice, k, street, day, seed, world, rules):
    """One venue of the cell, at random; each Plan there is found with the chance of the kind."""
    kind = cell % KINDS
    venue = int(u * world.territories[cell // KINDS].venues[kind])
    for place in range(world.counts[0].running):
        b = world.running[place]
        plan = world.plans[b]
        if plan.open == 0 or plan.territory != cell // KINDS or plan.kind != kind or plan.venue != venue:
            continue
        if roll(dice, plan.uid + U64(k)) < rules.enforcement_find_chance[kind]:
            world.finds[cell] += 1
            if street:
                world.ledger[day].found_by_patrol += 1
            else:
                world.ledger[day].found_by_visit += 1
            break_up(b, day, seed, world, rules)


@rule
def take_and_answer_reports(day, seed, world, rules):
    """Reports by hotel staff, families and schools join those of clients; police answer some (E33)."""
    key = day_key(seed, REPORT, day)
    answer_key = day_key(seed, RESPONSE, day)
    today = world.ledger[day]
    for place in range(world.counts[0].running):
        b = world.running[place]
        plan = world.plans[b]
        if plan.open == 0:
            continue
        dice = dice_of(key, plan.uid)
        if plan.kind == HOTEL and roll(dice, 0) < rules.enforcement_staff_report:
            plan.reports += 1.0
            today.reports_by_staff += 1
        for member in range(plan.n_persons):
            person = world.prostitutes[plan.person[member]]
            if is_minor(person, day) and roll(dice_of(key, person.uid), 0) < rules.enforcement_family_report:
                plan.reports += 1.0
                today.reports_by_family += 1
        if plan.reports > 0.0:
            unanswered = (1.0 - rules.enforcement_response_chance) ** plan.reports
            plan.reports *= 1.0 - rules.enforcement_heat_decay
            if roll(dice_of(answer_key, plan.uid), 0) >= unanswered:
                today.found_by_report += 1
                world.finds[plan.territory * KINDS + plan.kind] += 1
                break_up(b, day, seed, world, rules)


@rule
def break_up(b, day, seed, world, rules):
    """A Plan is found: arrests, recognition of victims or their treatment as offenders; then it is over."""
    boss = world.bosses[b]
    plan = world.plans[b]
    key = day_key(seed, ARREST, day)
    today = world.ledger[day]
    today.plans_broken_up += 1
    world.territories[plan.territory].broken_today += 1
    note_event(day, PLAN_BROKEN_UP, plan.territory * KINDS + plan.kind, plan.n_persons, boss.uid, plan.uid, world)
    for slot in range(plan.n_slots):
        p = plan.slot_holder[slot]
        if p >= 0 and world.providers[p].status == RUNNING:
            if roll(dice_of(key, world.providers[p].uid), 0) < rules.enforcement_provider_arrested:
                arrest_provider(p, day, world, rules)
    members = plan.n_persons
    for member in range(members):
        world.best_row[member] = plan.person[member]
    end_plan(b, day, True, seed, world, rules)
    for member in range(members):
        row = world.best_row[member]
        meet_the_police(row, dice_of(key, world.prostitutes[row].uid), day, world, rules)
    if roll(dice_of(key, boss.uid), 0) < rules.enforcement_boss_present:
        today.bosses_arrested += 1
        boss.status = CUSTODY
        boss.back_day = day + rules.justice_custody_days


@rule
def arrest_provider(p, day, world, rules):
    """A Provider is taken into custody; his slots elsewhere fall vacant when he is missed."""
    provider = world.providers[p]
    provider.status = CUSTODY
    provider.back_day = day + rules.justice_custody_days
    world.ledger[day].providers_arrested += 1


@rule
def meet_the_police(row, dice, day, world, rules):
    """A person found in a Plan: recognised as a victim, or not, and then perhaps treated as an offender (E64)."""
    person = world.prostitutes[row]
    today = world.ledger[day]
    today.exposed += 1
    minor = is_minor(person, day)
    chance = rules.enforcement_recognised_minor if minor else rules.enforcement_recognised_adult
    if roll(dice, 0) < chance:
        today.recognised += 1
        if minor:
            today.minors_recognised += 1
        if roll(dice, 1) < rules.enforcement_exit_after_recognition:
            untie(row, person, world)
            leave_for_good(person, day, world)
    elif roll(dice, 2) < rules.enforcement_treated_as_offender:
        today.treated_as_offender += 1
        person.trust *= 0.5


@rule
def arrest_one_role(day, seed, world, rules):
    """The arrest of one role only: a share of the role, by each one's own dice, is held while it lasts."""
    key = day_key(seed, REMOVAL, 0)
    today = world.ledger[day]
    for p in range(world.counts[0].providers):
        provider = world.providers[p]
        share = world.now[ARREST_PROVIDERS, provider.home * KINDS]
        if share <= 0.0 or provider.status == LEFT or roll(dice_of(key, provider.uid), 0) >= share:
            continue
        provider.taken_until = day + 1
        world.public_cost[day, ARREST_PROVIDERS] += world.unit_cost[ARREST_PROVIDERS]
        if provider.status != PRISON and provider.status != CUSTODY:
            provider.status = PRISON
            provider.back_day = REMOVED
            today.providers_removed += 1
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        share = world.now[ARREST_BOSSES, boss.home * KINDS]
        if share <= 0.0 or boss.status == LEFT or roll(dice_of(key, boss.uid), 0) >= share:
            continue
        boss.taken_until = day + 1
        world.public_cost[day, ARREST_BOSSES] += world.unit_cost[ARREST_BOSSES]
        if boss.status != PRISON and boss.status != CUSTODY:
            if boss.status == RUNNING:
                end_plan(b, day, False, seed, world, rules)
            boss.status = PRISON
            boss.back_day = REMOVED
            today.bosses_removed += 1
