"""Following agents: sentences agree with what a world recorded, and nobody who is exploited is followed."""

import json
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.classroom.follow import agents as follow
from experiments.classroom.follow.police import unit_label
from experiments.classroom.translation import translator
from sim.configuration import ConfigurationError, compose
from sim.parameters import VENUE_KINDS
from sim.simulation import Simulation
from sim.state.records import PROSTITUTE_STATUSES, SLOT_FILLED, SLOT_VACANT
from tests.unit.classroom.follow_worlds import DAYS, POLICED, after, count, numbers, policed, told
from tests.worlds import ALL_LEVERS, changes, compiled_only, examples, tiny, with_lever, with_levers

pytestmark = compiled_only


def test_stories_of_bosses_add_up_to_the_ledger(busy):
    parameters, run = busy
    ledger, stories = run.world.ledger[:DAYS], told(parameters, "boss")
    sums = {name: int(ledger[name].sum()) for name in ledger.dtype.names}
    assert sums["plans_broken_up"] > 5 and sums["vacancies_filled"] > 5 and sums["bosses_jailed"] > 0
    assert count(stories, "Began a Plan") == sums["plans_launched"]
    assert count(stories, "Police broke up") == sums["plans_broken_up"]
    assert count(stories, "as meant") == sums["plans_completed"]
    assert count(stories, "nobody was left") == sums["plans_abandoned"]
    assert count(stories, "slot is vacant") == sums["vacancies_opened"]
    assert count(stories, "slot was filled") == sums["vacancies_filled"]
    assert count(stories, "Was arrested") == sums["bosses_arrested"]
    assert count(stories, "custody to prison") == sums["bosses_jailed"]
    assert count(stories, "left the activity|Left the activity") == sums["bosses_left"]
    assert count(stories, "Was a Provider") == sums["promoted"] + sums["taken_over_by_provider"]
    assert count(stories, "^Joined in the Plan") == sums["plans_with_co_boss"]
    texts = [event["text"] for events in stories for event in events]
    waited = count(stories, "until tomorrow, or") + numbers(texts, r"for (\d+) days until today")
    assert waited >= sums["waited"] + sums["launches_delayed"] > 0


def test_stories_of_bosses_agree_with_recorded_events(busy):
    parameters, run = busy
    events = run.events()
    uids = run.world.bosses["uid"][: run.world.counts[0].bosses].tolist()
    for uid, story in zip(uids, told(parameters, "boss"), strict=True):
        for code, sentence in ((SLOT_VACANT, "A slot is vacant"), (SLOT_FILLED, "A slot was filled")):
            recorded = events[(events["uid"] == uid) & (events["code"] == code)]
            days = Counter(event["day"] for event in story if event["text"].startswith(sentence))
            assert days == Counter(recorded["day"].tolist())
        assert [event["day"] for event in story] == sorted((event["day"] for event in story), reverse=True)


def test_stories_of_providers_add_up_to_the_ledger(busy):
    parameters, run = busy
    ledger, stories = run.world.ledger[:DAYS], told(parameters, "provider")
    assert count(stories, "Was arrested") == ledger["providers_arrested"].sum() > 0
    assert count(stories, "custody to prison") == ledger["providers_jailed"].sum()
    assert count(stories, "Became a Boss") == ledger["promoted"].sum() + ledger["taken_over_by_provider"].sum() > 0
    assert count(stories, "left the activity|Left the activity") == ledger["providers_left"].sum()
    assert count(stories, "Took on a task") > ledger["vacancies_filled"].sum()  # and those of Plans that begin
    assert count(stories, "Gave up a task") > 0 and count(stories, "between Plans") > 0


def test_stories_of_police_add_up_to_the_ledger(busy):
    parameters, run = busy
    ledger = run.world.ledger[:DAYS]
    stories = [follow.story(parameters, DAYS - 1, "police", number + 1, DAYS) for number in range(run.world.units.size)]
    facts = [{label: value for label, value, _ in story["facts"]} for story in stories]
    measures = {
        "Visits to venues": ("visits", "visits_added"), "Street patrols": ("patrols", "patrols_added"),
        "Plans found": ("plans_broken_up",), "Bosses arrested": ("bosses_arrested",),
        "Providers arrested": ("providers_arrested",),
    }  # fmt: skip
    for label, names in measures.items():
        assert sum(fact[label] for fact in facts) == sum(ledger[name].sum() for name in names), label
    events = [story["events"] for story in stories]
    assert count(events, "Broke up a Plan") == ledger["plans_broken_up"].sum()
    texts = [event["text"] for several in events for event in several]
    assert numbers(texts, r"Bosses (\d+)") == ledger["bosses_arrested"].sum()
    assert count(events, "Opened a file") == ledger["files_opened"].sum() > 0
    assert sum(fact["Files open"] for fact in facts) >= 0
    shares = [value for fact in facts for label, value in fact.items() if label.startswith("Share of its visits")]
    assert sum(shares) == pytest.approx(100.0 * len(facts), abs=0.5)


