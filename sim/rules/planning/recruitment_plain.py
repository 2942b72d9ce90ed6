"""Recruitment in plain form: own ties first, then persons lent by acquainted Bosses, then recruits."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance_plain import as_share, hash64, lowest, substream_of, uniform
from sim.parameters.constants import (
    ATTACHED_BY_ACQUAINTANCE,
    ATTACHED_OTHERWISE,
    DEBT_OF_TIE,
    NEAR_RECRUITS,
    RECRUITED_AT_LEAST,
    SUPERVISION_OF_TIE,
)
from sim.rules.control.ties_plain import held_by, tie
from sim.rules.labour.staffing_plain import cents, choose_provider, remember_contact
from sim.rules.outreach.reception_plain import keep_contact
from sim.state.records import AT_RISK, FREE, IN_PLAN, INDEPENDENT, OTHER_WORK, RECRUITMENT, TEAM, TIES

RECRUITER_SLOT = 50


def assemble_team(b, day, seed, world, params):
    """Assemble the persons of Boss b's next Plan; return their number."""
    boss, plan = world.bosses[b], world.plans[b]
    most = min(TEAM, params.planning_max_team)
    wanted = min(boss.team_wanted, most)
    plan.n_persons = 0
    take_own(b, b, wanted, day, seed, world, params)
    if plan.co_boss >= 0:
        both = min(most, wanted + world.bosses[plan.co_boss].team_wanted)
        take_own(b, plan.co_boss, both, day, seed, world, params)
    borrow(b, wanted, day, seed, world, params)
    recruit(b, wanted, day, seed, world, params)
    if params.entry_runaway_meeting > 0.0:
        recruit_runaways(b, most, day, seed, world, params)
    return plan.n_persons


def join(row, b, day, seed, world, params):
    """Put a person in the Plan of Boss b from today, in the Boss's territory."""
    boss, plan, person = world.bosses[b], world.plans[b], world.prostitutes[row]
    plan.person[plan.n_persons] = row
    plan.n_persons += 1
    keep_contact(person, boss.territory, day, seed, world, params)
    person.plan, person.territory = b, boss.territory
    person.status, person.status_since = IN_PLAN, day


def lend(row, b, day, world):
    """Tie a person of another Boss to Boss b for the time of the Plan."""
    world.prostitutes[row].boss[1] = b
    world.prostitutes[row].tie_since[1] = day


def take_own(b, owner, wanted, day, seed, world, params):
    """Take persons held by the Boss, or by the co-Boss; of too many, the lowest hashes."""
    substream = substream_of(seed, draws.RECRUIT, day, world.bosses[owner].uid + 1)
    for row in lowest(held_by(owner, world), wanted - world.plans[b].n_persons, substream, world.prostitutes):
        join(row, b, day, seed, world, params)
        if owner != b:
            lend(row, b, day, world)


def borrow(b, wanted, day, seed, world, params):
    """Let each acquainted Boss who is near and runs no Plan fill one empty place with some chance (E35)."""
    boss, plan = world.bosses[b], world.plans[b]
    substream = substream_of(seed, draws.LEND, day, boss.uid)
    for c in boss.acquainted[: boss.n_acquainted]:
        lender = world.bosses[c]
        lends = lender.status in (FREE, OTHER_WORK) and uniform(substream, lender.uid) < params.planning_lend_chance
        if lends and plan.n_persons < wanted:
            for row in lowest(held_by(c, world), 1, substream, world.prostitutes):
                join(row, b, day, seed, world, params)
                lend(row, b, day, world)
                world.ledger[day].persons_lent += 1


def recruit(b, wanted, day, seed, world, params):
    """Recruit for each missing tie with some chance, raised by a recruiter and by persons in the Plan."""
    boss, plan, today = world.bosses[b], world.plans[b], world.ledger[day]
    missing = min(wanted - plan.n_persons, boss.team_wanted - boss.n_persons)
    if missing <= 0:
        return
    substream = substream_of(seed, draws.RECRUIT, day, boss.uid)
    recruiter = choose_provider(b, RECRUITMENT, RECRUITER_SLOT, 0, day, seed, world, params)
    chance = params.entry_recruit_chance
    chance += params.entry_recruiter_boost if recruiter >= 0 else 0.0
    chance += params.entry_peer_boost if plan.n_persons > 0 else 0.0
    ties = sum(uniform(substream, k) < chance for k in range(missing))
    for row in persons_met(boss, substream, day, world, params)[:ties]:
        person = world.prostitutes[row]
        if not tie(row, b, day, world):
            break
        begin_tie(person, uniform(substream, person.uid + 1), params)
        join(row, b, day, seed, world, params)
        today.recruited += 1
        if recruiter >= 0:
            fee = cents(params.entry_recruiter_fee)
            boss.cash -= fee
            world.providers[recruiter].cash += fee
            today.providers_income += fee
            today.bosses_income -= fee
            remember_contact(recruiter, boss, day, 1)


def recruit_runaways(b, most, day, seed, world, params):
    """Recruit, with or without an empty place, persons in a runaway spell whom only the added meetings bring."""
    boss = world.bosses[b]
    room = max(0, min(most - world.plans[b].n_persons, TIES - boss.n_persons))
    substream = substream_of(seed, draws.RECRUIT, day, boss.uid)
    usual = params.entry_meeting_rate
    more = usual * (1.0 + params.entry_runaway_meeting)
    met = [row for draw, row in in_sight(boss, substream, day, world, params) if usual < draw <= more]
    for row in [row for row in met if world.prostitutes[row].away_until > day][:room]:
        tie(row, b, day, world)
        begin_tie(world.prostitutes[row], uniform(substream, world.prostitutes[row].uid + 1), params)
        join(row, b, day, seed, world, params)
        world.ledger[day].recruited += 1


def persons_met(boss, substream, day, world, params):
    """Persons at risk or independent near by whom a Boss meets: those whose draw is low enough, the lowest first."""
    return [row for draw, row in in_sight(boss, substream, day, world, params) if draw <= params.entry_meeting_rate]


def in_sight(boss, substream, day, world, params):
    """Persons at risk or independent near by, each with an exponential draw over nearness and vulnerability, in its order.

    The more vulnerable and the nearer, and runaways, the sooner (E26).
    """
    candidates = []
    near = [z for z in world.near[boss.territory, :NEAR_RECRUITS] if z >= 0]
    for row in range(world.counts[0].prostitutes):
        person = world.prostitutes[row]
        if person.status in (AT_RISK, INDEPENDENT) and person.territory in near:
            weight = RECRUITED_AT_LEAST + person.vulnerability
            weight *= 1.0 + params.entry_runaway_factor if person.away_until > day else 1.0
            u = as_share(hash64(substream, person.uid))
            candidates.append((-math.log(u) * world.inverse_visibility[boss.territory, person.territory] / weight, row))
    return sorted(candidates)


def begin_tie(person, u, params):
    """Set attachment by how the tie began: most are recruited through family or friends (E30)."""
    person.by_acquaintance = u < params.entry_acquaintance_share
    person.attachment = ATTACHED_BY_ACQUAINTANCE if person.by_acquaintance else ATTACHED_OTHERWISE
    person.was_exploited, person.debt, person.supervision = 1, DEBT_OF_TIE, SUPERVISION_OF_TIE
