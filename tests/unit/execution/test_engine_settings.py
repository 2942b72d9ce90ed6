"""Settings that no engine takes are refused by every command before a folder is made or a world is run."""

import pytest

from experiments.commands import test as hypotheses_command
from tests.sweep_worlds import say

COMMANDS = {
    "test": ["test", "hypothesis=displacement", "market=class"],
    "test of all": ["test", "market=class"],
    "robustness": ["test", "hypothesis=displacement", "robustness=10"],
    "sweep": ["sweep", "sweep=smoke"],
    "sensitivity": ["sensitivity", "sensitivity=quick"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["engine.name=slurm"], "engine.name=slurm: no such engine; valid: local, serial, ray"),
        (["engine.workers=-1"], "engine.workers=-1: a whole number from 0"),
        (["engine.workers=two"], "engine.workers='two': a whole number from 0"),
        (["engine=serial", "engine.workers=4"], "engine.workers=4: engine=serial has one"),
        (["engine.address=host:6379"], "engine.address=host:6379: engine=local runs on this machine alone"),
    ],
)
def test_refused_before_anything_is_made(command, words, said, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(hypotheses_command, "hypothesis_names", lambda: ["displacement", "dependence"])
    status, out, err = say(capsys, *COMMANDS[command], *words, "--output", str(tmp_path / "results"))
    assert (status, out) == (2, "") and err.startswith(f"plansim: {said}") and len(err.strip().splitlines()) == 1
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_an_address_of_a_cluster_too(command, tmp_path, capsys, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setattr(hypotheses_command, "hypothesis_names", lambda: ["displacement", "dependence"])
    words = [*COMMANDS[command], "engine=ray", "engine.address=nowhere", "--output", str(tmp_path / "results")]
    status, out, err = say(capsys, *words)
    assert (status, out) == (2, "") and "engine.address=nowhere: give auto or host:port" in err
    assert not (tmp_path / "results").exists()
