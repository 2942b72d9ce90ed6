"""Evidence in plain form: content of a Boss's file, additions and losses (E38, E41)."""

from __future__ import annotations

from sim.levers import CENTRAL_INTELLIGENCE
from sim.parameters.constants import FILE_CLOSED_BELOW
from sim.state.records import KINDS


def evidence_of(boss):
    """All evidence in a file, that on the Boss and that on each Provider; 1 completes a case."""
    total = boss.evidence
    for part in boss.file_evidence.tolist():  # not by sum(), which adds more exactly than floats do from Python 3.12
        total += part
    return total


def close_file(boss):
    """Close a Boss's file: the evidence has lapsed or is used up."""
    boss.evidence, boss.file_since, boss.file_unit = 0.0, -1, -1
    boss.file_provider[:] = -1
    boss.file_evidence[:] = 0.0


def add_evidence(b, amount, day, world, params):
    """Add evidence on a Boss: a share rests on the Providers now in the Plan, slot by slot, the rest on the Boss."""
    if amount <= 0.0:
        return
    boss, plan = world.bosses[b], world.plans[b]
    if boss.file_unit < 0:
        boss.file_unit = world.territories[boss.territory].jurisdiction
    holders = [p for p in plan.slot_holder[: plan.n_slots].tolist() if p >= 0] if plan.open else []
    on_providers = amount * params.casework_provider_share if holders else 0.0
    boss.evidence += amount - on_providers
    for p in holders:
        add_on_provider(boss, p, on_providers / len(holders))
    if boss.file_since < 0 and evidence_of(boss) >= params.casework_file_opened:
        boss.file_since = day
        world.ledger[day].files_opened += 1


def add_on_provider(boss, p, amount):
    """Add evidence that rests on one Provider, or on the Boss if the file has no room for another Provider."""
    known = boss.file_provider.tolist()
    if p not in known and -1 not in known:
        boss.evidence += amount
        return
    i = known.index(p if p in known else -1)
    boss.file_provider[i] = p
    boss.file_evidence[i] += amount


def keep_share(boss, share):
    """Keep this share of everything in a file; return the loss."""
    before = evidence_of(boss)
    boss.evidence *= share
    boss.file_evidence *= share
    return before - evidence_of(boss)


def age_file(boss, day, world, params):
    """Age a file by one day; it lapses when little evidence is left."""
    keep_share(boss, 1.0 - params.casework_decay)
    if boss.file_since >= 0 and evidence_of(boss) < FILE_CLOSED_BELOW * params.casework_file_opened:
        world.ledger[day].files_lapsed += 1
        close_file(boss)


def move_file(b, day, world, params):
    """Move a file when a Plan begins in another jurisdiction: silos keep a share, central intelligence more (E41)."""
    boss = world.bosses[b]
    unit = world.territories[boss.territory].jurisdiction
    if boss.file_unit in (-1, unit):
        return
    central = min(1.0, float(world.lever_intensity[CENTRAL_INTELLIGENCE, boss.territory * KINDS]))
    lost = keep_share(boss, params.casework_kept_silo + (1.0 - params.casework_kept_silo) * central)
    boss.file_unit = unit
    world.ledger[day].evidence_lost_by_moves += int(1e6 * lost)


def drop_replaced(b, day, world, params):
    """Reduce evidence on Providers who are not in the housed Plan that begins (E38)."""
    boss, plan = world.bosses[b], world.plans[b]
    holders, lost = plan.slot_holder[: plan.n_slots].tolist(), 0.0
    for i, p in enumerate(boss.file_provider.tolist() if holders else []):
        if p >= 0 and p not in holders:
            before = float(boss.file_evidence[i])
            boss.file_evidence[i] = before * params.casework_kept_replaced
            lost += before - float(boss.file_evidence[i])
    world.ledger[day].evidence_lost_by_replacement += int(1e6 * lost)
