"""Files of one's own wherever a name may stand: what they compose to, what of them is kept, one line for each mistake."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from experiments.configuration.composition import compose, split_model
from experiments.configuration.own_files import OWN_FILES, give_files, take_files
from experiments.questions.study import prepare
from experiments.report.command_line import GONE, command_of, overrides_of
from experiments.store.provenance import identity_hash
from experiments.store.result import manifest_of
from experiments.sweeps.plan import plan_sweep
from sim.configuration import ConfigurationError, group_names, read_group
from sim.configuration import compose as compose_in_python
from sim.configuration.groups import known_by_name, searching, shown_path, word_of
from tests.sweep_worlds import say

POLICY = {"levers": {"street_patrol": {"intensity": 2.0}}}
MARKET = {"preset": "class", "clients": 500, "searches_per_day": 40.0}
STRUCTURE = {"entry": {"boss_elasticity": 0.5}}
CLAIM = read_group("hypothesis", "displacement")["hypothesis"]
TARGETED = {"levers": {"venue_inspection": {"territory": "largest", "kind": "hotel", "intensity": 10.0}}}
SHORT = ["days=120", "burn_in=2", "policy.start_day=40", "hypothesis.transient_days=10", "hypothesis.adapted_days=40"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of files of one's own as the current one."""
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "mine.yaml": POLICY,
        "policies/aimed.yaml": TARGETED,
        "markets/small.yaml": MARKET,
        "structures/half.yaml": STRUCTURE,
        "labour/loose.yaml": {"bonding": 0.25},
        "hypotheses/claim.yaml": claim(),
        "sweeps/both.yaml": {"sweep": {"arms": ["none", "../mine.yaml", {"name": "x", "policy": "../policies/aimed.yaml"}]}},
        "sensitivity/one.yaml": {
            "sensitivity": {
                "factors": {"labour.bonding": {"low": 0.0, "high": 1.0}},
                "contrast": {"arm": "../mine.yaml", "baseline": "none"},
            }
        },
    }.items():
        write(name, content)
    return tmp_path


def write(name, content):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def claim(**changed):
    """A hypothesis as a file holds it: a market and a policy by paths from its own folder."""
    part = copy.deepcopy(CLAIM) | {"id": "claim", "controls": {}} | changed
    part["arms"] = {"base": {}, "treated": {"policy": "../policies/aimed.yaml"}}
    return {"defaults": [{"override /market": "../markets/small.yaml"}], "n_pairs": 4, "hypothesis": part}


# --- a path in the place of a name


@pytest.mark.parametrize("path", ["mine.yaml", "./mine.yaml", "policies/../mine.yaml", "{here}/mine.yaml"])
def test_a_policy_by_path_is_named_after_its_file(path, here):
    tree = compose("config", [f"policy={path.format(here=here)}", "market=class"])
    assert (tree["policy"]["name"], tree["policy"]["levers"]) == ("mine", POLICY["levers"])
    assert list(tree[OWN_FILES].values()) == ["policy"] and str(here) not in json.dumps(tree)


@pytest.mark.parametrize(
    ("word", "key", "value"),
    [
        ("market=markets/small.yaml", "market.clients", 500),
        ("market=markets/small.yaml", "market.bosses", read_group("market", "class")["bosses"]),
        ("labour=labour/loose.yaml", "labour.bonding", 0.25),
        ("structure=structures/half.yaml", "entry.boss_elasticity", 0.5),
        ("structure=[short_careers,./structures/half.yaml]", "entry.boss_elasticity", 0.5),
    ],
)
def test_each_part_of_the_model_by_path(word, key, value, here):
    group, name = key.split(".")
    assert compose("config", [word])[group][name] == value


def test_a_file_is_laid_below_the_words_and_above_the_defaults(here):
    tree = compose("config", ["market=./markets/small.yaml", "market.clients=900", "policy.levers.street_patrol.intensity=3"])
    assert tree["market"]["clients"] == 900 and tree["policy"]["levers"]["street_patrol"]["intensity"] == 3


def test_from_python_too(here):
    parameters = compose_in_python(market="markets/small.yaml", policy="./mine.yaml")
    assert parameters.market.clients == 500 and parameters.policy.levers["street_patrol"].intensity == 2.0


