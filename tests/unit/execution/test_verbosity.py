"""How much a command reports: its result always, progress unless `--quiet`, what it used with `--verbose`."""

import json

import pytest

from experiments.execution import verbosity
from experiments.execution.progress import Progress
from experiments.execution.verbosity import QUIET, USUAL, VERBOSE, is_quiet, note, speaking, tell
from sim import __version__
from tests.sweep_worlds import SWEEP, TINY, say

RUN = ["run", *TINY[:-1]]


@pytest.mark.parametrize(("level", "heard"), [(QUIET, ""), (USUAL, "told"), (VERBOSE, "noted told")])
def test_what_is_heard_at_each_level(level, heard, capsys):
    with speaking(level):
        note("noted")
        tell("told")
        with Progress(1, "worlds") as progress:
            progress.advance()
    lines = [line for line in capsys.readouterr().err.splitlines() if "memory" not in line and "compiled rules" not in line]
    assert " ".join(line.removeprefix("plansim: ") for line in lines if not line.startswith("worlds")) == heard
    assert any(line.startswith("worlds: 1/1") for line in lines) == (level != QUIET)
    assert not is_quiet() and verbosity._level == USUAL, "the next command speaks as usual"


def test_an_error_leaves_the_level_as_it_was():
    with pytest.raises(ValueError), speaking(QUIET):
        raise ValueError
    assert verbosity._level == USUAL


def test_a_quiet_command_prints_its_result_alone(tmp_path, capsys):
    status, usual, err = say(capsys, *RUN, "--output", str(tmp_path / "a"))
    assert status == 0 and "days simulated: 60/60" in err
    status, quiet, err = say(capsys, *RUN, "-q", "--output", str(tmp_path / "b"))
    assert (status, err) == (0, "") and quiet == usual.replace(str(tmp_path / "a"), str(tmp_path / "b"))


def test_a_mistake_is_heard_all_the_same(capsys, tmp_path):
    status, out, err = say(capsys, "run", "days=x", "--quiet", "--output", str(tmp_path))
    assert (status, out) == (2, "") and "days='x'" in err


def test_a_verbose_command_reports_what_it_used(tmp_path, capsys):
    status, out, err = say(capsys, *SWEEP, "--verbose", "--json", "--output", str(tmp_path))
    (folder,) = (tmp_path / "sweep").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert status == 0 and json.loads(out)["rows"] == 12
    for word in (
        f"result: {folder}, begun {manifest['created_utc']}", manifest["configuration_sha256"], manifest["source_sha256"],
        "numpy ", "engine: local, 1 workers", "time: ", "rules",
    ):  # fmt: skip
        assert word in err
    status, _, err = say(capsys, *SWEEP, "-v", "--output", str(tmp_path))
    assert status == 0 and ", finished" in err and "engine:" not in err, "a stored result needs no workers"


def test_the_version_is_a_line(capsys):
    assert say(capsys, "--version") == (0, f"plansim {__version__}\n", "")
    status, out, _ = say(capsys, "--version", "-v")
    assert status == 0 and "code sha256 " in out and "numba " in out and out.startswith(f"plansim {__version__}\n")
