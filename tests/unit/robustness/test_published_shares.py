"""What is told of the published draws: of tests that ask their question, and of no others."""

import hashlib
import json

import pytest

from experiments.commands.test import hypothesis_names
from experiments.configuration.composition import compose
from experiments.questions.demand import estimand as demand
from experiments.robustness import published
from experiments.robustness.published import NOTHING_PUBLISHED, question_hash, robust_share_text, shares_of_published
from experiments.statistics.verdict import VERDICTS

DISPLACEMENT = compose("test", ["hypothesis=displacement"])
SHARES = {"supported": 0.1, "refuted": 0.625, "undecided": 0.2, "not applicable": 0.05, "identical": 0.025}


def write_set(folder, tree=DISPLACEMENT, **changes):
    """A table of verdicts with one row, drawn around a configuration; the SHA-256 of the file."""
    row = {"id": "displacement", "configuration_sha256": question_hash(tree), "draws_accepted": 40}
    row |= {f"accepted_{name.replace(' ', '_')}": share for name, share in SHARES.items()} | changes
    text = json.dumps({"verdicts": [row], "robustness": {}})
    (folder / "verdicts.json").write_text(text)
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_share_is_of_draws_with_the_verdict_of_the_test(verdict, tmp_path):
    sha256 = write_set(tmp_path)
    found = shares_of_published(DISPLACEMENT, verdict, tmp_path)
    assert found == {
        "robust_share": SHARES[verdict],
        "shares": {"supported": 0.1, "refuted": 0.625, "undecided": 0.2},
        "published_sha256": sha256,
    }
    assert "supported 10 %, refuted 62 %, undecided 20 %" in robust_share_text(found | {"kind": "test"})


@pytest.mark.parametrize(
    "words",
    [["market=class"], ["market.bosses=30"], ["seed=7", "n_pairs=3"], ["precision=true"], ["engine=serial"], ["budget=null"]],
)
def test_seed_size_and_exactness_may_differ(words, tmp_path):
    write_set(tmp_path)
    tree = compose("test", ["hypothesis=displacement", *words])
    assert shares_of_published(tree, "refuted", tmp_path)["robust_share"] == 0.625


@pytest.mark.parametrize(
    "words", [["hypothesis=demand"], ["labour.bonding=0.5"], ["days=800"], ["hypothesis.threshold=1"], ["policy.start_day=300"]]
)
def test_of_another_question_nothing_is_told(words, tmp_path):
    write_set(tmp_path)
    tree = compose("test", ["hypothesis=displacement", *words])
    assert shares_of_published(tree, "refuted", tmp_path) == NOTHING_PUBLISHED


def test_a_parameter_made_after_the_set_changes_no_question_at_its_default(tmp_path):
    """Away from it the question is another; so is one in which a number that the set knows has moved."""
    older = json.loads(json.dumps(DISPLACEMENT))
    del older["learning"]["visibility"]
    write_set(tmp_path, older)
    assert shares_of_published(DISPLACEMENT, "refuted", tmp_path) == NOTHING_PUBLISHED, "what the set knows cannot be read"
    manifest = {"robustness": {"configuration": {"hypotheses": {"displacement": older}}}}
    (tmp_path / published.MANIFEST_FILE).write_text(json.dumps(manifest))
    assert shares_of_published(DISPLACEMENT, "refuted", tmp_path)["robust_share"] == 0.625
    for word in ("learning.visibility=0.5", "learning.generalisation=0.5", "labour.bonding=0.5"):
        tree = compose("test", ["hypothesis=displacement", word])
        assert shares_of_published(tree, "refuted", tmp_path) == NOTHING_PUBLISHED, word


@pytest.mark.parametrize("name", hypothesis_names())
def test_the_shipped_set_is_of_the_questions_asked_today(name):
    tree = compose("test", [f"hypothesis={name}"])
    assert shares_of_published(tree, "refuted")["shares"] is not None
    assert shares_of_published(compose("test", [f"hypothesis={name}", "structure=replacement"]), "refuted") == NOTHING_PUBLISHED


def test_a_whole_number_is_a_decimal_one(tmp_path):
    fear = DISPLACEMENT["demand"]["fear_kappa"]
    assert int(fear) == fear and isinstance(fear, float), "for this test a default that is whole is needed"
    tree = compose("test", ["hypothesis=displacement", f"demand.fear_kappa={int(fear)}"])
    assert isinstance(tree["demand"]["fear_kappa"], int) and question_hash(tree) == question_hash(DISPLACEMENT)


def test_without_a_set_that_can_be_read_nothing_is_told(tmp_path, monkeypatch):
    assert shares_of_published(DISPLACEMENT, "refuted", tmp_path / "none") == NOTHING_PUBLISHED
    write_set(tmp_path, draws_accepted=0)
    assert shares_of_published(DISPLACEMENT, "refuted", tmp_path) == NOTHING_PUBLISHED
    write_set(tmp_path)
    whole = json.loads((tmp_path / "verdicts.json").read_text())
    del whole["verdicts"][0]["configuration_sha256"]
    for text in ("", "{", "[1]", "null", "{}", '{"verdicts": 3}', '{"verdicts": [3]}', json.dumps(whole), "\udc80"):
        (tmp_path / "verdicts.json").write_bytes(text.encode(errors="surrogateescape"))
        assert shares_of_published(DISPLACEMENT, "refuted", tmp_path) == NOTHING_PUBLISHED, text
        assert "robustness=500" in published.what_survives(tmp_path)[0], text
    monkeypatch.setattr(published, "PUBLISHED", tmp_path / "none")
    assert shares_of_published(DISPLACEMENT, "refuted") == NOTHING_PUBLISHED, "as where the package is installed"


def test_a_verdict_at_one_point_of_a_surface_stands_only_where_draws_agree():
    entry = {"point_verdict_needs": 0.9, "robust_share": 0.29}
    assert "29 % do, so it does not stand" in published.point_verdict_lines(entry)[0]
    assert "90 % do, so it stands" in published.point_verdict_lines(entry | {"robust_share": 0.9})[0]
    assert "none are published" in published.point_verdict_lines(entry | {"robust_share": None})[0]
    assert published.point_verdict_lines(entry | {"point_verdict_needs": None}) == []
    assert demand.POINT_VERDICT_NEEDS == 0.9


def test_no_published_share_makes_up_for_a_control_that_failed(tmp_path):
    entry = {"point_verdict_needs": 0.9, "robust_share": 0.95, "controls_hold": False}
    assert "does not stand, as a control failed" in published.point_verdict_lines(entry)[0]
    told = robust_share_text(entry | {"kind": "test", "shares": {"supported": 0.95}})
    assert "a control failed here, so that is not support" in told
    row = {"title": "Demand", "kind": "test", "verdict_of_most_draws": "refuted", "survives": True}
    draws = {"draws": 500, "accepted": 120, "least_accepted": 50, "agreement": 0.9}
    text = json.dumps({"verdicts": [row | {"controls_as_expected": False}], "robustness": draws})
    (tmp_path / "verdicts.json").write_text(text)
    assert "demand (refuted, not to be relied on: a control failed)" in published.what_survives(tmp_path)[0]
