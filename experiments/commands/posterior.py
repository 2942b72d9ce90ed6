"""`posterior=RESULT|published`: worlds at draws of a calibration, next to any command that runs many of them."""

from __future__ import annotations

from typing import Any

from experiments.calibration.posterior import read_posterior
from experiments.configuration.composition import compose, take_key
from experiments.configuration.drawn import DRAWN, POSTERIOR, as_drawn, keys_of_its_own
from experiments.execution.chunks import DRAWS_STREAM, stream_generator
from sim.parameters import PRESETS


def compose_with_draws(command: str, words: list[str]) -> dict[str, Any]:
    """The configuration of a command, with the draws of `posterior=` if the words have it."""
    given, others = take_key(words, POSTERIOR)
    tree = compose(command, others)
    return tree if given is None else with_draws(tree, given)


def with_draws(tree: dict[str, Any], given: str) -> dict[str, Any]:
    """A configuration that holds the draws of a posterior; what the user, a hypothesis or a structure sets is not drawn."""
    found = read_posterior(given)
    preset = tree["market"]["preset"]
    usual = compose("config", [f"market={preset}"] if preset in PRESETS else [])  # numbers of a user's own market are not drawn
    values = found.resample(len(found.values), stream_generator(tree["seed"], DRAWS_STREAM))
    return tree | {POSTERIOR: given, DRAWN: as_drawn(values, keys_of_its_own(tree, usual, values[0]))}
