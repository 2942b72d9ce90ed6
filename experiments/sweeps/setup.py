"""What a sweep may vary and compare: factors checked against the parameters, arms, the target of levers."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.sweeps.factor_paths import RESERVED, annotations_by_path, lever_of, type_at
from experiments.sweeps.runs import ArmSetting, set_all
from experiments.sweeps.specification import Arm, SweepSpecification
from sim.configuration import ConfigurationError, meant, merge, read_group, validate
from sim.initialisation.own_places import sites_of
from sim.own_rules import known_levers
from sim.parameters import VENUE_KINDS, Parameters
from sim.policy import lever_records


def check_factors(spec: SweepSpecification, base: Parameters) -> SweepSpecification:
    """The sweep with whole-numbered factors marked as such. ConfigurationError for a path or value that cannot be."""
    factors = dict(spec.factors)
    for path, factor in factors.items():
        kind = type_at(path)
        if factor.values is None:
            if kind not in (int, float):
                raise ConfigurationError(f"sweep.factors.{path}: a range needs a number, and this is a choice; give values=[...]")
            if kind is int and not factor.whole:
                factor = factors[path] = factor.model_copy(update={"whole": True})
            if factor.whole and (factor.high < int(factor.low) + 1 or (factor.log and factor.low < 1)):
                raise ConfigurationError(f"sweep.factors.{path}: no whole numbers to choose from between low and high")
        _check_values(path, factor, base)
    return spec.model_copy(update={"factors": factors})


def _check_values(path: str, factor, base: Parameters) -> None:
    """Each value by itself must be one the parameter can take; bad combinations are left to their rows."""
    ends = (round(factor.low), round(factor.high)) if factor.whole else (factor.low, factor.high)
    tree = base.model_dump(mode="json")
    for value in ends if factor.values is None else factor.values:
        try:
            validate(set_all(tree, {path: value}))
        except ConfigurationError as error:
            if str(error).startswith(f"{path}=") or f"; {path}=" in str(error):
                raise ConfigurationError(f"sweep.factors: {error}") from None


def arms_of(spec: SweepSpecification, base: Parameters) -> tuple[ArmSetting, ...]:
    """The arms with their policies, and which factors concern each: a lever's only the arms that have it."""
    if not spec.arms:
        arms = [(base.policy.name, base.policy.model_dump(mode="json", exclude_defaults=True), {})]
    elif base.policy.levers:
        raise ConfigurationError(f"policy={base.policy.name}: this sweep sets its own arms; change sweep.arms instead")
    else:
        arms = [(arm.name, _policy_of(arm), arm.overrides) for arm in spec.arms]
    has = [set(policy.get("levers", {})) | {lever_of(path) for path in over} for _, policy, over in arms]
    settings = []
    for (name, policy, overrides), levers in zip(arms, has, strict=True):
        policy = {"start_day": base.policy.start_day} | policy | {"name": name}
        concerned = tuple(_concerns(path, levers, has) for path in spec.factors)
        setting = ArmSetting(name, policy, overrides, concerned)
        _check_arm(setting, base, bool(spec.arms))
        settings.append(setting)
    return tuple(settings)


def _policy_of(arm: Arm) -> dict[str, Any]:
    if isinstance(arm.policy, str):
        content = read_group("policy", arm.policy)
    else:
        content = arm.policy.model_dump(mode="json", exclude_unset=True) if arm.policy else {"levers": {}}
    for name in arm.levers:
        if name not in known_levers():
            raise ConfigurationError(f"sweep.arms: arm {arm.name}: unknown lever {name}{meant(name, known_levers())}")
    given = {name: lever.model_dump(mode="json", exclude_unset=True) for name, lever in arm.levers.items()}
    return merge(content, {"levers": given})


def _concerns(path: str, levers: set, every: list[set]) -> bool:
    """Whether a factor is set in an arm with these levers; a lever that no arm has is given to all."""
    lever = lever_of(path)
    return lever is None or lever in levers or not any(lever in others for others in every)


def _check_arm(arm: ArmSetting, base: Parameters, named: bool) -> None:
    """ConfigurationError for an arm whose overrides or levers can never run."""
    for path in arm.overrides:
        if path in RESERVED or (path not in annotations_by_path() and not lever_of(path)):
            reason = RESERVED.get(path) or f"unknown parameter{meant(path, list(annotations_by_path()))}"
            raise ConfigurationError(f"sweep.arms: arm {arm.name}: {path}: {reason}")
    tree = set_all(base.model_dump(mode="json") | {"policy": arm.policy, "budget": None}, arm.overrides)
    sites = sites_of(base.market)
    try:
        parameters = validate(tree)
        lever_records(parameters, [place.name for place in sites], np.array([place.population for place in sites]))
    except ConfigurationError as error:
        raise ConfigurationError(f"sweep.arms: arm {arm.name}: {error}" if named else str(error)) from None


def target_cells(spec: SweepSpecification, arms, base: Parameters) -> tuple[tuple[int, ...], str]:
    """Cells of the target and its name: the one given, or the only one that levers of the arms are aimed at."""
    if spec.target is not None:
        aims = {(spec.target.territory, spec.target.kind)}
    else:
        levers = [lever for arm in arms for lever in arm.policy.get("levers", {}).values()]
        aims = {(lever.get("territory"), lever.get("kind")) for lever in levers}
        aims.discard((None, None))
    if len(aims) != 1 or aims == {(None, None)}:
        return (), ""
    territory, kind = next(iter(aims))
    sites = sites_of(base.market)
    names = [place.name for place in sites]
    if territory == "largest":
        territory = names[int(np.argmax([place.population for place in sites]))]
    if territory is not None and territory not in names:
        raise ConfigurationError(f"sweep.target.territory={territory}: no such territory{meant(territory, names)}")
    cells = tuple(
        z * len(VENUE_KINDS) + k
        for z, name in enumerate(names)
        for k, known in enumerate(VENUE_KINDS)
        if territory in (None, name) and kind in (None, known)
    )
    return cells, ", ".join(part for part in (territory, kind) if part)


def with_levers(levers: dict[str, dict]) -> dict[str, dict]:
    """Levers without those of intensity 0, which are absent to the last bit."""
    return {name: lever for name, lever in levers.items() if lever.get("intensity", 0.0) != 0.0}


def type_of(values: list) -> type:
    """The type of a column that holds these values: bool, int, float or str."""
    types = {type(value) for value in values if value is not None}
    for fitting in (bool, int, float):
        if types <= ({int, float} if fitting is float else {fitting}) and types:
            return fitting
    return str
