"""Glass boxes of staffing: who is asked to fill a slot, and whether a Provider takes a task."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from experiments.classroom.follow.boxes import Box, box, last_time, none_by_then, own_rule, rounded, watch_boss
from experiments.classroom.follow.events import events_by_day
from experiments.classroom.follow.looks import MORNING, PLANNED, STAFFING, BossLook, History, look_at_boss, look_at_provider
from experiments.classroom.follow.plain import Around, Attempt, Request, around, attempts_again
from experiments.classroom.follow.words import Translator, boss_label, date_of, provider_label, task_words
from sim.parameters import Parameters
from sim.state.records import SLOT_FILLED, SLOT_VACANT, VACANT
from sim.state.world import World

FILE = "sim/rules/labour/staffing.py"
MOST_BOSSES = 400  # in a market whose staffing is evaluated again: the plain form takes a second for so many


def slot_box(parameters: Parameters, day: int, b: int, start: int | None = None, *, _: Translator) -> Box:
    """A Boss's last attempt to fill a slot, in a Plan that began on a day if one is given: who was asked, and who had it then."""
    question = _("Who takes a slot in the Plan of {boss}?").format(boss=boss_label(b, _))

    def tried(today: int, history: History) -> tuple[int, str] | None:
        phase = phase_of_attempt(today, history.at(today), events_by_day(history, "uid", history.world.bosses[b].uid)[today])
        began = history.seen[today, PLANNED] and history.seen[today, PLANNED].plan.start
        return (today, phase) if phase and start in (None, began) else None

    at, phase, note = _staffing(parameters, day, watch_boss(b), look_at_boss(b), tried, _)
    rule = _rule_of_staffing(parameters, _)
    if at is None:
        return box(question, rule, FILE, [], [], None, note)
    attempt = [found for found in attempts_again(phase, at) if found.boss == b][-1]
    question = _("{date}: who takes the slot for {task} in the Plan of {boss}?").format(
        date=date_of(parameters, at.day), task=task_words(_)[attempt.task], boss=boss_label(b, _)
    )
    rows = [_row_of_request(request, provider_label(request.provider, _), parameters) for request in attempt.asked]
    accepted = [number for number, request in enumerate(attempt.asked) if request.accepted]
    if attempt.got and not accepted:
        rows = [_row_of_holder(attempt, provider_label(attempt.got[0], _))]
    chosen = 0 if attempt.got and not accepted else next(iter(accepted), None)
    return box(question, rule, FILE, _columns_of_requests(_), rows, chosen, _note_on_attempt(attempt, _))


def phase_of_attempt(day: int, looks: list[BossLook | None], events: Iterable[np.void]) -> str | None:
    """The phase of a day in which a Boss last tried to fill a slot: the flow, else the planning; None for a day without."""
    planned, staffing = looks[PLANNED], looks[STAFFING]
    if staffing is None or staffing.plan.open == 0:
        return None
    if staffing.plan.start == day:
        return "planning" if planned.plan.n_slots > 0 else None
    of_slots = any(event.code in (SLOT_VACANT, SLOT_FILLED) for event in events)
    return "flow" if of_slots or VACANT in staffing.plan.slot_holder[: staffing.plan.n_slots] else None


