"""Enforcement in plain form: inspections, online inquiry, answers to reports, case-building, fines, the arrest of one role."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance_plain import substream_of, uniform
from sim.levers import ARREST_BOSSES, ARREST_PROVIDERS, CASE_BUILDING, CLIENT_FINES, ONLINE_INQUIRY, STAFF_REPORTING, TRAINING
from sim.rules.careers.succession_plain import succeed_the_jailed
from sim.rules.casework.casework_plain import close_cases, read_ads, work_on_files
from sim.rules.casework.evidence_plain import add_evidence
from sim.rules.census_plain import is_minor
from sim.rules.enforcement.arrests_plain import break_up
from sim.rules.enforcement.fines_plain import fine_clients
from sim.rules.enforcement.inspections_plain import inspect, update_attention
from sim.rules.plain_tables import added, in_plain_numbers
from sim.rules.planning.flow_plain import end_plan
from sim.state.records import CUSTODY, HOTEL, KINDS, LEFT, PRISON, REMOVED, RUNNING


def enforce(day, seed, world, params):
    """Run visits and patrols, online inquiry, answers to reports, casework, fines, and the arrest of one role."""
    world, params = in_plain_numbers(world, params)
    world.finds[:] = 0
    allocate_capacity(world)
    inspect(day, seed, world, params)
    read_ads(day, seed, world, params)
    for b in world.running[: world.counts[0].running].tolist():
        if world.plans[b].open == 1:
            be_reported(b, day, seed, world, params)
            answer_reports(b, day, seed, world, params)
    close_cases(work_on_files(day, world, params), day, seed, world, params)
    fine_clients(day, seed, world, params)
    arrest_providers(day, seed, world)
    arrest_bosses(day, seed, world, params)
    update_attention(world, params)


def allocate_capacity(world):
    """Set the inspector-days added by levers to each unit today, and the undercover presence that follows (E56)."""
    for name in ("online_added", "casework_added", "client_added"):
        world.units[name] = 0.0
    online = 0.0
    for z, territory in enumerate(world.territories):
        unit = world.units[territory.jurisdiction]
        unit.online_added += added(ONLINE_INQUIRY, z, world)
        unit.casework_added += added(CASE_BUILDING, z, world)
        unit.client_added += added(CLIENT_FINES, z, world)
        online += added(ONLINE_INQUIRY, z, world)
    people = int(world.territories["population"].sum())
    world.platforms["undercover"][1:] = online / (people / 100_000.0)


def be_reported(b, day, seed, world, params):
    """Add reports by hotel staff, families and schools to those of clients (E33)."""
    plan, today = world.plans[b], world.ledger[day]
    staff_trained, professionals_trained = world.lever_intensity[[STAFF_REPORTING, TRAINING], plan.territory * KINDS].tolist()
    by_staff = params.enforcement_staff_report * (1.0 + params.enforcement_training_staff * min(1.0, staff_trained))
    by_family = params.enforcement_family_report
    by_family *= 1.0 + params.enforcement_training_detection * min(1.0, professionals_trained)
    if plan.kind == HOTEL and uniform(substream_of(seed, draws.REPORT, day, plan.uid), draws.ONLY) < by_staff:
        plan.reports += 1.0
        today.reports_by_staff += 1
    for row in plan.person[: plan.n_persons]:
        person = world.prostitutes[row]
        if is_minor(person, day) and uniform(substream_of(seed, draws.REPORT, day, person.uid), draws.ONLY) < by_family:
            plan.reports += 1.0
            today.reports_by_family += 1


def answer_reports(b, day, seed, world, params):
    """Answer each report with some chance; unanswered ones are forgotten, and leave some evidence in the file."""
    plan, today = world.plans[b], world.ledger[day]
    unanswered = (1.0 - params.enforcement_response_chance) ** plan.reports
    forgotten = params.enforcement_heat_decay * plan.reports
    plan.reports *= 1.0 - params.enforcement_heat_decay
    if uniform(substream_of(seed, draws.RESPONSE, day, plan.uid), draws.ONLY) >= unanswered:
        today.found_by_report += 1
        world.finds[plan.territory * KINDS + plan.kind] += 1
        break_up(b, False, day, seed, world, params)
    else:
        add_evidence(b, params.casework_evidence_report * forgotten, day, world, params)


def is_taken(person, lever, seed, world):
    """Whether the arrest of one role holds an agent: a share of the role, drawn by each agent's own substream."""
    share = world.lever_intensity[lever, person.home * KINDS]
    return person.status != LEFT and uniform(substream_of(seed, draws.REMOVAL, 0, person.uid), draws.ONLY) < share


def hold_until_tomorrow(person, lever, day, world):
    """Hold an agent for a day, at a day's cost; return True for one who was at large."""
    was_held = person.status in (PRISON, CUSTODY)
    person.taken_until = day + 1
    world.public_cost[day, lever] += world.unit_cost[lever]
    if not was_held:
        person.status, person.back_day = PRISON, REMOVED
    return not was_held


def arrest_providers(day, seed, world):
    """Apply the lever that arrests Providers."""
    for provider in world.providers[: world.counts[0].providers]:
        if is_taken(provider, ARREST_PROVIDERS, seed, world):
            world.ledger[day].providers_removed += hold_until_tomorrow(provider, ARREST_PROVIDERS, day, world)


def arrest_bosses(day, seed, world, params):
    """Apply the lever that arrests Bosses: their Plans end, and others may succeed them."""
    jailed = []
    for b, boss in enumerate(world.bosses[: world.counts[0].bosses]):
        if is_taken(boss, ARREST_BOSSES, seed, world):
            if boss.status == RUNNING:
                end_plan(b, day, False, seed, world, params)
            jailed += [b] if hold_until_tomorrow(boss, ARREST_BOSSES, day, world) else []
    world.ledger[day].bosses_removed += len(jailed)
    succeed_the_jailed(jailed, day, seed, world, params)
