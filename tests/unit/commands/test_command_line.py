"""The command line as a user meets it: one clear line for a mistake, results that are kept and reprinted."""

import importlib.util
import inspect
import json
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from experiments.cli import main, split_words
from experiments.commands import COMMANDS, load_command
from experiments.configuration.composition import MICRODATA, compose, take_key
from experiments.configuration.drawn import POSTERIOR
from experiments.execution.engine import EngineError, EngineFailure
from experiments.store.files import StoreError, StoreFailure

ROOT = Path(__file__).resolve().parents[3]
SMALL = ["market=class", "market.clients=300", "market.searches_per_day=30", "days=60", "burn_in=0"]


def say(capsys, *words):
    """Status, standard output and standard error of a command, in this process."""
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["run", "labour.bondng=1"], ["labour.bondng", "labour.bonding"]),
        (["run", "market=clas"], ["market=clas", "class", "herault"]),
        (["run", "days=-4"], ["days=-4", "1 to"]),
        (["run", "days=x"], ["days='x'", "integer"]),
        (["run", "labour.bonding=nan"], ["labour.bonding", "finite"]),
        (["run", "labour.bonding=2", "days=-1"], ["labour.bonding=2", "days=-1"]),
        (["run", "demand.price_low=200"], ["price_low", "price_start"]),
        (["run", "market=class", "days=100"], ["burn_in", "days (100)"]),
        (["run", "labour.bonding"], ["key=value"]),
        (["run", "labour.bonding=0,1"], ["--multirun"]),
        (["run", "+labour.x=1"], ["labour.x", "unknown key"]),
        (["run", "start=2050-01-01"], ["start=2050-01-01", "2015-01-01"]),
        (["run", "policy.levers.street_patrl.intensity=1"], ["street_patrl", "street_patrol"]),
        (["run", "policy.levers.street_patrol.kind=hotel", "policy.levers.street_patrol.intensity=1"], ["kind=hotel", "street"]),
        (["run", "policy.levers.street_patrol.territory=Atlantis"], ["Atlantis", "largest"]),
        (["run", "enforcement.listed_territory=99"], ["listed_territory=99", "0 to"]),
        (["run", "--jsn"], ["--jsn", "--json"]),
        (["rn"], ["rn", "run"]),
        (["test", "n_pairs=1"], ["n_pairs=1", "2 to"]),
        (["test", "hypothesis=displacement", "n_pairs=4", "precision=true"], ["n_pairs: ", "precision=true", "leave one"]),
        (["test", "hypothesis=displacement", "n_pairs=4,5", "precision=true", "--multirun"], ["n_pairs: ", "leave one"]),
        (["test", "hypothesis=displacement", "n_pairs=abc", "precision=false"], ["n_pairs='abc'", "2 to"]),
        (["run", "market=class", "market=herault"], ["market=class and market=herault", "twice"]),
        (["sweep", "seed=1", "+seed=2"], ["seed=1 and +seed=2", "twice"]),
        (["sensitivity", "sensitivity.factors.nope.low=1"], ["sensitivity.factors.nope", "unknown parameter"]),
        (["sensitivity", "sensitivity.keep=99"], ["sensitivity.keep=99", "0 to 10"]),
        (["sensitivity", "sensitivity=quick", "demand.digital_share=0.5"], ["digital_share=0.5", "sensitivity.factors.demand"]),
        (["sweep", "sweep=smoke", "labour.bonding=0.5"], ["labour.bonding=0.5", "sweep.factors.labour.bonding"]),
        (["sweep", "sweep=smoke", "dry_run=5"], ["dry_run=5", "true or false"]),
        (["sweep", "sweep=smoke", "sweep.rows=5"], ["sweep.rows=5", "grid"]),
        (["sweep", "sweep=smoke", "sweep.arms=[nope]"], ["policy=nope: unknown", "venue_crackdown"]),
        (["sweep", "sweep=smoke", "sweep.arms=[prevention]"], ["contrasts=none", "not among the arms (prevention)"]),
        (["sweep", "sweep.factors.nope.low=1"], ["sweep.factors.nope", "unknown parameter"]),
        (["test", "hypothesis=displacemnt"], ["displacemnt", "displacement"]),
        (["test", "hypothesis=displacement", "hypothesis.foo=1"], ["hypothesis.foo", "unknown key"]),
        (["test", "hypothesis.threshold=1"], ["hypothesis.threshold", "hypothesis=displacement"]),
        (["test", "hypothesis=displacement", "hypothesis.threshold=abc"], ["hypothesis.threshold", "number"]),
        (["test", "policy=venue_crackdown"], ["policy=venue_crackdown"]),
        (["test", "engine.workers=-1"], ["engine.workers=-1"]),
        (["test", "days=400"], ["days=400", "484"]),
        (["sweep", "sweep=smoke", "engine.workers=-1"], ["engine.workers=-1", "0 (one for each core)"]),
        (["sweep", "sweep=smoke", "engine.workers=two"], ["engine.workers='two'", "whole number"]),
        (["sweep", "sweep=smoke", "engine.workers=9999"], ["engine.workers=9999", "1024"]),
        (["sweep", "sweep=smoke", "engine=slurm"], ["engine=slurm", "local, ray, serial"]),
        (["sweep", "sweep=smoke", "engine.name=slurm"], ["engine.name=slurm", "local, serial, ray"]),
        (["sweep", "sweep=smoke", "engine.adress=auto"], ["engine.adress", "engine.address"]),
        (["sweep", "sweep=smoke", "engine.address=host:6379"], ["engine.address=host:6379", "engine=ray"]),
        (["sweep", "sweep=smoke", "engine=serial", "engine.workers=4"], ["engine.workers=4", "engine=local"]),
        (["show", "no/such/folder"], ["no/such/folder", "holds no result"]),
        (["merge", "into", "no/such/shard"], ["no/such/shard", "holds no result"]),
    ],
)
def test_a_mistake_gets_one_line(words, named, capsys, tmp_path):
    status, out, err = say(capsys, *words, "--output", str(tmp_path))
    assert status == 2
    assert out == ""
    assert len(set(err.strip().splitlines())) == 1 and err.startswith("plansim: ")
    assert "--multirun" in words or len(err.strip().splitlines()) == 1
    assert "Traceback" not in err and "+labour" not in err.replace(" ".join(words), "")
    for word in named:
        assert word in err


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: the extra cluster")
@pytest.mark.parametrize(
    ("address", "said"),
    [("somewhere", "give auto or host:port"), ("host:0", "give auto or host:port"), ("localhost:1", "no Ray cluster answers")],
)
def test_a_wrong_address_of_a_cluster_gets_one_line(address, said, capsys, tmp_path):
    words = ["sweep", "sweep=smoke", "engine=ray", f"engine.address={address}", "--output", str(tmp_path)]
    status, out, err = say(capsys, *words)
    assert (status, out) == (2, "") and said in err and address in err and len(err.strip().splitlines()) == 1


