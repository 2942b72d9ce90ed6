"""`plansim test` tells what is published of its hypothesis, as it was when the result was finished."""

import dataclasses
import json

import pytest

from experiments.commands import test as hypotheses_command
from experiments.configuration.composition import compose
from experiments.robustness import published
from experiments.store.result import Options
from tests.sweep_worlds import say
from tests.unit.robustness.test_published_shares import SIDE, write_set

WORDS = [
    "market=class", "days=110", "burn_in=10", "policy.start_day=40", "hypothesis.transient_days=10",
    "hypothesis.adapted_days=60", "n_pairs=2", "engine.workers=1",
]  # fmt: skip
ONE = ["test", "hypothesis=displacement", *WORDS]


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """An empty place of the published set; and where results go."""
    folder = tmp_path / "published"
    folder.mkdir()
    monkeypatch.setattr(published, "PUBLISHED", folder)
    return folder, tmp_path / "results"


def test_a_test_of_the_published_question(shelf, capsys):
    folder, results = shelf
    words = [*ONE, "--output", str(results), "--json"]
    (before,) = json.loads(say(capsys, *words)[1])["hypotheses"]
    assert before["published"] is None
    sha256 = write_set(folder, compose("test", ["hypothesis=displacement", *WORDS, "market=herault", "seed=5"]))
    assert json.loads(say(capsys, *words)[1])["hypotheses"] == [before], "what is finished is reprinted"
    (after,) = json.loads(say(capsys, *words, "--again")[1])["hypotheses"]
    assert after["published"]["high"] == SIDE["normal"][2] and after["published"]["sha256"] == sha256
    assert after | {"published": None} == before
    (stored,) = (results / "test").iterdir()
    said = "As published, the claim holds in 3 to 20 % of worlds that fit the known patterns"
    page = (stored / "report.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    assert said in say(capsys, *words[:-1])[1] and said in page


@pytest.mark.slow
def test_all_of_them(shelf, capsys):
    """The joint summary asks the set that is there when it is finished."""
    folder, results = shelf
    options = Options(root=results, json=True)
    trees = [compose("test", [f"hypothesis={name}", *WORDS]) for name in ("displacement", "dependence")]

    def told(options=options):
        assert hypotheses_command.execute_all(trees, options) == 0
        return [entry["published"] and entry["published"]["low"] for entry in json.loads(capsys.readouterr().out)["hypotheses"]]

    assert told() == [None, None]
    write_set(folder, compose("test", ["hypothesis=dependence", *WORDS, "seed=9"]))
    displacement, dependence = told(dataclasses.replace(options, again=True))
    assert displacement is None and dependence == SIDE["mixture"][1]
    (joint,) = (results / "tests").iterdir()
    assert "the claim holds in 3 to 20 %" in (joint / "report.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    status, out, err = say(capsys, "show", str(joint))
    assert status == 0 and err == "" and "estimate with 95 %" in out and "dependence " in out
    trees = [tree | {"engine": tree["engine"] | {"workers": 2}} for tree in trees]
    assert told() == [displacement, dependence], "how many workers there are is no part of what a result is"
    assert list((results / "tests").iterdir()) == [joint]
    assert hypotheses_command.execute_all(trees, dataclasses.replace(options, json=False, again=True)) == 0
    each, table = capsys.readouterr().out.split("\n\n", 1)
    first, second, claim, published = each.splitlines()
    assert first.startswith("1 of 2, displacement  ") and second.startswith("2 of 2, dependence ") and claim.strip() in table
    assert published.strip().startswith("As published, the claim holds in 3 to 20 % of worlds")


def test_what_was_left_out_is_said():
    assert hypotheses_command.curves_left_out([{"scenarios": "all"}, {}]) == []
    (line,) = hypotheses_command.curves_left_out([{"scenarios": "controls"}, {"scenarios": "all"}])
    assert "scenarios=controls" in line and "plansim test alone" in line
