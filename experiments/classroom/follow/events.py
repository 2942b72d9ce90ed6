"""What happened to a Boss, a Provider or a Plan, in sentences: from looks day by day and recorded events.

Of exploited persons there is nothing but the number in a Plan at its start, and its encounters where it has several persons.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import Any

import numpy as np

from experiments.classroom.follow.looks import (
    ENFORCED,
    EVENING,
    FLOWED,
    JUDGED,
    MORNING,
    PLANNED,
    STAFFING,
    BossLook,
    History,
    cell_of,
    look_at_boss,
    look_at_provider,
    observed,
    slots_of,
)
from experiments.classroom.follow.words import (
    Translator,
    boss_label,
    boss_words,
    date_of,
    place_and_kind,
    provider_label,
    provider_words,
    task_words,
)
from sim.configuration import ConfigurationError
from sim.parameters import Parameters
from sim.state.records import (
    CUSTODY,
    FREE,
    LEFT,
    OTHER_WORK,
    OUTSIDE,
    PARTNER,
    PLAN_BROKEN_UP,
    PLAN_ENDED,
    PLAN_STARTED,
    PRISON,
    REMOVED,
    RUNNING,
    SLOT_FILLED,
    SLOT_VACANT,
    STREET,
    VACANT,
)

FEWEST_COUNTED = 2  # persons in a Plan of which encounters are shown: those of one person are a story of one


class Diary:
    """Sentences about one agent, in the order of the days."""

    def __init__(self, parameters: Parameters, _: Translator):
        self.parameters, self._ = parameters, _
        self.entries: list[tuple[int, str, int]] = []  # day, sentence, days waited until then

    def note(self, day: int, sentence: str) -> None:
        """Add a sentence."""
        self.entries.append((day, sentence, 0))

    def wait(self, day: int) -> None:
        """Add a day of waiting; with those directly before it, it is one entry."""
        days = self.entries.pop()[2] if self.entries and self.entries[-1][0] == day - 1 and self.entries[-1][2] else 0
        self.entries.append((day, "", days + 1))

    def newest_first(self) -> list[dict[str, Any]]:
        """What `follow.story` gives."""
        _, made = self._, []
        for day, sentence, waited in self.entries:
            if waited == 1:
                sentence = _("Decided to wait until tomorrow, or could not begin a Plan.")
            elif waited:
                sentence = _("Decided to wait, or could not begin a Plan, for {days} days until today.").format(days=waited)
            made.append({"day": day, "date": date_of(self.parameters, day), "text": sentence})
        return made[::-1]


def first_day(day: int, days: int) -> int:
    """The first of the last days."""
    return max(0, day + 1 - days)


def events_by_day(history: History, field: str, uid: int) -> dict[int, list[np.void]]:
    """Recorded events of an agent or a Plan by day, in the order in which they happened."""
    found = defaultdict(list)
    for event in history.events[history.events[field] == np.uint64(uid)]:
        found[int(event.day)].append(event)
    return found


# --- Bosses


def boss_story(parameters: Parameters, day: int, b: int, days: int, _: Translator) -> dict[str, Any]:
    """The story of a Boss up to the evening of a day."""
    history = observed(parameters, first_day(day, days), day, look_at_boss(b))
    diary, by_day = Diary(parameters, _), events_by_day(history, "uid", history.world.bosses[b].uid)
    for today in range(history.first, day + 1):
        if history.seen[today, EVENING] is not None:
            tell_day_of_boss(today, history.at(today), by_day[today], history, diary, _)
    boss, broken = history.world.bosses[b], _number(by_day, PLAN_BROKEN_UP, history)
    facts = [
        [_("Status"), boss_words(_)[boss.status], ""],
        [_("Place"), history.names[boss.territory], ""],
        [_("In the activity since"), date_of(parameters, max(0, int(boss.since))), ""],
        [_("Plans ended"), int(boss.plans_done), ""],
        [_("Plans broken up by police, of the days shown"), broken, ""],
        [_("Providers known"), int(boss.n_contacts), ""],
        [_("Days waited since the last Plan"), int(boss.waited_days), _("days")],
        [_("Convictions"), int(boss.convictions), ""],
    ]
    return {"title": boss_label(b, _), "facts": facts, "events": diary.newest_first()}


def tell_day_of_boss(day: int, looks: list[BossLook | None], events: list, history: History, diary: Diary, _: Translator) -> None:
    """Tell a day of a Boss in the order in which it goes."""
    say, boss = functools.partial(diary.note, day), [look and look.boss for look in looks]
    if boss[MORNING] is None:
        say(_("Was a Provider, and became a Boss.") if boss[EVENING].was_provider else _("Entered the activity."))
    elif boss[MORNING].status == OTHER_WORK and boss[MORNING].back_day <= day:
        say(_("Came back from other work."))
    elif boss[MORNING].status == OUTSIDE and boss[MORNING].back_day <= day:
        say(_("Came back to the region."))
    if boss[PLANNED] is not None:
        _tell_decision(day, looks, events, history, diary, _)
        tell_slots(events, history, say, _)
        tell_end(looks, events, history, say, _)
        if boss[PLANNED].status == PARTNER and boss[ENFORCED].status != PARTNER:
            say(_("The Plan of {boss}, in which they had joined, is over.").format(boss=boss_label(boss[PLANNED].partner, _)))
        tell_law(boss, day, say, _)
    if boss[JUDGED] is not None and boss[JUDGED].status != LEFT and boss[EVENING].status == LEFT:
        say(_("Left the activity for good."))


def has_decided(day: int, morning: BossLook | None, planned: BossLook | None) -> bool:
    """Whether a Boss made a decision between two looks around the planning of a day."""
    if planned is None:
        return False
    boss = planned.boss
    if boss.status == RUNNING and planned.plan.start == day:
        return True
    if morning is None:
        return bool(boss.waited_days > 0 or boss.status in (OTHER_WORK, OUTSIDE))
    return bool(boss.back_day > day and boss.back_day != morning.boss.back_day)


def _tell_decision(day: int, looks: list, events: list, history: History, diary: Diary, _: Translator) -> None:
    """Tell what a Boss decided this morning, and whom they joined after that."""
    morning, planned = looks[MORNING], looks[PLANNED]
    boss, away = planned.boss, {"days": int(planned.boss.back_day) - day}
    decided, joins = has_decided(day, morning, planned), boss.status == PARTNER
    if decided and boss.status == OTHER_WORK:
        diary.note(day, _("Decided for other work, for {days} days.").format(**away))
    elif decided and boss.status == OUTSIDE:
        diary.note(day, _("Decided to leave the region for {days} days.").format(**away))
    elif decided and boss.status in (FREE, PARTNER):
        diary.wait(day)
    for event in events:
        if event.code == PLAN_STARTED:
            diary.note(day, started(event, planned.plan, history, _))
    if joins and (morning is None or morning.boss.status != PARTNER):
        diary.note(day, _("Joined in the Plan of {boss}.").format(boss=boss_label(boss.partner, _)))


def started(event: np.void, plan: np.void, history: History, _: Translator) -> str:
    """That a Plan began: where, of which kind, with how many persons and slots."""
    where = {"place": place_and_kind(event.cell, history.names, _), "persons": int(event.value)}
    if plan.kind == STREET:
        sentence = _("Began a Plan in {place}. Persons in it: {persons}; it needs no slots.").format(**where)
    else:
        slots = plan.slot_holder[: plan.n_slots]
        sentence = _("Began a Plan in {place}. Persons in it: {persons}; slots: {slots}, of them vacant: {vacant}.").format(
            **where, slots=int(plan.n_slots), vacant=int(np.sum(slots == VACANT))
        )
    joined = _("{boss} joined in it.").format(boss=boss_label(plan.co_boss, _)) if plan.co_boss >= 0 else ""
    return f"{sentence} {joined}".rstrip()


def tell_slots(events: list, history: History, say, _: Translator) -> None:
    """Tell of slots that fell vacant and were filled, in the order in which it happened."""
    world = history.world
    for event in events:
        task = {"task": task_words(_)[event.value]} if event.code in (SLOT_VACANT, SLOT_FILLED) else {}
        if event.code == SLOT_VACANT:
            say(_("A slot is vacant: {task}.").format(**task))
        elif event.code == SLOT_FILLED:
            p = int(np.flatnonzero(world.providers["uid"] == event.other_uid)[0])
            say(_("A slot was filled: {task}, by {provider}.").format(provider=provider_label(p, _), **task))


def tell_end(looks: list, events: list, history: History, say, _: Translator) -> None:
    """Tell how Plans ended."""
    broken = {int(event.other_uid) for event in events if event.code == PLAN_BROKEN_UP}
    for event in events:
        if event.code != PLAN_ENDED:
            continue
        where = {"place": place_and_kind(event.cell, history.names, _), "days": int(event.value)}
        if int(event.other_uid) in broken:
            say(_("Police broke up the Plan in {place}, on its day {days}.").format(**where))
        elif looks[FLOWED].plan.open == 1:
            say(_("The Plan in {place} ended on its day {days}, as its Boss was held.").format(**where))
        elif looks[FLOWED].held:
            say(_("The Plan in {place} ended as meant, on its day {days}.").format(**where))
        else:
            say(_("The Plan in {place} ended early, on its day {days}, as nobody was left in it.").format(**where))


def tell_law(one: list, day: int, say, _: Translator) -> None:
    """Tell of arrest, custody and prison of a Boss or Provider, from their records by moment."""
    before, held, after = one[FLOWED], one[ENFORCED], one[JUDGED]
    if is_arrested(before, held):
        say(_("Was arrested."))
    elif held.status == PRISON and before.status not in (CUSTODY, PRISON):
        say(_("Is held, as the policy has it."))
    if held.status == after.status or held.status not in (CUSTODY, PRISON):
        return
    if after.status == PRISON:
        say(_("Went from custody to prison, for {days} days.").format(days=int(after.back_day) - day))
    elif after.status == LEFT:
        say(_("Was released, and left the activity for good."))
    elif held.status == CUSTODY:
        say(_("Came back from custody."))
    else:
        say(_("Is no longer held.") if held.back_day == REMOVED else _("Came back from prison."))


def is_arrested(before: np.void, held: np.void) -> bool:
    """Whether a Boss or Provider was arrested between two looks around enforcement."""
    return bool(before.status != CUSTODY and held.status == CUSTODY)


# --- Providers


def provider_story(parameters: Parameters, day: int, p: int, days: int, _: Translator) -> dict[str, Any]:
    """The story of a Provider up to the evening of a day."""
    history = observed(parameters, first_day(day, days), day, look_at_provider(p))
    diary, by_day = Diary(parameters, _), events_by_day(history, "other_uid", history.world.providers[p].uid)
    over = history.events[history.events["code"] == PLAN_ENDED]
    ended = set(zip(over["day"].tolist(), over["uid"].tolist(), strict=True))
    for today in range(history.first, day + 1):
        if history.seen[today, EVENING] is not None:
            _tell_day_of_provider(today, history.at(today), by_day[today], ended, history, diary, _)
    provider = history.world.providers[p]
    facts = [
        [_("Status"), provider_words(_)[provider.status], ""],
        [_("Home"), history.names[provider.home], ""],
        [_("In the activity since"), date_of(parameters, max(0, int(provider.since))), ""],
        [_("Tasks today"), ", ".join(task_words(_)[task] for _b, _s, task, _c in slots_of(p, history.world)), ""],
        [_("Plans served"), int(provider.plans_served), ""],
        [_("Days worked"), int(provider.days_worked), _("days")],
        [_("Lowest pay accepted"), round(float(provider.reservation), 2), _("EUR a day")],
        [_("Providers known"), int(provider.n_colleagues), ""],
        [_("Convictions"), int(provider.convictions), ""],
    ]
    return {"title": provider_label(p, _), "facts": facts, "events": diary.newest_first()}


def _tell_day_of_provider(day: int, looks: list, events: list, ended: set, history: History, diary: Diary, _: Translator) -> None:
    """Tell a day of a Provider in the order in which it goes."""
    say, one = functools.partial(diary.note, day), [look and look.provider for look in looks]
    slots = [look.slots if look else frozenset() for look in looks]
    if one[MORNING] is None:
        say(_("Entered the activity."))
    for b, _slot, task, cell in sorted(slots[PLANNED] - slots[MORNING]):
        say(_taken(b, task, cell, history, _))
    if one[STAFFING] is not None:
        _tell_work(day, one, slots, events, ended, history, say, _)
        tell_law(one, day, say, _)
    if one[EVENING].promoted and not (one[MORNING] is not None and one[MORNING].promoted):
        b = int(np.flatnonzero(history.world.bosses["uid"] == one[EVENING].uid)[0])
        say(_("Became a Boss: {boss}.").format(boss=boss_label(b, _)))
    elif one[JUDGED].status != LEFT and one[EVENING].status == LEFT:
        say(_("Left the activity for good."))


def _tell_work(day: int, one: list, slots: list, events: list, ended: set, history: History, say, _: Translator) -> None:
    """Tell of tasks given up and taken on in running Plans, and of days between them."""
    uids = history.world.bosses["uid"]
    at_large = one[FLOWED].status in (FREE, RUNNING, OTHER_WORK)
    for b, _slot, task, _cell in sorted(slots[STAFFING] - slots[FLOWED]):
        if at_large and (day, int(uids[b])) not in ended:
            say(_("Gave up a task in the Plan of {boss}: {task}.").format(boss=boss_label(b, _), task=task_words(_)[task]))
    for event in events:
        if event.code == SLOT_FILLED:
            say(_taken(int(np.flatnonzero(uids == event.uid)[0]), int(event.value), int(event.cell), history, _))
    if one[FLOWED].status == OTHER_WORK and one[STAFFING].status != OTHER_WORK:
        say(_("Is in other work, for {days} days.").format(days=int(one[FLOWED].back_day) - day))
    elif one[FLOWED].status == FREE and one[STAFFING].status == OTHER_WORK:
        say(_("Came back from other work."))
    elif one[ENFORCED].status == FREE and one[STAFFING].status == RUNNING:
        say(_("Is between Plans."))


def _taken(b: int, task: int, cell: int, history: History, _: Translator) -> str:
    """That a Provider took a task on."""
    return _("Took on a task in the Plan of {boss} in {place}: {task}.").format(
        boss=boss_label(b, _), place=place_and_kind(cell, history.names, _), task=task_words(_)[task]
    )


# --- Plans


def plan_story(parameters: Parameters, day: int, b: int, start: int, _: Translator) -> dict[str, Any]:
    """The story of a Plan from its start to its end, or to the evening of a day. ConfigurationError if there is none."""
    history = observed(parameters, start, day, look_at_boss(b))
    plan = history.seen[start, PLANNED] and history.seen[start, PLANNED].plan
    if plan is None or plan.open == 0 or plan.start != start:
        number = b + 1
        raise ConfigurationError(f"plan {number}-{start}: Boss {number} began no Plan on day {start}; follow one that runs")
    diary, encounters, vacant = Diary(parameters, _), 0, 0
    last = _last_day(history, plan.uid, start)
    by_day = events_by_day(history, "uid", history.world.bosses[b].uid)
    for today in range(start, last + 1):
        looks, say = history.at(today), functools.partial(diary.note, today)
        own = [event for event in by_day[today] if event.code in (SLOT_VACANT, SLOT_FILLED) or event.other_uid == plan.uid]
        if today == start:
            say(started(next(event for event in own if event.code == PLAN_STARTED), looks[PLANNED].plan, history, _))
        tell_slots(own, history, say, _)
        tell_end(looks, own, history, say, _)
        encounters += int(looks[STAFFING].plan.booked)
        vacant = int(np.sum(looks[STAFFING].plan.slot_holder[: looks[STAFFING].plan.n_slots] == VACANT))
    over = not (history.seen[last, EVENING].plan.uid == plan.uid and history.seen[last, EVENING].plan.open == 1)
    return {
        "title": _("Plan of {boss}").format(boss=boss_label(b, _)),
        "facts": _facts_of_plan(parameters, plan, over, last, encounters, vacant, history, _),
        "events": diary.newest_first(),
    }


def _facts_of_plan(parameters, plan, over: bool, last: int, encounters: int, vacant: int, history: History, _) -> list[list]:
    """What there is to say of a Plan as a whole."""
    counted = [encounters, _("encounters")] if plan.n_persons >= FEWEST_COUNTED else [_("not shown for a single person"), ""]
    return [
        [_("Status"), _("over") if over else _("running"), ""],
        [_("Place"), place_and_kind(cell_of(plan), history.names, _), ""],
        [_("First day"), date_of(parameters, plan.start), ""],
        [_("Last day") if over else _("Last day shown"), date_of(parameters, last), ""],
        [_("Persons in it at its start"), int(plan.n_persons), _("persons")],
        [_("Slots"), int(plan.n_slots), _("slots")],
        [_("Slots vacant on that last day"), vacant, _("slots")],
        [_("Encounters so far"), *counted],
    ]


def _last_day(history: History, uid: int, start: int) -> int:
    """The last day of a Plan, or the last one seen if it still runs."""
    own = history.events[(history.events["other_uid"] == uid) & (history.events["code"] == PLAN_ENDED)]
    return int(own["day"][0]) if own.size else history.last


def _number(by_day: dict[int, list], code: int, history: History) -> int:
    """How often something happened on the days seen."""
    return sum(int(event.code == code) for day, events in by_day.items() if day >= history.first for event in events)
