"""Decisions evaluated again: plain forms of rules run on a copy of a world, and what they are asked and answer is noted.

A plain form is not rewritten: its module is bound anew with a few names replaced (`rewired`), for one evaluation, so that other
users of the module see nothing of it. What it decides must be what the compiled world did.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from experiments.classroom.follow.looks import cell_of
from sim.configuration import compose
from sim.day import PHASES
from sim.levers import PLANTED_AVERSION
from sim.parameters import Parameters
from sim.rules.enforcement import inspections_plain
from sim.rules.entry import arrivals_plain
from sim.rules.labour import staffing_plain
from sim.rules.plain_tables import in_plain_numbers
from sim.rules.planning import flow_plain, planning_plain
from sim.rules.planning.planning_plain import LEAVE_REGION, OTHER, WAIT
from sim.simulation import Simulation
from sim.state.records import FREE, KINDS, OTHER_WORK, OUTSIDE, PARTNER, RUNNING, STREET
from sim.state.world import World, copy_world

_ENTRIES = ("arrivals_at_risk", "bosses_entered", "providers_entered")
_OF_SLOTS = ("open", "n_slots", "slot_task", "slot_holder", "slot_minutes", "slot_vacant_since")
_OF_VISITS = ("visits", "visits_added", "patrols", "patrols_added", "found_by_visit", "found_by_patrol")


def rewired(module: types.ModuleType, **replaced: Callable) -> dict[str, Any]:
    """The names of a module, its functions bound anew to them: what they call can be exchanged there, and only there."""
    names = dict(vars(module))
    for name, value in vars(module).items():
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
            names[name] = types.FunctionType(value.__code__, names, name, value.__defaults__, value.__closure__)
    return _with(names, **replaced)


def _with(names: dict[str, Any], **replaced: Callable) -> dict[str, Any]:
    names.update(replaced)
    return names


class Around(NamedTuple):
    """A world before and after a phase of a day."""

    day: int
    seed: np.uint64
    before: World
    after: World
    params: np.void
    recorded: int  # events before the phase

    def tables(self) -> tuple[World, np.void]:
        """The world before, and the numbers of the rules, as plain forms read them; what they write goes there."""
        return in_plain_numbers(self.before, self.params)

    def events(self, world: World) -> list[tuple]:
        """Events that the phase has recorded in one of the two worlds."""
        return world.events[self.recorded : world.counts[0].events].tolist()


def be_ready() -> None:
    """Compile what plain forms call of compiled rules, which takes some twenty seconds, once for a version of the code."""
    simulation = Simulation(compose("class", overrides={"days": 1, "burn_in": 0}))
    world, params = in_plain_numbers(simulation.world, simulation.params[0])
    home = np.uint64(world.territories[0].uid), 0, 0, simulation.seed, params
    arrivals_plain.create_prostitute(world.prostitutes[-1], 0, *home)
    arrivals_plain.create_provider(world.providers[-1], 0, *home)
    arrivals_plain.create_boss(world.bosses[-1], 0, *home)
    arrivals_plain.be_introduced(len(world.bosses) - 1, world, params)


def around(parameters: Parameters, day: int, phase: str) -> Around | None:
    """A world before and after a phase; None where a rule of the user's stands in its place."""
    simulation = Simulation(parameters, record_events=True)
    if dict(simulation.phases)[phase] is not dict(PHASES)[phase]:
        return None
    simulation.run(day)
    kept: dict[str, World] = {}

    def keep(when: str) -> Callable:
        return lambda day, seed, world, params: kept.update({when: copy_world(world)})

    simulation.insert_phase("follow before", keep("before"), before=phase)
    simulation.insert_phase("follow after", keep("after"), after=phase)
    simulation.run(1)
    before, after = kept["before"], kept["after"]
    return Around(day, simulation.seed, before, after, simulation.params[0], int(before.counts[0].events))


class Disagreement(RuntimeError):
    """A plain form says another thing than what the compiled world did."""


def agrees(same: bool, what: str) -> None:
    """Disagreement if a plain form says another thing than what the compiled world did."""
    if not same:
        raise Disagreement(f"{what}: the plain form of the rule does not give what the world did; please report this")


# --- where and of which kind


