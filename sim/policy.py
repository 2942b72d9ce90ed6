"""Levers and policies: what is done, when, where, how much, at what public cost.

A lever's intensity is capacity *on top of* an untouched baseline; zero is absent, to the last bit.
Committed cost is intensity times unit cost times days, whatever comes of it.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from sim.compiled import rule
from sim.configuration import ConfigurationError, _meant
from sim.parameters import VENUE_KINDS, Parameters
from sim.state.records import KINDS, LEVER, LEVERS

VENUE_INSPECTION, STREET_PATROL, ARREST_PROVIDERS, ARREST_BOSSES, PLANTED_AVERSION = 0, 1, 2, 3, 4
LEVER_CODES = 5


@dataclasses.dataclass(frozen=True)
class LeverKind:
    """What a lever is: its code, what one unit of intensity means, and the unit's public cost."""

    code: int
    unit: str
    unit_cost_eur: float
    source: str
    meaning: str
    kinds: tuple[str, ...] = VENUE_KINDS  # venue kinds it may be aimed at
    largest: float = 100_000.0


LEVER_KINDS = {
    "venue_inspection": LeverKind(
        VENUE_INSPECTION, "times the baseline's visits to the cells concerned", 400.0, "assumption",
        "inspections of hotels, flats and homes; the cost is per visit", ("hotel", "flat", "client_home"), 1000.0),
    "street_patrol": LeverKind(
        STREET_PATROL, "times the baseline's patrols of the streets concerned", 300.0, "assumption",
        "patrols of street cells; the cost is per patrol", ("street",), 1000.0),
    "arrest_providers": LeverKind(
        ARREST_PROVIDERS, "share of Providers held from start to end", 90.0, "assumption",
        "arrest of one role only; the cost is per person held and day", (), 1.0),
    "arrest_bosses": LeverKind(
        ARREST_BOSSES, "share of Bosses held from start to end", 90.0, "assumption",
        "arrest of one role only; the cost is per person held and day", (), 1.0),
    "planted_aversion": LeverKind(
        PLANTED_AVERSION, "EUR of disutility of a Plan in the cells concerned", 0.0, "positive control",
        "a planted effect, never a policy: Bosses shun the cells concerned"),
}  # fmt: skip
LEVER_NAMES = {kind.code: name for name, kind in LEVER_KINDS.items()}


def lever_records(parameters: Parameters, names: list[str], populations: np.ndarray) -> np.ndarray:
    """The levers of a configuration as `LEVERS` records; those of zero intensity are left out.

    `names` and `populations` are those of the territories; the name `largest` means the most
    populous one. Raises ConfigurationError for a lever, place or kind that does not exist.
    """
    records = np.zeros(LEVERS, LEVER)
    records["code"] = -1
    policy = parameters.policy
    row = 0
    for name, lever in sorted(policy.levers.items()):
        where = f"policy.levers.{name}"
        if name not in LEVER_KINDS:
            valid = sorted(LEVER_KINDS)
            raise ConfigurationError(f"{where}: unknown lever{_meant(name, valid)}; valid: {', '.join(valid)}")
        kind = LEVER_KINDS[name]
        territory = _territory_number(lever.territory, names, populations, where)
        if lever.kind is not None and lever.kind not in kind.kinds:
            valid = ", ".join(kind.kinds) or "none, as it is aimed at persons by their home"
            raise ConfigurationError(f"{where}.kind={lever.kind}: not for this lever; valid: {valid}")
        if lever.intensity > kind.largest:
            raise ConfigurationError(f"{where}.intensity={lever.intensity}: at most {kind.largest} ({kind.unit})")
        start = policy.start_day if lever.start is None else lever.start
        end = parameters.days if lever.end is None else lever.end
        if end <= start and lever.intensity > 0.0:
            raise ConfigurationError(f"{where}: it ends on day {end}, not after its start on day {start}")
        if lever.intensity == 0.0:
            continue
        cost = kind.unit_cost_eur if lever.unit_cost is None else lever.unit_cost
        records[row] = (
            kind.code, start, end, territory, -1 if lever.kind is None else VENUE_KINDS.index(lever.kind),
            lever.intensity, round(cost * 100))  # fmt: skip
        row += 1
    return records


def _territory_number(name: str | None, names: list[str], populations: np.ndarray, where: str) -> int:
    if name is None:
        return -1
    if name == "largest":
        return int(np.argmax(populations))
    if name not in names:
        shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        raise ConfigurationError(f"{where}.territory={name}: no such territory{_meant(name, names)}; valid: largest, {shown}")
    return names.index(name)


@rule
def switch_levers(day, world):
    """Fill today's table `now[code, cell]` with the intensities in force; all phases read only that."""
    for code in range(world.now.shape[0]):
        for cell in range(world.now.shape[1]):
            world.now[code, cell] = 0.0
    for row in range(world.levers.size):
        lever = world.levers[row]
        if lever.code < 0:
            break
        if not lever.start <= day < lever.end:
            continue
        world.unit_cost[lever.code] = lever.unit_cost
        for territory in range(world.territories.size):
            if lever.territory >= 0 and lever.territory != territory:
                continue
            for kind in range(KINDS):
                if lever.kind < 0 or lever.kind == kind:
                    world.now[lever.code, territory * KINDS + kind] += lever.intensity
