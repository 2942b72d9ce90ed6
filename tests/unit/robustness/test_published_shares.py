"""What is told of the published draws: of tests that ask their question, and of no others."""

import hashlib
import json

import pytest

from experiments.commands.test import hypothesis_names
from experiments.configuration.composition import compose
from experiments.questions.demand import estimand as demand
from experiments.robustness import published
from experiments.robustness.published import question_hash, share_of_published, share_text, surface_lines, what_is_published

DISPLACEMENT = compose("test", ["hypothesis=displacement"])
SIDE = {"normal": (0.1, 0.05, 0.2), "mixture": (0.08, 0.03, 0.15)}  # share and its interval, by estimator
FOUND = {"low": 0.03, "high": 0.2, "draws": 40, "fit": True, "conclusion": "depends"}


def row_of(tree=DISPLACEMENT, accepted=SIDE, **changes):
    """A row of the table of verdicts, drawn around a configuration; without `accepted`, too few draws show the patterns."""
    row = {"id": "displacement", "title": "Displacement", "configuration_sha256": question_hash(tree), "conclusion": "depends"}
    for which, side in (("all", {"normal": (0.5, 0.4, 0.6), "mixture": (0.5, 0.3, 0.6)}), ("accepted", accepted)):
        row[f"draws_{which}"] = 40 if which == "accepted" else 90
        for name in SIDE:
            share, low, high = side[name] if side else (None,) * 3
            row |= {f"{which}_side_{name}": share, f"{which}_side_{name}_low": low, f"{which}_side_{name}_high": high}
    return row | changes


def write_set(folder, tree=DISPLACEMENT, **changes):
    """A table of verdicts with one row; the SHA-256 of the file."""
    text = json.dumps({"verdicts": [row_of(tree, **changes)], "robustness": {}})
    (folder / "verdicts.json").write_text(text)
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_share_is_the_bracket_of_both_estimators(tmp_path):
    sha256 = write_set(tmp_path)
    found = share_of_published(DISPLACEMENT, tmp_path)
    assert found == FOUND | {"sha256": sha256}
    text = share_text({"published": found})
    assert "holds in 3 to 20 % of worlds that fit the known patterns (40 draws): it depends on what is assumed" in text
    write_set(tmp_path, accepted=None, conclusion="fails")
    found = share_of_published(DISPLACEMENT, tmp_path)
    assert (found["low"], found["high"], found["draws"], found["fit"]) == (0.3, 0.6, 90, False)
    assert "30 to 60 % of 90 draws: it fails" in share_text({"published": found})


@pytest.mark.parametrize(
    "words",
    [["market=class"], ["market.bosses=30"], ["seed=7", "n_pairs=3"], ["precision=true"], ["engine=serial"], ["budget=null"]],
)
def test_seed_size_and_exactness_may_differ(words, tmp_path):
    write_set(tmp_path)
    tree = compose("test", ["hypothesis=displacement", *words])
    assert share_of_published(tree, tmp_path)["low"] == 0.03


@pytest.mark.parametrize(
    "words", [["hypothesis=demand"], ["labour.bonding=0.5"], ["days=800"], ["hypothesis.threshold=1"], ["policy.start_day=300"]]
)
def test_of_another_question_nothing_is_told(words, tmp_path):
    write_set(tmp_path)
    tree = compose("test", ["hypothesis=displacement", *words])
    assert share_of_published(tree, tmp_path) is None


def test_a_parameter_made_after_the_set_changes_no_question_at_its_default(tmp_path):
    """Away from it the question is another; so is one in which a number that the set knows has moved."""
    older = json.loads(json.dumps(DISPLACEMENT))
    del older["learning"]["visibility"]
    write_set(tmp_path, older)
    assert share_of_published(DISPLACEMENT, tmp_path) is None, "what the set knows cannot be read"
    manifest = {"robustness": {"configuration": {"hypotheses": {"displacement": older}}}}
    (tmp_path / published.MANIFEST_FILE).write_text(json.dumps(manifest))
    assert share_of_published(DISPLACEMENT, tmp_path)["low"] == 0.03
    for word in ("learning.visibility=0.5", "learning.generalisation=0.5", "labour.bonding=0.5"):
        tree = compose("test", ["hypothesis=displacement", word])
        assert share_of_published(tree, tmp_path) is None, word


