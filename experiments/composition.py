"""From the words of the command line to a validated configuration; a mistake is one clear line.

Hydra composes the groups of `configs/`; the model's classes validate the whole. Keys are checked
before Hydra sees them, so that a misspelt key is answered with the one that was meant.
"""

from __future__ import annotations

import difflib
import functools
import json
import logging
from pathlib import Path
from typing import Any

from sim.configuration import ConfigurationError, parameter_table, validate
from sim.parameters import Parameters

OWN_KEYS = ("n_pairs", "engine.name", "engine.workers")
GROUPS_OF = {
    "config": ("market", "demand", "labour", "enforcement", "policy"),
    "test": ("market", "demand", "labour", "enforcement", "policy", "hypothesis", "engine"),
}
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
        _check_group(key, value)
        return f"{key}={value}"
    if "," in value and not value.lstrip().startswith(("[", "{", "'", '"')) and not several:
        raise ConfigurationError(f"{text}: several values at once need --multirun")
    if key.startswith("policy.levers."):
        return f"++{key}={value}"
    if key.startswith("hypothesis.") and "hypothesis" in groups:
        return f"++{key}={value}"
    known = _known_keys() | (set(OWN_KEYS) if config_name != "config" else set())
    if key not in known and not any(name.startswith(f"{key}.") for name in known):
        choices = sorted(known | set(groups))
        raise ConfigurationError(f"{key}: unknown key{_meant(key, choices)}; `plansim parameters` lists all {len(choices)}")
    return f"{key}={value}"


def _check_group(group: str, value: str) -> None:
    known = sorted(f.stem for f in (_config_folder() / group).glob("*.yaml"))
    for name in value.split(","):  # several are a multirun's
        if name.strip() not in known:
            raise ConfigurationError(f"{group}={name}: unknown{_meant(name, known)}; valid: {', '.join(known)}")


def _config_folder() -> Path:
    import configs

    return Path(configs.__file__).parent


@functools.cache
def _known_keys() -> set[str]:
    return {row["key"] for row in parameter_table()}


def _meant(given: str, valid: list[str]) -> str:
    close = difflib.get_close_matches(given, valid, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _first_line(error: Exception) -> str:
    """Hydra's message without its advice to add the key."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and "+" not in line]
    return "; ".join(lines[:2]) or type(error).__name__


def split_model(tree: dict[str, Any]) -> tuple[Parameters, dict[str, Any]]:
    """The model's part of a composed configuration, validated, and the rest (experiment, engine)."""
    model_keys = set(Parameters.model_fields)
    rest = {key: value for key, value in tree.items() if key not in model_keys}
    return validate({key: value for key, value in tree.items() if key in model_keys}), rest
