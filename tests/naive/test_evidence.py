"""Evidence: files, the work on them and complete cases against their plain form, entry by entry and day by day."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.engine import chance_plain as chance
from sim.engine.compiled import phase
from sim.levers import CENTRAL_INTELLIGENCE
from sim.rules import plain
from sim.rules.calendar import open_the_day
from sim.rules.casework import evidence_plain as evidence
from sim.rules.casework.casework_plain import work_on_files
from sim.rules.casework.evidence import add_evidence, age_file, close_file, drop_replaced, move_file
from sim.rules.enforcement.enforcement import enforce
from sim.rules.enforcement.enforcement_plain import allocate_capacity
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import BY_BOSS, CUSTODY, FREE, KINDS, LEFT, OTHER_WORK, RUNNING, VACANT
from sim.state.world import copy_world
from tests.naive.side_by_side import state_of
from tests.worlds import BUSY, changes, compiled_only, examples, ran, tiny, with_lever

ADD, AGE, MOVE, PLAN, CLOSE = range(5)
NOTHING_ELSE = {  # police only work on files: no visit, no report, no ad read, nobody fined
    "enforcement.venue_share": 0.0, "enforcement.street_share": 0.0, "enforcement.online_share": 0.0,
    "enforcement.client_share": 0.0, "enforcement.staff_report": 0.0, "enforcement.family_report": 0.0,
    "demand.report_chance": 0.0,
}  # fmt: skip


@phase
def fast_entry(what, amount, b, day, world, params):
    """One thing that happens to a file, to be called from Python."""
    if what == ADD:
        add_evidence(b, amount, day, world, params)
    elif what == AGE:
        age_file(world.bosses[b], day, world, params)
    elif what == MOVE:
        move_file(b, day, world, params)
    elif what == PLAN:
        drop_replaced(b, day, world, params)
    else:
        close_file(world.bosses[b])


def plain_entry(what, amount, b, day, world, params):
    """The same in plain form."""
    rule = (evidence.add_evidence, evidence.age_file, evidence.move_file, evidence.drop_replaced, evidence.close_file)[what]
    given = {ADD: (b, amount, day, world, params), AGE: (world.bosses[b], day, world, params), CLOSE: (world.bosses[b],)}
    rule(*given.get(what, (b, day, world, params)))


SLOT = st.one_of(st.just(VACANT), st.just(BY_BOSS), st.integers(0, 6))
ENTRIES = st.one_of(
    st.tuples(st.just(ADD), st.floats(0, 0.6)),
    st.tuples(st.just(ADD), st.sampled_from([0.01, 0.3])),
    st.tuples(st.just(AGE), st.none()),
    st.tuples(st.just(MOVE), st.tuples(st.integers(0, 2), st.sampled_from([0.0, 0.4, 1.0, 2.0]))),
    st.tuples(st.just(PLAN), st.lists(SLOT, max_size=9)),
    st.tuples(st.just(CLOSE), st.none()),
)
RULES = st.fixed_dictionaries({
    f"casework_{name}": st.one_of(st.sampled_from([0.0, usual, usual, 1.0]), st.floats(0, 1))
    for name, usual in (
        ("provider_share", 0.5), ("file_opened", 0.05), ("decay", 0.3), ("kept_silo", 0.3), ("kept_replaced", 0.6),
    )
})  # fmt: skip
USUAL = {"casework_provider_share": 0.5, "casework_file_opened": 0.3, "casework_decay": 0.1, "casework_kept_silo": 0.3,
         "casework_kept_replaced": 0.6}  # fmt: skip
A_LIFE = [  # of a file, with the ends of what makes it stale: it lapses on the seventh day after its last entry
    (PLAN, [BY_BOSS, 3, 3, 5, VACANT]), (ADD, 0.4), (MOVE, (2, 0.4)), (PLAN, [3, 6]), (ADD, 0.2), (PLAN, []), (MOVE, (0, 2.0)),
    (PLAN, [1, 2, 4, 6]), (ADD, 0.3), (CLOSE, None), (ADD, 0.3), *[(AGE, None)] * 8,
]  # fmt: skip


@pytest.fixture(scope="module")
def founded():
    return ran(tiny(), 0)


@given(entries=st.lists(ENTRIES, min_size=8, max_size=25), params=RULES)
@example(entries=A_LIFE, params=USUAL)
@examples(80)
def test_a_file_holds_what_was_written_into_it(founded, entries, params):
    """Found, stale, moved, without its Providers, closed: in any order."""
    world, numbers, b = copy_world(founded.world), founded.params.copy(), 2
    for name, number in params.items():
        numbers[0][name] = number
    other, plain_numbers = in_plain_numbers(copy_world(world), numbers[0])
    for day, (what, how) in enumerate(entries):
        for one in (world, other):
            boss, plan = one.bosses[b], one.plans[b]
            if what == MOVE:
                boss["territory"], central = how
                one.lever_intensity[CENTRAL_INTELLIGENCE, int(boss["territory"]) * KINDS] = central
            elif what == PLAN:
                plan["open"], plan["n_slots"], plan["slot_holder"][: len(how)] = 1, len(how), how
        fast_entry(what, how if what == ADD else 0.0, b, day, world, numbers[0])
        plain_entry(what, how if what == ADD else 0.0, b, day, other, plain_numbers)
        assert world.bosses.tobytes() == other.bosses.tobytes()
        assert world.ledger.tobytes() == other.ledger.tobytes()


# --- which files are worked on, and who is taken ----------------------------------------------


def complete_cases(day, world, params):
    """The Bosses whose files are complete once the day's work on them is done."""
    readable, numbers = in_plain_numbers(copy_world(world), params)
    allocate_capacity(readable)
    return work_on_files(day, readable, numbers)


