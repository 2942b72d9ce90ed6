"""Beds: a day of care in plain Python, person by person, against the compiled day.

Who loses a bed that is withdrawn, how each stay goes, and who of those who ask today gets which bed.
"""

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from sim import chance
from sim.phases.calendar import open_the_day
from sim.phases.care import care_for_persons
from sim.phases.flow import live_the_day
from sim.phases.plain import chance as plain
from sim.state.records import (
    AT_RISK,
    BETWEEN,
    CUSTODY,
    IN_CARE,
    LEFT,
    NO_BED_ASKED,
    OUT,
    OUTSIDE,
    PRISON,
    TIES,
    WHEN_LEAVING,
    WHEN_RECOGNISED,
)
from sim.state.world import copy_world
from tests.worlds import BUSY, changes, compiled_only, examples, ran, tiny

GONE = (LEFT, PRISON, CUSTODY, OUTSIDE)  # a Boss who looks for nobody
COUNTED = (
    "stays_cut_short", "found_again", "ran_away_from_care", "stays_completed", "reprisals", "exits",
    "placed_near", "placed_distant", "no_bed",
)  # fmt: skip
FIELDS = ("status", "bed", "until", "away_until", "had_care", "old_boss", "asks_for_bed")
NUMBERS = ("debt", "trust", "awareness", "vulnerability", "attachment", "supervision")


class Home:
    """The day in care of a world, the slow way; what becomes of everybody is in `persons`."""

    def __init__(self, day, seed, world, rules):
        self.day, self.seed, self.world, self.rules = day, seed, world, rules
        self.persons = [self.read(row) for row in range(world.counts[0].prostitutes)]
        self.ties = {b: int(world.bosses[b]["n_persons"]) for b in range(world.counts[0].bosses)}
        self.counts = dict.fromkeys(COUNTED, 0)

    def read(self, row):
        person = self.world.prostitutes[row]
        told = {name: int(person[name]) for name in FIELDS} | {name: np.float32(person[name]) for name in NUMBERS}
        return told | {"boss": int(person["boss"][0]), "ticket": int(person["bed_ticket"]), "uid": int(person["uid"]), "row": row,
                       "place": int(person["territory"]), "since": int(person["status_since"]), "told": person}  # fmt: skip

    def inside(self, bed):
        return [person for person in self.persons if person["status"] == IN_CARE and person["bed"] == bed]

    def live_the_day(self):
        rows = range(len(self.world.beds))
        for bed in rows:
            by_ticket = sorted(self.inside(bed), key=lambda person: person["ticket"])
            for person in by_ticket[self.world.beds[bed]["beds"] :]:
                self.leave(person, AT_RISK, "stays_cut_short")
        for person in self.persons:
            if person["status"] == IN_CARE:
                self.stay(person)
        asking = [person for person in self.persons if person["asks_for_bed"] != NO_BED_ASKED]
        for person in sorted(asking, key=lambda person: person["ticket"]):
            self.place(person)
        self.taken = [len(self.inside(bed)) for bed in rows]

    def leave(self, person, status, why):
        self.counts[why] += 1
        person.update(status=status, bed=-1, since=self.day)

    def is_searched_for(self, person):
        return person["old_boss"] >= 0 and self.world.bosses[person["old_boss"]]["status"] not in GONE

    def stay(self, person):
        """Found again, or run away and perhaps gone back, or at the end of the stay, or a day of recovery."""
        care = self.rules
        far = self.world.beds[person["bed"]]["distant"]
        a_dice = plain.dice(self.seed, chance.STAY, self.day, person["uid"])
        u = [plain.throw(a_dice, k) for k in range(4)]
        found, runs = ((care.care_found_distant, care.care_runaway_distant) if far else
                       (care.care_found_near, care.care_runaway_near))  # fmt: skip
        if self.is_searched_for(person) and u[0] < 1 - math.exp(-found):
            self.leave(person, AT_RISK, "found_again")
            self.go_back(person)
        elif u[1] < 1 - math.exp(-runs):
            self.leave(person, AT_RISK, "ran_away_from_care")
            person["away_until"] = self.day + plain.days_until(u[2], care.entry_runaway_days)
            if self.is_searched_for(person) and u[3] < care.care_back_to_boss:
                self.go_back(person)
        elif person["until"] <= self.day:
            self.leave(person, OUT, "stays_completed")
            person["had_care"] = 1
            self.counts["exits"] += 1
        else:
            for name, share in (("trust", care.care_trust_day), ("awareness", care.control_awareness_day)):
                person[name] = np.float32(float(person[name]) + share * (1 - float(person[name])))
            for name, decay in (("vulnerability", care.outreach_vulnerability_decay), ("debt", care.control_debt_decay),
                                ("attachment", care.control_attachment_decay)):  # fmt: skip
                person[name] = np.float32(float(person[name]) * (1 - decay))

    def go_back(self, person):
        if self.ties[person["old_boss"]] == TIES:
            return
        self.ties[person["old_boss"]] += 1
        person.update(status=BETWEEN, since=self.day, boss=person["old_boss"], supervision=np.float32(0.5))
        person["debt"] = np.float32(min(1.0, float(person["debt"]) + self.rules.care_reprisals))
        self.counts["reprisals"] += 1

    def untie(self, person):
        if person["boss"] >= 0:
            self.ties[person["boss"]] -= 1
            person.update(old_boss=person["boss"], boss=-1)

    def place(self, person):
        """A distant bed if one is free, else one in the jurisdiction, else none."""
        near, far = int(self.world.territories[person["place"]]["jurisdiction"]), len(self.world.beds) - 1
        free = [bed for bed in (far, near) if len(self.inside(bed)) < self.world.beds[bed]["beds"]]
        if free:
            self.untie(person)
            length = plain.throw(plain.dice(self.seed, chance.STAY, self.day, person["uid"]), 4)
            until = self.day + plain.days_until(length, self.rules.care_stay_days)
            person.update(status=IN_CARE, bed=free[0], until=until, since=self.day)
            self.counts["placed_distant" if free[0] == far else "placed_near"] += 1
        else:
            self.counts["no_bed"] += 1
            u = plain.throw(plain.dice(self.seed, chance.ARREST, self.day, person["uid"]), 1)
            if person["asks_for_bed"] == WHEN_LEAVING or u < self.rules.enforcement_exit_after_recognition:
                self.untie(person)
                person.update(status=OUT, since=self.day)
                self.counts["exits"] += 1
        person["asks_for_bed"] = NO_BED_ASKED