@pytest.mark.parametrize(
    "word", ["sweep=sweeps/both.yaml", "sweep.arms=[none,./mine.yaml,{name: x, policy: policies/aimed.yaml}]"]
)
def test_arms_of_a_sweep_hold_the_content_of_their_policies(word, here):
    """So a plan needs no file: it is the same from another folder, where they are not."""
    tree = compose("sweep", ["market=class", word])
    for file in ("mine.yaml", "policies/aimed.yaml"):
        Path(file).unlink()
    levers = {arm.name: list(arm.policy["levers"]) for arm in plan_sweep(tree).shared.arms}
    assert levers == {"none": [], "mine": ["street_patrol"], "x": ["venue_inspection"]}


def test_a_contrast_of_ones_own(here):
    from experiments.commands.sensitivity import plan_phase
    from experiments.sensitivity.specification import read_specification

    tree = compose("sensitivity", ["market=class", "sensitivity=sensitivity/one.yaml"])
    plan = plan_phase("screening", read_specification(tree), tree, ["labour.bonding"])
    assert [arm.name for arm in plan.shared.arms] == ["none", "mine"]


def test_a_table_is_found_next_to_the_sweep_that_names_it(here):
    write("sweeps/design.csv", "labour.bonding\n0.1\n0.2\n")
    write("sweeps/table.yaml", {"sweep": {"design": "table", "table": "design.csv"}})
    assert len(plan_sweep(compose("sweep", ["sweep=sweeps/table.yaml"])).points) == 2


def test_a_hypothesis_with_paths_inside_it(here):
    """They are relative to its file, wherever the command is typed."""
    tree = compose("test", ["hypothesis=hypotheses/claim.yaml", *SHORT])
    assert tree["market"]["clients"] == 500 and tree["n_pairs"] == 4
    assert tree["hypothesis"]["arms"]["treated"] == {"levers": TARGETED["levers"]}
    parameters, rest = split_model(tree)
    assert list(prepare(rest, parameters).scenarios[0].arms["treated"].policy.levers) == ["venue_inspection"]


def test_the_policy_of_an_arm_by_a_word_or_in_a_control(here):
    tree = compose("test", ["hypothesis=displacement", "hypothesis.arms.treated.policy=./mine.yaml"])
    assert set(tree["hypothesis"]["arms"]["treated"]["levers"]) == {"street_patrol", "venue_inspection"}
    part = claim()
    part["hypothesis"]["controls"] = {
        "none": {"role": "negative", "expected": ["refuted"], "why": "x", "arms": {"treated": {"policy": "training"}}}
    }
    write("hypotheses/claim.yaml", part)
    found = compose("test", ["hypothesis=hypotheses/claim.yaml"])["hypothesis"]["controls"]["none"]["arms"]["treated"]
    assert list(found["levers"]) == list(read_group("policy", "training")["levers"]) and "policy" not in found


def test_structures_of_a_list_hold_their_content(here):
    tree = compose("frontier", ["structures=[replacement,./structures/half.yaml]"])
    assert tree["structures"] == ["replacement", {"name": "half", "changes": STRUCTURE}]
    from experiments.commands.frontier import plan_of

    assert plan_of(tree).scenarios["half"] == ({"entry.boss_elasticity": 0.5}, None)


# --- what decides a result, and the command that repeats it


def test_the_content_decides_a_result_and_the_path_does_not(here):
    def identity(path):
        return identity_hash(manifest_of("run", compose("config", ["market=class", f"policy={path}"])))

    first = identity("./mine.yaml")
    write("other/mine.yaml", POLICY)
    assert identity("other/mine.yaml") == first
    write("mine.yaml", {"levers": {"street_patrol": {"intensity": 2.5}}})
    assert identity("./mine.yaml") != first


@pytest.mark.parametrize("words", [[], ["policy.start_day=300", "labour.bonding=0.2"], ["hypothesis.threshold=2.0"]])
def test_the_printed_command_names_the_file_and_gives_the_same(words, here):
    tree = compose("test", ["hypothesis=hypotheses/claim.yaml", *words])
    printed = command_of(tree, tree["hypothesis"]["id"]).split()
    assert printed[:2] == ["plansim", "test"] and set(printed[2:]) == {"hypothesis=hypotheses/claim.yaml", *words}
    assert compose("test", printed[2:]) == tree


def test_the_printed_command_of_a_market_and_a_policy_of_ones_own(here):
    tree = compose("validate", ["market=markets/small.yaml", "days=300"])
    assert overrides_of("validate", tree) == ["market=markets/small.yaml", "days=300"]
    Path("markets/small.yaml").unlink()
    assert compose("validate", overrides_of("validate", tree)) | {OWN_FILES: tree[OWN_FILES]} == tree, "by its numbers"


