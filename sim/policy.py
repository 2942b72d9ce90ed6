"""Policies: the levers in force by day and cell, their intensity and public cost. Levers are defined in `sim.levers`.

A lever's intensity is capacity *on top of* an untouched baseline; zero is the same as no lever, to the last bit.
Committed cost is intensity x capacity x unit cost x days, whatever the outcome: the table
`world.lever_capacity[code, cell]` holds the units of capacity of intensity one in each cell, so that one
formula books the cost of every lever and one factor brings a policy to a budget.
"""

from __future__ import annotations

import numpy as np

from sim.configuration import ConfigurationError, meant
from sim.engine.compiled import rule
from sim.levers import PLATFORM_CLOSURE, Ground, LeverKind
from sim.own_rules import lever_kinds, lever_names
from sim.parameters import VENUE_KINDS, Parameters
from sim.state.records import KINDS, LEVER, LEVERS


def lever_scale(parameters: Parameters, territories: np.ndarray, units: np.ndarray) -> np.ndarray:
    """float64[lever codes, cells]: units of capacity per day of intensity one in each cell.

    `territories` and `units` are the world's tables. A lever without venue kinds uses the first cell of
    each territory. The closure of sites counts sites, which belong to no territory: it uses cell 0.
    """
    kinds = lever_kinds(parameters)
    scale = np.zeros((len(kinds), territories.size * KINDS))
    for z, territory in enumerate(territories):
        ground = Ground(territory, units[territory["jurisdiction"]], parameters)
        for lever in kinds.values():
            for kind, capacity in lever.capacity(ground).items():
                scale[lever.code, z * KINDS + kind] = capacity
    return scale


def lever_records(
    parameters: Parameters, names: list[str], populations: np.ndarray, scale: np.ndarray | None = None
) -> np.ndarray:
    """The levers of a configuration as `LEVERS` records; those with zero intensity are omitted.

    `names` and `populations` are those of the territories; the name `largest` means the most
    populous one. With `scale`, one factor on all intensities meets the budget. Raises
    ConfigurationError for a lever, place or kind that does not exist, and for a budget that cannot be met.
    """
    records = np.zeros(LEVERS, LEVER)
    records["code"] = -1
    policy, kinds = parameters.policy, lever_kinds(parameters)
    row = 0
    for name, lever in sorted(policy.levers.items()):
        where = f"policy.levers.{name}"
        if name not in kinds:
            valid = sorted(kinds)
            own = "; one of your own comes with rule=FILE.py"
            raise ConfigurationError(f"{where}: unknown lever{meant(name, valid)}; valid: {', '.join(valid)}{own}")
        kind = kinds[name]
        territory = _territory_number(lever.territory, names, populations, where)
        _check_aim(lever, kind, parameters.market.platforms, where)
        start = policy.start_day if lever.start is None else lever.start
        end = parameters.days if lever.end is None else lever.end
        if min(end, parameters.days) <= start and lever.intensity > 0.0:
            last, longer = (f"it ends on day {end}", "its end") if end <= start < parameters.days else (
                f"the run ends on day {parameters.days}", "days")  # fmt: skip
            begin = "policy.start_day" if lever.start is None else "its start"
            remedy = f"make {longer} larger or {begin} smaller"
            raise ConfigurationError(f"{where}: {last}, not after its start on day {start}; {remedy}")
        if lever.intensity == 0.0:
            continue
        cost = kind.unit_cost_eur if lever.unit_cost is None else lever.unit_cost
        records[row] = (
            kind.code, start, end, territory, -1 if lever.kind is None else VENUE_KINDS.index(lever.kind),
            -1 if lever.platform is None else lever.platform, lever.intensity, round(cost * 100))  # fmt: skip
        row += 1
    if parameters.budget is not None and scale is not None:
        _scale_to_budget(parameters, records[:row], scale)
    return records


def _check_aim(lever, kind: LeverKind, sites: int, where: str) -> None:
    """Raise ConfigurationError for a venue kind, web site or intensity that the lever cannot have."""
    if lever.kind is not None and lever.kind not in kind.kinds:
        valid = ", ".join(kind.kinds) or "none, as it is not aimed at venues"
        raise ConfigurationError(f"{where}.kind={lever.kind}: not for this lever; valid: {valid}")
    if kind.code == PLATFORM_CLOSURE:
        if lever.territory is not None:
            raise ConfigurationError(f"{where}.territory={lever.territory}: a web site has no territory; use platform=1 or none")
        if lever.platform is not None and lever.platform > sites:
            raise ConfigurationError(f"{where}.platform={lever.platform}: this market has web sites 1 to {sites}")
    elif lever.platform is not None:
        aimed = "only platform_closure is aimed at a web site"
        raise ConfigurationError(f"{where}.platform={lever.platform}: not for this lever; {aimed}")
    if lever.intensity > kind.largest:
        raise ConfigurationError(f"{where}.intensity={lever.intensity}: at most {kind.largest} ({kind.unit})")


