"""Evidence: a file as a notebook in plain Python, against the compiled rules, entry by entry.

A file is what is known of the Boss himself and a list of what rests on Providers, four at most.
"""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.compiled import phase
from sim.phases.calendar import open_the_day
from sim.phases.enforcement import enforce
from sim.phases.evidence import add_evidence, age_file, close_file, drop_replaced, move_file
from sim.phases.plain import chance as plain
from sim.policy import CENTRAL_INTELLIGENCE
from sim.state.records import BY_BOSS, CUSTODY, FREE, KINDS, LEFT, OTHER_WORK, OUTSIDE, PRISON, RUNNING, VACANT
from sim.state.world import copy_world
from tests.worlds import BUSY, changes, compiled_only, examples, ran, tiny, with_lever

ADD, AGE, MOVE, PLAN, CLOSE = range(5)
COUNTED = ("files_opened", "files_lapsed", "evidence_lost_by_moves", "evidence_lost_by_replacement")
OUT_OF_REACH = (LEFT, OUTSIDE, PRISON, CUSTODY)
NOTHING_ELSE = {  # police only work on files: no visit, no report, no ad read, nobody fined
    "enforcement.venue_share": 0.0, "enforcement.street_share": 0.0, "enforcement.online_share": 0.0,
    "enforcement.client_share": 0.0, "enforcement.staff_report": 0.0, "enforcement.family_report": 0.0,
    "demand.report_chance": 0.0,
}  # fmt: skip


@phase
def fast_entry(what, amount, b, day, world, rules):
    """One thing that happens to a file, to be called from Python."""
    if what == ADD:
        add_evidence(b, amount, day, world, rules)
    elif what == AGE:
        age_file(world.bosses[b], day, world, rules)
    elif what == MOVE:
        move_file(b, day, world, rules)
    elif what == PLAN:
        drop_replaced(b, day, world, rules)
    else:
        close_file(world.bosses[b])


class File:
    """The notebook of one file."""

    def __init__(self, rules):
        self.rules = rules
        self.own, self.on, self.unit, self.since = 0.0, [], -1, -1
        self.counts = dict.fromkeys(COUNTED, 0)

    def total(self):
        return sum((amount for _, amount in self.on), self.own)

    def add(self, amount, unit, holders, day):
        """A share rests on those who hold slots in the Plan, a part for each slot; the rest on the Boss."""
        if amount <= 0:
            return
        self.unit = unit if self.unit < 0 else self.unit
        on_providers = amount * self.rules.casework_provider_share
        self.own += amount - on_providers if holders else amount
        for p in holders:
            self.rest_on(p, on_providers / len(holders))
        if self.since < 0 and self.total() >= self.rules.casework_file_opened:
            self.since = day
            self.counts["files_opened"] += 1

    def rest_on(self, p, amount):
        known = [entry for entry in self.on if entry[0] == p]
        if known:
            known[0][1] += amount
        elif len(self.on) < 4:
            self.on.append([p, amount])
        else:
            self.own += amount

    def keep(self, share):
        before = self.total()
        self.own *= share
        self.on = [[p, amount * share] for p, amount in self.on]
        return before - self.total()

    def age(self):
        self.keep(1 - self.rules.casework_decay)
        if self.since >= 0 and self.total() < self.rules.casework_file_opened / 2:
            self.counts["files_lapsed"] += 1
            self.close()

    def move(self, unit, central):
        """To another jurisdiction: a silo keeps its share, central intelligence a share of the rest."""
        if self.unit in (-1, unit):
            return
        silo = self.rules.casework_kept_silo
        lost = self.keep(silo + (1 - silo) * min(1.0, central))
        self.unit = unit
        self.counts["evidence_lost_by_moves"] += math.floor(1e6 * lost)

    def begin_plan(self, holders):
        """A housed Plan begins: of what rests on those who are not in it, a share is kept."""
        lost = 0.0
        for entry in self.on:
            if entry[0] not in holders:
                kept = entry[1] * self.rules.casework_kept_replaced
                lost += entry[1] - kept
                entry[1] = kept
        self.counts["evidence_lost_by_replacement"] += math.floor(1e6 * lost)

    def close(self):
        self.own, self.on, self.unit, self.since = 0.0, [], -1, -1


