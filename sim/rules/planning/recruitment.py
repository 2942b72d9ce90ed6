"""Persons in a Plan: own ties first, then persons lent by acquainted Bosses (E35), then recruits."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import U64, day_key, substream_of, uniform, unit
from sim.engine.compiled import rule
from sim.engine.lowest_k import keep_lowest, pair_hash
from sim.parameters.constants import (
    ATTACHED_BY_ACQUAINTANCE,
    ATTACHED_OTHERWISE,
    DEBT_OF_TIE,
    NEAR_RECRUITS,
    RECRUITED_AT_LEAST,
    SUPERVISION_OF_TIE,
)
from sim.rules.control.ties import set_status, tie
from sim.rules.labour.staffing import choose_provider, remember_contact
from sim.rules.money import cents
from sim.rules.outreach.reception import keep_contact
from sim.state.records import AT_RISK, BETWEEN, FREE, IN_PLAN, INDEPENDENT, OTHER_WORK, RECRUITMENT, TEAM, TIES

RECRUITER_SLOT = 50


@rule
def assemble_team(b, day, seed, world, params):
    """Assemble the persons of Boss b's next Plan in its record; return their number.

    Plain form: recruitment_plain.assemble_team.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    plan.n_persons = 0
    most = min(TEAM, params.planning_max_team)
    wanted = min(boss.team_wanted, most)
    _take_own(b, b, wanted, day, seed, world, params)
    if plan.co_boss >= 0:
        _take_own(b, plan.co_boss, min(most, wanted + world.bosses[plan.co_boss].team_wanted), day, seed, world, params)
    _borrow(b, wanted, day, seed, world, params)
    _recruit(b, wanted, day, seed, world, params)
    if params.entry_runaway_meeting > 0.0:
        _recruit_runaways(b, most, day, seed, world, params)
    return plan.n_persons


@rule
def _join(row, b, day, seed, world, params):
    """Put a person in the Plan of Boss b from today."""
    boss = world.bosses[b]
    plan = world.plans[b]
    person = world.prostitutes[row]
    plan.person[plan.n_persons] = row
    plan.n_persons += 1
    person.plan = b
    keep_contact(person, boss.territory, day, seed, world, params)
    person.territory = boss.territory
    set_status(person, IN_PLAN, day)


@rule
def _take_own(b, owner_row, wanted, day, seed, world, params):
    """Take persons between Plans who are tied to the Boss, or to the co-Boss; of too many, the lowest hashes.

    Plain form: recruitment_plain.take_own.
    """
    boss = world.bosses[owner_row]
    wanted -= world.plans[b].n_persons
    substream = substream_of(day_key(seed, draws.RECRUIT, day), boss.uid + U64(1))
    found = 0
    for i in range(boss.n_persons):
        row = boss.person[i]
        person = world.prostitutes[row]
        if person.status == BETWEEN and person.plan < 0:
            found = keep_lowest(pair_hash(substream, person.uid), row, wanted, found, world)
    for i in range(found):
        row = world.lowest_rows[i]
        _join(row, b, day, seed, world, params)
        if owner_row != b:
            world.prostitutes[row].boss[1] = b
            world.prostitutes[row].tie_since[1] = day


