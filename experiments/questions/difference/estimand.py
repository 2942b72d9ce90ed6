"""Difference: any outcome, of the model or of one's own, under a policy less the same without it.

The outcome is that of the adapted window; a pair in which one of the two worlds has no value leaves the estimate unknown.
"""

from __future__ import annotations

import math
from typing import Any

from experiments.questions.estimand import Context, Finding, column
from experiments.sweeps.specification import check_outcome, units_of
from sim.measures.outcomes import outcomes
from sim.parameters import Group, Parameters, choice

ARMS = ("base", "treated")
COLUMNS = {"outcome": ("that of the outcome", "the outcome that the hypothesis names, over the adapted window")}


class Options(Group):
    """What is compared."""

    outcome: str = choice("person_days_in_spell", "model", "name of the outcome; `plansim outcomes` lists those of the model")


def prepare(context: Context, arms: dict[str, Parameters]) -> Context:
    """ConfigurationError for an outcome that the worlds do not have."""
    check_outcome(context.options.outcome, units_of(arms[ARMS[0]].model_dump(mode="json")), "hypothesis.options.outcome")
    return context


def observe(world, windows, options: dict[str, Any]) -> dict[str, float]:
    """Run a world to its horizon; the outcome over the adapted window, NaN where it has no value."""
    world.run()
    found = outcomes(world, *windows.adapted, only=[options["outcome"]], since=world.parameters.policy.start_day)
    value = found[options["outcome"]]["value"]
    return {"outcome": math.nan if value is None else value}


def estimate(rows: dict[str, list], context: Context) -> Finding:
    """The mean difference over pairs, with its interval."""
    base, treated = column(rows, "base", "outcome"), column(rows, "treated", "outcome")
    return Finding.of_mean(treated - base, base=base, treated=treated)
