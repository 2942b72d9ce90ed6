"""`posterior=RESULT|published`: worlds at draws of a calibration, next to any command that runs many of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.calibration.posterior import NAME, PUBLISHED, read_posterior
from experiments.configuration.composition import compose, take_key
from experiments.configuration.drawn import DRAWN, POSTERIOR, as_drawn, keys_of_its_own
from experiments.execution.chunks import DRAWS_STREAM, stream_generator
from experiments.store.folders import find_result, results_named
from sim.parameters import PRESETS


def compose_with_draws(command: str, words: list[str], root: Path) -> dict[str, Any]:
    """The configuration of a command, with the draws of `posterior=` if the words have it; `root`: the folder of results."""
    given, others = take_key(words, POSTERIOR)
    tree = compose(command, others)
    return tree if given is None else with_draws(tree, whole_name(given, root))


def whole_name(given: str, root: Path) -> str:
    """What `posterior=` names, written out where it is the beginning of a name. StoreError if several results begin so."""
    plain = given.strip("\"'")
    holds = f"{NAME}.parquet"
    if plain == PUBLISHED or Path(plain).exists() or not results_named(plain, root, holds):
        return given
    return str(find_result(plain, root, holds))


def with_draws(tree: dict[str, Any], given: str) -> dict[str, Any]:
    """A configuration that holds the draws of a posterior; what the user, a hypothesis or a structure sets is not drawn."""
    found = read_posterior(given)
    preset = tree["market"]["preset"]
    usual = compose("config", [f"market={preset}"] if preset in PRESETS else [])  # numbers of a user's own market are not drawn
    values = found.resample(len(found.values), stream_generator(tree["seed"], DRAWS_STREAM))
    return tree | {POSTERIOR: given, DRAWN: as_drawn(values, keys_of_its_own(tree, usual, values[0]))}