def test_ray_that_is_not_installed_gets_one_line(capsys, tmp_path, monkeypatch):
    import experiments.execution.ray_engine as ray_engine

    monkeypatch.setattr(ray_engine.importlib.util, "find_spec", lambda name: None)
    status, out, err = say(capsys, "sweep", "sweep=smoke", "engine=ray", "--output", str(tmp_path))
    assert (status, out, err) == (2, "", "plansim: engine=ray needs the extra: pip install plansim[cluster]\n")
    assert not list(tmp_path.iterdir()), "nothing is begun"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (EngineError("a setting is wrong"), 2), (EngineFailure("the machine fails"), 1),
        (StoreError("not so"), 2), (StoreFailure("the disk fails"), 1), (OSError(28, "No space left on device", "log"), 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("words", [[], ["seed=1,2", "--multirun"]], ids=["once", "multirun"])
def test_whose_fault_it_is_decides_the_exit_status(error, status, words, capsys, tmp_path, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr("experiments.commands.run.run_world", fail)
    found, out, err = say(capsys, "run", *SMALL, *words, "--output", str(tmp_path))
    said = str(error) if error.args[0] != 28 else "log: no space left on device"
    assert (found, out) == (status, "")
    assert set(err.splitlines()) == {f"plansim: {said}"} and len(err.splitlines()) == (2 if words else 1)


def test_run_leaves_a_result_and_reprints_it(capsys, tmp_path):
    status, out, _ = say(capsys, "run", *SMALL, "--output", str(tmp_path))
    assert status == 0
    folder = Path(out.strip().splitlines()[-1].removeprefix("Result: "))
    wanted = {"manifest.json", "summary.json", "report.html", "map.png", "map.svg", "series.png", "plans.png", "field_view.png"}
    wanted |= {"ledger_days.parquet", "ledger_cells.parquet", "field_view.parquet"}
    assert wanted <= {path.name for path in folder.iterdir()}
    first = (folder / "summary.json").read_bytes()
    written = (folder / "map.png").stat().st_mtime_ns
    status, again, _ = say(capsys, "run", *SMALL, "--output", str(tmp_path), "--json")
    assert status == 0
    assert json.loads(again) == json.loads(first)
    assert (folder / "map.png").stat().st_mtime_ns == written, "a stored result is not made again"


def test_a_repeated_word_is_no_contradiction(capsys, tmp_path):
    assert say(capsys, "run", *SMALL, "days=60", "--output", str(tmp_path))[0] == 0


@pytest.mark.parametrize("days", [1, 3])
def test_a_few_days_are_drawn_without_a_warning(days, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(["run", *SMALL[:3], f"days={days}", "burn_in=0", "--output", str(tmp_path)]) == 0


def test_run_in_a_folder_that_cannot_be_written(capsys, tmp_path):
    (tmp_path / "results").write_text("a file, not a folder")
    status, _, err = say(capsys, "run", *SMALL, "--output", str(tmp_path / "results"))
    assert status == 2
    assert len(err.strip().splitlines()) >= 1 and "Traceback" not in err and "results" in err


def test_parameters_are_listed(capsys):
    status, out, _ = say(capsys, "parameters", "labour.bond")
    assert status == 0 and out.startswith("labour.bonding\n") and "0.0 to 1.0" in out
    status, _, err = say(capsys, "parameters", "nosuchthing")
    assert status == 2 and "nosuchthing" in err


@pytest.mark.slow
def test_multirun_makes_a_result_for_each(tmp_path):
    words = ["run", *SMALL, "labour.bonding=0,1", "--multirun", "--output", "out", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "experiments.cli", *words],
        cwd=tmp_path, capture_output=True, text=True, env=_environment(), timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out" / "run").iterdir())) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"out"}, "Hydra leaves no folders of its own"


def _environment():
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_stop_that_comes_when_all_is_done_changes_nothing(name):
    code = (
        "import atexit, os, signal, experiments.cli as cli\n"
        "cli.main = lambda: 2\n"
        f"atexit.register(os.kill, os.getpid(), signal.{name})\n"
        "cli.run_from_shell()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=_environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (2, "")


def configured():
    return [name for name, command in COMMANDS.items() if command.configuration is not None]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself(name, capsys):
    """Its help has its keys and two examples, which it would take; and its module has what all have."""
    status, out, _ = say(capsys, name, "--help")
    command, function = COMMANDS[name], load_command(name)
    assert status == 0 and command.keys in out and all(example in out for example in command.examples)
    takes = ["words", "options", *(["tree"] if command.configuration is not None else [])]
    assert len(command.examples) == 2 and list(inspect.signature(function).parameters) == takes
    given = [split_words(name, shlex.split(example)[2:])[0] for example in command.examples]
    assert any(given) or not command.words, "an example has words"
    if command.configuration is not None:
        for words in given:
            compose(command.configuration, take_key(words, POSTERIOR)[1])


@pytest.mark.parametrize("name", configured())
def test_the_keys_of_a_help_are_keys(name):
    tree = compose(COMMANDS[name].configuration, [])
    groups = {"market", "policy", "structure", "outcome", "rule", "engine", "hypothesis", "sweep", "sensitivity"}
    own = {"robustness", "robustness_range", "structures", "screening"} if name == "test" else set()
    with_draws = ("test", "sweep", "sensitivity", "validate", "frontier", "evaluate", "compare")
    own |= {POSTERIOR} if name in with_draws else set()
    own |= {MICRODATA} if name in ("run", "test", "compare", "sweep") else set()  # no part of a tree where it is off
    named = set(re.findall(r"(?<![\w.])([a-z_]+)[=.]", COMMANDS[name].keys)) - {"stated"}
    assert {"market", "seed", "policy"} <= named <= set(tree) | groups | own


def test_the_overview_has_all_commands_and_is_what_a_mere_plansim_says(capsys):
    assert say(capsys)[0] == 2
    status, out, _ = say(capsys, "--help")
    assert status == 0 and all(f"  {name} " in out and command.summary in out for name, command in COMMANDS.items())
    modules = {command.module or name for name, command in COMMANDS.items()}
    assert {path.stem for path in (ROOT / "experiments" / "commands").glob("*.py")} >= modules


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--sql", "SELECT 1"], "--sql: only for show"), (["show", "x", "--sql"], "--sql: a question is needed"),
        (["show", "x", "--multirun"], "--multirun: only for run, test, compare, sweep, sensitivity"),
        (["run", "--output"], "--output: a folder"),
        (["run", "--output="], "--output: a folder"), (["run", "--out", "x"], "--out: unknown flag"),
        (["run", "--json=1"], "--json: "), (["list", "--csv"], "--csv: only for run, test"),
        (["run", "--pdf"], "--pdf: a width is needed"), (["run", "--pdf", "wide"], "--pdf wide: no width; valid: column (85 mm)"),
        (["run", "--pdf=850"], "--pdf 850: no width"), 
        (["show", "x", "--pdf", "column"], "--pdf: show draws nothing; give it to the command that made the result"),
        (["list", "--pdf", "column"], "--pdf: only for demo, run"),
        (["run", "-q", "-v"], "--quiet and --verbose: leave one"), (["rn", "--quiet"], "rn: no such command"),
    ],
)  # fmt: skip
def test_a_wrong_flag_gets_one_line(words, said, capsys):
    status, out, err = say(capsys, *words)
    assert (status, out) == (2, "") and err.startswith(f"plansim: {said}") and len(err.splitlines()) == 1
