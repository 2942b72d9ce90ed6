"""Half a minute, without the compiler: does this checkout run worlds, are they what they should be, does the command line answer?

    pytest tests/smoke
"""

import ast
import importlib
import inspect
import json
import re

import pytest

from tests.worlds import ROOT, run_fresh

LOOK = """
import json
from sim.rules import plain
from sim.simulation import Simulation
from tests.worlds import tiny, with_lever

def ran(parameters, *steps, phases=()):
    run = Simulation(parameters)
    for name in phases:
        run.replace_phase(name, getattr(plain, name))
    for days in steps:
        run.run(days)
    return run

parameters = tiny(days=45, policy__start_day=20)
whole = ran(parameters, 45)
treated = ran(with_lever(parameters, "demand_campaign", intensity=3.0), 45)
ledger = whole.world.ledger
earned = sum(int(ledger[name].sum()) for name in (
    "bosses_income", "providers_income", "persons_income", "venue_costs", "ad_costs", "travel_costs"))
persons = ("at_risk", "independent", "held_between", "held_outside", "in_plan", "in_care_near", "in_care_distant", "out")
print(json.dumps({
    "whole": whole.ledger_sha256(), "pieces": ran(parameters, 1, 13, 31).ledger_sha256(),
    "plain": ran(parameters, 45, phases=plain.__all__).ledger_sha256(),
    "other": ran(tiny(days=45, policy__start_day=20, seed=2), 45).ledger_sha256(),
    "first_difference": int((treated.world.ledger != ledger).argmax()),
    "searches": [int(run.world.ledger["searches"].sum()) for run in (whole, treated)],
    "payments": int(ledger["payments"].sum()), "earned": earned,
    "persons": [sum(int(day[name]) for name in persons) for day in ledger],
    "arrivals": [int(day["arrivals_at_risk"]) for day in ledger],
}))
"""
SMALL = "market=class market.clients=60 market.searches_per_day=6 market.bosses=5 days=20 burn_in=0".split()


@pytest.fixture(scope="module")
def look():
    done = run_fresh(LOOK, NUMBA_DISABLE_JIT="1")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def plansim(*words):
    """A command in plain Python."""
    return run_fresh(f"from experiments.cli import main\nraise SystemExit(main({list(words)!r}))", NUMBA_DISABLE_JIT="1")


def test_one_seed_gives_one_world(look):
    assert look["whole"] == look["pieces"] != look["other"]


def test_plain_forms_give_the_same_world(look):
    assert look["plain"] == look["whole"]


def test_twin_worlds_part_when_the_policy_begins(look):
    assert look["first_difference"] == 20 and look["searches"][1] < look["searches"][0]


def test_money_and_persons_are_conserved(look):
    assert look["payments"] == look["earned"] > 0
    changes = [b - a for a, b in zip(look["persons"], look["persons"][1:], strict=False)]
    assert min(look["persons"]) > 0 and changes == look["arrivals"][1:]


def test_a_command_runs_a_world_and_shows_it(tmp_path):
    done = plansim("run", *SMALL, "--output", str(tmp_path))
    assert done.returncode == 0 and "exploitation person days" in done.stdout, done.stderr
    (folder,) = (tmp_path / "run").iterdir()
    assert (folder / "report.html").stat().st_size > 10_000
    assert plansim("show", str(folder)).returncode == 0


def test_a_mistake_is_one_line(tmp_path):
    done = plansim("run", "labour.bondng=1", "--output", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "") and "labour.bonding" in done.stderr and len(done.stderr.splitlines()) == 1


def test_the_papers_name_what_is_there():
    """Files and folders in backticks, in the pages for those who carry on."""
    pages = ("CONTRIBUTING.md", "README.md", "docs/architecture.md", "docs/engine.md", "docs/glossary.md", "docs/odd.md")
    tops = (".", "sim", "experiments", "experiments/classroom", "tests", "configs", "configs/new_study", "docs")
    missing = []
    for page in pages:
        for name in re.findall(r"`([\w./]+(?:/|\.py|\.md|\.csv))`", (ROOT / page).read_text(encoding="utf-8")):
            if "/" in name and not any((ROOT / top / name).exists() for top in tops):
                missing.append(f"{page}: {name}")
    assert missing == []


def test_calls_from_python_that_the_readme_names_take_what_it_gives_them():
    calls = re.findall(r"`(experiments\.[^`]+\))", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert calls
    for text in calls:
        call = ast.parse(text, mode="eval").body
        module, name = ast.unparse(call.func).rsplit(".", 1)
        words = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
        inspect.signature(getattr(importlib.import_module(module), name)).bind(*map(ast.literal_eval, call.args), **words)
