"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the project: what is added works."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

from sim.configuration import compose
from sim.simulation import Simulation
from tests.worlds import ROOT

pytestmark = pytest.mark.slow

NUMBERS = {"Two": 2, "Three": 3, "Four": 4, "Five": 5}
RECIPES = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M | re.S))


def edits(recipe):
    """(file, hunks) of the edits a recipe shows, each hunk a list of lines with their signs."""
    for block in re.findall(r"^```diff\n(.*?)^```", RECIPES[recipe], re.M | re.S):
        for part in re.split(r"^\+\+\+ ", block, flags=re.M)[1:]:
            file, _, lines = part.partition("\n")
            yield file, [hunk.splitlines() for hunk in re.split(r"^@@\n", lines, flags=re.M)]


def follow(recipe, folder):
    """Make the edits of a recipe in a copy of the project."""
    for name, hunks in edits(recipe):
        file = folder / name
        new = not file.exists()
        file.parent.mkdir(exist_ok=True)
        text = "" if new else file.read_text(encoding="utf-8")
        for hunk in hunks:
            before, after = ("".join(f"{line[1:]}\n" for line in hunk if line[:1] in signs) for signs in ((" ", "-"), (" ", "+")))
            assert (text.count(before) == 1) if before else new, f"{name}: not there, or more than once:\n{before}"
            text = text.replace(before, after, 1) if before else after
        file.write_text(text, encoding="utf-8")


def run_with(code, folder, *recipes, **variables):
    """Run code with a copy of the packages that the recipes edit; the others are the project's."""
    for package in {name.split("/")[0] for recipe in recipes for name, _ in edits(recipe)} | {"docs"}:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for recipe in recipes:
        follow(recipe, folder)
    variables = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(
        [sys.executable, "-c", SET_UP + textwrap.dedent(code)], cwd=folder, env=variables, capture_output=True, text=True
    )


SMALL = {
    "seed": 4, "days": 20, "burn_in": 0, "policy.start_day": 5, "market.bosses": 4, "market.prostitutes": 9,
    "market.providers": 8, "market.clients": 60, "market.searches_per_day": 20.0,
}  # fmt: skip
SET_UP = f"""
import json, sys
from sim.configuration import compose
from sim.rules import plain
from sim.simulation import Simulation

def ran(plain_phases=(), **changed):
    overrides = {SMALL!r} | {{name.replace("__", "."): value for name, value in changed.items()}}
    run = Simulation(compose("class", overrides=overrides))
    for name in plain_phases:
        run.replace_phase(name, getattr(plain, name))
    run.run()
    return run

def total(run, measure):
    return int(run.world.ledger[measure].sum())

def page(name):
    sys.path.insert(0, "docs")
    return __import__(f"write_{{name}}")

def show(run):
    print(json.dumps({{name: run.world.ledger[name].tolist() for name in run.world.ledger.dtype.names}}))
"""
SEE_THAT = {  # each ends with a world in which what was added is not used
    "A parameter": """
        untouched, feared = ran(), ran(learning__fear_floor=1.0)
        assert total(feared, "searches") < total(untouched, "searches")
        assert ran(["learning"], learning__fear_floor=1.0).ledger_sha256() == feared.ledger_sha256()
        assert "| learning.fear_floor | 0.0 | risk |" in page("parameters").parameters_page()
        show(untouched)
    """,
    "A rule, or a change to one": """
        untouched, rumours = ran(), ran(learning__rumour_chance=0.5)
        assert total(rumours, "searches") < total(untouched, "searches")
        assert ran(["learning"], learning__rumour_chance=0.5).ledger_sha256() == rumours.ledger_sha256()
        show(untouched)
    """,
    "A phase": """
        from sim.day import PHASES

        def trust(run):
            return float(run.world.prostitutes["trust"].sum())

        def with_phase(name, phase, put):
            run = Simulation(written_out.parameters)
            put(run, name, phase)
            run.run()
            return run

        written_out = ran()
        listed = with_phase("nothing", lambda *_: None, lambda run, *phase: run.insert_phase(*phase, after="helpline"))
        assert listed.ledger_sha256() == written_out.ledger_sha256() and trust(listed) == trust(written_out)
        without = with_phase("helpline", lambda *_: None, Simulation.replace_phase)
        assert trust(without) < trust(written_out)
        described = page("odd").odd_page()
        assert "| 9 | helpline | Each person in a Plan gains as much trust as by an answer to a message. |" in described
        assert "A helpline raises the trust" in described and [name for name, _ in PHASES][8] == "helpline"
        show(without)
    """,
    "A field of an agent": """
        import copy
        from sim.market import Market, Provider

        market = Market(market="class", seed=4, overrides={"days": 2, "burn_in": 0})
        providers = market.agents_by_type[Provider]
        assert set(providers.get("first_boss")) == {-1}
        providers[0].first_boss = 3
        twin = copy.deepcopy(market)
        twin.run(1)
        assert twin.agents_by_type[Provider][0].first_boss == 3
        show(ran())
    """,
    "A lever": """
        from sim.levers import LEVER_KINDS

        lever = LEVER_KINDS["public_warnings"]
        untouched, pulled = ran(), ran(policy__levers__public_warnings__intensity=lever.claim.intensity)
        assert total(pulled, "searches") < total(untouched, "searches")
        assert pulled.world.public_cost[5:, lever.code].all() and not untouched.world.public_cost.any()
        in_plain = ran(["calendar", "learning"], policy__levers__public_warnings__intensity=lever.claim.intensity)
        assert in_plain.ledger_sha256() == pulled.ledger_sha256()
        nothing = {name: dict.fromkeys([*kind.claim.moves, "harm", "cost"], 0.0) for name, kind in LEVER_KINDS.items()}
        assert "| public_warnings | perceived risk added each day | 30 per 100,000" in page("levers").levers_page([nothing] * 2)
        show(untouched)
    """,
    "An outcome": """
        from experiments.commands.run import summarise

        busy = ran(outreach__mass_hours=5.0, outreach__mass_answer=1.0)
        assert ran(["census"], outreach__mass_hours=5.0, outreach__mass_answer=1.0).ledger_sha256() == busy.ledger_sha256()
        found = summarise(busy)["outcomes"]["share_in_contact"]
        assert 0.0 < found["value"] <= 1.0 and found["unit"] == "share of person-days in a Plan"
        meaning = "persons in a Plan whom a team is in contact with, divided by: persons in a Plan"
        assert f"| {meaning} |" in page("codebook").codebook_page()
        show(ran())
    """,
    "A hypothesis": """
        from experiments.commands.test import hypothesis_names
        from tests.studies import SMALL_STUDY, entry_in

        assert "prevention" in hypothesis_names()
        words = [*SMALL_STUDY, "hypothesis=prevention", "n_pairs=10"]
        entry = entry_in("everybody_reached", *words, "hypothesis.control_pairs=1.0")
        assert entry["as_expected"] and entry["estimate"] > 0.0
        assert entry_in("nobody_reached", *words)["verdict"] == "identical"
        from experiments.odd.codebook import find_column

        assert find_column("test", "rows", "base_recruited", "prevention").unit == "persons/day"
    """,
}


