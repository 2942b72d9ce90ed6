"""First reception: the queue of answers in plain Python, against the compiled day of outreach.

Teams do nothing else here: no rounds and no messages, so that only answers and accompaniments move.
"""

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from sim import chance
from sim.phases.calendar import open_the_day
from sim.phases.outreach import reach_out
from sim.phases.plain import chance as plain
from sim.state.records import (
    IN_CARE,
    MASS_MESSAGE,
    NOBODY,
    OUT,
    PERSONAL_MESSAGE,
    STREET_ROUNDS,
)
from sim.state.world import copy_world
from tests.worlds import changes, compiled_only, examples, ran, tiny, with_levers

CHANNELS = {STREET_ROUNDS: "street", PERSONAL_MESSAGE: "personal", MASS_MESSAGE: "mass"}
COUNTED = (
    "answers_waiting", "answers_lost", "accompanied", "contacts_lost_by_closure",
    *(f"meetings_{name}" for name in CHANNELS.values()), *(f"accompaniments_{name}" for name in CHANNELS.values()),
)  # fmt: skip
ONLY_RECEPTION = {"outreach.street_hours": 0.0, "outreach.personal_hours": 0.0, "outreach.mass_hours": 0.0}
MANY_MEETINGS = {  # unless a generated case says otherwise
    "outreach.reception_hours": 1.0, "outreach.meeting_chance": 0.9, "outreach.accompany_chance": 0.7,
    "outreach.patience_days": 20.0, "outreach.queue_days": 6,
}  # fmt: skip
FIELDS = ("team", "answer_day", "channel", "site", "accompanied")


class Reception:
    """The day of all teams; contacts are dictionaries by the row of the person."""

    def __init__(self, day, seed, world, rules, parameters, added):
        self.day, self.seed, self.world, self.rules, self.outreach = day, seed, world, rules, parameters.outreach
        self.more = 1 + added
        self.persons = {row: self.read(world.prostitutes[row]) for row in range(world.counts[0].prostitutes)}
        self.counts = dict.fromkeys(COUNTED, 0)

    def read(self, person):
        return {name: int(person[name]) for name in FIELDS} | {
            "trust": np.float32(person["trust"]), "awareness": np.float32(person["awareness"]),
            "vulnerability": np.float32(person["vulnerability"]),
            "until": int(person["accompanied_until"]), "uid": int(person["uid"]), "status": int(person["status"]),
        }  # fmt: skip

    def end(self, person):
        person.update(team=-1, answer_day=-1, channel=NOBODY, site=0, accompanied=0)

    def gain(self, person, trust, awareness):
        """Of each a share of what is missing."""
        for name, share in (("trust", trust), ("awareness", awareness)):
            person[name] = np.float32(float(person[name]) + share * (1 - float(person[name])))

    def live_the_day(self):
        for person in self.persons.values():
            if person["team"] >= 0:
                self.accompany(person)
        for team in range(len(self.world.teams)):
            self.receive(team)

    def accompany(self, person):
        """A contact ends with exit or care, with the site on which it was made, or with its time."""
        if person["status"] in (OUT, IN_CARE):
            self.end(person)
        elif self.is_cut_off(person):
            self.counts["contacts_lost_by_closure"] += 1
            self.end(person)
        elif person["accompanied"] and person["until"] <= self.day:
            self.end(person)
        elif person["accompanied"]:
            self.gain(person, self.rules.outreach_trust_day, self.rules.control_awareness_day)
            person["vulnerability"] = np.float32(float(person["vulnerability"]) * (1 - self.rules.outreach_vulnerability_decay))
            self.counts["accompanied"] += 1

    def is_cut_off(self, person):
        """On the first day of a closure, with a chance of the share of the site that is closed."""
        site = self.world.platforms[person["site"]]
        if person["site"] == 0 or site["closed"] <= 0 or site["closed_since"] != self.day:
            return False
        u = plain.throw(plain.dice(self.seed, chance.ANSWER, self.day, person["uid"]), 12)
        return u < self.rules.platforms_contacts_lost * site["closed"]

    def lose(self, person):
        self.counts["answers_lost"] += 1
        person["trust"] = np.float32(float(person["trust"]) * (1 - self.rules.outreach_trust_lost))
        self.end(person)

    def receive(self, team):
        """Who has waited longest is taken up first, as far as the hours go; late, or under an overload, in vain."""
        o, per_100k = self.outreach, int(self.world.teams[team]["population"]) / 100_000
        answers = [person for person in self.persons.values() if person["team"] == team and person["answer_day"] >= 0]
        for person in answers:
            if self.day - person["answer_day"] > o.queue_days:
                self.lose(person)
        queue = [person for person in answers if person["team"] == team]
        self.counts["answers_waiting"] += len(queue)
        capacity = o.reception_hours * per_100k * self.more * o.reception_per_hour
        if not queue or capacity <= 0:
            return
        one_more = plain.throw(self.dice(self.world.teams[team]["uid"]), 1)
        load = len(queue) / max(1.0, capacity)
        queue.sort(key=lambda person: (person["answer_day"], plain.word(self.dice(person["uid"]), 0)))
        for person in queue[: plain.whole(capacity, one_more)]:
            waited = self.day - person["answer_day"]
            u = o.meeting_chance * math.exp(-waited / o.patience_days) / (1 + o.load_effect * max(0.0, load - 1))
            if plain.throw(self.dice(person["uid"]), 2) < u:
                self.meet(person, team, math.floor(o.accompany_places * per_100k * self.more + 1e-9))
            else:
                self.lose(person)

    def dice(self, uid):
        return plain.dice(self.seed, chance.RECEPTION, self.day, uid)

    def meet(self, person, team, places):
        """Where a place is free an accompaniment may begin."""
        self.gain(person, self.outreach.trust_meeting, self.rules.control_awareness_contact)
        channel = CHANNELS[person["channel"]]
        self.counts[f"meetings_{channel}"] += 1
        accompanied = sum(other["accompanied"] for other in self.persons.values() if other["team"] == team)
        a_dice = self.dice(person["uid"])
        if accompanied < places and plain.throw(a_dice, 3) < self.outreach.accompany_chance:
            self.counts[f"accompaniments_{channel}"] += 1
            until = self.day + plain.days_until(plain.throw(a_dice, 4), self.outreach.accompany_days)
            person.update(answer_day=-1, accompanied=1, until=until)
        else:
            self.end(person)


