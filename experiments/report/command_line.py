"""The command that repeats a result: what its configuration has other than the defaults, as words of the command line."""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.configuration.composition import MODEL_GROUPS, compose
from experiments.configuration.drawn import value_of
from experiments.configuration.override_values import write_value
from experiments.configuration.own_files import OWN_FILES, files_of, give_files
from sim.configuration import ConfigurationError, merge, read_group, validate_as
from sim.configuration.groups import OF_OWN, choices_of, is_path, ready_names
from sim.parameters import Parameters

NOT_OF_THE_RESULT = ("engine", "drawn", OWN_FILES)
"""Where worlds are run changes no number; draws come from the posterior that is named, content from the files that are."""

DRAWN_AT = "market=class"  # the market of a robustness run, unless another is asked for
GONE = "the file is not there, or not as it was: its content is in manifest.json, and plansim rerun takes it from there"
_BY_VALUE = ("market.preset", "market.places", "market.public_holidays", "market.school_holidays")  # of a user's own market
_FILE = "market=./"  # begins the word that names a user's own market
_MISSING = object()


def configuration_of(folder: Path) -> dict[str, Any] | None:
    """The composed configuration in the manifest of a result folder, or None if there is no manifest."""
    file = folder / "manifest.json"
    return json.loads(file.read_text(encoding="utf-8"))["configuration"] if file.exists() else None


def command_of(tree: Mapping[str, Any] | None, name: str) -> str:
    """The command that tests one hypothesis as a composed configuration does; its defaults without one.

    A hypothesis of the user's is named by its file. If that is gone, a comment after the command says where its content is.
    """
    named = (hypothesis_word(tree, name),)
    try:
        return write_command("test", *named, *(overrides_of("test", tree, named) if tree else ()))
    except ConfigurationError:
        return f"{write_command('test', *named)}  # {GONE}"


def hypothesis_word(tree: Mapping[str, Any] | None, name: str) -> str:
    """The word that names the hypothesis of a configuration: by its file where it is the user's."""
    return f"hypothesis={next(iter(files_of(tree, 'hypothesis')), name)}"


def command_of_all(trees: Mapping[str, Mapping[str, Any] | None]) -> list[str]:
    """The command that tests several hypotheses as their configurations do; one a line where they share no words.

    `trees`: the composed configurations by name.
    """
    known = {name: tree for name, tree in trees.items() if tree}
    try:
        words = joint_overrides("test", {hypothesis_word(tree, name): tree for name, tree in known.items()})
    except ConfigurationError:
        words = None
    if words is None or any(files_of(tree, "hypothesis") for tree in known.values()):  # without a name it tests the ready ones
        return [command_of(tree, name) for name, tree in trees.items()]
    return [write_command("test", *words)]


def command_of_draws(tree: Mapping[str, Any] | None, draws: int, ranges: Sequence[str] = ()) -> str:
    """The command that repeats a robustness run; `ranges` is empty or holds the range that is not the default one.

    `n_pairs` is given if it is not the number that the run would choose by itself.
    """
    from experiments.calibration.draws import RobustnessSpecification
    from experiments.robustness.runs import pairs_for, study_of

    words = [f"robustness={draws}", *(f"robustness_range={name}" for name in ranges)]
    if tree is None:
        return write_command("test", *words)
    trees = give_files(tree, tree["hypotheses"])
    names = [hypothesis_word(one, name) for name, one in trees.items()] if len(trees) == 1 else []
    spec = validate_as(RobustnessSpecification, tree["rules"], "robustness.")
    given = {one["n_pairs"] for one in trees.values() if one["n_pairs"] != pairs_for(study_of(one).scenarios[0], spec)}
    words += [f"n_pairs={pairs}" for pairs in given]
    changed: dict[str, None] = {}
    for name, one in trees.items():  # the size of the draws is the default here
        sized = {key: part for key, part in one.items() if key != "n_pairs"}
        changed |= dict.fromkeys(overrides_of("test", sized, (hypothesis_word(one, name), DRAWN_AT)))
    overridden = {word.split("=", 1)[0] for word in changed}
    fixed = [f"{key}={write_value(value_of(tree['base'], key))}" for key in tree["fixed"] if key not in overridden]
    return write_command("test", *names, *words, *changed, *fixed)


def write_command(command: str, *words: str) -> str:
    """A command line as it is typed into a shell."""
    return shlex.join(["plansim", command, *words])


