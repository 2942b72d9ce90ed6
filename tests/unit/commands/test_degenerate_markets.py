"""Whatever the model can run, the commands can show: markets without demand, persons, Providers or Plans, and a single day."""

import json

import pytest

from experiments.cli import main
from tests.sweep_worlds import laid_over, say

SMALL = [
    "market=class", "market.clients=600", "market.searches_per_day=60", "market.bosses=3", "market.prostitutes=8",
    "market.providers=5", "burn_in=0",
]  # fmt: skip
EMPTY = {
    "nobody": ["market.bosses=1", "market.providers=0", "market.prostitutes=0", "market.searches_per_day=0",
               "entry.at_risk_per_100k=0", "careers.boss_entry=0", "careers.provider_entry=0"],
    "no persons": ["market.prostitutes=0", "entry.at_risk_per_100k=0"],
    "no Providers": ["market.providers=0", "careers.provider_entry=0"],
    "no Plans": ["planning.outside_utility=20000", "planning.outside_days=365", "planning.temperature=1"],
}  # fmt: skip
COMMANDS = {
    "run": ["run", "days=2"],
    "run under a policy": ["run", "days=40", "policy=protection_mix", "policy.start_day=10"],
    "compare": ["compare", "none", "venue_crackdown", "days=30", "policy.start_day=10", "engine.workers=1", "n_pairs=2"],
    "sweep": ["sweep", "days=30", "policy.start_day=10", "engine.workers=1", "sweep.outcomes=all",
              "sweep.factors.labour.bonding=[0.0,1.0]", "sweep.factors.control.success=[0.0,1.0]",
              "sweep.arms=[none,venue_crackdown]", "sweep.contrasts=none"],
    "sensitivity": ["sensitivity", "sensitivity=quick", "days=30", "engine.workers=1", "sensitivity.trajectories=2",
                    "sensitivity.replicates=1", "sensitivity.outcome=share_of_minors",
                    "sensitivity.factors.market.searches_per_day=null"],
}  # fmt: skip
STUDY = ["days=120", "policy.start_day=40", "hypothesis.transient_days=20", "hypothesis.adapted_days=60"]
HYPOTHESES = {
    "displacement": STUDY,
    "interchangeability": STUDY,
    "demand": STUDY,
    "careers": laid_over(STUDY, ["days=420"]),
    "evidence": laid_over(STUDY, ["days=300", "hypothesis.options.followed_days=200"]),
    "specialisation": STUDY,
    "dependence": STUDY,
    "protection": laid_over(STUDY, ["days=430", "hypothesis.options.followed_days=380"]),
}


def carried_out(capsys, folder, *words):
    """The summary that a command tells as JSON; it must end well, and say no number that is none."""
    status, out, err = say(capsys, *words, "--output", str(folder), "--json")
    assert status == 0, err
    return json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} is no number"))


def check_command(command, market, folder, capsys):
    """A command on a market ends well; what it leaves can be shown, and its rows repeated."""
    first, *rest = COMMANDS[command]
    carried_out(capsys, folder, first, *laid_over(SMALL, EMPTY[market]), *rest)
    (result,) = next(folder.iterdir()).iterdir()
    assert (result / "report.html").is_file()
    if first in ("sweep", "compare"):
        assert main(["show", str(result)]) == 0 and main(["rerun", str(result), "3"]) == 0


def test_an_analysis_tells_of_a_market_in_which_there_is_nobody(tmp_path, capsys):
    check_command("sensitivity", "nobody", tmp_path, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("market", EMPTY)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_tells_of_every_empty_market(command, market, tmp_path, capsys):
    check_command(command, market, tmp_path, capsys)


def test_a_hypothesis_is_not_applicable_where_there_is_nobody(tmp_path, capsys):
    entry = carry_out_test("specialisation", "nobody", tmp_path, capsys)
    assert entry["verdict"] == "not applicable" and entry["estimate"] is None and not entry["first_stage"]["present"]


def carry_out_test(hypothesis, market, folder, capsys):
    words = [*laid_over(SMALL, EMPTY[market]), *laid_over(HYPOTHESES[hypothesis], ["burn_in=0"])]
    words = ["test", f"hypothesis={hypothesis}", "n_pairs=2", "engine.workers=1", *dict.fromkeys(words)]
    return carried_out(capsys, folder, *words)["hypotheses"][0]


@pytest.mark.slow
@pytest.mark.parametrize("hypothesis", HYPOTHESES)
def test_every_hypothesis_can_be_told_where_there_is_nobody(hypothesis, tmp_path, capsys):
    entry = carry_out_test(hypothesis, "nobody", tmp_path, capsys)
    assert entry["verdict"] in ("not applicable", "identical") and not entry["first_stage"]["present"]


@pytest.mark.full
@pytest.mark.parametrize("market", ["no persons", "no Providers", "no Plans"])
@pytest.mark.parametrize("hypothesis", HYPOTHESES)
def test_every_hypothesis_can_be_told_of_every_empty_market(hypothesis, market, tmp_path, capsys):
    carry_out_test(hypothesis, market, tmp_path, capsys)
