"""Glass boxes: what a page gets of a decision, and how the last decision of an agent is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiments.classroom.follow.events import first_day
from experiments.classroom.follow.looks import observed
from experiments.classroom.follow.words import Translator
from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state.world import World

AT_ONCE = 10  # days looked at closely in one run
Box = dict[str, Any]


def box(question: str, rule: str, address: str, terms: list[str], rows: list[list], chosen: int | None, note: str) -> Box:
    """What a page gets of a decision; `chosen` is the row of the option taken."""
    return {
        "question": question, "rule": rule, "address": address, "plain": address.replace(".py", "_plain.py"), "terms": terms,
        "rows": rows, "chosen": chosen, "note": note,
    }  # fmt: skip


def last_time(parameters: Parameters, day: int, watch: Callable[[int, World], Any], look: Callable, found: Callable) -> Any:
    """What `found(today, history)` gives for the last day on which it gives anything, up to the evening of a day.

    Only days before which `watch(today, world)` of one evening differs from that of the evening before are looked at closely.
    """
    simulation, before, changed = Simulation(parameters), None, []
    for today in range(day + 1):
        simulation.run(1)
        now = watch(today, simulation.world)
        if now != before:
            changed.append(today)
        before = now
    while changed:
        last = changed[-1]
        history = observed(parameters, first_day(last, AT_ONCE), last, look)
        for today in range(last, history.first - 1, -1):
            if (what := found(today, history)) is not None:
                return what
        changed = [today for today in changed if today < history.first]
    return None


def none_by_then(_: Translator) -> str:
    """What stands in place of a decision that there is not."""
    return _("There is no such decision by this day.")


def own_rule(_: Translator) -> str:
    """What stands in place of a decision by a rule of the user's."""
    return _("A rule of your own stands in the place of this one, so that its plain form says nothing of this world.")


def rounded(value: float | None, digits: int = 2) -> float | None:
    """A number for a table, without a negative zero."""
    return None if value is None else round(float(value), digits) + 0.0


def watch_boss(b: int) -> Callable[[int, World], Any]:
    """What of a Boss and their Plan differs after a decision; while a Plan runs, every day does."""

    def watch(today: int, world: World) -> Any:
        if b >= world.counts[0].bosses:
            return None
        boss, plan = world.bosses[b], world.plans[b]
        return boss.back_day, boss.waited_days, boss.status, plan.start, today if plan.open == 1 else None

    return watch