def morning(changed, day, added, salt):
    """A world before police work, in which Bosses have files of many sizes, some nearly complete."""
    parameters = with_lever(tiny(**(BUSY | changed | NOTHING_ELSE)), "case_building", intensity=added, start=0)
    run = ran(parameters, day)
    open_the_day(day, run.seed, run.world, run.params[0])
    world = run.world
    for b in range(world.counts[0].bosses):
        substream = chance.substream_of(salt, 0, day, b)
        contacts = range(world.bosses[b]["n_contacts"])
        world.bosses[b]["contact_last"][: len(contacts)] = [day - chance.hash64(substream, 9 + k) % 18 for k in contacts]
        if chance.uniform(substream, 0) < 0.8 and world.bosses[b]["status"] != LEFT:
            boss = world.bosses[b]
            boss["file_unit"], boss["file_since"] = chance.hash64(substream, 1) % len(world.units), day - 1
            round_number = (0.0, 0.02, 1.1, 1.3)[chance.hash64(substream, 2) % 4]
            boss["evidence"] = round_number if chance.uniform(substream, 3) < 0.4 else chance.uniform(substream, 4)
    return run


@given(
    changed=changes(policy=False),
    day=st.integers(5, 60),
    added=st.sampled_from([0.0, 0.3, 6.0, 300.0]),
    salt=st.integers(0, 2**32),
)
@examples(60)
def test_units_work_on_their_fullest_files(changed, day, added, salt):
    """Each a day, the fullest first, as in plain form."""
    run = morning(changed, day, added, salt)
    other = copy_world(run.world)
    enforce(day, run.seed, run.world, run.params[0])
    plain.enforcement(day, run.seed, other, run.params[0])
    assert state_of(run.world) == state_of(other)


@given(changed=changes(policy=False), day=st.integers(5, 60), salt=st.integers(0, 2**32))
@example(changed={}, day=40, salt=1)
@examples(60)
def test_a_complete_case_takes_the_group(changed, day, salt):
    """The Boss, and of the Providers he knows those who worked for him lately and are at large; nobody else."""
    alone = {
        "enforcement.provider_arrested": 0.0, "enforcement.boss_present": 0.0,
        "enforcement.recognised_adult": 0.0, "enforcement.recognised_minor": 0.0,
    }  # fmt: skip
    run = morning(changed | alone, day, 0.0, salt)
    params = run.params[0]
    complete = complete_cases(day, run.world, params)
    before = copy_world(run.world)
    group = set()
    for b in complete:
        boss = before.bosses[b]
        for p, last in zip(boss["contact"][: boss["n_contacts"]], boss["contact_last"], strict=False):
            if day - last <= params.casework_group_days and before.providers[p]["status"] in (FREE, RUNNING, OTHER_WORK):
                group.add(int(p))
    enforce(day, run.seed, run.world, params)
    today = run.world.ledger[day]
    taken = {name: np.flatnonzero((getattr(run.world, name)["status"] == CUSTODY) & (getattr(before, name)["status"] != CUSTODY))
             for name in ("bosses", "providers")}  # fmt: skip
    assert taken["bosses"].tolist() == complete
    assert set(taken["providers"].tolist()) == group
    assert int(today["cases_completed"]) == int(today["bosses_arrested"]) == len(complete)
    assert int(today["providers_arrested"]) == len(group)
    running = int((before.bosses["status"][complete] == RUNNING).sum())
    assert int(today["plans_broken_up"]) == running
    assert not run.world.plans["open"][complete].any()
    for name in ("bosses", "providers"):
        back = getattr(run.world, name)["back_day"][taken[name]]
        assert (back == day + params.justice_custody_days).all()


@compiled_only
def test_the_cases_are_not_all_empty():
    """Files are worked on and completed, in one unit and in the other, and groups are more than their Bosses."""
    arrested, completed, units = 0, 0, set()
    for salt in range(8):
        run = morning({}, 40, 0.3, salt)
        complete = complete_cases(40, run.world, run.params[0])
        units |= {int(run.world.bosses[b]["file_unit"]) for b in complete}
        enforce(40, run.seed, run.world, run.params[0])
        completed += len(complete)
        arrested += int(run.world.ledger[40]["providers_arrested"])
    assert completed and arrested and len(units) > 1
