"""Visits to venues and street patrols in plain form: choice of cells and venues, and finds."""

from __future__ import annotations

import numpy as np

from sim.engine import draws
from sim.engine.chance_plain import scramble, substream_of, uniform, whole
from sim.levers import STREET_PATROL, VENUE_INSPECTION
from sim.parameters.constants import NO_SIGNAL
from sim.rules.casework.evidence_plain import evidence_of
from sim.rules.demand.platforms_plain import pick
from sim.rules.enforcement.arrests_plain import break_up
from sim.rules.enforcement.inspections import LEARNED, LISTED, PROBLEM, REPORTED
from sim.state.records import KINDS, STREET


def inspect(day, seed, world, params):
    """Make the visits and patrols of each unit, then those added by levers, cell by cell."""
    for u in range(len(world.units)):
        for street in (False, True):
            inspect_baseline(u, street, day, seed, world, params)
    for cell in range(len(world.attention)):
        inspect_for_lever(cell, day, seed, world, params)


def inspect_baseline(u, street, day, seed, world, params):
    """Make a unit's visits: each to a venue of a cell drawn by weight."""
    unit, today = world.units[u], world.ledger[day]
    substream = substream_of(seed, draws.PATROL if street else draws.VISIT, day, unit.uid)
    number = whole(unit.patrols if street else unit.visits, uniform(substream, draws.VISITS))
    weights = np.array([weight_of(cell, street, unit.jurisdiction, world, params) for cell in range(len(world.attention))])
    for k in range(number if weights.sum() > 0.0 else 0):
        visit(
            pick(uniform(substream, draws.DRAWS_PER_VISIT * k + draws.VISIT_CELL), weights),
            substream,
            k,
            day,
            seed,
            world,
            params,
        )
    today["patrols" if street else "visits"] += number


def inspect_for_lever(cell, day, seed, world, params):
    """Make visits on top of the baseline, by draws of their own: intensity x the cell's visits in the baseline."""
    street, territory = cell % KINDS == STREET, world.territories[cell // KINDS]
    lever, stream = (STREET_PATROL, draws.LEVER_PATROL) if street else (VENUE_INSPECTION, draws.LEVER_VISIT)
    substream = substream_of(seed, stream, day, territory.uid + cell % KINDS)
    number = whole(
        float(world.lever_intensity[lever, cell] * world.lever_capacity[lever, cell]), uniform(substream, draws.VISITS)
    )
    for k in range(number):
        visit(cell, substream, k, day, seed, world, params)
    world.ledger[day]["patrols_added" if street else "visits_added"] += number


def weight_of(cell, street, jurisdiction, world, params):
    """Inhabitants x the kind's share of inspections; only listed targets, or more where Plans were found before."""
    z, kind = divmod(cell, KINDS)
    territory, listed = world.territories[z], params.enforcement_listed_territory
    if territory.jurisdiction != jurisdiction or (kind == STREET) != street:
        return 0.0
    weight = (1.0 if street else params.enforcement_inspection_weight[kind]) * territory.population
    if params.enforcement_cells_chosen == LEARNED:
        return weight * (1.0 + world.attention[cell])
    if params.enforcement_cells_chosen in (REPORTED, PROBLEM):
        return weight * (NO_SIGNAL + world.attention[cell])
    has_target = params.enforcement_cells_chosen == LISTED and world.territories[listed].jurisdiction == jurisdiction
    return 0.0 if has_target and z != listed else weight


def visit(cell, substream, k, day, seed, world, params):
    """Visit one random venue of the cell; each Plan there is found with the chance of the kind."""
    z, kind = divmod(cell, KINDS)
    venue = int(uniform(substream, draws.DRAWS_PER_VISIT * k + draws.VISIT_VENUE) * world.territories[z].venues[kind])
    for b in world.running[: world.counts[0].running].tolist():
        plan = world.plans[b]
        is_near = plan.open == 1 and (plan.territory, plan.kind) == (z, kind)
        if is_near and params.learning_visibility > 0.0:
            notice_visit(plan, substream, k, world.territories[z].venues[kind], params)
        chance = params.enforcement_yield_factor * params.enforcement_find_chance[kind]
        if is_near and plan.venue == venue and uniform(substream, plan.uid + k) < chance:
            world.finds[cell] += 1
            world.ledger[day]["found_by_patrol" if kind == STREET else "found_by_visit"] += 1
            plan.exposure -= params.learning_visibility  # a break-up is news of its own
            break_up(b, False, day, seed, world, params)


def notice_visit(plan, substream, k, venues, params):
    """By chance, a visit to the cell of a Plan is noticed there: the chance that it finds the Plan adds to its exposure."""
    if uniform(substream, scramble(plan.uid) + k) < params.learning_visibility:
        plan.exposure += params.enforcement_yield_factor * params.enforcement_find_chance[plan.kind] / venues


def update_attention(world, params):
    """Set the weights that tomorrow's choice of cells reads: finds that fade, unanswered reports, or evidence in files."""
    if params.enforcement_cells_chosen not in (REPORTED, PROBLEM):
        world.attention[:] = (1.0 - params.enforcement_attention_decay) * world.attention
        world.attention[:] += params.enforcement_attention_gain * world.finds
        return
    world.attention[:] = 0.0
    if params.enforcement_cells_chosen == REPORTED:
        for plan in (world.plans[b] for b in world.running[: world.counts[0].running].tolist()):
            if plan.open == 1:
                world.attention[plan.territory * KINDS + plan.kind] += plan.reports
        return
    for boss in world.bosses[: world.counts[0].bosses]:
        if boss.file_since >= 0 and boss.last_cell >= 0:
            world.attention[boss.last_cell] += evidence_of(boss)