def read_file(boss):
    """What the record of a Boss says, in the terms of the notebook."""
    on = [[int(p), float(amount)] for p, amount in zip(boss["file_provider"], boss["file_evidence"], strict=True) if p >= 0]
    return float(boss["evidence"]), on, int(boss["file_unit"]), int(boss["file_since"])


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


@given(entries=st.lists(ENTRIES, min_size=8, max_size=25), rules=RULES)
@example(entries=A_LIFE, rules=USUAL)
@examples(80)
def test_a_file_holds_what_was_written_into_it(founded, entries, rules):
    """Found, stale, moved, without its Providers, closed: in any order."""
    world, numbers, b = copy_world(founded.world), founded.rules.copy(), 2
    for name, number in rules.items():
        numbers[0][name] = number
    boss, plan = world.bosses[b], world.plans[b]
    file, holders = File(numbers[0]), []
    for day, (what, how) in enumerate(entries):
        if what == ADD:
            file.add(how, int(world.territories[int(boss["place"])]["jurisdiction"]), holders, day)
        elif what == AGE:
            file.age()
        elif what == MOVE:
            boss["place"], central = how
            world.now[CENTRAL_INTELLIGENCE, int(boss["place"]) * KINDS] = central
            file.move(int(world.territories[int(boss["place"])]["jurisdiction"]), central)
        elif what == PLAN:
            holders = [p for p in how if p >= 0]
            plan["open"], plan["n_slots"], plan["slot_holder"][: len(how)] = 1, len(how), how
            if how:  # in the street nobody is replaced
                file.begin_plan(holders)
        else:
            file.close()
        fast_entry(what, how if what == ADD else 0.0, b, day, world, numbers[0])
        assert read_file(boss) == (file.own, file.on, file.unit, file.since)
        assert {name: int(world.ledger[name][: day + 1].sum()) for name in COUNTED} == file.counts


# --- which files are worked on, and who is taken ----------------------------------------------


def files_of(world, rules):
    """A notebook for every file."""
    files = {}
    for b in range(world.counts[0].bosses):
        files[b] = File(rules)
        files[b].own, files[b].on, files[b].unit, files[b].since = read_file(world.bosses[b])
    return files


def holders_of(b, world):
    plan = world.plans[b]
    return [int(p) for p in plan["slot_holder"][: plan["n_slots"]] if p >= 0] if plan["open"] else []


def a_day_of_casework(day, added, world, rules, parameters):
    """Every file ages; each unit spends its days on its fullest open files, one a file; the files, and Bosses to be taken."""
    files = files_of(world, rules)
    for b, file in files.items():
        if file.unit >= 0 and world.bosses[b]["status"] != LEFT:
            file.age()
    worked_on = [b for b, file in files.items() if file.since >= 0 and world.bosses[b]["status"] not in OUT_OF_REACH]
    for unit in range(len(world.units)):
        e = parameters.enforcement
        days = e.inspector_days_per_100k * int(world.units[unit]["population"]) / 100_000 * e.casework_share
        days += added * days
        mine = [(-files[b].total(), int(world.bosses[b]["uid"]) % 2**20, b) for b in worked_on if files[b].unit == unit]
        each = max(1.0, days / 16)
        for _, _, b in sorted(mine)[: min(16, math.ceil(days))]:
            place = int(world.territories[int(world.bosses[b]["place"])]["jurisdiction"])
            files[b].add(min(each, days) * rules.casework_evidence_day, place, holders_of(b, world), day)
            days -= min(each, days)
    return files, worked_on, [b for b in worked_on if files[b].total() >= 1]


