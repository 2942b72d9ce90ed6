"""From the words of the command line to a validated configuration; a mistake is one clear line.

Hydra composes the groups of `configs/`; the model's classes validate the whole. Keys are checked
before Hydra sees them, so that a misspelt key is answered with the one that was meant.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.configuration.override_values import readable_value
from experiments.configuration.own_files import ANSWERED_LATER, SEVERAL, embed_policies, embed_structures, register
from sim.configuration import ConfigurationError, group_names, meant, parameter_table, read_group, validate
from sim.configuration.days import with_day_numbers
from sim.configuration.groups import FOLDERS, OF_OWN, asked, choices_of, is_path, own_file, unknown_name
from sim.configuration.plain_values import find_file, plain_text
from sim.parameters import Parameters

MODEL_GROUPS = ("market", "demand", "labour", "enforcement", "structure", "policy", *OF_OWN)
GROUPS_OF = {
    "config": MODEL_GROUPS,
    "test": (*MODEL_GROUPS, "hypothesis", "engine"),
    "compare": (*MODEL_GROUPS, "engine"),
    "sweep": (*MODEL_GROUPS, "engine", "sweep"),
    "sensitivity": (*MODEL_GROUPS, "engine", "sensitivity"),
    "validate": (*MODEL_GROUPS, "engine"),
    "calibrate": (*MODEL_GROUPS, "engine"),
    "growth": (*MODEL_GROUPS, "engine"),
    "frontier": (*MODEL_GROUPS, "engine"),
    "evaluate": (*MODEL_GROUPS, "engine"),
    "explorable": (*MODEL_GROUPS, "engine"),
}
OWN_KEYS = {
    "config": ("microdata",),
    "test": ("n_pairs", "precision", "scenarios", "microdata"),
    "compare": ("policies", "n_pairs", "precision", "effect_unit", "microdata"),
    "sweep": ("shard", "dry_run", "microdata"),
    "sensitivity": (),
    "validate": ("n_worlds",),
    "growth": ("n_worlds", "growth"),
    "frontier": (
        "budget_a_year", "levers", "population", "generations", "n_worlds", "n_check", "candidates", "structures", "draws",
    ),  # fmt: skip
    "evaluate": ("counts", "worlds"),
    "explorable": ("policies", "intensities", "structures", "n_seeds", "lessons"),
    "calibrate": ("n_draws", "n_worlds", "trajectories", "waves", "acceptance", "kept"),
}
MICRODATA = "microdata"
STRUCTURE = "structure"
CONFIGS = "configs"
_UNION = re.compile(r"\s*\[([^\[\]]*)\]\s*")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")


@contextlib.contextmanager
def hydra_apart() -> Iterator[None]:
    """Hydra for this project alone, with the model's defaults as the group file `model`: a number is stated once.

    What another application, or a notebook, has begun with Hydra rests meanwhile, and is as it was afterwards.
    """
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.version import VersionBase

    store, hydra, job, base = ConfigStore.instance(), GlobalHydra.instance(), HydraConfig.instance(), VersionBase.instance()
    log = logging.getLogger("hydra")
    before = hydra.hydra, job.cfg, base.version_base, log.level
    groups = {group: dict(store.repo[group]) if group in store.repo else None for group in FOLDERS}
    model = store.repo.get("model.yaml")
    hydra.clear()
    log.setLevel(logging.ERROR)
    store.store(name="model", node=_model_defaults(), provider="sim.parameters")
    try:
        yield
    finally:
        GlobalHydra.set_instance(hydra)
        hydra.hydra, job.cfg, base.version_base = before[:3]
        log.setLevel(before[3])
        for name, content in {**groups, "model.yaml": model}.items():
            store.repo.pop(name, None) if content is None else store.repo.update({name: content})


@functools.cache
def _model_defaults() -> dict[str, Any]:
    return json.loads(Parameters().model_dump_json())


def compose(config_name: str, overrides: list[str]) -> dict[str, Any]:
    """The composed configuration as nested dictionaries.

    Raises ConfigurationError, one line, for an unknown key or group, or an override that cannot be read.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_module
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    with hydra_apart():
        prepared = [prepare_override(text, config_name) for text in overrides]
        try:
            with initialize_config_module(CONFIGS, version_base="1.3"):
                composed = hydra_compose(config_name, prepared)
            return complete(OmegaConf.to_container(composed, resolve=False))
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigurationError(_first_line(error)) from None


def key_of(override: str) -> str:
    """The key that an override sets."""
    return override.partition("=")[0].lstrip("+~")


def refuse_two_values(overrides: list[str]) -> None:
    """Refuse a key that is given twice with different values: which of them was meant cannot be known."""
    given: dict[str, str] = {}
    for text in overrides:
        key = key_of(text)
        if given.setdefault(key, text) != text:
            raise ConfigurationError(f"{given[key]} and {text}: {key} is given twice; leave one of the two out")


def take_key(overrides: list[str], key: str) -> tuple[str | None, list[str]]:
    """The last value that is given for a key, None if there is none, and the other overrides."""
    given = [text.partition("=")[2].strip() for text in overrides if key_of(text) == key]
    return (given[-1] if given else None), [text for text in overrides if key_of(text) != key]