def test_visits_that_levers_add_are_counted():
    parameters = with_lever(policed(), "venue_inspection", intensity=40.0, start=20, territory="largest", kind="hotel")
    ledger = after(parameters).world.ledger[:DAYS]
    facts = [dict(fact[:2] for fact in follow.story(parameters, DAYS - 1, "police", u, DAYS)["facts"]) for u in (1, 2)]
    assert sum(fact["Visits to venues"] for fact in facts) == ledger["visits"].sum() + ledger["visits_added"].sum()
    assert ledger["visits_added"].sum() > 0


def test_stories_of_plans(busy):
    parameters, run = busy
    plans, encounters, persons = set(), 0, {}
    for day in range(DAYS):
        plans |= {plan["id"] for plan in follow.who(parameters, day, "plan")}
    ledger = run.world.ledger[:DAYS]
    assert len(plans) == ledger["plans_launched"].sum()
    for id_ in plans:
        story = follow.story(parameters, DAYS - 1, "plan", id_)
        facts = dict(fact[:2] for fact in story["facts"])
        assert story["events"][-1]["text"].startswith("Began a Plan") and facts["Persons in it at its start"] >= 1
        persons[id_] = facts["Persons in it at its start"]
        if persons[id_] == 1:
            assert facts["Encounters so far"] == "not shown for a single person"
        else:
            encounters += facts["Encounters so far"]
        assert facts["Status"] == ("over" if re.search("ended|broke up", story["events"][0]["text"]) else "running")
    assert sum(persons.values()) == ledger["team_launched"].sum()
    singles = any(number == 1 for number in persons.values())
    assert (0 < encounters < ledger["encounters"].sum()) if singles else (encounters == ledger["encounters"].sum())


def test_those_present_are_counted_as_the_ledger_counts_them(busy):
    parameters, run = busy
    for day in (10, 40):
        here = {role: follow.who(parameters, day, role) for role in follow.ROLES}
        today, evening = run.world.ledger[day], after(parameters, day + 1).world
        assert len(here["plan"]) == today.plans_running
        for role, table in (("boss", "bosses"), ("provider", "providers")):
            assert len(here[role]) == (getattr(evening, table)["status"][: evening.counts[0][table]] != 6).sum()
        assert len(here["police"]) == evening.units.size
        assert [one["id"] for one in here["boss"]] == sorted(one["id"] for one in here["boss"])
        for role in ("boss", "provider", "plan", "police"):
            assert all(one["label"] and one["now"] and "\n" not in one["now"] for one in here[role])


def test_groups_under_five_are_hidden():
    parameters, hidden = compose("class", overrides={"days": 200, "burn_in": 0, "seed": 5}), 0
    for day in range(0, 200, 20):
        world = after(parameters, day + 1).world
        status = world.prostitutes["status"][: world.counts[0].prostitutes].tolist()
        groups = [status.count(code) for code in range(len(PROSTITUTE_STATUSES))]
        shown = [int(one["now"].split()[0]) for one in follow.who(parameters, day, "persons")]
        assert shown == [number for number in groups if number >= 5]
        hidden += len(groups) - len(shown)
    assert hidden > 0


def test_every_lever_is_told():
    parameters = with_levers(
        policed(),
        {
            "arrest_bosses": {"intensity": 0.4, "start": 30, "end": 45},
            "arrest_providers": {"intensity": 0.4, "start": 30, "end": 45},
        },
    )
    ledger = after(parameters).world.ledger[:DAYS]
    for role, removed in (("boss", "bosses_removed"), ("provider", "providers_removed")):
        stories = told(parameters, role)
        assert count(stories, "Is held, as the policy has it") == ledger[removed].sum() > 0
        assert count(stories, "Is no longer held") > 0


# --- what is never told


def everything(parameters, day):
    """All that can be asked for on a day."""
    for role in follow.ROLES:
        for one in follow.who(parameters, day, role):
            yield one
            if one["id"] is not None:
                yield follow.story(parameters, day, role, one["id"])
                for kind in follow.KINDS_OF_DECISIONS[role]:
                    yield follow.decision(parameters, day, role, one["id"], kind)


def keys_of(content):
    """All keys, at every depth."""
    if isinstance(content, dict):
        return set(content) | {key for value in content.values() for key in keys_of(value)}
    return {key for value in content for key in keys_of(value)} if isinstance(content, list) else set()