def ask(world, row, why, ticket):
    """A person asks for a bed: recognised while held between Plans, or having left her Boss."""
    person = world.prostitutes[row]
    person["asks_for_bed"], person["bed_ticket"] = why, ticket
    world.applicants[world.counts[0].applicants] = row
    world.counts[0].applicants += 1
    if why == WHEN_LEAVING:
        person["status"] = OUT


def move_in(world, row, bed, day, a_dice):
    """A person has been in a bed for some days, and may have had a Boss."""
    person = world.prostitutes[row]
    if person["boss"][0] >= 0:
        boss = world.bosses[int(person["boss"][0])]
        left = [p for p in boss["person"][: boss["n_persons"]] if p != row]
        boss["n_persons"], boss["person"][: len(left)] = len(left), left
        boss["person"][len(left) :] = -1
        person["old_boss"], person["boss"][0] = person["boss"][0], -1
    else:
        person["old_boss"] = plain.word(a_dice, 6) % int(world.counts[0].bosses)
    person["status"], person["bed"], person["bed_ticket"] = IN_CARE, bed, plain.word(a_dice, 2)
    person["until"] = day + plain.word(a_dice, 3) % 6
    person["debt"], person["trust"] = plain.throw(a_dice, 4), plain.throw(a_dice, 5)


def evening(changed, beds, day, salt):
    """A world in which beds are taken, some too many, and persons ask for others; its copy as of the night before."""
    run = ran(tiny(**(BUSY | changed)), day)
    world = run.world
    rows = [(row, plain.dice(salt, 1, day, row)) for row in range(world.counts[0].prostitutes)]
    for row, a_dice in rows:
        u, status = plain.throw(a_dice, 0), world.prostitutes[row]["status"]
        if status == BETWEEN and u < 0.4 or status == AT_RISK and u < 0.3:
            move_in(world, row, plain.word(a_dice, 1) % len(world.beds), day, a_dice)
    inside = [int(person["bed"]) for person in world.prostitutes[: len(rows)] if person["bed"] >= 0]
    world.beds["taken"] = [inside.count(bed) for bed in range(len(world.beds))]
    world.beds["baseline"] = (beds * len(world.beds))[: len(world.beds)]
    slow = copy_world(world)
    slow.beds["beds"] = slow.beds["baseline"]
    open_the_day(day, run.seed, world, run.rules[0])
    for row, a_dice in rows:
        u, status = plain.throw(a_dice, 0), slow.prostitutes[row]["status"]
        for one in (world, slow):
            if status == BETWEEN and u < 0.8:
                ask(one, row, WHEN_RECOGNISED, plain.word(a_dice, 2))
            elif status == OUT and u < 0.5:
                ask(one, row, WHEN_LEAVING, plain.word(a_dice, 2))
    return run, slow


def assert_same_evening(run, slow, day):
    home = Home(day, int(run.seed), slow, run.rules[0])
    home.live_the_day()
    care_for_persons(day, run.seed, run.world, run.rules[0])
    world = run.world
    assert {name: int(world.ledger[day][name]) for name in COUNTED} == home.counts
    for row, person in enumerate(home.persons):
        after = world.prostitutes[row]
        assert {name: int(after[name]) for name in FIELDS} == {name: person[name] for name in FIELDS}
        assert {name: after[name] for name in NUMBERS} == {name: person[name] for name in NUMBERS}
        assert (int(after["boss"][0]), int(after["status_since"])) == (person["boss"], person["since"])
    assert {b: int(world.bosses[b]["n_persons"]) for b in home.ties} == home.ties
    assert world.beds["taken"].tolist() == home.taken
    assert all(taken <= number for taken, number in zip(home.taken, world.beds["beds"].tolist(), strict=True))
    return home


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
        home = assert_same_evening(*evening({"care.found_near": 0.3, "care.runaway_near": 0.3}, [6], 50, salt), 50)
        for name, number in home.counts.items():
            happened[name] += number
    assert all(happened.values()), happened


@given(changed=changes(policy=False), salt=st.integers(0, 2**32))
@examples(20)
def test_an_exit_is_lasting_on_its_365th_day_and_never_again(changed, salt):
    run = ran(tiny(**changed), 20)
    lasting = 0
    for row in range(run.world.counts[0].prostitutes):
        person = run.world.prostitutes[row]
        u = plain.throw(plain.dice(salt, 1, 20, row), 0)
        if person["status"] == OUT:
            person["status_since"] = 20 - (364 if u < 0.3 else 365 if u < 0.7 else 366)
            lasting += bool(0.3 <= u < 0.7 and person["was_exploited"])
    run.world.ledger[20]["lasting_exits"] = 0
    live_the_day(20, run.seed, run.world, run.rules[0])
    assert run.world.ledger[20]["lasting_exits"] == lasting