@pytest.mark.parametrize("name", hypothesis_names())
def test_the_shipped_set_is_of_the_questions_asked_today(name):
    tree = compose("test", [f"hypothesis={name}"])
    assert 0.0 <= share_of_published(tree)["low"] <= share_of_published(tree)["high"] <= 1.0 + 1e-12
    assert share_of_published(compose("test", [f"hypothesis={name}", "structure=replacement"])) is None


def test_a_whole_number_is_a_decimal_one(tmp_path):
    fear = DISPLACEMENT["demand"]["fear_kappa"]
    assert int(fear) == fear and isinstance(fear, float), "for this test a default that is whole is needed"
    tree = compose("test", ["hypothesis=displacement", f"demand.fear_kappa={int(fear)}"])
    assert isinstance(tree["demand"]["fear_kappa"], int) and question_hash(tree) == question_hash(DISPLACEMENT)


def test_without_a_set_that_can_be_read_nothing_is_told(tmp_path, monkeypatch):
    assert share_of_published(DISPLACEMENT, tmp_path / "none") is None
    write_set(tmp_path, conclusion=None)
    assert share_of_published(DISPLACEMENT, tmp_path) is None
    write_set(tmp_path)
    whole = json.loads((tmp_path / "verdicts.json").read_text())
    del whole["verdicts"][0]["configuration_sha256"], whole["verdicts"][0]["title"]
    for text in ("", "{", "[1]", "null", "{}", '{"verdicts": 3}', '{"verdicts": [3]}', json.dumps(whole), "\udc80"):
        (tmp_path / "verdicts.json").write_bytes(text.encode(errors="surrogateescape"))
        assert share_of_published(DISPLACEMENT, tmp_path) is None, text
        assert "robustness=500" in what_is_published(tmp_path)[0], text
    monkeypatch.setattr(published, "PUBLISHED", tmp_path / "none")
    assert share_of_published(DISPLACEMENT) is None, "as where the package is installed"


def test_a_verdict_at_one_point_of_a_surface_stands_only_where_worlds_agree():
    entry = {"surface": True, "verdict": "refuted", "published": FOUND}
    assert "it depends on what is assumed (3 to 20 %), so it does not stand" in surface_lines(entry)[0]
    assert "they do (3 to 20 %), so it stands" in surface_lines(entry | {"published": FOUND | {"conclusion": "fails"}})[0]
    assert "it holds" in surface_lines(entry | {"published": FOUND | {"conclusion": "holds"}})[0]
    undecided = entry | {"verdict": "undecided", "published": FOUND | {"conclusion": "fails"}}
    assert "it fails (3 to 20 %), so it does not stand" in surface_lines(undecided)[0]
    assert "nothing is published" in surface_lines(entry | {"published": None})[0]
    assert surface_lines(entry | {"surface": False}) == [] and demand.SURFACE_IS_THE_RESULT


def test_no_published_share_makes_up_for_a_control_that_failed(tmp_path):
    agreed = {"surface": True, "verdict": "refuted", "published": FOUND | {"conclusion": "fails"}, "controls_hold": False}
    assert "a control failed, so it does not stand" in surface_lines(agreed)[0]
    assert "a control failed here, so this test does not bear on it" in share_text(agreed)
    write_set(tmp_path, controls_as_expected=False)
    assert "displacement (3 to 20 %, a control failed)" in what_is_published(tmp_path)[0]


def test_what_is_published_is_said_by_conclusion(tmp_path):
    rows = [row_of(), row_of(title="Demand", conclusion="holds"), row_of(title="Careers", conclusion=None)]
    (tmp_path / "verdicts.json").write_text(json.dumps({"verdicts": rows}))
    (said,) = what_is_published(tmp_path)
    assert said.endswith("claims hold in nearly all: demand (3 to 20 %); depend on what is assumed: displacement (3 to 20 %).")
