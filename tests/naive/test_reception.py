"""First reception: the queue of answers in plain Python, against the compiled day of outreach.

Teams do nothing else here: no rounds and no messages, so that only answers and accompaniments move.
"""

from hypothesis import example, given
from hypothesis import strategies as st

from sim.engine import chance_plain as chance
from sim.rules import plain
from sim.rules.calendar import open_the_day
from sim.rules.outreach.outreach import reach_out
from sim.rules.outreach.reception_plain import CHANNELS
from sim.state.records import STREET_ROUNDS
from sim.state.world import copy_world
from tests.naive.side_by_side import state_of
from tests.worlds import changes, compiled_only, examples, ran, tiny, with_levers

COUNTED = (
    "answers_waiting", "answers_lost", "accompanied", "contacts_lost_by_closure",
    *(f"meetings_{name}" for name in CHANNELS.values()), *(f"accompaniments_{name}" for name in CHANNELS.values()),
)  # fmt: skip
ONLY_RECEPTION = {"outreach.street_hours": 0.0, "outreach.personal_hours": 0.0, "outreach.mass_hours": 0.0}
MANY_MEETINGS = {  # unless a generated case says otherwise
    "outreach.reception_hours": 1.0, "outreach.meeting_chance": 0.9, "outreach.accompany_chance": 0.7,
    "outreach.patience_days": 20.0, "outreach.queue_days": 6,
}  # fmt: skip


def evening(changed, day, share, added, closed, salt):
    """A world before outreach, in which a share of all persons wait for an answer or are accompanied."""
    levers = {
        "first_reception": {"intensity": added, "start": 0},
        "platform_closure": {"intensity": closed, "start": day},
    }
    parameters = with_levers(tiny(**(MANY_MEETINGS | changed | ONLY_RECEPTION)), levers)
    run = ran(parameters, day)
    open_the_day(day, run.seed, run.world, run.params[0])
    world = run.world
    for row in range(world.counts[0].prostitutes):
        substream, person = chance.substream_of(salt, 1, day, row), world.prostitutes[row]
        if chance.uniform(substream, 0) < share:
            person["team"] = chance.hash64(substream, 1) % len(world.teams)
            person["channel"] = 1 + chance.hash64(substream, 2) % 3
            online = 1 + chance.hash64(substream, 3) % (len(world.platforms) - 1)
            person["site"] = 0 if person["channel"] == STREET_ROUNDS else online
            if chance.uniform(substream, 4) < 0.85:
                person["answer_day"] = max(0, day - chance.hash64(substream, 5) % 12)
            else:
                person["accompanied"], person["accompanied_until"] = 1, day + chance.hash64(substream, 6) % 5
            world.counts[0]["in_contact"] += 1
    return run


def assert_same_evening(run, day):
    """All that is handed on after the fast and the plain outreach of one day; returns what was counted."""
    other, before = copy_world(run.world), run.world.ledger[day].copy()
    reach_out(day, run.seed, run.world, run.params[0])
    plain.outreach(day, run.seed, other, run.params[0])
    assert state_of(run.world) == state_of(other)
    return {name: int(run.world.ledger[day][name] - before[name]) for name in COUNTED}


@given(
    changed=changes(policy=False),
    day=st.integers(0, 60),
    share=st.floats(0.05, 1.0),
    added=st.sampled_from([0.0, 1.0, 10.0]),
    closed=st.sampled_from([0.0, 0.5, 1.0]),
    salt=st.integers(0, 2**32),
)
@example({"outreach.meeting_chance": 1.0, "outreach.accompany_chance": 1.0}, 20, 1.0, 10.0, 0.0, 1)
@example({"outreach.queue_days": 3, "outreach.reception_hours": 0.0}, 20, 1.0, 0.0, 0.5, 2)
@example({"outreach.accompany_places": 2.0}, 20, 1.0, 10.0, 0.0, 3)
@examples(60)
def test_a_day_of_the_first_reception(changed, day, share, added, closed, salt):
    assert_same_evening(evening(changed, day, share, added, closed, salt), day)


@compiled_only
def test_the_cases_are_not_all_empty():
    """All that can happen to an answer happens in one or the other of these."""
    happened = dict.fromkeys(COUNTED, 0)
    for salt, added in enumerate((0.0, 3.0, 10.0, *(100.0,) * 9)):
        changed = {"outreach.accompany_places": 2.0}
        closed = 0.5 if salt == 0 else 0.0
        counts = assert_same_evening(evening(changed, 20, 0.7, added, closed, salt), 20)
        for name, number in counts.items():
            happened[name] += number
    assert all(happened.values()), happened
