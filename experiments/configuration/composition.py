"""From the words of the command line to a validated configuration; a mistake is one clear line.

Hydra composes the groups of `configs/`; the model's classes validate the whole. Keys are checked
before Hydra sees them, so that a misspelt key is answered with the one that was meant.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.configuration.override_values import readable_value
from sim.configuration import ConfigurationError, group_names, meant, parameter_table, read_group, validate
from sim.configuration.own_places import is_market_file
from sim.configuration.plain_values import find_file, plain_text
from sim.configuration.yaml_files import read_mapping
from sim.parameters import Parameters

MODEL_GROUPS = ("market", "demand", "labour", "enforcement", "structure", "policy")
GROUPS_OF = {
    "config": MODEL_GROUPS,
    "test": (*MODEL_GROUPS, "hypothesis", "engine"),
    "sweep": (*MODEL_GROUPS, "engine", "sweep"),
    "sensitivity": (*MODEL_GROUPS, "engine", "sensitivity"),
    "validate": (*MODEL_GROUPS, "engine"),
    "calibrate": (*MODEL_GROUPS, "engine"),
    "growth": (*MODEL_GROUPS, "engine"),
    "frontier": (*MODEL_GROUPS, "engine"),
}
OWN_KEYS = {
    "config": (),
    "test": ("n_pairs", "precision", "scenarios"),
    "sweep": ("shard", "dry_run"),
    "sensitivity": (),
    "validate": ("n_worlds",),
    "growth": ("n_worlds", "growth"),
    "frontier": (
        "budget_a_year", "levers", "population", "generations", "n_worlds", "n_check", "candidates", "structures", "draws",
    ),  # fmt: skip
    "calibrate": ("n_draws", "n_worlds", "trajectories", "waves", "acceptance", "kept"),
}
VALIDATED_LATER = ("hypothesis", "sweep", "sensitivity")  # groups whose own classes name a misspelt key
OF_ONES_OWN = ("sweep", "sensitivity")  # groups that take a file of the user's next to the ready ones
MARKET = "market"  # the group that takes a table of places, or a file that names one
STRUCTURE = "structure"  # the group of which several choices hold at once: structure=[replacement,short_careers]
CONFIGS = "configs"
_YAML = (".yaml", ".yml")
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
    groups = {group: dict(store.repo[group]) if group in store.repo else None for group in (*OF_ONES_OWN, MARKET)}
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
            return OmegaConf.to_container(composed, resolve=False)
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigurationError(_first_line(error)) from None


def key_of(override: str) -> str:
    """The key that an override sets."""
    return override.partition("=")[0].lstrip("+~")


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
        if key.startswith("policy.levers.") or any(key.startswith(f"{group}.") and group in groups for group in VALIDATED_LATER):
            return f"++{key}"
    engine = _engine_keys() if "engine" in groups else set()
    if key in engine:
        return f"++{key}"
    known = _known_keys() | set(OWN_KEYS[config_name]) | engine
    if key not in known and not any(name.startswith(f"{key}.") for name in known):
        choices = sorted(known | set(groups))
        raise ConfigurationError(f"{key}: unknown key{meant(key, choices)}; `plansim parameters` lists all {len(choices)}")
    return key


def _prepare_group(group: str, value: str, config_name: str, several: bool) -> str:
    """The choice of a group, or with `several` choices with commas between them; files of the user's are made known to Hydra."""
    own = group in OF_ONES_OWN and value.endswith(_YAML) or group == MARKET and is_market_file(value)
    if group == STRUCTURE and (found := _UNION.fullmatch(value)):
        return _prepare_union(found[1], value)
    if not several and "," in value and not (own and find_file(value).is_file()):
        raise ConfigurationError(f"{group}={value}: several values at once need --multirun")
    names = []
    for name in value.split(",") if several else [value]:
        name = name.strip()
        if group in OF_ONES_OWN and name.endswith(_YAML):
            name = _register_file(group, name, config_name)
        elif group == MARKET and is_market_file(name):
            name = _register(group, name, read_group(group, name))
        elif name not in (known := group_names(group)):
            raise ConfigurationError(f"{group}={name}: unknown{meant(name, known)}; valid: {', '.join(known)}")
        names.append(name)
    return ",".join(names)


def _prepare_union(inside: str, value: str) -> str:
    """Several structures at once. ConfigurationError for one that is unknown or given twice, or two that disagree on a key."""
    names, known = [name.strip() for name in inside.split(",")], group_names(STRUCTURE)
    for name in names:
        if name not in known:
            raise ConfigurationError(f"structure={value}: {name}: unknown{meant(name, known)}; valid: {', '.join(known)}")
        if names.count(name) > 1:
            raise ConfigurationError(f"structure={value}: {name} is given twice; leave one of the two out")
    setters: dict[str, tuple[str, Any]] = {}
    for name in names:
        for key, number in leaves_of(read_group(STRUCTURE, name)):
            other, theirs = setters.setdefault(key, (name, number))
            if theirs != number:
                raise ConfigurationError(
                    f"structure={value}: {other} sets {key}={theirs} and {name} sets {key}={number}; leave one of the two out"
                )
    return f"[{','.join(names)}]"


def leaves_of(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of every leaf of nested mappings; lists are leaves."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves_of(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _register_file(group: str, given: str, config_name: str) -> str:
    """Make a sweep, or the like, of the user's own known to Hydra next to the ready ones; returns the name it goes by."""
    where = f"{group}={given}"
    content = read_mapping(find_file(given), where)
    if not isinstance(content.get(group), dict):
        raise ConfigurationError(f"{where}: it must have a part named {group}, as the files in configs/{group} have")
    _check_defaults(where, content.get("defaults", []), config_name)
    known = {*Parameters.model_fields, *OWN_KEYS[config_name], group, "engine", "defaults"}
    for key in content:
        if key not in known:
            inside = f" (write {key.split('.')[0]}: and {key.split('.', 1)[1]}: below it)" if "." in key else meant(key, known)
            raise ConfigurationError(f"{where}: unknown key {key}{inside}; valid there: {', '.join(sorted(known))}")
    return _register(group, given, content, "_global_")


def _register(group: str, given: str, content: dict[str, Any], package: str | None = None) -> str:
    """Make the content of a file known to Hydra as a choice of a group; returns the name it goes by."""
    from hydra.core.config_store import ConfigStore

    name = f"file_{hashlib.sha256(given.encode()).hexdigest()[:16]}"
    ConfigStore.instance().store(name=name, group=group, node=content, package=package, provider="file")
    return name


def _check_defaults(where: str, defaults: Any, config_name: str) -> None:
    """Hydra's list of defaults in a user's file: choices of groups, each as `- override /market: class`."""
    for entry in defaults if isinstance(defaults, list) else [defaults]:
        if entry == "_self_":
            continue
        override, name = next(iter(entry.items())) if isinstance(entry, dict) and len(entry) == 1 else ("", None)
        group = override.removeprefix("override /")
        if group == override or group not in GROUPS_OF[config_name] or group in VALIDATED_LATER or not isinstance(defaults, list):
            raise ConfigurationError(f"{where}: defaults: a list of lines such as - override /market: class is needed")
        if name not in (known := group_names(group)):
            raise ConfigurationError(f"{where}: defaults: {group}: {name!r} is unknown; valid: {', '.join(known)}")


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
    model_keys = set(Parameters.model_fields)
    rest = {key: value for key, value in tree.items() if key not in model_keys}
    return validate({key: value for key, value in tree.items() if key in model_keys}), rest
