"""Beds: a day of care against its plain form, person by person.

Who loses a bed that is withdrawn, how each stay goes, and who of those who ask today gets which bed.
"""

from hypothesis import example, given
from hypothesis import strategies as st

from sim.engine import chance_plain as chance
from sim.rules import plain
from sim.rules.calendar import open_the_day
from sim.rules.care.care import care_for_persons
from sim.rules.planning.flow import run_the_plans
from sim.state.records import AT_RISK, BETWEEN, IN_CARE, OUT, WHEN_LEAVING, WHEN_RECOGNISED
from sim.state.world import copy_world
from tests.naive.side_by_side import state_of
from tests.worlds import BUSY, changes, compiled_only, examples, ran, tiny

COUNTED = (
    "stays_cut_short", "found_again", "ran_away_from_care", "stays_completed", "reprisals", "exits",
    "placed_near", "placed_distant", "no_bed",
)  # fmt: skip


def ask(world, row, why, ticket):
    """A person asks for a bed: recognised while held between Plans, or having left her Boss."""
    person = world.prostitutes[row]
    person["asks_for_bed"], person["bed_ticket"] = why, ticket
    world.applicants[world.counts[0].applicants] = row
    world.counts[0].applicants += 1
    if why == WHEN_LEAVING:
        person["status"] = OUT


def move_in(world, row, bed, day, substream):
    """A person has been in a bed for some days, and may have had a Boss."""
    person = world.prostitutes[row]
    if person["boss"][0] >= 0:
        boss = world.bosses[int(person["boss"][0])]
        left = [p for p in boss["person"][: boss["n_persons"]] if p != row]
        boss["n_persons"], boss["person"][: len(left)] = len(left), left
        boss["person"][len(left) :] = -1
        person["old_boss"], person["boss"][0] = person["boss"][0], -1
    else:
        person["old_boss"] = chance.hash64(substream, 6) % int(world.counts[0].bosses)
    person["status"], person["bed"], person["bed_ticket"] = IN_CARE, bed, chance.hash64(substream, 2)
    person["until"] = day + chance.hash64(substream, 3) % 6
    person["debt"], person["trust"] = chance.uniform(substream, 4), chance.uniform(substream, 5)


def evening(changed, beds, day, salt):
    """A world in which beds are taken, some too many, and persons ask for others; its copy after a plain morning."""
    run = ran(tiny(**(BUSY | changed)), day)
    world = run.world
    rows = [(row, chance.substream_of(salt, 1, day, row)) for row in range(world.counts[0].prostitutes)]
    for row, substream in rows:
        u, status = chance.uniform(substream, 0), world.prostitutes[row]["status"]
        if status == BETWEEN and u < 0.4 or status == AT_RISK and u < 0.3:
            move_in(world, row, chance.hash64(substream, 1) % len(world.beds), day, substream)
    inside = [int(person["bed"]) for person in world.prostitutes[: len(rows)] if person["bed"] >= 0]
    world.beds["taken"] = [inside.count(bed) for bed in range(len(world.beds))]
    world.beds["baseline"] = (beds * len(world.beds))[: len(world.beds)]
    other = copy_world(world)
    were = [int(world.prostitutes[row]["status"]) for row, _ in rows]
    open_the_day(day, run.seed, world, run.params[0])
    plain.calendar(day, run.seed, other, run.params[0])
    for row, substream in rows:
        u, status = chance.uniform(substream, 0), were[row]
        for one in (world, other):
            if status == BETWEEN and u < 0.8:
                ask(one, row, WHEN_RECOGNISED, chance.hash64(substream, 2))
            elif status == OUT and u < 0.5:
                ask(one, row, WHEN_LEAVING, chance.hash64(substream, 2))
    return run, other


def assert_same_evening(run, other, day):
    """All that is handed on after the fast and the plain care of one day; returns what was counted."""
    assert state_of(run.world) == state_of(other)
    care_for_persons(day, run.seed, run.world, run.params[0])
    plain.care(day, run.seed, other, run.params[0])
    assert state_of(run.world) == state_of(other)
    beds = run.world.beds
    assert (beds["taken"] <= beds["beds"]).all()
    return {name: int(run.world.ledger[day][name]) for name in COUNTED}


@given(
    changed=changes(policy=False),
    beds=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    day=st.integers(2, 60),
    salt=st.integers(0, 2**32),
)
@example(changed={}, beds=[0], day=40, salt=1)
@example(changed={"care.found_near": 1.0, "care.runaway_near": 1.0}, beds=[3], day=40, salt=2)
@examples(60)
def test_an_evening_in_care(changed, beds, day, salt):
    assert_same_evening(*evening(changed, beds, day, salt), day)


@compiled_only
def test_the_cases_are_not_all_empty():
    """All that can happen in an evening happens in some of these."""
    happened = dict.fromkeys(COUNTED, 0)
    for salt in range(12):
        counts = assert_same_evening(*evening({"care.found_near": 0.3, "care.runaway_near": 0.3}, [6], 50, salt), 50)
        for name, number in counts.items():
            happened[name] += number
    assert all(happened.values()), happened


@given(changed=changes(policy=False), salt=st.integers(0, 2**32))
@examples(20)
def test_an_exit_is_lasting_on_its_365th_day_and_never_again(changed, salt):
    run = ran(tiny(**changed), 20)
    lasting = 0
    for row in range(run.world.counts[0].prostitutes):
        person = run.world.prostitutes[row]
        u = chance.uniform(chance.substream_of(salt, 1, 20, row), 0)
        if person["status"] == OUT:
            person["status_since"] = 20 - (364 if u < 0.3 else 365 if u < 0.7 else 366)
            lasting += bool(0.3 <= u < 0.7 and person["was_exploited"])
    run.world.ledger[20]["lasting_exits"] = 0
    run_the_plans(20, run.seed, run.world, run.params[0])
    assert run.world.ledger[20]["lasting_exits"] == lasting
