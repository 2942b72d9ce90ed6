"""Files of the user's as choices of Hydra's groups, and their content in the configurations that name them.

A configuration has the content of every file it was made from, so a result can be repeated without them. Their paths are noted
under `own_files`, for the command on a page; they decide no result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sim.configuration import ConfigurationError, meant, merge, read_group
from sim.configuration.groups import FOLDERS, OF_OWN, asked, group_names, own_file, read_own, shown_path, unknown_name
from sim.parameters import PRESETS, Parameters

ANSWERED_LATER = ("hypothesis", "sweep", "sensitivity")  # groups whose own classes name a misspelt key
OWN_FILES = "own_files"
SEVERAL = ("structure", *OF_OWN)  # groups of which several choices hold at once: structure=[replacement,short_careers]
_WHOLE = (*ANSWERED_LATER, *SEVERAL)  # groups whose files hold keys of the whole configuration


def files_of(tree: Mapping[str, Any] | None, group: str) -> list[str]:
    """Paths of the user's files of a group that a configuration was made from."""
    noted = (tree or {}).get(OWN_FILES) or {}
    return [path for path, of in noted.items() if of == group]


def market_name(tree: Mapping[str, Any] | None, preset: str) -> str:
    """The name by which a market is shown: that of the user's file, with the preset whose places it has in brackets.

    Without a file it is the preset's; places of the user's own have the name of their file already.

    >>> market_name({"own_files": {"markets/mine.yaml": "market"}}, "class"), market_name({}, "class")
    ('mine (class)', 'class')
    """
    files = files_of(tree, "market")
    return f"{Path(files[-1]).stem} ({preset})" if files and preset in PRESETS else preset