@rule
def _borrow(b, wanted, day, seed, world, params):
    """Fill empty places, with some chance each, by a person of an acquainted Boss who is near and runs no Plan.

    Plain form: recruitment_plain.borrow.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    substream = substream_of(day_key(seed, draws.LEND, day), boss.uid)
    for i in range(boss.n_acquainted):
        if plan.n_persons >= wanted:
            return
        lender_row = boss.acquainted[i]
        lender = world.bosses[lender_row]
        if (lender.status != FREE and lender.status != OTHER_WORK) or lender.n_persons == 0:
            continue
        if uniform(substream, lender.uid) >= params.planning_lend_chance:
            continue
        best = -1
        lowest = U64(0)
        for theirs in range(lender.n_persons):
            row = lender.person[theirs]
            person = world.prostitutes[row]
            if person.status == BETWEEN and person.plan < 0:
                bits = pair_hash(substream, person.uid)
                if best < 0 or bits < lowest:
                    best = row
                    lowest = bits
        if best >= 0:
            person = world.prostitutes[best]
            _join(best, b, day, seed, world, params)
            person.boss[1] = b
            person.tie_since[1] = day
            world.ledger[day].persons_lent += 1


@rule
def _recruit(b, wanted, day, seed, world, params):
    """Fill places left in the Boss's ties, with some chance each, from persons at risk or independent near by.

    Plain form: recruitment_plain.recruit.
    """
    boss = world.bosses[b]
    plan = world.plans[b]
    missing = min(wanted - plan.n_persons, boss.team_wanted - boss.n_persons)
    if missing <= 0:
        return
    substream = substream_of(day_key(seed, draws.RECRUIT, day), boss.uid)
    recruiter = choose_provider(b, RECRUITMENT, RECRUITER_SLOT, 0, day, seed, world, params)
    chance = params.entry_recruit_chance
    if recruiter >= 0:
        chance += params.entry_recruiter_boost
    if plan.n_persons > 0:
        chance += params.entry_peer_boost
    places = 0
    for k in range(missing):
        if uniform(substream, k) < chance:
            places += 1
    if places == 0:
        return
    found = _nearest_to_recruit(boss, places, substream, day, world, params)
    for i in range(found):
        row = world.lowest_rows[i]
        person = world.prostitutes[row]
        if not tie(row, person, b, boss, day):
            break
        _begin_tie(person, boss, uniform(substream, person.uid + U64(1)), params)
        _join(row, b, day, seed, world, params)
        world.ledger[day].recruited += 1
        if recruiter >= 0:
            fee = cents(params.entry_recruiter_fee)
            boss.cash -= fee
            world.providers[recruiter].cash += fee
            today = world.ledger[day]
            today.providers_income += fee
            today.bosses_income -= fee
            remember_contact(recruiter, boss, day, 1)


@rule
def _nearest_to_recruit(boss, places, substream, day, world, params):
    """Of the persons a Boss meets, those with the lowest exponential draws over nearness and vulnerability (E26).

    A person is met if the draw is below `entry.meeting_rate`: fewer at risk, fewer recruits.

    Plain form: recruitment_plain.persons_met.
    """
    found = 0
    bound = params.entry_meeting_rate
    for nearness in range(NEAR_RECRUITS):
        territory = world.near[boss.territory, nearness]
        if territory < 0:
            break
        inverse_visibility = world.inverse_visibility[boss.territory, territory]
        for i in range(world.risk_start[territory], world.risk_start[territory + 1]):
            row = world.risk[i]
            person = world.prostitutes[row]
            if person.status != AT_RISK and person.status != INDEPENDENT:
                continue
            weight = _weight_in_recruitment(person, day, params)
            u = unit(pair_hash(substream, person.uid))
            if (1.0 - u) * inverse_visibility / weight > bound:
                continue  # as -log(u) >= 1 - u, it cannot be among the lowest of those met
            score = -math.log(u) * inverse_visibility / weight
            if score > params.entry_meeting_rate:
                continue
            found = keep_lowest(U64(min(score, 1e6) * 1e12), row, places, found, world)
            if found == places:
                bound = min(bound, (float(world.lowest_hashes[found - 1]) + 2.0) * 1.000001e-12)
    return found


@rule
def _weight_in_recruitment(person, day, params):
    """Vulnerability over a floor; higher in a runaway spell (E26)."""
    weight = RECRUITED_AT_LEAST + float(person.vulnerability)
    if person.away_until > day:
        weight *= 1.0 + params.entry_runaway_factor
    return weight


@rule
def _recruit_runaways(b, most, day, seed, world, params):
    """Recruit, with or without an empty place, persons near by in a runaway spell whom only the added meetings bring.

    Their draw lies between `entry.meeting_rate` and 1 + `entry.runaway_meeting` times it. The lowest come first, up to the
    largest team.

    Plain form: recruitment_plain.recruit_runaways.
    """
    boss = world.bosses[b]
    room = min(most - world.plans[b].n_persons, TIES - boss.n_persons)
    if room <= 0:
        return
    substream = substream_of(day_key(seed, draws.RECRUIT, day), boss.uid)
    usual = params.entry_meeting_rate
    found = 0
    for nearness in range(NEAR_RECRUITS):
        territory = world.near[boss.territory, nearness]
        if territory < 0:
            break
        for i in range(world.risk_start[territory], world.risk_start[territory + 1]):
            person = world.prostitutes[world.risk[i]]
            if person.away_until <= day or (person.status != AT_RISK and person.status != INDEPENDENT):
                continue
            u = unit(pair_hash(substream, person.uid))
            inverse_visibility = world.inverse_visibility[boss.territory, territory]
            score = -math.log(u) * inverse_visibility / _weight_in_recruitment(person, day, params)
            if usual < score <= usual * (1.0 + params.entry_runaway_meeting):
                found = keep_lowest(U64(min(score, 1e6) * 1e12), world.risk[i], room, found, world)
    for i in range(found):
        row = world.lowest_rows[i]
        person = world.prostitutes[row]
        tie(row, person, b, boss, day)
        _begin_tie(person, boss, uniform(substream, person.uid + U64(1)), params)
        _join(row, b, day, seed, world, params)
        world.ledger[day].recruited += 1


@rule
def _begin_tie(person, boss, u, params):
    """Set attachment by how the tie began: most are recruited through family or friends (E30)."""
    person.by_acquaintance = 1 if u < params.entry_acquaintance_share else 0
    person.was_exploited = 1
    person.attachment = ATTACHED_BY_ACQUAINTANCE if person.by_acquaintance == 1 else ATTACHED_OTHERWISE
    person.debt = DEBT_OF_TIE
    person.supervision = SUPERVISION_OF_TIE
