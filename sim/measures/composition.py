"""Composition: who is in the market today, by the attributes that describe Bosses, Providers and persons exploited.

The sex of an agent is read by no rule: the sources give shares (E31, E65) and no effect. It is reported here alone. Prior
convictions (E10) and want of a qualification (E11) act where `justice.record_weight`, `careers.record_promotion` and
`careers.unqualified_weight` are up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.state.records import BETWEEN, IN_PLAN, LEFT, MALE

if TYPE_CHECKING:
    from sim.simulation import Simulation

SHARES = ("men", "with_prior_conviction", "without_qualification")


def composition(simulation: Simulation) -> dict[str, dict[str, float | int | None]]:
    """Number and shares by role: Bosses and Providers who have not left, and persons exploited, on the last day run.

    A share of nobody is None. Convictions and qualifications are told of Bosses and Providers, recruitment through family or
    friends (E30) of persons.
    """
    world, counts = simulation.world, simulation.world.counts[0]
    bosses, providers = world.bosses[: counts.bosses], world.providers[: counts.providers]
    persons = world.prostitutes[: counts.prostitutes]
    return {
        "bosses": _with_record(bosses[bosses["status"] != LEFT]),
        "providers": _with_record(providers[providers["status"] != LEFT]),
        "persons_exploited": _recruited(persons[np.isin(persons["status"], (BETWEEN, IN_PLAN))]),
    }


def _described(agents: np.ndarray) -> dict[str, float | int | None]:
    return {"number": len(agents), "men": _share(agents["sex"] == MALE)}


def _recruited(persons: np.ndarray) -> dict[str, float | int | None]:
    return _described(persons) | {"recruited_by_family_or_friends": _share(persons["by_acquaintance"] == 1)}


def _with_record(agents: np.ndarray) -> dict[str, float | int | None]:
    return _described(agents) | {
        "with_prior_conviction": _share(agents["convictions"] > 0),
        "without_qualification": _share(agents["unqualified"] == 1),
    }


def _share(chosen: np.ndarray) -> float | None:
    return float(chosen.mean()) if len(chosen) else None
