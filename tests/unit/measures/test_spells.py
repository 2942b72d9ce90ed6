"""Days held count to a spell of exploitation for a week after a Plan, by place of the Boss and for minors."""

import pytest

from sim.rules.census import count_everybody
from sim.state.ledger import EXPLOITATION
from sim.state.records import BETWEEN, FREE, OUTSIDE
from tests.worlds import ran, tiny


@pytest.mark.parametrize("days_held, brief", [(0, True), (7, True), (8, False)])
@pytest.mark.parametrize("outside", [False, True])
def test_a_week_after_a_plan_is_still_the_spell(days_held, brief, outside):
    run = ran(tiny(), 20)
    world, day = run.world, run.day
    held = [row for row, person in enumerate(world.prostitutes[: world.counts[0].prostitutes]) if person.status == BETWEEN]
    world.prostitutes["status_since"][held] = day - days_held
    world.prostitutes["birth_day"][held] = day - 365 * 17
    world.bosses["status"] = OUTSIDE if outside else FREE
    count_everybody(day, run.seed, world, run.params[0])
    today, where = world.ledger[day], "held_outside" if outside else "held_between"
    assert held and today[where] == today[f"minors_{where}"] == len(held)
    assert today[f"{where}_briefly"] == today[f"minors_{where}_briefly"] == (len(held) if brief else 0)
    narrow, middle, wide = (sum(today[name] for name in names) for names in EXPLOITATION.values())
    assert narrow <= middle <= wide and middle == (wide if brief else narrow)
