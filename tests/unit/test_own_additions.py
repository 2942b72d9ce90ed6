"""Outcomes and rules of one's own: what they give in every command, and what bad ones are answered."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from experiments import api
from experiments.cli import main as plansim
from experiments.configuration.composition import compose, split_model
from sim.configuration import ConfigurationError
from sim.market import Market
from sim.measures.outcomes import outcomes
from sim.simulation import Simulation

HELPLINE = (Path(__file__).parents[2] / "configs/new_study/rules/helpline.py").read_text(encoding="utf-8")
SMALL = ["market=class", "market.clients=300", "days=200", "burn_in=20", "policy.start_day=60"]
SHARE = "unit: share\nmeaning: minors among those in a Plan\nexpression: sum(minors_in_plan) / sum(in_plan)\n"
FLATS = "unit: share\nexpression: (select sum(person_days) filter (kind = 'flat') / sum(person_days) from cells)\n"
WORST = "unit: persons\nfunction: mine.py:worst_week\n"
SCRIPT = """
def worst_week(days):
    weeks = days["in_plan"][: days.size // 7 * 7].reshape(-1, 7)
    return weeks.mean(axis=1).max()
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A folder with outcomes, a rule with a lever, and policies that pull it; the current one."""
    files = {
        "outcomes/share.yaml": SHARE, "outcomes/worst.yaml": WORST, "outcomes/mine.py": SCRIPT,
        "outcomes/flats.yaml": FLATS,
        "rules/helpline.py": HELPLINE,
        "policies/open.yaml": "levers:\n  helpline: {intensity: 0.2}\n",
        "policies/shut.yaml": "levers:\n  helpline: {intensity: 0.0}\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def world(*words, days=None):
    """A world of the words of a command, run."""
    parameters, _ = split_model(compose("config", [*SMALL, *words]))
    run = Simulation(parameters)
    run.run(days)
    return run


def test_an_expression_and_a_function_are_what_the_ledger_says(study):
    run = world("outcome=[outcomes/share.yaml,outcomes/worst.yaml,outcomes/flats.yaml]")
    ledger = run.world.ledger[20:200]
    found = outcomes(run)
    assert list(found)[-3:] == ["share", "worst", "flats"]
    assert found["share"] == {"value": ledger["minors_in_plan"].sum() / ledger["in_plan"].sum(), "unit": "share"}
    assert found["worst"]["value"] == max(ledger["in_plan"][k : k + 7].mean() for k in range(0, 175, 7))
    cells = run.world.cells["person_days"][20:200].sum(axis=0).reshape(-1, 4).sum(axis=0)
    assert found["flats"]["value"] == pytest.approx(cells[2] / cells.sum(), rel=1e-12)
    assert outcomes(run, 20, 60)["share"]["value"] != found["share"]["value"], "over the days that are asked for"
    assert run.ledger_sha256() == world().ledger_sha256()


def test_it_is_measured_by_run_compare_sweep_sensitivity_and_a_hypothesis(study):
    share = {"outcome": "outcomes/share.yaml"}
    small = {"market": "class", "market.clients": 300, "days": 200, "burn_in": 20, "policy.start_day": 60}
    run = api.run(policy="venue_crackdown", overrides=small | share).summary["outcomes"]["share"]
    assert 0.0 < run["value"] < 1.0 and run["unit"] == "share"
    table = api.compare("none", "venue_crackdown", overrides=small | share, n_pairs=4).table
    row = table[(table["outcome"] == "share") & (table["arm"] == "venue_crackdown")].iloc[0]
    assert row["difference_low"] <= row["difference"] <= row["difference_high"] and 0.0 < row["before"] < 1.0
    varied = {"sweep.factors.labour.bonding": [0.0, 1.0], "sweep.replicates": 2}
    swept = api.sweep(overrides=small | share | varied)
    assert swept.summary["outcomes"]["none"]["share"]["unit"] == "share" and swept.frame()["share"].between(0.0, 1.0).all()
    claim = """
defaults: [{override /market: class}, {override /outcome: ../outcomes/share.yaml}]
n_pairs: 4
hypothesis:
  {rank: 1, title: Share, claim: It falls., source: [assumption], kind: test, estimand: difference, measure: change of a share,
   options: {outcome: share}, unit: share, direction: below, threshold: 0.0, threshold_reason: none, effect_unit: 0.1,
   smallest_effect: 0.01, smallest_effect_reason: one in a hundred,
   arms: {base: {}, treated: {levers: {venue_inspection: {kind: hotel, intensity: 40.0}}}}}
"""
    (study / "hypotheses").mkdir()
    (study / "hypotheses/claim.yaml").write_text(claim, encoding="utf-8")
    days = {"days": 300, "burn_in": 20, "policy.start_day": 100, "market.clients": 300}
    tested = api.test("hypotheses/claim.yaml", overrides=days).summary
    assert tested["hypotheses"][0]["estimate"] is not None


def test_a_sensitivity_analysis_takes_it(study, tmp_path):
    words = ["sensitivity.outcome=share", "outcome=outcomes/share.yaml", "sensitivity.trajectories=2", "sensitivity.keep=0"]
    factors = "sensitivity.factors={labour.bonding: {low: 0, high: 1}}"
    tree = compose("sensitivity", [*SMALL, *words, "sensitivity.replicates=1", factors])
    from experiments.commands.sensitivity import plan_phase, read_specification

    plan = plan_phase("screening", read_specification(tree), tree, ["labour.bonding"])
    assert plan.outcome_units["share"] == "share"


def test_a_rule_changes_nothing_at_its_off_value_and_bites_above_it(study):
    none, shut = world(), world("rule=rules/helpline.py", "policy=policies/shut.yaml")
    assert none.ledger_sha256() == shut.ledger_sha256()
    opened = world("rule=rules/helpline.py", "policy=policies/open.yaml")
    assert opened.ledger_sha256() != none.ledger_sha256()
    assert np.array_equal(opened.world.ledger[:60], none.world.ledger[:60]), "one history until the policy begins"
    assert opened.world.ledger["attempts"][60:].sum() > none.world.ledger["attempts"][60:].sum()
    found, territories = outcomes(opened), len(opened.places)
    assert found["public_cost_helpline"]["value"] == found["public_cost"]["value"] == 0.2 * 500.0 * territories * 140


def test_a_rule_is_compared_swept_and_repeated_from_the_result_alone(study, capsys):
    words = ["policies/shut.yaml", "policies/open.yaml", "rule=rules/helpline.py", "n_pairs=2", *SMALL]
    assert plansim(["compare", *words, "--output", "out", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    folder = next(Path("out/compare").iterdir())
    tree = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["configuration"]
    assert tree["own_rules"]["helpline"]["source"] == HELPLINE, "the result holds the rule"
    swept = ["sweep", "rule=rules/helpline.py", "sweep.factors.policy.levers.helpline.intensity=[0,0.2]", "sweep.replicates=2"]
    assert plansim([*swept, *SMALL, "--output", "out", "--json"]) == 0
    capsys.readouterr()
    (study / "rules/helpline.py").unlink()
    assert plansim(["rerun", str(folder), "0"]) == 0, summary
    told = capsys.readouterr()
    assert "helpline" in told.err + told.out


def test_a_world_with_a_rule_of_its_own_is_copied_pickled_and_forked_but_not_kept_as_plain_tables(study, tmp_path):
    market = Market(
        "class", policy="policies/open.yaml", overrides={"days": 90, "burn_in": 0, "policy.start_day": 20, "market.clients": 300},
        rules=["rules/helpline.py"], outcomes=["outcomes/share.yaml"],
    )  # fmt: skip
    market.run(40)
    twins = [copy.deepcopy(market), pickle.loads(pickle.dumps(market)), market.fork()]
    for one in (market, *twins):
        one.run()
    assert {one.ledger_sha256() for one in twins} == {market.ledger_sha256()}
    assert market.outcomes()["share"]["value"] > 0.0
    with pytest.raises(ConfigurationError, match="Python"):
        market.save(tmp_path / "market.npz")


BAD_OUTCOMES = {
    "no such column": ("unit: a\nexpression: sum(minors_in_plann)\n", "did you mean minors_in_plan"),
    "a value a day": ("unit: a\nexpression: minors_in_plan\n", "add them up"),
    "text": ("unit: a\nexpression: max('many')\n", "a number is needed"),
    "no SQL": ("unit: a\nexpression: sum(in_plan\n", "expression"),
    "two statements": ("unit: a\nexpression: 1) from days; select (2\n", "one value is needed"),
    "a file": ("unit: a\nexpression: (select count(*) from read_csv('/etc/passwd'))\n", "expression"),
    "no unit": ("expression: sum(in_plan)\n", "unit"),
    "two ways": ("unit: a\nexpression: sum(in_plan)\nfunction: mine.py:worst_week\n", "one of the two"),
    "neither": ("unit: a\n", "give expression"),
    "no file": ("unit: a\nfunction: gone.py:f\n", "no such file"),
    "no name": ("unit: a\nfunction: mine.py\n", "mine.py:share"),
    "no function": ("unit: a\nfunction: mine.py:worst_weak\n", "did you mean worst_week"),
    "unknown key": ("unit: a\nexpresion: 1\n", "did you mean expression"),
}


@pytest.mark.parametrize("case", BAD_OUTCOMES)
def test_a_bad_outcome_is_answered_in_a_line(study, capsys, case):
    text, answer = BAD_OUTCOMES[case]
    (study / "outcomes/bad.yaml").write_text(text, encoding="utf-8")
    assert plansim(["run", *SMALL, "outcome=outcomes/bad.yaml"]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1 and answer in told and "bad" in told


ACT = "def act(day, seed, world, params):\n"
IDLE = f"{ACT}    pass\n"
BAD_RULES = {
    "no act": ("x = 1\n", "no function act"),
    "syntax": ("def act(:\n", "line 1"),
    "no module": ("import no_such_module\n", "no_such_module"),
    "place": ("BEFORE = 'outreech'\ndef act(day, seed, world, params):\n    pass\n", "did you mean outreach"),
    "two places": ("BEFORE = AFTER = 'care'\ndef act(day, seed, world, params):\n    pass\n", "one place"),
    "lever": ("LEVER = 3\ndef act(day, seed, world, params, lever):\n    pass\n", "LeverKind"),
    "fails": ("def act(day, seed, world, params):\n    1 / 0\n", "ZeroDivisionError: division by zero (line 2 of its file)"),
    "empty": ("", "empty"),
    "own module": (f"import beside\n{IDLE}", "it imports beside, which a result would not hold"),
    "random": (f"import random\n{IDLE}", "twins have other luck"),
    "from NumPy": (f"import numpy as np\n{ACT}    np.random.seed(1)\n", "np.random, by which"),
    "from another name": (f"from numpy.random import default_rng\n{IDLE}", "numpy.random.default_rng"),
    "compiled chance": (f"from sim.engine.chance import uniform\n{IDLE}", "take them from sim.engine.chance_plain"),
    "no such place": (f"{ACT}    world.prostitutes['territory'][0] = 99\n", "prostitutes.territory=99"),
    "no number": (f"{ACT}    world.bosses['pay_level'][0] = float('nan')\n", "finite"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_RULES)
def test_a_bad_rule_is_answered_in_a_line(study, capsys, monkeypatch, case):
    text, answer = BAD_RULES[case]
    (study / "rules/bad.py").write_text(text, encoding="utf-8")
    (study / "beside.py").write_text("GAIN = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(study)
    assert plansim(["run", *SMALL, "rule=rules/bad.py", "--output", "out"]) != 0
    told = capsys.readouterr().err
    assert answer in told and "Traceback" not in told and "bad" in told


def test_a_name_that_is_taken_is_refused(study, capsys):
    (study / "outcomes/exits.yaml").write_text(SHARE, encoding="utf-8")
    (study / "rules/care.py").write_text("def act(day, seed, world, params):\n    pass\n", encoding="utf-8")
    for word in ("outcome=outcomes/exits.yaml", "rule=rules/care.py"):
        assert plansim(["run", *SMALL, word]) == 2
        assert "another" in capsys.readouterr().err
    assert plansim(["run", *SMALL, "policy=policies/open.yaml"]) == 2
    assert "rule=FILE.py" in capsys.readouterr().err


def test_catalogues_and_the_codebook_of_a_study_know_them(study, capsys):
    (study / "study.yaml").write_text("title: Own\nplansim: '0.1'\n", encoding="utf-8")
    for command, word in (("outcomes", "share"), ("levers", "helpline"), ("policies", "open")):
        assert plansim([command, word]) == 0
        told = capsys.readouterr().out
        assert word in told and ("persons in a Plan can call" in told or command == "outcomes")
    assert plansim(["compare", "none", "open", "rule=helpline", "outcome=share", "n_pairs=2", *SMALL, "--output", "out"]) == 0
    capsys.readouterr()
    assert plansim(["codebook", next(Path("out/compare").iterdir()).as_posix()]) == 0, "nothing is unknown"
    assert "minors among those in a Plan" in capsys.readouterr().out


def test_all_catalogues_of_a_new_study_list_its_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert plansim(["new", "study", "mine"]) == 0
    monkeypatch.chdir(tmp_path / "mine")
    for command in ("policies", "markets", "outcomes", "hypotheses", "structures"):
        assert plansim([command]) == 0
        told = capsys.readouterr()
        assert told.err == "" and (command == "structures" or "\nmine" in told.out)


PLAIN = """
from sim.engine.chance_plain import substream_of, uniform
AFTER = "outreach"
def act(day, seed, world, params):
    for person in world.prostitutes[: world.counts[0].prostitutes]:
        if uniform(substream_of(seed, 1000, day, person.uid), 0) < 0.1:
            person.trust = min(1.0, person.trust + 0.05)
"""
COMPILED = """
from sim.engine.chance import U64, day_key, substream_of, uniform
from sim.engine.compiled import phase
AFTER = "outreach"
CALLS = U64(1000)
@phase
def act(day, seed, world, params):
    key = day_key(seed, CALLS, day)
    for row in range(world.counts[0].prostitutes):
        person = world.prostitutes[row]
        if uniform(substream_of(key, person.uid), 0) < 0.1:
            person.trust = min(1.0, person.trust + 0.05)
"""


def test_a_compiled_rule_and_a_plain_one_draw_the_same_numbers(study):
    found = []
    for text in (PLAIN, COMPILED):
        (study / "rules/calls.py").write_text(text, encoding="utf-8")
        found.append(world("rule=rules/calls.py", days=60))
    plain, compiled = found
    assert plain.ledger_sha256() == compiled.ledger_sha256() != world(days=60).ledger_sha256()
    assert plain.world.prostitutes.tobytes() == compiled.world.prostitutes.tobytes()


def test_rules_act_in_the_order_of_their_names_whatever_order_is_given(study):
    for name, place in {"zeal": "AFTER", "able": "AFTER", "moss": "BEFORE", "oak": "REPLACES"}.items():
        (study / f"rules/{name}.py").write_text(f"{place} = 'care'\n{IDLE}", encoding="utf-8")
    orders = [["zeal", "able", "moss", "oak"], ["oak", "moss", "able", "zeal"]]
    markets = [Market("class", rules=[f"rules/{name}.py" for name in order]) for order in orders]
    names = [name for name, _ in markets[0].simulation.phases]
    assert names[names.index("moss") :][:4] == ["moss", "care", "able", "zeal"]
    assert [name for name, _ in markets[1].simulation.phases] == names
    (study / "rules/elm.py").write_text(f"REPLACES = 'care'\n{IDLE}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="elm replaces care too"):
        Market("class", rules=["rules/oak.py", "rules/elm.py"])


@pytest.mark.parametrize("given", [["rules/helpline.py", "other/helpline.py"], ["rules/helpline.py", "rules/helpline.py"]])
def test_two_rules_of_one_name_are_refused(study, capsys, given):
    (study / "other").mkdir()
    (study / "other/helpline.py").write_text(HELPLINE + "# another\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="helpline"):
        Market("class", rules=given)
    assert plansim(["run", *SMALL, f"rule=[{','.join(given)}]"]) == 2
    assert "helpline" in capsys.readouterr().err


def test_a_second_lever_that_is_not_pulled_changes_nothing(study):
    (study / "rules/another.py").write_text(HELPLINE, encoding="utf-8")
    one = world("rule=rules/helpline.py", "policy=policies/open.yaml", days=90)
    both = world("rule=[rules/helpline.py,rules/another.py]", "policy=policies/open.yaml", days=90)
    assert one.ledger_sha256() == both.ledger_sha256()


def test_an_own_outcome_without_a_value_has_a_reason(study):
    (study / "outcomes/nothing.yaml").write_text("unit: a\nexpression: sum(exits) filter (day < 0)\n", encoding="utf-8")
    found = outcomes(world("outcome=outcomes/nothing.yaml", days=60))["nothing"]
    assert found["value"] is None and "no value" in found["reason"]


KEEPS = {  # what a function in a file may keep from one day, and one world, to the next
    "a list": ("SEEN = []", "", "SEEN.append(day)", "SEEN"),
    "a table": ("SEEN = {'days': {'all': 0}}", "", "SEEN['days']['all'] += 1", "SEEN"),
    "an array": ("import numpy as np\nSEEN = np.zeros(2)", "", "SEEN[1] = day + 1", "SEEN"),
    "a number": ("SEEN = 0", "", "global SEEN\n    SEEN += 1", "SEEN"),
    "a new name": ("", "", "globals()['SEEN'] = day", "SEEN"),
    "a default": ("", ", seen=[]", "seen.append(day)", "act"),
    "an attribute": ("", "", "act.seen = day", "act"),
    "a class": ("class Seen:\n    days = 0", "", "Seen.days += 1", "Seen"),
    "an object": ("class Seen:\n    days = 0\nSEEN = Seen()", "", "SEEN.days += 1", "SEEN"),
    "a deque": ("from collections import deque\nSEEN = deque(maxlen=3)", "", "SEEN.append(day)", "SEEN"),
}


@pytest.mark.parametrize("top, argument, line, name", KEEPS.values(), ids=list(KEEPS))
def test_a_rule_keeps_nothing_for_the_next_world(study, capsys, top, argument, line, name):
    text = f"{top}\ndef act(day, seed, world, params{argument}):\n    {line}\n"
    (study / "rules/keeps.py").write_text(text, encoding="utf-8")
    for _ in range(2):  # nor does it in a second world of the same process
        assert plansim(["run", *SMALL, "rule=rules/keeps.py"]) == 2
        said = f"plansim: rule keeps: it changed {name} of its file, and the next world would find it changed; what"
        assert capsys.readouterr().err.splitlines()[-1].startswith(said)


def test_a_rule_may_read_what_stands_in_its_file_and_worlds_are_the_same_whatever_ran_before(study):
    text = """
import functools
import numpy as np
LIST, TABLE, ARRAY, LIMITS = [0.25], {"a": {"b": 0.25}}, np.array([0.25]), (0.0, 1.0)
class Limits:
    high = 1.0
@functools.cache
def step(kind):
    return TABLE["a"]["b"] * LIST[0] * kind
def act(day, seed, world, params):
    for person in world.prostitutes[: world.counts[0].prostitutes]:
        person.trust = min(Limits.high, person.trust + step(ARRAY[0]))
"""
    (study / "rules/reads.py").write_text(text, encoding="utf-8")
    first, second = (world("rule=rules/reads.py", days=40) for _ in range(2))
    assert first.ledger_sha256() == second.ledger_sha256()


def test_a_constant_is_the_same_in_the_compiled_and_the_plain_form_and_in_a_file_that_has_another(study):
    found = {}
    for step in ("0.05", "0.2"):
        for text in (PLAIN, COMPILED):
            text = f"STEP = {step}\n" + text.replace("+ 0.05", "+ STEP")
            (study / "rules/calls.py").write_text(text, encoding="utf-8")
            found.setdefault(step, []).append(world("rule=rules/calls.py", days=60).ledger_sha256())
    assert found["0.05"][0] == found["0.05"][1] != found["0.2"][0] == found["0.2"][1]


def test_a_function_of_an_outcome_keeps_nothing_for_the_next_world(study):
    (study / "outcomes/mine.py").write_text("SEEN = []\n" + SCRIPT + "\n\ndef worst(days):\n    SEEN.append(1)\n    return 1.0\n")
    (study / "outcomes/kept.yaml").write_text("unit: days\nfunction: mine.py:worst\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="outcome kept: it changed SEEN of its file"):
        outcomes(world("outcome=outcomes/kept.yaml", days=60))
