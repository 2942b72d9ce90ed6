"""The command printed under a result composes the configuration of that result, and nothing but what differs is said."""

import json
import shlex

import pytest

from experiments.commands.robustness import compose_tree
from experiments.configuration.composition import compose
from experiments.report.command_line import (
    command_of,
    command_of_all,
    command_of_draws,
    configuration_of,
    overrides_of,
    write_value,
)

WORDS = ["market=class", "n_pairs=8", "seed=3", "labour.bonding=0.2"]


def words_of(command: str) -> list[str]:
    """The words after `plansim test`, as a shell would split them."""
    program, verb, *words = shlex.split(command)
    assert (program, verb) == ("plansim", "test")
    return words


@pytest.mark.parametrize(
    "words",
    [
        WORDS,
        ["market=idf", "labour=bonded", "enforcement=learned", "precision=true", "days=1000"],
        ["market=class", "market.bosses=33", "policy.start_day=300", "labour=bonded", "labour.bonding=0.5"],
        ["hypothesis.threshold=2.5", "hypothesis.arms.treated.levers.venue_inspection.intensity=2"],
        [r"""hypothesis.limits=['a, b: c', "it's", 'say "so"', 'back\slash', 'slash "\\"', 'end\\', 7]"""],
    ],
)
def test_the_printed_words_give_the_same_configuration(words):
    tree = compose("test", ["hypothesis=displacement", *words])
    printed = words_of(command_of(tree, "displacement"))
    assert compose("test", printed) == tree


def test_only_what_differs_is_said():
    assert command_of(compose("test", ["hypothesis=careers"]), "careers") == "plansim test hypothesis=careers"
    tree = compose("test", ["hypothesis=displacement", *WORDS])
    assert set(words_of(command_of(tree, "displacement"))) == {"hypothesis=displacement", *WORDS}


def test_the_engine_is_not_said():
    tree = compose("test", ["hypothesis=displacement", "engine=serial"])
    assert command_of(tree, "displacement") == "plansim test hypothesis=displacement"


def test_one_command_for_several_hypotheses_even_where_a_word_is_the_default_of_one():
    names = ["displacement", "careers", "demand"]
    of_careers = compose("test", ["hypothesis=careers"])["days"]
    words = [*WORDS, f"days={of_careers}"]
    trees = {name: compose("test", [f"hypothesis={name}", *words]) for name in names}
    (command,) = command_of_all(trees)
    printed = words_of(command)
    assert set(printed) >= {f"days={of_careers}", "seed=3"} and not any(word.startswith("hypothesis=") for word in printed)
    for name in names:
        assert compose("test", [f"hypothesis={name}", *printed]) == trees[name]


def test_hypotheses_that_share_no_words_have_a_command_each():
    trees = {
        "displacement": compose("test", ["hypothesis=displacement", "seed=3"]),
        "careers": compose("test", ["hypothesis=careers"]),
    }
    assert command_of_all(trees) == ["plansim test hypothesis=displacement seed=3", "plansim test hypothesis=careers"]


@pytest.mark.parametrize(
    ("names", "words", "draws", "which"),
    [
        (["displacement"], ["n_pairs=3", "labour.bonding=0.0", "seed=5"], 20, "near"),
        (["displacement", "dependence"], ["market=herault", "labour=bonded"], 12, "stated"),
    ],
)
def test_the_command_of_draws(names, words, draws, which):
    tree = compose_tree(names, words, draws, which)
    printed = words_of(command_of_draws(tree, draws, [which] if which == "stated" else []))
    assert f"robustness={draws}" in printed and ("robustness_range=stated" in printed) == (which == "stated")
    others = [word for word in printed if not word.startswith(("hypothesis=", "robustness"))]
    assert (f"hypothesis={names[0]}" in printed) == (len(names) == 1)
    assert compose_tree(names, others, draws, which) == tree


def test_a_folder_without_a_manifest_has_no_configuration(tmp_path):
    assert configuration_of(tmp_path) is None
    assert command_of(None, "demand") == "plansim test hypothesis=demand"
    (tmp_path / "manifest.json").write_text(json.dumps({"configuration": {"seed": 1}}))
    assert configuration_of(tmp_path) == {"seed": 1}


def test_truth_is_not_the_number_one():
    tree = compose("test", ["hypothesis=displacement", "precision=true"])
    assert overrides_of("test", tree, ("hypothesis=displacement",)) == ["precision=true"]
    assert write_value("true") == '"true"' and write_value(True) == "true"