def test_of_a_hypothesis_that_is_gone_the_page_says_so(here):
    tree = compose("test", ["hypothesis=hypotheses/claim.yaml"])
    Path("hypotheses/claim.yaml").unlink()
    assert command_of(tree, "claim") == f"plansim test hypothesis=hypotheses/claim.yaml  # {GONE}"


def test_no_absolute_path_is_kept(here):
    assert shown_path(here / "markets" / "small.yaml") == "markets/small.yaml"
    assert shown_path(Path("/elsewhere/of/somebody/small.yaml")) == "small.yaml"
    assert shown_path(Path("../small.yaml")) == "../small.yaml"


def test_notes_of_files_are_taken_out_of_parts_and_given_back():
    trees = {"a": {"seed": 1, OWN_FILES: {"x.yaml": "policy"}}, "b": {"seed": 2}}
    bare, noted = take_files(trees)
    assert bare == {"a": {"seed": 1}, "b": {"seed": 2}} and give_files(noted, bare) == trees
    assert take_files({"b": {"seed": 2}})[1] == {}


# --- a folder whose files go by their names


def test_files_of_a_folder_go_by_their_names(here):
    with searching(Path(), "here"):
        assert group_names("hypothesis")[-1] == "claim" and "claim" not in group_names("policy")
        tree = compose("test", ["hypothesis=claim", "structure=[short_careers,half]"])
        assert compose("sweep", ["sweep=both", "market=small"])["sweep"]["arms"][1]["name"] == "mine"
        assert word_of("market", "small") == "markets/small.yaml" and word_of("market", "class") == "class"
    assert tree[OWN_FILES]["hypotheses/claim.yaml"] == "hypothesis" and tree["entry"]["boss_elasticity"] == 0.5
    with pytest.raises(ConfigurationError, match="hypothesis=claim: unknown.*write hypothesis=./hypotheses/claim.yaml"):
        compose("test", ["hypothesis=claim"])


def test_a_mistake_in_a_file_known_by_name_names_the_file(here):
    write("policies/odd.yaml", "levers: [1")
    said = r"^policy=odd \(policies/odd.yaml\), line 1: not YAML"
    with searching(Path(), "here"), pytest.raises(ConfigurationError, match=said):
        compose("config", ["policy=odd"])


def test_paths_are_known_by_name_meanwhile(here):
    with known_by_name("structure", ["replacement", "./structures/half.yaml"]) as names:
        assert names == ["replacement", "half"] and compose("config", ["structure=half"])["entry"]["boss_elasticity"] == 0.5
        assert word_of("structure", "half") == "structures/half.yaml"
    assert "half" not in group_names("structure")


def test_all_hypotheses_include_ones_own(here):
    from experiments.commands.test import hypothesis_names

    with searching(Path(), "here"):
        assert {"claim", "displacement"} <= set(hypothesis_names())
    assert "claim" not in hypothesis_names()