def test_nobody_exploited_is_named():
    parameters = policed()
    world = after(parameters, 41).world
    uids = [str(uid) for uid in world.prostitutes["uid"][: world.counts[0].prostitutes].tolist()]
    for content in everything(parameters, 40):
        text = json.dumps(content)  # which also shows that it can be written
        assert not any(uid in text for uid in uids)
        assert not re.search(r"prostitute|\bperson \d|\bvictim|uid", text, re.IGNORECASE)
        assert not {key for key in keys_of(content) if re.search("person|prostitute|row$|uid", key)}


@given(changed=changes(), busy=st.booleans())
@examples(3)
def test_stories_add_up_whatever_the_numbers(changed, busy):
    changed = {"policy.start_day": 10} | (POLICED if busy else {}) | changed | {"days": 40, "burn_in": 0}
    parameters = with_levers(tiny(**changed), ALL_LEVERS)
    ledger = after(parameters, 40).world.ledger[:40]
    bosses, providers = told(parameters, "boss", 40), told(parameters, "provider", 40)
    for stories, pattern, measure in (
        (bosses, "Police broke up", "plans_broken_up"), (bosses, "Began a Plan", "plans_launched"),
        (bosses, "as meant", "plans_completed"), (bosses, "Was arrested", "bosses_arrested"),
        (bosses, "slot was filled", "vacancies_filled"), (bosses, "eft the activity", "bosses_left"),
        (providers, "Was arrested", "providers_arrested"), (providers, "to prison", "providers_jailed"),
    ):  # fmt: skip
        assert count(stories, pattern) == ledger[measure].sum(), pattern
    for role in ("boss", "provider", "police"):
        for one in follow.who(parameters, 39, role)[:2]:  # a glass box asks itself whether it gives what the world did
            assert follow.decision(parameters, 39, role, one["id"])["question"]


def test_texts_are_given_to_the_translator():
    asked = set()

    def note(text):
        asked.add(text)
        return f"<{text}>"

    parameters = policed()
    for role in ("boss", "provider", "plan", "police"):
        one = follow.who(parameters, 30, role, note)[0]
        story = follow.story(parameters, 30, role, one["id"], 30, note)
        assert all(event["text"].startswith("<") for event in story["events"]) and story["title"].startswith("<")
        assert follow.decision(parameters, 30, role, one["id"], None, note)["question"].startswith("<")
    assert "Was arrested." in asked and len(asked) > 50
    assert follow.who(parameters, 30, "boss", translator("en")) == follow.who(parameters, 30, "boss")


ERRORS = {
    ("role",): lambda p: follow.who(p, 3, "client"),
    ("role", "police"): lambda p: follow.who(p, 3, "polices"),
    ("day",): lambda p: follow.who(p, 60, "boss"),
    ("day", "0 to 59"): lambda p: follow.story(p, -1, "boss", 1),
    ("day", "whole"): lambda p: follow.decision(p, "x", "boss", 1),
    ("boss", "1 to"): lambda p: follow.story(p, 3, "boss", 4000),
    ("provider", "1 to"): lambda p: follow.decision(p, 3, "provider", 0),
    ("police", "1 to 2"): lambda p: follow.story(p, 3, "police", "three"),
    ("plan", "7-180"): lambda p: follow.story(p, 3, "plan", 7),
    ("plan", "began no Plan"): lambda p: follow.story(p, 3, "plan", "1-0"),
    ("plan", "first day"): lambda p: follow.decision(p, 3, "plan", "1-10"),
    ("persons", "numbers only"): lambda p: follow.story(p, 3, "persons", 1),
    ("persons", "none of them"): lambda p: follow.decision(p, 3, "persons", 1),
    ("kind", "place, slot"): lambda p: follow.decision(p, 3, "boss", 1, "cell"),
    ("days", "1 to"): lambda p: follow.story(p, 3, "boss", 1, 0),
}  # fmt: skip


@pytest.mark.parametrize("words", ERRORS, ids="-".join)
def test_errors_are_one_line(words):
    with pytest.raises(ConfigurationError) as error:
        ERRORS[words](policed())
    assert "\n" not in str(error.value) and all(word in str(error.value) for word in words)


def test_a_whole_market_for_lessons():
    """As a class uses it: the usual numbers, under a policy."""
    parameters = compose("class", "venue_crackdown", {"seed": 2, "days": 260, "policy.start_day": 180})
    assert {one["label"] for one in follow.who(parameters, 259, "police")} == {
        unit_label(u, Simulation(parameters).places, str) for u in range(2)
    }
    for role in ("boss", "provider", "plan", "police"):
        for one in follow.who(parameters, 259, role)[:6]:
            story = follow.story(parameters, 259, role, one["id"])
            assert story["facts"] and (story["events"] or role in ("boss", "provider"))
            assert all(200 <= event["day"] <= 259 or role == "plan" for event in story["events"])
            assert follow.decision(parameters, 259, role, one["id"])["question"]
    assert not any(kind in json.dumps(follow.who(parameters, 259, "plan")) for kind in VENUE_KINDS if "_" in kind)
