"""Police: inspections, online inquiry, answers to reports, case-building, fines, and the arrest of one role."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import day_key, substream_of, uniform
from sim.engine.compiled import phase, rule
from sim.initialisation.attributes import is_minor
from sim.levers import ARREST_BOSSES, ARREST_PROVIDERS, CASE_BUILDING, CLIENT_FINES, ONLINE_INQUIRY, STAFF_REPORTING, TRAINING
from sim.policy import added
from sim.rules.careers.succession import succeed_the_jailed
from sim.rules.casework.casework import read_ads, work_on_files
from sim.rules.casework.evidence import add_evidence
from sim.rules.enforcement.arrests import break_up
from sim.rules.enforcement.fines import fine_clients
from sim.rules.enforcement.inspections import inspect, update_attention
from sim.rules.planning.flow import end_plan
from sim.state.records import CUSTODY, HOTEL, KINDS, LEFT, PRISON, REMOVED, RUNNING


@phase
def enforce(day, seed, world, params):
    """Run visits and patrols, online inquiry, answers to reports, casework, fines, and the arrest of one role.

    Plain form: enforcement_plain.enforce.
    """
    for cell in range(world.finds.size):
        world.finds[cell] = 0
    allocate_capacity(world)
    inspect(day, seed, world, params)
    read_ads(day, seed, world, params)
    take_and_answer_reports(day, seed, world, params)
    work_on_files(day, seed, world, params)
    fine_clients(day, seed, world, params)
    incapacitate_role(day, seed, world, params)
    update_attention(world, params)


@rule
def allocate_capacity(world):
    """Set the inspector-days added by levers to each unit today, and the undercover presence that follows (E56).

    Plain form: enforcement_plain.allocate_capacity.
    """
    for u in range(world.units.size):
        unit = world.units[u]
        unit.online_added = 0.0
        unit.casework_added = 0.0
        unit.client_added = 0.0
    online = 0.0
    people = 0
    for z in range(world.territories.size):
        territory = world.territories[z]
        unit = world.units[territory.jurisdiction]
        unit.online_added += added(ONLINE_INQUIRY, z, world)
        unit.casework_added += added(CASE_BUILDING, z, world)
        unit.client_added += added(CLIENT_FINES, z, world)
        online += added(ONLINE_INQUIRY, z, world)
        people += territory.population
    for site in range(1, world.platforms.size):
        world.platforms[site].undercover = online / (people / 100_000.0)


@rule
def take_and_answer_reports(day, seed, world, params):
    """Add reports by hotel staff, families and schools to those of clients; police answer some (E33).

    Plain form: enforcement_plain.answer_reports.
    """
    key = day_key(seed, draws.REPORT, day)
    answer_key = day_key(seed, draws.RESPONSE, day)
    today = world.ledger[day]
    for i in range(world.counts[0].running):
        b = world.running[i]
        plan = world.plans[b]
        if plan.open == 0:
            continue
        substream = substream_of(key, plan.uid)
        here = plan.territory * KINDS
        by_staff = params.enforcement_staff_report
        by_staff *= 1.0 + params.enforcement_training_staff * min(1.0, world.lever_intensity[STAFF_REPORTING, here])
        by_family = params.enforcement_family_report
        by_family *= 1.0 + params.enforcement_training_detection * min(1.0, world.lever_intensity[TRAINING, here])
        if plan.kind == HOTEL and uniform(substream, draws.ONLY) < by_staff:
            plan.reports += 1.0
            today.reports_by_staff += 1
        for member in range(plan.n_persons):
            person = world.prostitutes[plan.person[member]]
            if is_minor(person, day) and uniform(substream_of(key, person.uid), draws.ONLY) < by_family:
                plan.reports += 1.0
                today.reports_by_family += 1
        if plan.reports > 0.0:
            unanswered = (1.0 - params.enforcement_response_chance) ** plan.reports
            forgotten = params.enforcement_heat_decay * plan.reports
            plan.reports *= 1.0 - params.enforcement_heat_decay
            if uniform(substream_of(answer_key, plan.uid), draws.ONLY) >= unanswered:
                today.found_by_report += 1
                world.finds[plan.territory * KINDS + plan.kind] += 1
                break_up(b, False, day, seed, world, params)
            else:
                add_evidence(b, params.casework_evidence_report * forgotten, day, world, params)


@rule
def incapacitate_role(day, seed, world, params):
    """Hold a share of one role, drawn by each agent's own substream, while the lever lasts.

    Plain form: enforcement_plain.is_taken.
    """
    key = day_key(seed, draws.REMOVAL, 0)
    today = world.ledger[day]
    for p in range(world.counts[0].providers):
        provider = world.providers[p]
        share = world.lever_intensity[ARREST_PROVIDERS, provider.home * KINDS]
        if share <= 0.0 or provider.status == LEFT or uniform(substream_of(key, provider.uid), draws.ONLY) >= share:
            continue
        provider.taken_until = day + 1
        world.public_cost[day, ARREST_PROVIDERS] += world.unit_cost[ARREST_PROVIDERS]
        if provider.status != PRISON and provider.status != CUSTODY:
            provider.status = PRISON
            provider.back_day = REMOVED
            today.providers_removed += 1
    number = 0
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        share = world.lever_intensity[ARREST_BOSSES, boss.home * KINDS]
        if share <= 0.0 or boss.status == LEFT or uniform(substream_of(key, boss.uid), draws.ONLY) >= share:
            continue
        boss.taken_until = day + 1
        world.public_cost[day, ARREST_BOSSES] += world.unit_cost[ARREST_BOSSES]
        if boss.status != PRISON and boss.status != CUSTODY:
            if boss.status == RUNNING:
                end_plan(b, day, False, seed, world, params)
            boss.status = PRISON
            boss.back_day = REMOVED
            today.bosses_removed += 1
            world.boss_queue[number] = b
            number += 1
    succeed_the_jailed(number, day, seed, world, params)
