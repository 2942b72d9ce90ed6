"""Which structures hold together in which worlds, in words of the command line, and what each changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.configuration.composition import STRUCTURE, key_of, leaves_of
from experiments.configuration.drawn import value_of
from experiments.questions.study import Study
from sim.configuration import ConfigurationError, group_names, meant, read_group
from sim.configuration.groups import is_path

DEFAULT = "default"
ALL = "all"


@dataclasses.dataclass(frozen=True)
class Point:
    """Structures that hold together in some worlds; none of them is the default."""

    sets: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The names of the structures, joined.

        >>> Point(("replacement", "short_careers")).name, Point().name
        ('replacement+short_careers', 'default')
        """
        return "+".join(self.sets) or DEFAULT

    def words(self) -> list[str]:
        """The words of the command line that turn its dials."""
        if len(self.sets) < 2:
            return [f"{STRUCTURE}={name}" for name in self.sets]
        return [f"{STRUCTURE}=[{','.join(self.sets)}]"]


def read_names(key: str, given: str) -> list[str]:
    """The structures asked for, without the default; files of the user's, which must be known by name, by theirs.

    ConfigurationError, one line, for one that is unknown or given twice.
    """
    known = [name for name in group_names(STRUCTURE) if name != DEFAULT]
    if given == ALL:
        return known
    names = [Path(name).stem if is_path(name) else name for name in _listed(given)]
    for name in names:
        if name not in (valid := [ALL, DEFAULT, *known]) or name == ALL:
            raise ConfigurationError(f"{key}={given}: {name}: unknown{meant(name, valid)}; valid: {', '.join(valid)}")
        if names.count(name) > 1:
            raise ConfigurationError(f"{key}={given}: {name} is given twice; leave one of the two out")
    return [name for name in names if name != DEFAULT]


def paths_of(given: str) -> list[str]:
    """The structures asked for that are files of the user's."""
    return [name for name in _listed(given) if is_path(name)]


def _listed(given: str) -> list[str]:
    return [name.strip() for name in given.removeprefix("[").removesuffix("]").split(",")]


def changes_of(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The numbers that each structure sets, by their keys."""
    return {name: dict(leaves_of(read_group(STRUCTURE, name))) for name in names}


def kept_by_hypothesis(
    point: Point, tree: Mapping[str, Any], study: Study, changes: Mapping[str, Mapping[str, Any]], words: Sequence[str]
) -> list[str]:
    """Keys that a structure sets and a hypothesis, or an arm of it, sets otherwise: part of its question, which wins.

    Keys that the user gave are left out: their words win over both.
    """
    given = {key_of(text) for text in words}
    worlds = [tree, *(arm.model_dump(mode="json") for arm in study.scenarios[0].arms.values())]
    kept = []
    for name in point.sets:
        for key, value in changes[name].items():
            above = {key.rsplit(".", n)[0] for n in range(key.count(".") + 1)}
            if not above & given and any(value_of(world, key) != value for world in worlds):
                kept.append(key)
    return kept