class Choice(NamedTuple):
    """A Boss's choice: options, their utilities without and with noise, the terms of those that are cells, what was chosen."""

    length: int
    utility: dict[int, float]
    noisy: dict[int, float]
    terms: dict[int, dict[str, float]]
    beliefs: dict[int, tuple[float, float]]  # expected EUR per person and day, perceived break-ups per Plan-day
    chosen: int
    begun: bool  # whether a Plan was begun


def choice_again(b: int, at: Around) -> Choice:
    """A Boss's choice of a morning, by `planning_plain.decide` up to where a Plan would be launched."""
    world, params = at.tables()
    if b >= world.counts[0].bosses:  # entered this morning
        arrivals_plain.receive_arrivals(at.day, at.seed, world, params)
    noted: dict[str, Any] = {}
    names = rewired(planning_plain, launch=lambda *_: None)
    choose_place = names["choose_place"]

    def note_choice(b, length, day, substream, world, params):
        return noted.setdefault("chosen", choose_place(b, noted.setdefault("length", length), day, substream, world, params))

    def note_options(*options, **how):
        if isinstance(options[0], dict):
            noted.update(utility=dict(options[0]), noisy={option: how["key"](option) for option in options[0]})
        return max(*options, **how)

    _with(names, choose_place=note_choice, max=note_options)["decide"](b, at.day, at.seed, world, params)
    cells = [option for option in noted["utility"] if option >= 0]
    terms = terms_of_cells(b, cells, noted["length"], at, world)
    for cell in cells:
        utility = noted["utility"][cell]
        agrees(abs(sum(terms[cell].values()) - utility) < 1e-6 * (1.0 + abs(utility)), "utility of a cell")
    boss = world.bosses[b]
    priors = (world.belief_income, boss.expected_income), (world.belief_risk, params.learning_prior_risk)
    beliefs = {cell: tuple(names["belief"](*prior, b, cell, at.day, world, params) for prior in priors) for cell in cells}
    return Choice(**noted, terms=terms, beliefs=beliefs, begun=_is_what_happened(noted["chosen"], b, at))


def terms_of_cells(b: int, cells: list[int], length: int, at: Around, world: World) -> dict[int, dict[str, float]]:
    """The terms of each cell's utility in EUR: what is lost of it when a term is left out of the plain form."""
    params = in_plain_numbers(world, at.params)[1]

    def without_belief(which: np.ndarray) -> dict[str, Any]:
        return rewired(
            planning_plain, belief=lambda beliefs, *rest: 0.0 if beliefs is which else planning_plain.belief(beliefs, *rest)
        )

    def without(*numbers: str) -> np.void:
        fewer = in_plain_numbers(world, at.params)[1]
        for number in numbers:
            fewer[number] = 0
        return fewer

    usual = vars(planning_plain)
    left_out = {
        "income": (without_belief(world.belief_income), params),
        "venue_and_ads": (usual, without("planning_venue_cost", "planning_ad_cost")),
        "wages": (rewired(planning_plain, wages_expected=lambda *_: 0.0), params),
        "travel": (usual, without("planning_travel_cost")),
        "risk": (without_belief(world.belief_risk), params),
        "habit": (usual, without("planning_habit")),
        "size": (usual, without("planning_temperature")),
    }
    terms = {}
    for cell in cells:
        whole = planning_plain.utility_of_cell(b, cell, length, at.day, world, params)
        terms[cell] = {
            term: whole - names["utility_of_cell"](b, cell, length, at.day, world, numbers)
            for term, (names, numbers) in left_out.items()
        } | {"aversion": -float(world.lever_intensity[PLANTED_AVERSION, cell])}
    return terms


def _is_what_happened(chosen: int, b: int, at: Around) -> bool:
    """Whether the Boss began a Plan in the compiled world. RuntimeError if they did what they had not chosen."""
    boss, plan = at.after.bosses[b], at.after.plans[b]
    begun = bool(boss.status == RUNNING and plan.start == at.day)
    stays = bool(boss.status in (FREE, PARTNER) and boss.back_day == at.day + 1)
    if begun:
        on_the_street = chosen // KINDS * KINDS + STREET  # where no web site takes the ads
        agrees(chosen >= 0 and cell_of(plan) in (chosen, on_the_street), "choice of a Boss")
    else:
        status = {OTHER: OTHER_WORK, LEAVE_REGION: OUTSIDE}.get(chosen)
        agrees(stays if chosen == WAIT or chosen >= 0 else boss.status == status, "choice of a Boss")
    return begun


