"""`plansim demo`: one policy in twin worlds of the smallest market, as a picture, within seconds."""

from __future__ import annotations

from experiments.commands import compare
from experiments.comparison.results import LEADING
from experiments.store.result import Options
from sim.configuration import ConfigurationError

SHOWN = ("policies=[none,venue_crackdown]", "market=class", "n_pairs=20")


def main(words: list[str], options: Options) -> int:
    """Compare a policy with none in few small worlds, and say where the picture is; returns the exit status."""
    if words:
        raise ConfigurationError(f"demo: {words[0]}: it takes no words; plansim compare none venue_crackdown {words[0]} does")
    status = compare.main(list(SHOWN), options)
    if status == 0 and not options.json:
        print(f"\nThe picture: over_time_{LEADING}.png in that folder; report.html has all. Next: plansim compare --help")
    return status
