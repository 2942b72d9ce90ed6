"""Visits to venues and street patrols: choice of cells and venues, and finds.

A visit picks a cell, then one venue of its stock at random, and finds each Plan there with the
chance of the kind. A lever's visits use draws of their own, which leave the baseline's unchanged.
"""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import U64, day_key, mix, stochastic_round, substream_of, uniform
from sim.engine.compiled import rule
from sim.levers import STREET_PATROL, VENUE_INSPECTION
from sim.parameters.constants import NO_SIGNAL
from sim.rules.casework.evidence import evidence_of
from sim.rules.enforcement.arrests import break_up
from sim.state.records import KINDS, STREET

UNIFORM, LISTED, LEARNED, REPORTED, PROBLEM = range(5)


@rule
def inspect(day, seed, world, params):
    """Make the baseline's visits and patrols, then those added by levers. Plain form: inspections_plain.inspect."""
    for u in range(world.units.size):
        _baseline(u, day, seed, world, params)
    _added_by_levers(day, seed, world, params)


@rule
def base_weight(cell, street, unit, world, params):
    """Weight of a cell for a unit that chooses uniformly: inhabitants x the kind's share of inspections."""
    territory = world.territories[cell // KINDS]
    kind = cell % KINDS
    if territory.jurisdiction != unit.jurisdiction or (kind == STREET) != street:
        return 0.0
    share = 1.0 if street else params.enforcement_inspection_weight[kind]
    return share * territory.population


@rule
def cell_weight(cell, street, unit, world, params):
    """Weight of a cell under the rule in force: uniform, listed targets, finds, unanswered reports, or evidence in files.

    Plain form: inspections_plain.weight_of.
    """
    weight = base_weight(cell, street, unit, world, params)
    if params.enforcement_cells_chosen == LEARNED:
        return weight * (1.0 + world.attention[cell])
    if params.enforcement_cells_chosen >= REPORTED:
        return weight * (NO_SIGNAL + world.attention[cell])
    if params.enforcement_cells_chosen == LISTED:
        listed = world.territories[params.enforcement_listed_territory]
        if listed.jurisdiction == unit.jurisdiction and cell // KINDS != params.enforcement_listed_territory:
            return 0.0
    return weight


@rule
def _baseline(u, day, seed, world, params):
    """Make a unit's own visits and patrols of the day."""
    unit = world.units[u]
    for street in (False, True):
        substream = substream_of(day_key(seed, draws.PATROL if street else draws.VISIT, day), unit.uid)
        number = stochastic_round(unit.patrols if street else unit.visits, uniform(substream, draws.VISITS))
        for k in range(number):
            cell = _choose_cell(uniform(substream, draws.DRAWS_PER_VISIT * k + draws.VISIT_CELL), street, unit, world, params)
            if cell < 0:
                number = 0  # there is no cell to visit
                break
            visit(cell, substream, k, street, day, seed, world, params)
        if street:
            world.ledger[day].patrols += number
        else:
            world.ledger[day].visits += number


@rule
def _choose_cell(u, street, unit, world, params):
    """Draw a cell of the unit's jurisdiction by weight; -1 if it has none."""
    total = 0.0
    for cell in range(world.attention.size):
        total += cell_weight(cell, street, unit, world, params)
    if total <= 0.0:
        return -1
    u *= total
    last = -1
    for cell in range(world.attention.size):
        weight = cell_weight(cell, street, unit, world, params)
        if weight > 0.0:
            last = cell
            u -= weight
            if u < 0.0:
                break
    return last


@rule
def _added_by_levers(day, seed, world, params):
    """Make visits and patrols on top of the baseline: intensity x the cell's visits in the baseline.

    Plain form: inspections_plain.inspect_for_lever.
    """
    for cell in range(world.attention.size):
        street = cell % KINDS == STREET
        intensity = world.lever_intensity[STREET_PATROL if street else VENUE_INSPECTION, cell]
        if intensity <= 0.0:
            continue
        territory_uid = world.territories[cell // KINDS].uid + U64(cell % KINDS)
        substream = substream_of(day_key(seed, draws.LEVER_PATROL if street else draws.LEVER_VISIT, day), territory_uid)
        lever = STREET_PATROL if street else VENUE_INSPECTION
        expected = intensity * world.lever_capacity[lever, cell]
        number = stochastic_round(expected, uniform(substream, draws.VISITS))
        for k in range(number):
            visit(cell, substream, k, street, day, seed, world, params)
        if street:
            world.ledger[day].patrols_added += number
        else:
            world.ledger[day].visits_added += number


@rule
def visit(cell, substream, k, street, day, seed, world, params):
    """Visit one random venue of the cell; each Plan there is found with the chance of the kind.

    Plain form: inspections_plain.visit.
    """
    kind = cell % KINDS
    u = uniform(substream, draws.DRAWS_PER_VISIT * k + draws.VISIT_VENUE)
    venues = world.territories[cell // KINDS].venues[kind]
    venue = int(u * venues)
    for i in range(world.counts[0].running):
        b = world.running[i]
        plan = world.plans[b]
        if plan.open == 0 or plan.territory != cell // KINDS or plan.kind != kind:
            continue
        if params.learning_visibility > 0.0:
            notice_visit(plan, substream, k, venues, params)
        if plan.venue != venue:
            continue
        if uniform(substream, plan.uid + U64(k)) < params.enforcement_yield_factor * params.enforcement_find_chance[kind]:
            world.finds[cell] += 1
            if street:
                world.ledger[day].found_by_patrol += 1
            else:
                world.ledger[day].found_by_visit += 1
            plan.exposure -= params.learning_visibility  # a break-up is news of its own
            break_up(b, False, day, seed, world, params)


@rule
def notice_visit(plan, substream, k, venues, params):
    """By chance, a visit to the cell of a Plan is noticed there: the chance that it finds the Plan adds to its exposure.

    Plain form: inspections_plain.notice_visit.
    """
    if uniform(substream, mix(plan.uid) + U64(k)) < params.learning_visibility:
        plan.exposure += params.enforcement_yield_factor * params.enforcement_find_chance[plan.kind] / venues


@rule
def update_attention(world, params):
    """Set the weights that tomorrow's choice of cells reads: finds that fade, unanswered reports, or evidence in files.

    Plain form: inspections_plain.update_attention.
    """
    if params.enforcement_cells_chosen < REPORTED:
        for cell in range(world.attention.size):
            world.attention[cell] *= 1.0 - params.enforcement_attention_decay
            world.attention[cell] += params.enforcement_attention_gain * world.finds[cell]
        return
    for cell in range(world.attention.size):
        world.attention[cell] = 0.0
    if params.enforcement_cells_chosen == REPORTED:
        for i in range(world.counts[0].running):
            plan = world.plans[world.running[i]]
            if plan.open == 1:
                world.attention[plan.territory * KINDS + plan.kind] += plan.reports
        return
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        if boss.file_since >= 0 and boss.last_cell >= 0:
            world.attention[boss.last_cell] += evidence_of(boss)