def prepare_override(text: str, config_name: str, several: bool = False) -> str:
    """Check the key of one override and give it the form Hydra takes; `several`: a multirun's, with commas.

    Raises ConfigurationError for what is not `key=value` and for an unknown key or group.
    """
    text = plain_text(text, "an override")
    if "=" not in text:
        raise ConfigurationError(f"{text}: an override is written key=value, for example labour.bonding=0.5")
    key, value = text.split("=", 1)
    key = key.lstrip("+~").strip()
    if not key or not value.strip():
        raise ConfigurationError(f"{text}: key and value are both needed, for example labour.bonding=0.5")
    if key in GROUPS_OF[config_name]:
        return f"{key}={_prepare_group(key, value, config_name, several)}"
    return f"{_checked_key(key, config_name)}={readable_value(key, value, several)}"


def _checked_key(key: str, config_name: str) -> str:
    """A key with the sign Hydra needs to set it. ConfigurationError if there is no such key."""
    groups = GROUPS_OF[config_name]
    if _KEY.fullmatch(key):
        if key.startswith("policy.levers.") or any(key.startswith(f"{group}.") and group in groups for group in ANSWERED_LATER):
            return f"++{key}"
    engine = _engine_keys() if "engine" in groups else set()
    if key in engine:
        return f"++{key}"
    known = _known_keys() | set(OWN_KEYS[config_name]) | engine
    if key not in known and not any(name.startswith(f"{key}.") for name in known):
        choices = sorted(known | set(groups))
        raise ConfigurationError(f"{key}: unknown key{meant(key, choices)}; `plansim parameters` lists all {len(choices)}")
    return key


def complete(tree: dict[str, Any]) -> dict[str, Any]:
    """What Hydra composed, with the content of the user's policies and structures that it names by words of the command line.

    Dates of policies become days. A result with `microdata=false` is the one without the key. ConfigurationError for a date that
    is none of the run's, and for another value of that key than true or false.
    """
    asked = tree.get(MICRODATA, False)
    if not isinstance(asked, bool):
        raise ConfigurationError(f"{MICRODATA}={asked}: true or false is needed")
    if not asked:
        tree = {key: part for key, part in tree.items() if key != MICRODATA}
    return with_day_numbers(embed_structures(embed_policies(tree)))


def _prepare_group(group: str, value: str, config_name: str, several: bool) -> str:
    """The choice of a group, or with `several` choices with commas between them; files of the user's are made known to Hydra."""
    if group in SEVERAL and (found := _UNION.fullmatch(value)):
        return _prepare_union(group, found[1], f"{group}={value}", config_name)
    one = not several or (group in FOLDERS and is_path(value) and find_file(value).is_file())
    if not several and "," in value and not (is_path(value) and find_file(value).is_file()):
        raise ConfigurationError(f"{group}={value}: several values at once need --multirun")
    return ",".join(_prepare_name(group, name.strip(), config_name) for name in ([value] if one else value.split(",")))


def _prepare_name(group: str, name: str, config_name: str) -> str:
    """The name by which Hydra knows a choice. ConfigurationError for an unknown one, or a file that does not fit."""
    file = own_file(group, name)
    if file is not None:
        return register(group, file, asked(group, name, file), GROUPS_OF[config_name], OWN_KEYS[config_name])
    if name not in group_names(group):
        raise ConfigurationError(unknown_name(group, name))
    return name


def _prepare_union(group: str, inside: str, where: str, config_name: str) -> str:
    """Several choices at once. ConfigurationError for one that is unknown or given twice, or two that disagree on a key."""
    names = [name.strip() for name in inside.split(",")]
    for name in names:
        if own_file(group, name) is None and name not in group_names(group):
            raise ConfigurationError(unknown_name(group, name, f"{where}: {name}"))
        if names.count(name) > 1:
            raise ConfigurationError(f"{where}: {name} is given twice; leave one of the two out")
    if group in OF_OWN:
        choices_of(group, names)  # two of one name
    setters: dict[str, tuple[str, Any]] = {}
    for name in names if group == STRUCTURE else ():
        for key, number in leaves_of(read_group(group, name)):
            other, theirs = setters.setdefault(key, (name, number))
            if theirs != number:
                sets = f"{other} sets {key}={theirs} and {name} sets {key}={number}"
                raise ConfigurationError(f"{where}: {sets}; leave one of the two out")
    return f"[{','.join(_prepare_name(group, name, config_name) for name in names)}]"


def leaves_of(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of every leaf of nested mappings; lists are leaves."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves_of(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


@functools.cache
def _engine_keys() -> set[str]:
    """Keys of all engines there are: which of them an engine takes is its own affair."""
    return {"engine.name", "engine.workers"} | {
        f"engine.{key}" for name in group_names("engine") for key in read_group("engine", name)
    }


@functools.cache
def _known_keys() -> set[str]:
    return {row["key"] for row in parameter_table()}


def _first_line(error: Exception) -> str:
    """Hydra's message, or that of its cause, without its advice to add the key."""
    lines = [line.strip() for line in f"{error}\n{error.__cause__ or ''}".splitlines() if line.strip() and "+" not in line]
    return "; ".join(lines[:2]) or type(error).__name__


def split_model(tree: dict[str, Any]) -> tuple[Parameters, dict[str, Any]]:
    """The model's part of a composed configuration, validated, and the rest (experiment, engine)."""
    from sim.day import PHASES
    from sim.measures.own_outcomes import check_own_outcomes
    from sim.own_phases import with_own

    model_keys = set(Parameters.model_fields)
    rest = {key: value for key, value in tree.items() if key not in model_keys}
    parameters = validate({key: value for key, value in tree.items() if key in model_keys})
    with_own(PHASES, parameters)
    check_own_outcomes(parameters)
    return parameters, rest