# --- mistakes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["policy=./min.yaml"], "policy=./min.yaml: no such file (did you mean mine.yaml?)"),
        (["policy=policies/aimed"], "no such file; there is policies/aimed.yaml"),
        (["policy=training.yaml"], "no such file; by its name it is policy=training"),
        (["policy=mine"], "policy=mine: unknown"),
        (["policy=mine"], "for the file mine.yaml write policy=./mine.yaml"),
        (["policy=aimed"], "for the file policies/aimed.yaml write policy=./policies/aimed.yaml"),
        (["policy=policies/"], "a folder; give the file in it"),
        (["policy=notes/x.txt"], "a file that ends in .yaml or .yml is needed"),
        (["policy=notes/binary.yaml"], "policy=notes/binary.yaml, line 1: a byte that is not UTF-8"),
        (["policy=notes/broken.yaml"], "policy=notes/broken.yaml, line 2: not YAML"),
        (["policy=notes/empty.yaml"], "the file is empty"),
        (["policy=notes/list.yaml"], "a mapping is needed"),
        (["policy=notes/nested.yaml"], "leave the line policy: out"),
        (["policy=notes/typo.yaml"], "policy=notes/typo.yaml: levres: unknown key (did you mean levers?)"),
        (["policy=notes/lever.yaml"], "policy=notes/lever.yaml: levers.street_patrol.intensty: unknown key"),
        (["policy=notes/none.yaml"], "name: none is that of no policy"),
        (["policy=markets/small.yaml"], "preset: unknown key"),
        (["market=notes/places.yaml"], "market=notes/places.yaml: preset='narnia'"),
        (["market=notes/crowd.yaml"], "searches_per_day (900) must not exceed"),
        (["market=mine.yaml"], "market=mine.yaml: levers: unknown key"),
        (["structure=[replacement,./structures/haf.yaml]"], "no such file (did you mean half.yaml?)"),
        (["structure=[half,replacement]"], "half: unknown"),
        (["structure=[replacement,structures/half.yaml]"], "replacement sets entry.boss_elasticity=1.5"),
        (["policy=notes/\0.yaml"], "control character"),
        (["policy=~nobody_of_that_name/x.yaml"], "policy=~nobody_of_that_name/x.yaml: it cannot be read"),
        ([f"policy={'x' * 5000}.yaml"], "too long"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_gets_one_line(words, said, here, capsys):
    for name, text in {
        "x.txt": "levers: {}", "broken.yaml": "levers:\n  - [", "empty.yaml": "# nothing\n", "list.yaml": "[1]",
        "nested.yaml": yaml.safe_dump({"policy": POLICY}), "typo.yaml": "levres: {}",
        "lever.yaml": "levers: {street_patrol: {intensty: 1}}", "none.yaml": yaml.safe_dump({"name": "none"} | POLICY),
        "places.yaml": "preset: narnia", "crowd.yaml": "preset: class\nclients: 100\nsearches_per_day: 900",
    }.items():  # fmt: skip
        write(f"notes/{name}", text)
    Path("notes/binary.yaml").write_bytes(b"\xff\xfe\x00")
    status, out, err = say(capsys, "run", *words)
    assert (status, out) == (2, "") and said in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"defaults": [{"override /market": "small.yaml"}]}, "defaults: market=small.yaml: no such file"),
        ({"defaults": [{"override /market": "../mine.yaml"}]}, "defaults: market=../mine.yaml: levers: unknown key"),
        ({"market": "../markets/small.yaml"}, "to choose it, write defaults: and - override /market: ../markets/small.yaml"),
        ({"hypothesis": None}, "it must have a part named hypothesis"),
        ({"hypothesis": {"id": "displacement"}}, "id: displacement is a ready hypothesis"),
        ({"hypothesis": {"arms": {"treated": {"policy": "nope"}}}}, "hypothesis.arms.treated: policy=nope: unknown"),
        ({"hypothesis": {"arms": {"treated": {"policy": "nope.yaml"}}}}, "treated: policy=nope.yaml: no such file"),
        ({"hypothesis": {"arms": {"treated": {"policy": "../late.yaml"}}}}, "start_day is the same in all arms"),
    ],
)  # fmt: skip
def test_a_mistake_inside_a_hypothesis_names_its_file(changed, said, here, capsys):
    write("late.yaml", POLICY | {"start_day": 3})
    write("hypotheses/claim.yaml", claim() | changed)
    status, out, err = say(capsys, "test", "hypothesis=hypotheses/claim.yaml")
    assert (status, out) == (2, "") and err.startswith("plansim: hypothesis=hypotheses/claim.yaml: ")
    assert said in err and len(err.splitlines()) == 1


def test_two_hypotheses_of_one_id_are_refused(here, capsys):
    write("hypotheses/other.yaml", claim())
    status, _, err = say(capsys, "test", "--configs", ".", "n_pairs=2")
    assert status == 2 and err == "plansim: hypothesis=other: its id claim is that of claim too; give one of the two another\n"


@pytest.mark.parametrize(
    ("files", "given", "said"),
    [
        ({}, "nowhere", "--configs nowhere: no such folder"),
        ({}, "mine.yaml", "--configs mine.yaml: a file; give the folder it is in"),
        ({"bare/x/y.yaml": POLICY}, "bare", "--configs bare: it has none of the folders market/"),
        ({"f/policy/training.yaml": POLICY}, "f", "f/policy/training.yaml: training is the name of a ready policy"),
        ({"f/policy/a.yaml": POLICY, "f/policies/a.yml": POLICY}, "f", "f/policies/a.yml: f/policy/a.yaml has the same name"),
        ({"f/policy/a b.yaml": POLICY}, "f", "letters, digits, _ and - alone; rename it"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_searched_gets_one_line(files, given, said, here, capsys):
    for name, content in files.items():
        write(name, content)
    status, out, err = say(capsys, "run", "--configs", given)
    assert (status, out) == (2, "") and said in err and len(err.splitlines()) == 1


def test_several_files_at_once_are_jobs(here, capsys):
    words = ["market=class", "days=20", "burn_in=0", "--cfg", "job"]
    status, out, err = say(capsys, "run", "policy=./mine.yaml,policies/aimed.yaml", *words)
    assert status == 2 and "several values at once need --multirun" in err
    status, out, err = say(capsys, "run", "policy=./mine.yaml", *words)
    assert status == 0 and "name: mine" in out, err
