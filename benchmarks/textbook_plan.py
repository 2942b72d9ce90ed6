"""A Plan of the textbook version: its persons, its task slots, its day."""

from __future__ import annotations

import dataclasses

BOSS = "boss"  # holder of the slot the Boss covers himself


@dataclasses.dataclass(eq=False)
class Slot:
    """A task to be held. `holder` is a Provider, BOSS, or None while it is vacant."""

    task: str
    holder: object = None
    minutes: int = 0


@dataclasses.dataclass(eq=False)
class Plan:
    """One Plan of a Boss. Money in cents; `end` is the first day on which it no longer runs."""

    boss: object
    territory: object
    kind: str
    channel: int
    venue: int
    start: int
    end: int
    price: int
    persons: list
    booked_before: int
    slots: list = dataclasses.field(default_factory=list)
    open: bool = True
    income: int = 0
    income_total: int = 0
    person_days: int = 0
    booked: int = 0
    places: int = 0
    visibility: float = 1.0
    reports: float = 0.0

    def open_slots(self):
        """Ads and calls, transport, supplies, and 1 + one watch per two persons; the street needs none."""
        if self.kind == "street":
            return
        tasks = ["ads_and_calls", "transport", "supplies", BOSS] + ["watch"] * (len(self.persons) // 2)
        for task in tasks:
            self.slots.append(Slot("watch", BOSS) if task == BOSS else Slot(task))

    def providers(self):
        """Those who hold a slot, each once, with their tasks."""
        holders = {}
        for slot in self.slots:
            if slot.holder is not None and slot.holder is not BOSS:
                holders.setdefault(slot.holder, []).append(slot.task)
        return holders

    def vacant_share(self, task):
        """Share of a task's slots that nobody holds; 0 for a task the Plan does not need."""
        slots = [slot for slot in self.slots if slot.task == task]
        return sum(slot.holder is None for slot in slots) / len(slots) if slots else 0.0

    def places_covered(self, full, labour):
        """Places where every task is needed: for calls or transport that nobody holds, the Boss's own minutes."""
        empty = [task for task in ("ads_and_calls", "transport") if self.vacant_share(task) > 0.0]
        minutes = labour.minutes_per_day - labour.watch_minutes
        minutes -= sum(getattr(labour.minutes_per_person, task) * len(self.persons) for task in empty)
        each = sum(getattr(labour.minutes_per_appointment, task) for task in empty)
        return min(full, max(0.0, minutes) / each) if each > 0.0 else full

    def minutes_needed(self, task, labour):
        """Minutes a day of a task at the volume of the last day."""
        if task == "watch":
            return labour.watch_minutes
        return int(
            getattr(labour.minutes_per_appointment, task) * self.booked_before
            + getattr(labour.minutes_per_person, task) * len(self.persons)
        )

    def release(self, slot):
        """The holder gives up a slot; he is idle again when it was his last."""
        provider, slot.holder = slot.holder, None
        if provider is None or provider is BOSS:
            return
        provider.minutes -= slot.minutes
        if all(other.holder is not provider for other in self.slots):
            provider.plans.remove(self)
            if not provider.plans and provider.status == "engaged":
                provider.status = "idle"

    def notice_missing_providers(self):
        """Slots whose holder was arrested or has left fall vacant."""
        for slot in self.slots:
            if slot.holder is not None and slot.holder is not BOSS and slot.holder.status != "engaged":
                self.release(slot)
