"""Small studies for the tests: a hypothesis composed from words, its worlds run, and what is read off one of its scenarios."""

from __future__ import annotations

from typing import Any

from experiments.configuration.composition import compose, split_model
from experiments.questions.analysis import columns_of, entry_of, find
from experiments.questions.estimand import Finding
from experiments.questions.study import Study, prepare
from experiments.questions.twins import run_worlds
from sim.parameters import Parameters

SMALL_WORLD = ("market=class", "market.clients=600", "market.searches_per_day=30", "burn_in=0")
SMALL_STUDY = (*SMALL_WORLD, "days=120", "policy.start_day=40", "hypothesis.transient_days=20", "hypothesis.adapted_days=60")


def prepared(*words: str) -> tuple[Study, Parameters]:
    """The study of a configuration given in words, as `plansim test` composes it; of a word said twice the last holds."""
    parameters, rest = split_model(compose("test", list(words)))
    return prepare(rest, parameters), parameters


def run_study(*words: str) -> tuple[Study, list[dict[str, Any]]]:
    """A study and the rows of its whole plan."""
    study, parameters = prepared(*words)
    return study, [run_worlds(task) for task in study.tasks(parameters.seed)]


def run_scenario(name: str, *words: str) -> tuple[Study, dict[str, list]]:
    """A study and the rows of one of its scenarios, as columns; no other world is run."""
    study, parameters = prepared(*words)
    tasks = [task for task in study.tasks(parameters.seed) if task.scenario == name]
    return study, columns_of([run_worlds(task) for task in tasks], name)


def found_in(name: str, *words: str) -> tuple[Study, Finding]:
    """A study and the estimand over one of its scenarios."""
    study, rows = run_scenario(name, *words)
    return study, find(study, rows)


def entry_in(name: str, *words: str) -> dict[str, Any]:
    """One scenario of a study as the summary tells it: estimate, interval, verdict, parts."""
    study, rows = run_scenario(name, *words)
    return entry_of(study, next(scenario for scenario in study.scenarios if scenario.name == name), rows)


def one_way(hypothesis: str, name: str) -> list[str]:
    """The words for one of the two parameter sets under which the claim goes both ways."""
    changes = compose("test", [f"hypothesis={hypothesis}"])["hypothesis"]["both_ways"][name]
    return [f"{key}={value}" for key, value in changes.items()]


def parts_of(parts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The parts of a finding or of an entry, by their id."""
    return {part["id"]: part for part in parts}


def estimates_of(parts: list[dict[str, Any]]) -> dict[str, float | None]:
    """Their estimates, by their id."""
    return {part["id"]: part["estimate"] for part in parts}
