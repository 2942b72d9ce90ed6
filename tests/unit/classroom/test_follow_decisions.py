"""Glass boxes of decisions: they give what the world did, they add up, and numbers by place are of the invented market."""

import json
import re
from collections import Counter

import pytest

from experiments.classroom.follow import agents as follow
from experiments.classroom.follow.words import is_invented
from sim.configuration import compose
from sim.simulation import Simulation
from tests.unit.classroom.follow_worlds import DAYS, boxes, policed
from tests.worlds import compiled_only

pytestmark = compiled_only


def test_a_choice_is_what_the_world_did(busy):
    parameters, _ = busy
    checked = Counter()
    for one, day, box in boxes(parameters, (15, 30, 45, 59), "boss"):
        if not box["rows"]:
            continue
        date = box["question"][:10]
        events = [
            event["text"] for event in follow.story(parameters, day, "boss", one["id"], DAYS)["events"] if event["date"] == date
        ]
        chosen = box["rows"][box["chosen"]][0]
        done = {
            "wait until tomorrow": "Decided to wait",
            "other work": "Decided for other work",
            "leave the region for a time": "region",
        }
        started = f"Began a Plan in {chosen}|Began a Plan in {chosen.split(' (')[0]} .street|Decided to wait"
        expected = done.get(chosen, started.replace("(", r"\(").replace(")", r"\)"))
        waits = chosen == "wait until tomorrow" and not events  # the first days of waiting are told on the last
        assert waits or any(re.search(expected, text) for text in events), (box["question"], chosen, events)
        checked[chosen in done] += 1
    assert sum(checked.values()) >= 30 and min(checked.values()) >= 5


def test_a_choice_adds_up(busy):
    parameters, _ = busy
    for _one, _day, box in boxes(parameters, (30,), "boss"):
        if not box["rows"]:
            continue
        columns = {name: 1 + number for number, name in enumerate(box["terms"])}
        assert all(len(row) == 1 + len(box["terms"]) for row in box["rows"])
        shares = [row[columns["probability without the noise (%)"]] for row in box["rows"]]
        assert sum(shares) == pytest.approx(100.0, abs=0.01) and all(share >= 0.0 for share in shares)
        noisy = [row[columns["utility with noise (EUR)"]] for row in box["rows"]]
        assert noisy.index(max(noisy)) == box["chosen"]
        for row in box["rows"]:
            utility = row[columns["utility (EUR)"]]
            assert row[columns["utility with noise (EUR)"]] == pytest.approx(utility + row[columns["noise (EUR)"]], abs=0.02)
            terms = row[3 : columns["utility (EUR)"]]
            assert terms[0] is None or sum(terms) == pytest.approx(utility, abs=0.1)


def test_a_plan_has_the_choice_by_which_it_began(busy):
    parameters, _ = busy
    for one in follow.who(parameters, 40, "plan"):
        box, story = follow.decision(parameters, 45, "plan", one["id"]), follow.story(parameters, 45, "plan", one["id"])
        place = dict(fact[:2] for fact in story["facts"])["Place"]
        chosen = box["rows"][box["chosen"]][0]
        assert place == chosen or place == chosen.split(" (")[0] + " (street)"
        slot = follow.decision(parameters, 45, "plan", one["id"], "slot")
        assert slot["note"]


def test_a_slot_is_filled_as_the_world_filled_it(busy):
    """Equality of all slots after the phase is asked for in the glass box itself."""
    parameters, _ = busy
    ways = Counter()
    for _one, _day, box in boxes(parameters, (20, 40, 59), "boss", "slot"):
        accepted = [row[-1] for row in box["rows"]]
        assert box["chosen"] is None or accepted[box["chosen"]] == 1
        assert sum(accepted) == (box["chosen"] is not None)
        for row in box["rows"]:
            _label, _known, pay, lowest, draw, chance, yes = row
            assert draw is None or yes == (pay >= lowest and draw < chance)
        ways["asked" if box["rows"] and box["rows"][-1][4] is not None else "not asked"] += 1
    assert ways["asked"] >= 5


def test_a_task_is_taken_as_the_world_has_it(busy):
    parameters, _ = busy
    checked = 0
    for one, day, box in boxes(parameters, (20, 40, 59), "provider"):
        if not box["rows"]:
            continue
        assert box["rows"][box["chosen"]][-1] == 1
        date, label = box["question"][:10], box["rows"][box["chosen"]][0]
        task, boss = label.split(" for Boss ")
        events = [
            event["text"]
            for event in follow.story(parameters, day, "provider", one["id"], DAYS)["events"]
            if event["date"] == date
        ]
        assert any(
            text.startswith(f"Took on a task in the Plan of Boss {boss} ") and text.endswith(f": {task}.") for text in events
        )
        checked += 1
    assert checked >= 15