def joint_overrides(config_name: str, trees: Mapping[str, Mapping[str, Any]]) -> list[str] | None:
    """Words that give all configurations, each next to the word that names it; None if there are none such."""
    words: dict[str, None] = {}
    for named, tree in trees.items():
        words |= dict.fromkeys(overrides_of(config_name, tree, (named,)))
    of_presets = tuple(word for word in words if not word.startswith(_FILE))
    if all(not _leaves_to_say(tree, _composed(config_name, (named, *of_presets))) for named, tree in trees.items()):
        return list(words)
    return None


def overrides_of(config_name: str, tree: Mapping[str, Any], named: Sequence[str] = ()) -> list[str]:
    """The words needed next to `named` so that `compose` gives `tree`: groups first, then single keys.

    Parameters
    ----------
    config_name
        Of `configs/`: "test", for instance.
    tree
        A composed configuration; its engine is left out.
    named
        Words that are given anyway, such as `hypothesis=displacement`.

    A table of the user's own is named by its file, which the result does not hold: `plansim rerun` needs none.
    """
    if not leaves_apart(tree, _composed(config_name, tuple(named))):
        return []
    groups = _groups_of(config_name, tree, tuple(named))
    base = _composed(config_name, (*named, *groups))
    own = []
    if _is_own(tree) and not any(word.startswith("market=") for word in groups):  # its file is gone, and may have set any number
        own, base = [f"{_FILE}{tree['market']['preset']}"], {**base, "market": {}}
    return own + groups + [f"{path}={write_value(value)}" for path, value in _leaves_to_say(tree, base)]


def _is_own(tree: Mapping[str, Any]) -> bool:
    """Whether the places of a configuration are the user's own."""
    return bool(tree.get("market", {}).get("places"))


def _leaves_to_say(tree: Mapping[str, Any], base: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """`leaves_apart` without what the file of a user's own market holds by value."""
    return [(path, value) for path, value in leaves_apart(tree, base) if not (_is_own(tree) and path in _BY_VALUE)]


def leaves_apart(tree: Mapping[str, Any], base: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Dotted path and value of every leaf of `tree` that `base` lacks or has otherwise; lists are leaves."""
    return [
        (path, value) for path, value in _leaves(tree, base) if path.split(".", 1)[0] not in NOT_OF_THE_RESULT
    ]  # fmt: skip


def _composed(config_name: str, words: tuple[str, ...]) -> dict[str, Any]:
    """A composed configuration, only to be read. Files of the user's may change, so these are read again."""
    return compose(config_name, list(words)) if any(map(is_path, words)) else _composed_of_ready(config_name, words)


@functools.lru_cache(maxsize=64)
def _composed_of_ready(config_name: str, words: tuple[str, ...]) -> dict[str, Any]:
    return compose(config_name, list(words))


def _leaves(tree: Mapping[str, Any], base: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        path = f"{above}{key}"
        other = base.get(key, _MISSING) if isinstance(base, Mapping) else _MISSING
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            yield from _leaves(value, other, f"{path}.")
        elif isinstance(value, bool) != isinstance(other, bool) or value != other:
            yield path, value


def _own_additions(tree: Mapping[str, Any]) -> list[str]:
    """The words for outcomes and rules of the user's. ConfigurationError where their files are not as they were."""
    words = []
    for group, key in OF_OWN.items():
        if content := tree.get(key):
            files = files_of(tree, group)
            if choices_of(group, files) != content:
                raise ConfigurationError(GONE)
            words.append(f"{group}={files[0]}" if len(files) == 1 else f"{group}=[{','.join(files)}]")
    return words


def _groups_of(config_name: str, tree: Mapping[str, Any], named: tuple[str, ...]) -> list[str]:
    """`group=option` for each group of the model of which another option than the default comes closer to the tree."""
    words, base = _own_additions(tree), _composed(config_name, named)
    model = json.loads(Parameters().model_dump_json())
    for group in filter(tree.__contains__, MODEL_GROUPS):  # what the others change stands under keys of its own
        nearest, fewest = None, len(leaves_apart({group: tree[group]}, base))
        is_own = group == "market" and _is_own(tree)  # and no ready choice is near
        for name in (*files_of(tree, group), *(() if is_own else ready_names(group))):
            if not fewest:
                break
            try:
                option = read_group(group, name)
            except ConfigurationError:  # a file that is not there any more
                continue
            apart = len(leaves_apart({group: tree[group]}, {group: merge(model[group], option)}))
            if apart < fewest:
                nearest, fewest = name, apart
        words += [f"{group}={nearest}"] if nearest else []
    return words
