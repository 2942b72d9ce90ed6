"""A study of one's own: the folder that is made runs, goes by names, is repeated without its files; one line for a mistake."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.configuration.composition import compose, split_model
from experiments.configuration.study_folder import own_names, read_study
from experiments.questions.study import prepare
from sim import __version__
from sim.market import Market
from tests.sweep_worlds import TINY, laid_over, say
from tests.worlds import ROOT

SMALL = [word for word in TINY if not word.startswith("engine")]
TEST = laid_over(TINY, ["days=120", "burn_in=2", "policy.start_day=40"])[1:]  # the market is that of the hypothesis
TEST = [*TEST, "n_pairs=2", "hypothesis.transient_days=10", "hypothesis.adapted_days=40"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def made(here, monkeypatch, capsys):
    """A new study, as the current folder."""
    assert say(capsys, "new", "study", "mine")[0] == 0
    monkeypatch.chdir(here / "mine")
    return here / "mine"


def set_commands(*commands, version=__version__):
    lines = [f"title: x\nplansim: {version}\ncommands:", *(f"  - {json.dumps(command)}" for command in commands)]
    Path("study.yaml").write_text("\n".join(lines) + "\n")


def result_in(text):
    return Path(next(line for line in text.splitlines() if line.startswith("Result: ")).removeprefix("Result: "))


def test_what_is_made_is_said_and_holds_together(here, capsys):
    status, out, _ = say(capsys, "new", "study", "mine")
    assert status == 0 and out.splitlines()[-2:] == ["cd mine", "plansim study"]
    files = [line.strip() for line in out.splitlines()[1:-4]]
    assert sorted(files) == sorted(p.relative_to("mine").as_posix() for p in Path("mine").rglob("*") if p.is_file())
    assert {"README.md", "study.yaml", "notebook.ipynb", "policies/mine.yaml"} <= set(files)
    assert not any(mark in Path("mine", file).read_text() for file in files for mark in ("@NAME@", "@VERSION@"))
    assert read_study(Path("mine")).plansim == __version__


def test_all_that_its_readme_and_its_study_name_is_there(made):
    """Each command composes, those of the README included."""
    import shlex

    from experiments.commands import COMMANDS
    from experiments.commands.flags import gather

    lines = [line.partition("#")[0].strip() for line in Path("README.md").read_text().splitlines() if line.startswith("plansim ")]
    commands = [shlex.split(line)[1:] for line in lines] + [shlex.split(line) for line in read_study(Path()).commands]
    with own_names(None):
        for name, *words in commands:
            assert name in COMMANDS
            if COMMANDS[name].configuration:
                parameters, rest = split_model(compose(COMMANDS[name].configuration, gather(name, words)))
                assert Path(rest.get("counts", "counts.csv")).is_file()
        tree = compose("test", ["hypothesis=mine"])
    parameters, rest = split_model(tree)
    assert list(prepare(rest, parameters).scenarios[0].arms["treated"].policy.levers) == ["venue_inspection"]
    assert parameters.market.prostitutes == 80 and len(commands) >= 6


def test_the_cells_of_its_notebook_run(made, monkeypatch):
    pytest.importorskip("matplotlib").use("Agg")
    cells = json.loads(Path("notebook.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    scope = {}
    for text in code:
        exec(text.replace("730", "400"), scope)  # noqa: S102
    assert scope["series"].shape == (400, 2) and len(scope["worlds"]["none"].agents) > 0
    assert isinstance(scope["worlds"]["none"], Market)


def test_a_study_runs_its_commands_in_order_and_prints_them_again(made, capsys):
    words = " ".join(SMALL[1:])
    set_commands(f"run market=mine policy=mine {words}", f"run market=mine policy=none {words}")
    os.chdir("..")
    status, out, err = say(capsys, "study", "mine")
    assert status == 0, err
    heads = [line for line in out.splitlines() if line.startswith("$ ")]
    assert [head.split()[4] for head in heads] == ["policy=mine", "policy=none"]
    assert len(list(Path("mine/results/run").iterdir())) == 2 and not Path("results").exists()
    assert say(capsys, "study", "mine")[1] == out, "what is stored is printed again"
    assert say(capsys, "study", "mine", "--output", "elsewhere")[0] == 0 and len(list(Path("elsewhere/run").iterdir())) == 2


def test_the_first_command_that_fails_ends_a_study(made, capsys):
    set_commands("run market=mine policy=nope", f"run market=mine {' '.join(SMALL[1:])}")
    status, _, err = say(capsys, "study")
    assert status == 2 and "policy=nope: unknown" in err and not Path("results/run").exists()


def test_results_are_repeated_without_the_files(made, capsys):
    """A run, a test and a sweep of files that go; the page of the test names the file, and its content is in the result."""
    runs = {
        "run": ["run", *SMALL[1:], "market=mine", "policy=mine"],
        "test": ["test", "hypothesis=hypotheses/mine.yaml", *TEST],
        "sweep": ["sweep", *SMALL[1:], "market=mine", "sweep.arms=[none,policies/mine.yaml]", "sweep.replicates=2"],
    }
    folders = {}
    for name, words in runs.items():
        status, out, err = say(capsys, *words)
        assert status == 0, err
        folders[name] = result_in(out)
    page = (folders["test"] / "report.html").read_text()
    assert "plansim test hypothesis=hypotheses/mine.yaml" in page
    for folder in ("policies", "markets", "hypotheses"):
        Path(folder).rename(f"gone_{folder}")
    for name, row in {"run": [], "test": ["1"], "sweep": ["3"]}.items():
        status, out, err = say(capsys, "rerun", str(folders[name]), *row)
        assert status == 0 and "equal" in out, err
    manifest = (folders["test"] / "manifest.json").read_text()
    assert "removes more exploitation" in manifest and str(made) not in manifest


def test_draws_and_structures_know_a_hypothesis_by_its_name(made, capsys, monkeypatch):
    """What is stored holds its content; the command names its file. No world is run here."""
    from experiments.commands import robustness
    from experiments.configuration.own_files import OWN_FILES
    from experiments.report.command_line import command_of_draws
    from sim.configuration.groups import known_by_name

    file = Path("hypotheses/mine.yaml")
    file.write_text(file.read_text().replace("\n  arms:\n", "\n  smallest_effect_of: persons\n  arms:\n"))
    with known_by_name("hypothesis", [str(file)]) as names:
        tree = robustness.compose_tree(names, [], 10)
    assert names == ["mine"] and tree[OWN_FILES]["mine"]["hypotheses/mine.yaml"] == "hypothesis"
    assert tree["own_persons"] == {"mine": 80} and OWN_FILES not in tree["hypotheses"]["mine"]
    printed = command_of_draws(tree, 10)
    assert printed.startswith("plansim test hypothesis=hypotheses/mine.yaml robustness=10")
    file.unlink()
    claim = robustness.plan_of(tree).claims["mine"]
    assert claim["smallest"] == pytest.approx(0.5 * 60 / 80), "in proportion to the persons of its own market"


# --- names, versions, commands


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "new: what?: only a study can be made, for example plansim new study mine"),
        (["market", "x"], "new: market: only a study can be made"),
        (["study"], "new study: one name is needed"),
        (["study", "a", "b"], "new study: one name is needed"),
        (["study", "../x"], "new study ../x: a name of at most 64 letters"),
        (["study", "été"], "a name of at most 64 letters"),
        (["study", "a b"], "a name of at most 64 letters"),
        (["study", ""], "a name of at most 64 letters"),
        (["study", "x" * 65], "a name of at most 64 letters"),
        (["study", "full"], "new study full: full is there already"),
        (["study", "file"], "new study file: file is there already"),
    ],
)
def test_a_name_that_cannot_be_gets_one_line(words, said, here, capsys):
    Path("full").mkdir()
    Path("full/x").touch()
    Path("file").touch()
    status, out, err = say(capsys, "new", *words)
    assert (status, out) == (2, "") and said in err and len(err.splitlines()) == 1
    assert {path.name for path in here.iterdir()} == {"full", "file"}


def test_an_empty_folder_is_filled(here, capsys):
    Path("mine").mkdir()
    assert say(capsys, "new", "study", "mine")[0] == 0 and Path("mine/study.yaml").is_file()


@pytest.mark.parametrize("words", [["run", "policy=mine"], ["study"], ["test", "hypothesis=mine"]])
@pytest.mark.parametrize("version", ["0.0", "12.3.4"])
def test_a_study_made_for_another_version_gets_one_line(version, words, made, capsys):
    set_commands("run market=mine", version=version)
    status, out, err = say(capsys, *words)
    assert (status, out) == (2, "") and len(err.splitlines()) == 1
    assert err.startswith(f"plansim: study.yaml: made for plansim {version}, and this is {__version__}: numbers may differ")


def test_the_third_number_of_a_version_may_differ(made):
    set_commands(version=".".join([*__version__.split(".")[:2], "99"]))
    assert read_study(Path()).title == "x"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("plansim run", "leave plansim out"),
        ("walk", "no command of a study; valid: run, test"),
        ("show x", "no command of a study"),
        ("run --again", "--again: flags are given to plansim study itself"),
        ('run "x', "it cannot be read (no closing quotation)"),
        ("run days=3 days=4", "days is given twice"),
        ("", "no command of a study"),
    ],
)
def test_a_command_that_a_study_cannot_have_gets_one_line(command, said, made, capsys):
    set_commands("run market=mine", command)
    status, out, err = say(capsys, "study")
    assert (status, out) == (2, "") and said in err and len(err.splitlines()) == 1, "before the first one is run"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title: x", "study.yaml: plansim="),
        (f"title: x\nplansim: {__version__}\nword: 1", "word: unknown key; valid here: commands, plansim, title"),
        (f"title: x\nplansim: {__version__}\ncommands: run", "study.yaml: commands='run'"),
        (f"title: x\nplansim: {__version__}", "commands: none are listed"),
        ("title: [", "study.yaml, line 1: not YAML"),
    ],
)
def test_a_study_file_that_does_not_fit_gets_one_line(content, said, made, capsys):
    Path("study.yaml").write_text(content)
    status, out, err = say(capsys, "study")
    assert (status, out) == (2, "") and "study.yaml" in err and said in err and len(err.splitlines()) == 1


def test_no_study_here(here, capsys):
    status, out, err = say(capsys, "study")
    assert (status, out) == (2, "") and err == "plansim: .: no study.yaml in it; plansim new study NAME makes a study\n"
    assert "nowhere: no study.yaml" in say(capsys, "study", "nowhere")[2]


@pytest.mark.full
def test_a_study_is_made_and_runs_from_a_wheel(tmp_path):
    """What is copied is in the package: its files are there without the checkout."""
    import shutil

    for package in ("sim", "experiments", "configs"):
        shutil.copytree(ROOT / package, tmp_path / "site" / package, ignore=shutil.ignore_patterns("__pycache__"))
    env = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    for words in (["new", "study", "mine"], ["run", "--configs", "mine", "market=mine", "policy=mine", *SMALL[1:]]):
        done = subprocess.run(
            [sys.executable, "-m", "experiments.cli", *words], cwd=tmp_path, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