def morning(changed, day, added, salt):
    """A world before police work, in which Bosses have files of many sizes, some nearly complete."""
    parameters = with_lever(tiny(**(BUSY | changed | NOTHING_ELSE)), "case_building", intensity=added, start=0)
    run = ran(parameters, day)
    open_the_day(day, run.seed, run.world, run.rules[0])
    world = run.world
    for b in range(world.counts[0].bosses):
        a_dice = plain.dice(salt, 0, day, b)
        contacts = range(world.bosses[b]["n_contacts"])
        world.bosses[b]["contact_last"][: len(contacts)] = [day - plain.word(a_dice, 9 + k) % 18 for k in contacts]
        if plain.throw(a_dice, 0) < 0.8 and world.bosses[b]["status"] != LEFT:
            boss = world.bosses[b]
            boss["file_unit"], boss["file_since"] = plain.word(a_dice, 1) % len(world.units), day - 1
            round_number = (0.0, 0.02, 1.1, 1.3)[plain.word(a_dice, 2) % 4]
            boss["evidence"] = round_number if plain.throw(a_dice, 3) < 0.4 else plain.throw(a_dice, 4)
    return run


@given(
    changed=changes(policy=False),
    day=st.integers(5, 60),
    added=st.sampled_from([0.0, 0.3, 6.0, 300.0]),
    salt=st.integers(0, 2**32),
)
@examples(60)
def test_units_work_on_their_fullest_files(changed, day, added, salt):
    """And whoever is not taken has as much in his file as the notebook says."""
    changed = changed | {"casework.testimony": 0.0, "casework.testimony_trust": 0.0}
    run = morning(changed, day, added, salt)
    files, worked_on, _ = a_day_of_casework(day, added, run.world, run.rules[0], run.parameters)
    before = copy_world(run.world)
    enforce(day, run.seed, run.world, run.rules[0])
    now, was = run.world.bosses["status"], before.bosses["status"]
    for b, file in files.items():
        own, on, unit, since = read_file(run.world.bosses[b])
        if now[b] != CUSTODY or was[b] == CUSTODY:  # else his Plan was broken up as well, which adds to the file
            assert (unit, since, [p for p, _ in on]) == (file.unit, file.since, [p for p, _ in file.on])
            assert math.isclose(own, file.own, rel_tol=1e-12, abs_tol=1e-15)
            assert np.allclose([amount for _, amount in on], [amount for _, amount in file.on], rtol=1e-12, atol=1e-15)
    today = run.world.ledger[day]
    for name in ("files_opened", "files_lapsed"):
        assert int(today[name]) == sum(file.counts[name] for file in files.values())
    assert int(today["files_open"]) == len(worked_on)


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
    rules = run.rules[0]
    _, _, complete = a_day_of_casework(day, 0.0, run.world, rules, run.parameters)
    before = copy_world(run.world)
    group = set()
    for b in complete:
        boss = before.bosses[b]
        for p, last in zip(boss["contact"][: boss["n_contacts"]], boss["contact_last"], strict=False):
            if day - last <= rules.casework_group_days and before.providers[p]["status"] in (FREE, RUNNING, OTHER_WORK):
                group.add(int(p))
    enforce(day, run.seed, run.world, rules)
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
        assert (back == day + rules.justice_custody_days).all()


@compiled_only
def test_the_cases_are_not_all_empty():
    """Files are worked on and completed, in one unit and in the other, and groups are more than their Bosses."""
    arrested, completed, units = 0, 0, set()
    for salt in range(8):
        run = morning({}, 40, 0.3, salt)
        _, worked_on, complete = a_day_of_casework(40, 0.3, run.world, run.rules[0], run.parameters)
        units |= {int(run.world.bosses[b]["file_unit"]) for b in worked_on}
        enforce(40, run.seed, run.world, run.rules[0])
        completed += len(complete)
        arrested += int(run.world.ledger[40]["providers_arrested"])
    assert completed and arrested and len(units) > 1
