"""Evidence in a Boss's file: additions, ageing, and losses by replacement and moves (E38, E41).

Evidence of 1 is a completed case. A share of new evidence rests on the Providers who work in the Plan
at that time, and is lost in part when a later Plan runs without them; the file is held by one police
unit, and is lost in part when the network launches a Plan in the jurisdiction of another.
"""

from __future__ import annotations

from sim.engine.compiled import rule
from sim.levers import CENTRAL_INTELLIGENCE
from sim.parameters.constants import FILE_CLOSED_BELOW
from sim.state.records import FILE_PROVIDERS, KINDS

COMPLETE = 1.0


@rule
def evidence_of(boss):
    """All evidence in a file; 1 completes a case. Plain form: evidence_plain.evidence_of."""
    total = boss.evidence
    for i in range(FILE_PROVIDERS):
        total += boss.file_evidence[i]
    return total


@rule
def add_evidence(b, amount, day, world, params):
    """Add evidence on a Boss: a share rests on the Providers now in the Plan, the rest on the Boss.

    Plain form: evidence_plain.add_evidence.
    """
    if amount <= 0.0:
        return
    boss = world.bosses[b]
    plan = world.plans[b]
    if boss.file_unit < 0:
        boss.file_unit = world.territories[boss.territory].jurisdiction
    rests_on_providers = amount * params.casework_provider_share
    slots = 0
    if plan.open == 1:
        for slot in range(plan.n_slots):
            if plan.slot_holder[slot] >= 0:
                slots += 1
    boss.evidence += amount if slots == 0 else amount - rests_on_providers
    for slot in range(plan.n_slots if slots > 0 else 0):
        if plan.slot_holder[slot] >= 0:
            _add_on_provider(boss, plan.slot_holder[slot], rests_on_providers / slots)
    if boss.file_since < 0 and evidence_of(boss) >= params.casework_file_opened:
        boss.file_since = day
        world.ledger[day].files_opened += 1


@rule
def _add_on_provider(boss, p, amount):
    """Add evidence that rests on one Provider, or on the Boss if the file has no room for another Provider."""
    free = -1
    for i in range(FILE_PROVIDERS):
        if boss.file_provider[i] == p:
            boss.file_evidence[i] += amount
            return
        if free < 0 and boss.file_provider[i] < 0:
            free = i
    if free >= 0:
        boss.file_provider[free] = p
        boss.file_evidence[free] = amount
    else:
        boss.evidence += amount


@rule
def _keep_share(boss, share):
    """Keep this share of everything in a file; return the loss."""
    before = evidence_of(boss)
    boss.evidence *= share
    for i in range(FILE_PROVIDERS):
        boss.file_evidence[i] *= share
    return before - evidence_of(boss)


@rule
def age_file(boss, day, world, params):
    """Age a file by one day; it lapses when little evidence is left. Plain form: evidence_plain.age_file."""
    _keep_share(boss, 1.0 - params.casework_decay)
    if boss.file_since >= 0 and evidence_of(boss) < FILE_CLOSED_BELOW * params.casework_file_opened:
        world.ledger[day].files_lapsed += 1
        close_file(boss)


@rule
def close_file(boss):
    """Close a Boss's file: the evidence has lapsed or is used up. Plain form: evidence_plain.close_file."""
    boss.evidence = 0.0
    boss.file_since = -1
    boss.file_unit = -1
    for i in range(FILE_PROVIDERS):
        boss.file_provider[i] = -1
        boss.file_evidence[i] = 0.0


@rule
def move_file(b, day, world, params):
    """Move a file when a Plan begins in another jurisdiction: silos keep a share, central intelligence more (E41).

    Plain form: evidence_plain.move_file.
    """
    boss = world.bosses[b]
    unit = world.territories[boss.territory].jurisdiction
    if boss.file_unit < 0 or boss.file_unit == unit:
        return
    central = min(1.0, world.lever_intensity[CENTRAL_INTELLIGENCE, boss.territory * KINDS])
    kept = params.casework_kept_silo + (1.0 - params.casework_kept_silo) * central
    lost = _keep_share(boss, kept)
    boss.file_unit = unit
    world.ledger[day].evidence_lost_by_moves += int(1e6 * lost)


@rule
def drop_replaced(b, day, world, params):
    """Reduce evidence on Providers who are not in the housed Plan that begins (E38).

    Plain form: evidence_plain.drop_replaced.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    if plan.n_slots == 0:
        return
    lost = 0.0
    for i in range(FILE_PROVIDERS):
        p = boss.file_provider[i]
        if p < 0:
            continue
        serves = False
        for slot in range(plan.n_slots):
            if plan.slot_holder[slot] == p:
                serves = True
        if not serves:
            before = boss.file_evidence[i]
            boss.file_evidence[i] = before * params.casework_kept_replaced
            lost += before - boss.file_evidence[i]
    world.ledger[day].evidence_lost_by_replacement += int(1e6 * lost)