def evening(changed, day, share, added, closed, salt):
    """A world before outreach, in which a share of all persons wait for an answer or are accompanied."""
    levers = {
        "first_reception": {"intensity": added, "start": 0},
        "platform_closure": {"intensity": closed, "start": day},
    }
    parameters = with_levers(tiny(**(MANY_MEETINGS | changed | ONLY_RECEPTION)), levers)
    run = ran(parameters, day)
    open_the_day(day, run.seed, run.world, run.rules[0])
    world = run.world
    for row in range(world.counts[0].prostitutes):
        a_dice, person = plain.dice(salt, 1, day, row), world.prostitutes[row]
        if plain.throw(a_dice, 0) < share:
            person["team"], person["channel"] = plain.word(a_dice, 1) % len(world.teams), 1 + plain.word(a_dice, 2) % 3
            person["site"] = 0 if person["channel"] == STREET_ROUNDS else 1 + plain.word(a_dice, 3) % (len(world.platforms) - 1)
            if plain.throw(a_dice, 4) < 0.85:
                person["answer_day"] = max(0, day - plain.word(a_dice, 5) % 12)
            else:
                person["accompanied"], person["accompanied_until"] = 1, day + plain.word(a_dice, 6) % 5
            world.counts[0]["in_contact"] += 1
    return run


def assert_same_evening(run, day, added):
    reception = Reception(day, int(run.seed), copy_world(run.world), run.rules[0], run.parameters, added)
    reception.live_the_day()
    reach_out(day, run.seed, run.world, run.rules[0])
    assert {name: int(run.world.ledger[day][name]) for name in COUNTED} == reception.counts
    for row, expected in reception.persons.items():
        assert reception.read(run.world.prostitutes[row]) == expected
    return reception


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
    assert_same_evening(evening(changed, day, share, added, closed, salt), day, added)


@compiled_only
def test_the_cases_are_not_all_empty():
    """All that can happen to an answer happens in one or the other of these."""
    happened = dict.fromkeys(COUNTED, 0)
    for salt, added in enumerate((0.0, 3.0, 10.0, *(100.0,) * 9)):
        changed = {"outreach.accompany_places": 2.0}
        closed = 0.5 if salt == 0 else 0.0
        reception = assert_same_evening(evening(changed, 20, 0.7, added, closed, salt), 20, added)
        for name, number in reception.counts.items():
            happened[name] += number
    assert all(happened.values()), happened
