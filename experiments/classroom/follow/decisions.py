"""A glass box for a decision: the rule in a sentence, the numbers that it was given, and what came of it.

Each box is the last decision of its kind by the evening of a day, evaluated again by the plain form of the rule on a copy of the
world as it was (`plain`). Numbers by place are given for the invented market alone.
"""

from __future__ import annotations

import math

import numpy as np

from experiments.classroom.follow.boxes import Box, box, last_time, none_by_then, own_rule, rounded, watch_boss
from experiments.classroom.follow.events import has_decided
from experiments.classroom.follow.looks import MORNING, PLANNED, History, look_at_boss
from experiments.classroom.follow.plain import Around, Choice, Visit, around, choice_again, visits_again
from experiments.classroom.follow.police import own_visits, unit_label
from experiments.classroom.follow.slots import acceptance_box, slot_box
from experiments.classroom.follow.words import (
    Translator,
    boss_label,
    date_of,
    is_invented,
    kind_words,
    only_invented,
    place_and_kind,
)
from sim.parameters import Parameters
from sim.rules.enforcement.inspections import LEARNED, LISTED, PROBLEM, REPORTED
from sim.rules.planning.planning_plain import LEAVE_REGION, OTHER, WAIT
from sim.simulation import Simulation
from sim.state.records import KINDS

PLANNING = "sim/rules/planning/planning.py"
INSPECTIONS = "sim/rules/enforcement/inspections.py"


def decide_again(parameters: Parameters, day: int, kind: str, rows: tuple[int, ...], _: Translator) -> Box:
    """A decision of a kind: `rows` is the row of the agent; of a Plan the row of its Boss, and its first day."""
    return {"place": place_box, "slot": slot_box, "acceptance": acceptance_box, "cell": cell_box}[kind](
        parameters, day, *rows, _=_
    )


# --- where a Boss goes, and with which kind of Plan


def place_box(parameters: Parameters, day: int, b: int, start: int | None = None, *, _: Translator) -> Box:
    """A Boss's choice among places and kinds of venue, waiting, other work and leaving; of a Plan that by which it began."""

    def decided(today: int, history: History) -> int | None:
        looks = history.at(today)
        return today if has_decided(today, looks[MORNING], looks[PLANNED]) and start in (None, today) else None

    last = last_time(parameters, day, watch_boss(b), look_at_boss(b), decided)
    question = _("What does {boss} do next: a Plan, and where, or something else?").format(boss=boss_label(b, _))
    rule = _(
        "Each option has a utility in EUR for the whole Plan: expected income, less costs of venue, ads, wages and travel, less "
        "perceived risk times the loss by a break-up, plus habit, plus a term for the number of venues. Each gets noise of its "
        "own, and the option with the highest sum is taken (a multinomial logit)."
    )
    at = None if last is None else around(parameters, last, "planning")
    if at is None:
        return box(question, rule, PLANNING, [], [], None, none_by_then(_) if last is None else own_rule(_))
    choice, temperature = choice_again(b, at), at.params["planning_temperature"]
    shares = probabilities(choice.utility, float(temperature))
    question = _("{date}: what does {boss} do next: a Plan, and where, or something else?").format(
        date=date_of(parameters, last), boss=boss_label(b, _)
    )
    terms, rows, chosen = _options_by_place(parameters, choice, shares, _)
    if not is_invented(parameters):
        terms, rows, chosen = _options_without_place(choice, shares, _)
    return box(question, rule, PLANNING, terms, rows, chosen, _note_on_choice(parameters, choice, _))


def probabilities(utility: dict[int, float], temperature: float) -> dict[int, float]:
    """The chance of each option before its noise is known."""
    highest = max(utility.values())
    if temperature <= 0.0:
        best = [option for option, value in utility.items() if value == highest]
        return {option: (option in best) / len(best) for option in utility}
    weights = {option: math.exp((value - highest) / temperature) for option, value in utility.items()}
    return {option: weight / sum(weights.values()) for option, weight in weights.items()}


def _alternatives(_: Translator) -> dict[int, str]:
    """Options that are not a Plan."""
    return {WAIT: _("wait until tomorrow"), OTHER: _("other work"), LEAVE_REGION: _("leave the region for a time")}


def _options_by_place(parameters: Parameters, choice: Choice, shares: dict[int, float], _: Translator) -> tuple:
    """Columns, rows and the row chosen, with every term of each cell."""
    names = [place.name for place in Simulation(parameters).places]
    columns = [
        _("income believed (EUR per person and day)"), _("break-ups believed (per Plan-day)"), _("income expected (EUR)"),
        _("venue and ads (EUR)"), _("wages (EUR)"), _("travel (EUR)"), _("perceived risk times loss (EUR)"), _("habit (EUR)"),
        _("number of venues (EUR)"), _("aversion planted by a test (EUR)"), _("utility (EUR)"), _("noise (EUR)"),
        _("utility with noise (EUR)"), _("probability without the noise (%)"),
    ]  # fmt: skip
    rows, number_of_terms = [], 8
    for option, utility in choice.utility.items():
        label = _alternatives(_).get(option) or place_and_kind(option, names, _)
        income, risk = choice.beliefs.get(option, (None, None))
        terms = [rounded(term) for term in choice.terms[option].values()] if option >= 0 else [None] * number_of_terms
        noisy, share = choice.noisy[option], 100.0 * shares[option]
        ends = rounded(utility), rounded(noisy - utility), rounded(noisy), rounded(share, 4)
        rows.append([label, rounded(income), rounded(risk, 5), *terms, *ends])
    if not any(row[10] for row in rows):  # there is no test
        columns, rows = [columns[i] for i in range(14) if i != 9], [row[:10] + row[11:] for row in rows]
    return columns, rows, list(choice.utility).index(choice.chosen)