# --- who fills a slot


class Request(NamedTuple):
    """A Provider asked to take a task: pay, reservation pay and draw; whether they were known, and said yes."""

    provider: int
    pay: float
    reservation: float
    draw: float
    known: bool
    accepted: bool


class Attempt(NamedTuple):
    """An attempt to fill a slot: who was asked, in order, and what came of it."""

    boss: int
    slot: int
    task: int
    pay: float
    asked: list[Request]
    got: list[int]  # the Provider who has the slot now, if anybody


def attempts_again(phase: str, at: Around) -> list[Attempt]:
    """All attempts to fill slots in the planning, or in the flow, of a day, in their order, by the plain form of that phase."""
    attempts: list[Attempt] = []
    names = noting_attempts(attempts)
    world = at.before
    if phase == "planning":
        again = rewired(planning_plain, staff_new_plan=names["staff_new_plan"])
        if not any(at.after.ledger[name][at.day] for name in _ENTRIES):
            again["receive_arrivals"] = lambda *_: None  # nobody arrived
        again["plan_the_day"](at.day, at.seed, world, at.params)
    else:
        rewired(flow_plain, fill_slot=names["fill_slot"])["run_the_plans"](at.day, at.seed, world, at.params)
    same = all(world.plans[name].tobytes() == at.after.plans[name].tobytes() for name in _OF_SLOTS)
    agrees(same and at.events(world) == at.events(at.after), "filling of slots")
    return attempts


def noting_attempts(attempts: list[Attempt]) -> dict[str, Any]:
    """The plain form of staffing, which notes each attempt in a list."""
    names, drawn = rewired(staffing_plain), [0.0]
    says_yes, fill_slot, as_share = names["says_yes"], names["fill_slot"], names["as_share"]

    def note_draw(bits):
        drawn[0] = as_share(bits)
        return drawn[0]

    def note_answer(p, b, task, substream, world, params):
        accepted = says_yes(p, b, task, substream, world, params)
        pay, reservation = names["pay_for"](task, world.bosses[b], params), world.providers[p].reservation
        known = p in names["contacts"](b, world)
        attempts[-1].asked.append(Request(int(p), float(pay), float(reservation), drawn[0], known, bool(accepted)))
        return accepted

    def note_attempt(b, slot, day, seed, world, params):
        task = int(world.plans[b].slot_task[slot])
        attempts.append(Attempt(b, slot, task, float(names["pay_for"](task, world.bosses[b], params)), [], []))
        filled = fill_slot(b, slot, day, seed, world, params)
        if filled:
            attempts[-1].got.append(int(world.plans[b].slot_holder[slot]))
        return filled

    return _with(names, as_share=note_draw, says_yes=note_answer, fill_slot=note_attempt)


# --- where police go


class Visit(NamedTuple):
    """A visit, or a patrol, of a unit: weights of all cells, the draw, and the cell that it gives."""

    unit: int
    street: bool
    weights: np.ndarray
    draw: float
    cell: int


def visits_again(at: Around) -> list[Visit]:
    """All visits and patrols that units make of their own on a day, in their order, by the plain form of inspections."""
    visits: list[Visit] = []
    names, current = rewired(inspections_plain), [(0, False)]
    pick, inspect_baseline = names["pick"], names["inspect_baseline"]

    def note_unit(u, street, *rest):
        current[0] = u, street
        return inspect_baseline(u, street, *rest)

    def note_cell(draw, weights):
        visits.append(Visit(*current[0], weights, float(draw), int(pick(draw, weights))))
        return visits[-1].cell

    world, params = at.tables()
    _with(names, inspect_baseline=note_unit, pick=note_cell)["inspect"](at.day, at.seed, world, params)
    found = at.events(at.before)
    same = all(int(at.before.ledger[name][at.day]) == int(at.after.ledger[name][at.day]) for name in _OF_VISITS)
    agrees(same and found == at.events(at.after)[: len(found)], "visits of police")
    return visits