@functools.cache
def untouched():
    """The days of the small world as the model stands, by measure."""
    run = Simulation(compose("class", overrides=SMALL))
    run.run()
    return {name: run.world.ledger[name].tolist() for name in run.world.ledger.dtype.names}


def test_each_recipe_is_followed_and_its_files_are_counted():
    shown = {recipe: {file for file, _ in edits(recipe)} for recipe in RECIPES}
    assert SEE_THAT.keys() == {recipe for recipe, files in shown.items() if files}
    counted = {recipe: re.match(r"\s*(\w+) files", RECIPES[recipe])[1] for recipe in SEE_THAT}
    assert {recipe: NUMBERS[word] for recipe, word in counted.items()} == {recipe: len(shown[recipe]) for recipe in SEE_THAT}


@pytest.mark.parametrize("recipe", SEE_THAT)
def test_what_a_recipe_adds_works(recipe, tmp_path):
    """It acts, its plain form does the same, and where it is not used the world is the same to the bit."""
    of_model = recipe != "A hypothesis"  # nothing has to be compiled for a hypothesis
    done = run_with(SEE_THAT[recipe], tmp_path, recipe, **{"NUMBA_DISABLE_JIT": "1"} if of_model else {})
    assert done.returncode == 0, done.stderr
    if of_model:
        assert untouched().items() <= json.loads(done.stdout).items()


@pytest.mark.full
def test_all_recipes_together_compile(tmp_path):
    """The same world to the bit, compiled and in plain Python."""
    code = """
        added = {"learning__fear_floor": 0.1, "learning__rumour_chance": 0.2, "policy__levers__public_warnings__intensity": 0.5}
        print(ran(**added).ledger_sha256())
    """
    hashes = set()
    for interpreted in ("0", "1"):
        folder = tmp_path / interpreted
        done = run_with(code, folder, *SEE_THAT, NUMBA_DISABLE_JIT=interpreted, PLANSIM_CACHE=str(tmp_path / "cache"))
        assert done.returncode == 0, done.stderr
        hashes.add(done.stdout)
    assert len(hashes) == 1


def test_an_edit_that_does_not_fit_is_seen(tmp_path):
    (tmp_path / "sim" / "parameters").mkdir(parents=True)
    (tmp_path / "sim" / "parameters" / "activity.py").write_text("fear_decay = 0.05\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="activity.py: not there, or more than once"):
        follow("A parameter", tmp_path)