def _options_without_place(choice: Choice, shares: dict[int, float], _: Translator) -> tuple:
    """Columns, rows and the row chosen where no numbers are given by place: all places and kinds are one option."""
    others = [option for option in choice.utility if option < 0]
    rows = [[_alternatives(_)[option], rounded(100.0 * shares[option], 4)] for option in others]
    somewhere = sum(share for option, share in shares.items() if option >= 0)
    rows.append([_("a Plan, all places and kinds together"), rounded(100.0 * somewhere, 4)])
    chosen = others.index(choice.chosen) if choice.chosen in others else len(others)
    return [_("probability without the noise (%)")], rows, chosen


def _note_on_choice(parameters: Parameters, choice: Choice, _: Translator) -> str:
    """What there is to add."""
    notes = [_("A Plan would last {days} days.").format(days=choice.length)]
    if choice.chosen >= 0 and not choice.begun:
        notes.append(_("None could be begun that day: nobody could be in it, or no web site took its ads."))
    if not is_invented(parameters):
        notes.append(only_invented(_))
    return " ".join(notes)


# --- where police go


def cell_box(parameters: Parameters, day: int, u: int, *, _: Translator) -> Box:
    """A unit's last choice of the cell of a visit or patrol of its own."""
    simulation = Simulation(parameters)
    unit, label = simulation.world.units[u], unit_label(u, simulation.places, _)
    days = (today for today in range(day, -1, -1) if any(own_visits(unit, s, today, parameters.seed) for s in (False, True)))
    last = next(days, None)
    question = _("{unit}: to which place does the unit go?").format(unit=label)
    rule = _rule_of_cells(int(simulation.params[0].enforcement_cells_chosen), _)
    at = None if last is None else around(parameters, last, "enforcement")
    if at is None:
        return box(question, rule, INSPECTIONS, [], [], None, none_by_then(_) if last is None else own_rule(_))
    own = [visit for visit in visits_again(at) if visit.unit == u]
    if not own:
        return box(question, rule, INSPECTIONS, [], [], None, none_by_then(_))
    values = {"date": date_of(parameters, last), "unit": label}
    question = _("{unit}, {date}: to which place does the unit go for a visit to venues?").format(**values)
    if own[-1].street:
        question = _("{unit}, {date}: to which place does the unit go for a street patrol?").format(**values)
    show = _cells_by_place if is_invented(parameters) else _cells_by_kind
    return box(question, rule, INSPECTIONS, *show(own[-1], at, [place.name for place in simulation.places], _))


def _rule_of_cells(rule: int, _: Translator) -> str:
    """How cells are chosen, in a sentence."""
    shares = _("A place is drawn by its weight: inhabitants times the share of inspections that goes to the kind of venue")
    how = {
        LISTED: _("places that are not on the list have none, where one is."),
        LEARNED: _("times one plus what earlier finds there have added."),
        REPORTED: _("times the unanswered reports there."),
        PROBLEM: _("times the evidence in files on those who were active there."),
    }
    return f"{shares}, {how[rule]}" if rule in how else f"{shares}."


def _cells_by_place(visit: Visit, at: Around, names: list[str], _: Translator) -> tuple:
    """Columns, rows, the row chosen and a note, with the weights of every cell."""
    columns = [
        _("inhabitants"), _("share of inspections by kind (weight)"), _("finds, reports or evidence (weight)"), _("weight"),
        _("share (%)"), _("shares up to here (%)"),
    ]  # fmt: skip
    cells = np.flatnonzero(visit.weights > 0.0).tolist()
    shares = 100.0 * visit.weights / visit.weights.sum()
    rows = []
    for cell in cells:
        people = int(at.before.territories["population"][cell // KINDS])
        of_kind = 1.0 if visit.street else float(at.params["enforcement_inspection_weight"][cell % KINDS])
        signal, weight = rounded(at.before.attention[cell], 4), rounded(visit.weights[cell])
        up_to = rounded(shares[: cell + 1].sum(), 4)
        rows.append([place_and_kind(cell, names, _), people, of_kind, signal, weight, rounded(shares[cell], 4), up_to])
    note = _("The draw is {draw} %: the first place whose shares up to here are above it.").format(
        draw=round(100 * visit.draw, 4)
    )
    return columns, rows, cells.index(visit.cell), note


def _cells_by_kind(visit: Visit, at: Around, names: list[str], _: Translator) -> tuple:
    """Columns, rows, the row chosen and a note where no numbers are given by place: places of a kind are one option."""
    shares = 100.0 * visit.weights.reshape(-1, KINDS).sum(axis=0) / visit.weights.sum()
    kinds = np.flatnonzero(shares > 0.0).tolist()
    rows = [[kind_words(_)[kind], rounded(shares[kind], 4)] for kind in kinds]
    return [_("share (%)")], rows, kinds.index(visit.cell % KINDS), only_invented(_)