def acceptance_box(parameters: Parameters, day: int, p: int, *, _: Translator) -> Box:
    """The last task that a Provider took on: who asked them in that phase of the day, and what they answered."""
    question = _("Does {provider} take a task?").format(provider=provider_label(p, _))

    def took(today: int, history: History) -> tuple[int, str] | None:
        looks = history.at(today)
        filled = events_by_day(history, "other_uid", history.world.providers[p].uid)[today]
        if looks[PLANNED] is not None and any(event.code == SLOT_FILLED for event in filled):
            return today, "flow"
        before = looks[MORNING].slots if looks[MORNING] else frozenset()
        return (today, "planning") if looks[PLANNED] and looks[PLANNED].slots - before else None

    at, phase, note = _staffing(parameters, day, watch_provider(p), look_at_provider(p), took, _)
    rule = _rule_of_staffing(parameters, _)
    if at is None:
        return box(question, rule, FILE, [], [], None, note)
    question = _("{date}: does {provider} take a task?").format(date=date_of(parameters, at.day), provider=provider_label(p, _))
    rows, chosen = [], None
    for attempt in attempts_again(phase, at):
        label = _("{task} for {boss}").format(task=task_words(_)[attempt.task], boss=boss_label(attempt.boss, _))
        asked = [request for request in attempt.asked if request.provider == p]
        rows += [_row_of_request(request, label, parameters) for request in asked]
        rows += [_row_of_holder(attempt, label)] if p in attempt.got and not asked else []
        chosen = len(rows) - 1 if p in attempt.got else chosen
    note = _("The last task that they took on by this day; a request that was declined on a later day is not looked for.")
    return box(question, rule, FILE, _columns_of_requests(_), rows, chosen, note)


def _staffing(parameters: Parameters, day: int, watch, look, found, _: Translator) -> tuple[Around | None, str, str]:
    """The world around the phase in which staffing is evaluated again, and that phase; or nothing, and why."""
    if parameters.market.bosses > MOST_BOSSES:
        most = _("Staffing is evaluated again for markets of at most {number} Bosses.").format(number=MOST_BOSSES)
        return None, "", most
    last = last_time(parameters, day, watch, look, found)
    if last is None:
        return None, "", none_by_then(_)
    at = around(parameters, *last)
    return at, last[1], own_rule(_)


def _rule_of_staffing(parameters: Parameters, _: Translator) -> str:
    """The rule of staffing in words, with its numbers."""
    labour = parameters.labour
    return _(
        "One who holds a slot in the Plan and has time left takes it. Else up to {contacts} Providers known to the Boss are "
        "asked in turn and, by referral with a chance of {referral}, up to {others} others near by. The first who accepts gets "
        "it: pay must be at least their lowest pay, and their draw below the chance of accepting."
    ).format(contacts=labour.asked_contacts, referral=labour.referral_chance, others=labour.asked_pool)


def _columns_of_requests(_: Translator) -> list[str]:
    return [
        _("known to the Boss (1 yes, 0 no)"), _("pay (EUR a day)"), _("lowest pay accepted (EUR a day)"), _("draw (0 to 1)"),
        _("chance of accepting (0 to 1)"), _("accepted (1 yes, 0 no)"),
    ]  # fmt: skip


def _row_of_request(request: Request, label: str, parameters: Parameters) -> list:
    """One who was asked, or a request to them."""
    numbers = rounded(request.pay), rounded(request.reservation), rounded(request.draw, 4)
    return [label, int(request.known), *numbers, parameters.labour.accept_chance, int(request.accepted)]


def _row_of_holder(attempt: Attempt, label: str) -> list:
    """One who was not asked, as they held a slot of the Plan."""
    return [label, 1, rounded(attempt.pay), None, None, None, 1]


def _note_on_attempt(attempt: Attempt, _: Translator) -> str:
    """What came of an attempt."""
    if attempt.got and not any(request.accepted for request in attempt.asked):
        return _("They hold a slot of the Plan already and have time left, so that nobody is asked.")
    if attempt.got:
        return _("Asked in this order; others are not asked any more.")
    if attempt.asked:
        return _("Nobody accepted, and the slot stays vacant until tomorrow.")
    return _("Nobody could be asked, and the slot stays vacant until tomorrow.")


def watch_provider(p: int) -> Callable[[int, World], Any]:
    """What of a Provider differs after they took a task on; while they hold one, every day does."""

    def watch(today: int, world: World) -> Any:
        if p >= world.counts[0].providers:
            return None
        provider = world.providers[p]
        return provider.status, provider.plans_served, today if provider.n_plans > 0 else None

    return watch