def take_files(trees: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Configurations by name without the notes of their files, and the notes by name: none of a joint result's parts has them.

    The second is empty or has one key, so that it can be laid over a joint configuration.
    """
    bare = {name: {key: part for key, part in tree.items() if key != OWN_FILES} for name, tree in trees.items()}
    noted = {name: tree[OWN_FILES] for name, tree in trees.items() if OWN_FILES in tree}
    return bare, {OWN_FILES: noted} if noted else {}


def give_files(tree: Mapping[str, Any], trees: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The parts of a joint configuration with the notes of their files: the reverse of `take_files`."""
    noted = tree.get(OWN_FILES) or {}
    return {name: {**one, OWN_FILES: noted[name]} if name in noted else dict(one) for name, one in trees.items()}


def register(group: str, file: Path, where: str, groups: Collection[str], keys: Collection[str]) -> str:
    """Make a file of the user's known to Hydra next to the ready ones; returns the name it goes by.

    `groups` and `keys`: those of the command, next to the parameters. ConfigurationError, beginning with `where`, for a file
    that does not fit.
    """
    from hydra.core.config_store import ConfigStore

    content = read_own(group, file, where)
    if group in ANSWERED_LATER:
        content = _checked_question(group, content, file, where, groups, keys)
    node = {**(content if group in _WHOLE else {group: content}), OWN_FILES: {shown_path(file): group}}
    name = f"file_{hashlib.sha256(str(file).encode()).hexdigest()[:16]}"
    ConfigStore.instance().store(name=name, group=group, node=node, package="_global_", provider="file")
    return name


def _checked_question(
    group: str, content: dict[str, Any], file: Path, where: str, groups: Collection[str], keys: Collection[str]
) -> dict[str, Any]:
    """A hypothesis, sweep or sensitivity analysis whose keys are known, with all that it names by a path put in or found."""
    known = {*Parameters.model_fields, *keys, group, "engine", "defaults"}
    for key, value in content.items():
        if key not in known:
            inside = f" (write {key.split('.')[0]}: and {key.split('.', 1)[1]}: below it)" if "." in key else meant(key, known)
            raise ConfigurationError(f"{where}: unknown key {key}{inside}; valid there: {', '.join(sorted(known))}")
        if key in groups and key in FOLDERS and isinstance(value, str):
            raise ConfigurationError(f"{where}: {key}: {value}: to choose it, write defaults: and - override /{key}: {value}")
    if "defaults" in content:
        content["defaults"] = _defaults(where, content["defaults"], file, groups, keys)
    part = content[group]
    if isinstance(part.get("table"), str):
        part["table"] = str(file.parent / Path(part["table"]).expanduser())
    try:
        return embed_policies(content, file.parent)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _defaults(where: str, defaults: Any, file: Path, groups: Collection[str], keys: Collection[str]) -> list[Any]:
    """Hydra's list of defaults in a user's file, choices of groups, each as `- override /market: class`; files are registered."""
    found: list[Any] = []
    for entry in defaults if isinstance(defaults, list) else [defaults]:
        if entry == "_self_":
            found.append(entry)
            continue
        override, value = next(iter(entry.items())) if isinstance(entry, dict) and len(entry) == 1 else ("", None)
        group = override.removeprefix("override /")
        if group == override or group not in groups or group in ANSWERED_LATER or not isinstance(defaults, list):
            raise ConfigurationError(f"{where}: defaults: a list of lines such as - override /market: class is needed")
        several = group in SEVERAL and isinstance(value, list)
        names = [_choice(where, group, name, file, groups, keys) for name in (value if several else [value])]
        found.append({override: names if several else names[0]})
    return found


def _choice(where: str, group: str, name: Any, file: Path, groups: Collection[str], keys: Collection[str]) -> str:
    """The name by which Hydra knows a choice of a user's file; a path is relative to it."""
    where = f"{where}: defaults"
    if not isinstance(name, str):
        raise ConfigurationError(f"{where}: {group}: {name!r} is unknown; valid: {', '.join(group_names(group))}")
    try:
        own = own_file(group, name, file.parent)
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None
    if own is not None:
        return register(group, own, f"{where}: {asked(group, name, own)}", groups, keys)
    if name not in group_names(group):
        raise ConfigurationError(unknown_name(group, name, f"{where}: {group}: {name!r}"))
    return name


# --- policies of arms, structures of a list


def embed_policies(tree: dict[str, Any], beside: Path | None = None) -> dict[str, Any]:
    """The tree with the content of the user's policies in its arms; paths are relative to `beside`, or the current folder.

    The policy of a hypothesis' arm, ready or not, is replaced by its levers. ConfigurationError names the arms it is in.
    """
    if isinstance(sweep := tree.get("sweep"), dict) and "arms" in sweep:
        arms = sweep["arms"]
        listed = arms if isinstance(arms, list) else [arms]
        tree = tree | {"sweep": sweep | {"arms": [_of_sweep(arm, "sweep.arms", beside) for arm in listed] if arms else arms}}
    if isinstance(analysis := tree.get("sensitivity"), dict) and isinstance(contrast := analysis.get("contrast"), dict):
        found = {key: _of_sweep(arm, f"sensitivity.contrast.{key}", beside) for key, arm in contrast.items()}
        tree = tree | {"sensitivity": analysis | {"contrast": found}}
    if isinstance(hypothesis := tree.get("hypothesis"), dict):
        tree = tree | {"hypothesis": _of_hypothesis(hypothesis, "hypothesis", beside)}
    return tree


def _of_sweep(arm: Any, where: str, beside: Path | None) -> Any:
    """An arm of a sweep; one that is, or has, a policy of the user's holds its content."""
    named = arm.get("policy") if isinstance(arm, dict) else arm
    content = _own_policy(named, where, beside)
    if content is None:
        return arm
    return arm | {"policy": content} if isinstance(arm, dict) else {"name": content["name"], "policy": content}


def _of_hypothesis(part: dict[str, Any], where: str, beside: Path | None) -> dict[str, Any]:
    """A hypothesis, a control or a curve, with the levers of the policies that its arms name."""
    found = dict(part)
    if isinstance(arms := part.get("arms"), dict):
        found["arms"] = {name: _with_levers(arm, f"{where}.arms.{name}", beside) for name, arm in arms.items()}
    for key in ("controls", "along"):
        if isinstance(several := part.get(key), dict):
            found[key] = {
                name: _of_hypothesis(one, f"{where}.{key}.{name}", beside) if isinstance(one, dict) else one
                for name, one in several.items()
            }
    return found


def _with_levers(arm: Any, where: str, beside: Path | None) -> Any:
    if not isinstance(arm, dict) or "policy" not in arm:
        return arm
    name = arm["policy"]
    content = _own_policy(name, where, beside)
    if content is None:
        try:
            content = read_group("policy", name)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}: {error}") from None
    if "start_day" in content:
        raise ConfigurationError(f"{where}: policy={name}: start_day is the same in all arms of a hypothesis; leave it out there")
    levers = arm.get("levers") or {}
    rest = {key: value for key, value in arm.items() if key != "policy"}
    return rest | {"levers": merge(content["levers"], levers) if isinstance(levers, dict) else levers}


def _own_policy(name: Any, where: str, beside: Path | None) -> dict[str, Any] | None:
    """The content of a policy of the user's; None for what is none."""
    if not isinstance(name, str):
        return None
    try:
        file = own_file("policy", name, beside)
        return None if file is None else {"levers": {}} | read_own("policy", file, asked("policy", name, file))
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def embed_structures(tree: dict[str, Any]) -> dict[str, Any]:
    """The tree with the content of the user's structures in the list `structures`, where it has one."""
    if not isinstance(names := tree.get("structures"), list):
        return tree
    found: list[Any] = []
    for name in names:
        try:
            own = own_file("structure", name) if isinstance(name, str) else None
            if own is not None:
                name = {"name": own.stem, "changes": read_own("structure", own, asked("structure", name, own))}
        except ConfigurationError as error:
            raise ConfigurationError(f"structures: {error}") from None
        found.append(name)
    return tree | {"structures": found}