def daily_cost(record: np.ndarray, scale: np.ndarray, sites: int) -> float:
    """Committed cents per day of one lever record: intensity x units of capacity in its cells x unit cost."""
    if record["code"] == PLATFORM_CLOSURE:
        capacity = float(sites if record["platform"] < 0 else 1)
    else:
        cells = np.arange(scale.shape[1])
        chosen = (record["territory"] < 0) | (cells // KINDS == record["territory"])
        chosen &= (record["kind"] < 0) | (cells % KINDS == record["kind"])
        capacity = float(scale[record["code"], chosen].sum())
    return float(record["intensity"]) * capacity * float(record["unit_cost"])


def committed_cost_eur(records: np.ndarray, scale: np.ndarray, sites: int, days: int) -> float:
    """Public cost in EUR committed by a policy up to the horizon, over the days its levers are in force."""
    total = 0.0
    for record in records[records["code"] >= 0]:
        length = max(0, min(int(record["end"]), days) - int(record["start"]))
        total += daily_cost(record, scale, sites) * length
    return total / 100.0


def _scale_to_budget(parameters: Parameters, records: np.ndarray, scale: np.ndarray) -> None:
    """Multiply all intensities by one factor so that the committed cost is the budget."""
    asked = f"budget={parameters.budget:g}"
    kinds, names = lever_kinds(parameters), lever_names(parameters)
    unknown = [names[int(code)] for code in records["code"] if kinds[names[int(code)]].realised]
    if unknown:
        raise ConfigurationError(f"{asked}: the cost of {', '.join(unknown)} is known only afterwards; leave the budget out")
    cost = committed_cost_eur(records, scale, parameters.market.platforms, parameters.days)
    if cost <= 0.0:
        name = parameters.policy.name
        raise ConfigurationError(f"{asked}: policy {name} costs nothing, so no factor brings it to a budget; choose another")
    factor = parameters.budget / cost
    for record in records:
        name = names[int(record["code"])]
        record["intensity"] *= factor
        largest = kinds[name].largest
        if record["intensity"] > largest * (1.0 + 1e-9):
            most = cost * largest * factor / record["intensity"]
            raise ConfigurationError(
                f"{asked}: it would take policy.levers.{name}.intensity={record['intensity']:.4g}, and {largest:g} is the most "
                f"({kinds[name].unit}); this policy costs at most {most:.0f} EUR, so lower the budget or add a lever"
            )


def _territory_number(name: str | None, names: list[str], populations: np.ndarray, where: str) -> int:
    if name is None:
        return -1
    if name == "largest":
        return int(np.argmax(populations))
    if name not in names:
        shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        raise ConfigurationError(f"{where}.territory={name}: no such territory{meant(name, names)}; valid: largest, {shown}")
    return names.index(name)


@rule
def switch_levers(day, world):
    """Fill today's `world.lever_intensity[code, cell]` with the intensities in force, and book their committed cost.

    All phases read only that table; the effects of a closure are in the records of the web sites.
    """
    for code in range(world.lever_intensity.shape[0]):
        for cell in range(world.lever_intensity.shape[1]):
            world.lever_intensity[code, cell] = 0.0
    for site in range(world.platforms.size):
        world.platforms[site].closed = 0.0
    for row in range(world.levers.size):
        lever = world.levers[row]
        if lever.code < 0:
            break
        if not lever.start <= day < lever.end:
            continue
        world.unit_cost[lever.code] = lever.unit_cost
        if lever.code == PLATFORM_CLOSURE:
            close_sites(lever, day, world)
            continue
        capacity = 0.0
        for territory in range(world.territories.size):
            if lever.territory >= 0 and lever.territory != territory:
                continue
            for kind in range(KINDS):
                if lever.kind < 0 or lever.kind == kind:
                    world.lever_intensity[lever.code, territory * KINDS + kind] += lever.intensity
                    capacity += world.lever_capacity[lever.code, territory * KINDS + kind]
        world.public_cost[day, lever.code] += int(lever.intensity * capacity * lever.unit_cost + 0.5)


@rule
def close_sites(lever, day, world):
    """Close a share of one web site, or of all; the cost is per site and day."""
    sites = 0
    for site in range(1, world.platforms.size):
        if lever.platform >= 0 and lever.platform != site:
            continue
        sites += 1
        platform = world.platforms[site]
        if platform.closed <= 0.0:
            platform.closed_since = lever.start
        platform.closed = min(1.0, platform.closed + lever.intensity)
    world.public_cost[day, PLATFORM_CLOSURE] += int(lever.intensity * sites * lever.unit_cost + 0.5)


@rule
def added(code, territory, world):
    """Units of capacity added by levers in a territory today."""
    cell = territory * KINDS
    return world.lever_intensity[code, cell] * world.lever_capacity[code, cell]
