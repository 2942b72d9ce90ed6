"""A sweep of worlds so small that a run takes milliseconds, and the commands of the tests on it."""

from pathlib import Path

from experiments.cli import main

TINY = [
    "market=class", "market.clients=150", "market.searches_per_day=20", "market.bosses=5", "market.prostitutes=15",
    "market.providers=10", "days=60", "burn_in=5", "policy.start_day=20", "engine.workers=1",
]  # fmt: skip
ARMS = ["sweep.arms=[none,venue_crackdown]", "sweep.contrasts=none"]
SWEEP = ["sweep", *TINY, "sweep.factors.labour.bonding=[0.0,0.5,1.0]", "sweep.replicates=2", *ARMS]


def laid_over(words, others):
    """Words of a command line with others in the place of those for the same key, as no key may be given twice."""
    keys = {other.partition("=")[0] for other in others if "=" in other}
    return [*(word for word in words if word.partition("=")[0] not in keys), *others]


def say(capsys, *words):
    """Status, standard output and standard error of a command, in this process."""
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def sweep(capsys, folder, *words):
    """Run the tiny sweep with more words; status, result folder, standard error."""
    status, out, err = say(capsys, *laid_over(SWEEP, words), "--output", str(folder))
    return status, Path(out.strip().splitlines()[-1].removeprefix("Result: ")), err
