"""From the words of the command line to a validated configuration; a mistake is one clear line.

Hydra composes the groups of `configs/`; the model's classes validate the whole. Keys are checked
before Hydra sees them, so that a misspelt key is answered with the one that was meant.
"""

from __future__ import annotations

import functools
import json
import logging
import re
from pathlib import Path
from typing import Any

from sim.configuration import ConfigurationError, meant, parameter_table, validate
from sim.parameters import Parameters

MODEL_GROUPS = ("market", "demand", "labour", "enforcement", "policy")
GROUPS_OF = {
    "config": MODEL_GROUPS,
    "test": (*MODEL_GROUPS, "hypothesis", "engine"),
    "sweep": (*MODEL_GROUPS, "engine", "sweep"),
    "sensitivity": (*MODEL_GROUPS, "engine", "sensitivity"),
}
OWN_KEYS = {"config": (), "test": ("n_pairs", "precision"), "sweep": ("shard", "dry_run"), "sensitivity": ()}
VALIDATED_LATER = ("hypothesis", "sweep", "sensitivity")  # groups whose own classes name a misspelt key
OF_ONES_OWN = ("sweep", "sensitivity")  # groups that take a file of the user's beside the ready ones
CONFIGS = "configs"


@functools.cache
def register_model_defaults() -> None:
    """Give Hydra the model's defaults as the group file `model`: a number stands once, in `sim.parameters`."""
    from hydra.core.config_store import ConfigStore

    defaults = json.loads(Parameters().model_dump_json())
    ConfigStore.instance().store(name="model", node=defaults, provider="sim.parameters")


def compose(config_name: str, overrides: list[str]) -> dict[str, Any]:
    """The composed configuration as nested dictionaries.

    Raises ConfigurationError, one line, for an unknown key or group, or an override that cannot be read.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_module
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    register_model_defaults()
    logging.getLogger("hydra").setLevel(logging.ERROR)
    prepared = [prepare_override(text, config_name) for text in overrides]
    try:
        with initialize_config_module(CONFIGS, version_base="1.3"):
            composed = hydra_compose(config_name, prepared)
        return OmegaConf.to_container(composed, resolve=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(_first_line(error)) from None


def prepare_override(text: str, config_name: str, several: bool = False) -> str:
    """Check the key of one override and give it the form Hydra takes; `several`: a multirun's, with commas.

    Raises ConfigurationError for what is not `key=value` and for an unknown key or group.
    """
    if "=" not in text:
        raise ConfigurationError(f"{text}: an override is written key=value, for example labour.bonding=0.5")
    key, value = text.split("=", 1)
    key = key.lstrip("+~")
    if not key or not value.strip():
        raise ConfigurationError(f"{text}: key and value are both needed, for example labour.bonding=0.5")
    groups = GROUPS_OF[config_name]
    if key in groups and not (several or "," not in value):
        raise ConfigurationError(f"{text}: several values at once need --multirun")
    if key in groups:
        if key in OF_ONES_OWN and value.endswith((".yaml", ".yml")):
            value = _register_file(key, Path(value))
        else:
            _check_group(key, value)
        return f"{key}={value}"
    if "," in value and not value.lstrip().startswith(("[", "{", "'", '"')) and not several:
        raise ConfigurationError(f"{text}: several values at once need --multirun")
    if key.startswith("policy.levers."):
        return f"++{key}={value}"
    if any(key.startswith(f"{group}.") and group in groups for group in VALIDATED_LATER):
        return f"++{key}={value}"
    engine = _engine_keys() if "engine" in groups else set()
    if key in engine:
        return f"++{key}={value}"
    known = _known_keys() | set(OWN_KEYS[config_name]) | engine
    if key not in known and not any(name.startswith(f"{key}.") for name in known):
        choices = sorted(known | set(groups))
        raise ConfigurationError(f"{key}: unknown key{meant(key, choices)}; `plansim parameters` lists all {len(choices)}")
    return f"{key}={value}"


def _check_group(group: str, value: str) -> None:
    known = sorted(f.stem for f in (_config_folder() / group).glob("*.yaml"))
    for name in value.split(","):  # several are a multirun's
        if name.strip() not in known:
            raise ConfigurationError(f"{group}={name}: unknown{meant(name, known)}; valid: {', '.join(known)}")


def _register_file(group: str, path: Path) -> str:
    """Make a sweep, or the like, of the user's own known to Hydra beside the ready ones; the name it goes by."""
    import yaml
    from hydra.core.config_store import ConfigStore

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{group}={path}: it cannot be read ({(error.strerror or str(error)).lower()})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{group}={path}: not a YAML file ({' '.join(str(error).split())[:120]})") from None
    if not isinstance(content, dict) or not isinstance(content.get(group), dict):
        raise ConfigurationError(f"{group}={path}: it must have a part named {group}, as the files in configs/{group} have")
    name = re.sub(r"[^A-Za-z0-9_]", "_", f"file_{path.stem}")
    ConfigStore.instance().store(name=name, group=group, node=content, package="_global_", provider="file")
    return name


@functools.cache
def _engine_keys() -> set[str]:
    """Keys of all engines there are: which of them an engine takes is its own affair."""
    import yaml

    keys = {"engine.name", "engine.workers"}
    for file in (_config_folder() / "engine").glob("*.yaml"):
        keys |= {f"engine.{key}" for key in yaml.safe_load(file.read_text(encoding="utf-8")) or {}}
    return keys


def _config_folder() -> Path:
    import configs

    return Path(configs.__file__).parent


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