@pytest.mark.parametrize("rule", ["uniform", "listed", "learned", "reported", "problem"])
def test_a_unit_goes_where_the_world_went(rule):
    """Finds by visits are asked to be the same in the glass box itself."""
    parameters = policed(enforcement__cells_chosen=rule)
    checked = 0
    for _one, _day, box in boxes(parameters, range(5, DAYS, 6), "police"):
        if not box["rows"]:
            continue
        shares, draw = [row[5] for row in box["rows"]], float(re.search(r"draw is ([\d.]+) %", box["note"])[1])
        assert sum(shares) == pytest.approx(100.0, abs=0.01) == box["rows"][-1][6]
        assert next(number for number, row in enumerate(box["rows"]) if draw < row[6]) == box["chosen"]
        checked += 1
    assert checked >= 5


def test_what_plain_forms_need_is_compiled_beforehand():
    parameters = policed()
    before = follow.who(parameters, 20, "boss")
    follow.be_ready()
    assert follow.who(parameters, 20, "boss") == before


def test_no_decision_by_then():
    parameters = compose("class", overrides={"days": 30, "burn_in": 0})
    answers = [
        follow.decision(parameters, 0, role, number, kind)
        for role, kind in (("boss", "place"), ("boss", "slot"), ("provider", None), ("police", None))
        for number in (1, 2)
    ]
    none = [box for box in answers if box["note"] == "There is no such decision by this day."]
    assert none and all(box["rows"] == [] and box["chosen"] is None and box["question"] and box["rule"] for box in none)


def test_a_rule_of_ones_own_has_no_plain_form(tmp_path):
    """One that stands in the place of enforcement; of the others there still is one."""
    own = tmp_path / "idle.py"
    own.write_text("REPLACES = 'enforcement'\n\n\ndef act(day, seed, world, params):\n    return None\n", encoding="utf-8")
    parameters = compose("class", overrides={"days": 30, "burn_in": 0, "seed": 3}, rules=[str(own)])
    police = follow.decision(parameters, 25, "police", 1)
    assert police["rows"] == [] and "plain form says nothing" in police["note"]
    assert follow.story(parameters, 25, "boss", 1)["facts"] and follow.decision(parameters, 25, "boss", 1)["rows"]


def test_a_rule_of_ones_own_beside_the_models(tmp_path):
    own = tmp_path / "look.py"
    own.write_text("AFTER = 'planning'\n\n\ndef act(day, seed, world, params):\n    return None\n", encoding="utf-8")
    settings = {"days": 30, "burn_in": 0, "seed": 3}
    beside, without = compose("class", overrides=settings, rules=[str(own)]), compose("class", overrides=settings)
    for kind in ("place", "slot"):
        assert follow.decision(beside, 20, "boss", 1, kind) == follow.decision(without, 20, "boss", 1, kind)


@pytest.mark.parametrize("market", ["herault", "own"])
def test_no_numbers_by_place_but_in_the_invented_market(market, tmp_path):
    if market == "own":
        table = tmp_path / "towns.csv"
        table.write_text("name,population,x_km,y_km\nAlpha,90000,0,0\nBeta,60000,10,0\nGamma,30000,0,12\n", encoding="utf-8")
        market = str(table)
    parameters = policed(market=market)
    names = [place.name for place in Simulation(parameters).places]
    assert not is_invented(parameters)
    box = next(box for _, _, box in boxes(parameters, (30,), "boss") if box["rows"])
    assert "left out here" in box["note"] and not any(name in json.dumps([box["rows"], box["terms"]]) for name in names)
    assert sum(row[1] for row in box["rows"]) == pytest.approx(100.0, abs=0.01)
    assert "EUR" not in json.dumps([box["rows"], box["terms"]])
    for number in range(len(follow.who(parameters, 30, "police"))):
        police = follow.decision(parameters, 30, "police", number + 1)
        assert not any(name in json.dumps([police["rows"], police["terms"]]) for name in names)
        story = follow.story(parameters, 30, "police", number + 1)
        assert not any(label.startswith("Share") for label, _, _ in story["facts"])
        assert any("left out here" in str(value) for _, value, _ in story["facts"])
