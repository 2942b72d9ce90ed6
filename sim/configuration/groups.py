"""The groups of `configs/`: ready choices by name, and files of the user's by path, or by name in a folder that is searched.

A path is what ends in .yaml, .yml or .csv (a table of places, of a market), or has a slash in it. One on the command line is
relative to the current folder, one inside a file to that file.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sim.configuration.days import with_possible_dates
from sim.configuration.own_places import read_market
from sim.configuration.plain_values import ConfigurationError, find_file, meant, plain_text
from sim.configuration.validation import validate_as
from sim.configuration.yaml_files import read_mapping, read_python
from sim.parameters import Parameters

FOLDERS = {
    "market": "markets", "demand": "demand", "labour": "labour", "enforcement": "enforcement", "structure": "structures",
    "policy": "policies", "outcome": "outcomes", "rule": "rules", "hypothesis": "hypotheses", "sweep": "sweeps",
    "sensitivity": "sensitivity",
}  # fmt: skip
"""Groups of which a user may have files, each with the other name its folder may have in a study."""

SUFFIXES = (".yaml", ".yml")
TABLE, PYTHON = ".csv", ".py"
OF_OWN = {"outcome": "own_outcomes", "rule": "own_rules"}
"""Groups of what users add, each with the key of the configuration under which its choices stand by name."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_own: ContextVar[Mapping[tuple[str, str], Path]] = ContextVar("own", default=MappingProxyType({}))  # files by group and name


@functools.cache
def ready_names(group: str) -> tuple[str, ...]:
    """Names of the ready files of a group in `configs/`."""
    folder = resources.files("configs") / group
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".yaml")))


def group_names(group: str) -> tuple[str, ...]:
    """Names that a group has now: the ready ones, then those of the user's."""
    return (*ready_names(group), *sorted(name for of, name in _own.get() if of == group))


def read_group(group: str, name: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of a choice of a group, by name or path, without Hydra's directives. A policy has its name.

    Raises ConfigurationError for an unknown name or a file that cannot be used.
    """
    name = os.fspath(name) if isinstance(name, os.PathLike) else name
    if not isinstance(name, str):
        raise ConfigurationError(f"{group}={name!r}: a name is needed; valid: {', '.join(group_names(group))}")
    name = plain_text(name, group)
    own = own_file(group, name)
    content = copy.deepcopy(_ready_file(group, name)) if own is None else read_own(group, own, asked(group, name, own))
    content.pop("defaults", None)
    return content


@functools.cache
def _ready_file(group: str, name: str) -> dict[str, Any]:
    if name not in ready_names(group):
        raise ConfigurationError(unknown_name(group, name))
    return read_mapping(resources.files("configs") / group / f"{name}.yaml", f"configs/{group}/{name}.yaml")


def unknown_name(group: str, name: str, where: str = "") -> str:
    """The answer to a name that a group does not have; `where` is what it begins with, if not `group=name`."""
    known = group_names(group)
    message = f"{where or f'{group}={name}'}: unknown{meant(name, known)}; valid: {', '.join(known)}"
    folders = ("", f"{group}/", f"{FOLDERS.get(group, group)}/")
    near = (f"{folder}{name}{suffix}" for folder in folders for suffix in SUFFIXES if _NAME.fullmatch(name))
    file = next((path for path in near if group in FOLDERS and Path(path).is_file()), None)
    return message if file is None else f"{message}; for the file {file} write {group}=./{file}"


# --- files of the user's


def is_path(given: str) -> bool:
    """Whether a value of a group is a path rather than a name."""
    return given.lower().endswith((*SUFFIXES, TABLE, PYTHON)) or "/" in given or "\\" in given


def suffixes_of(group: str) -> tuple[str, ...]:
    """How the names of the user's files of a group end."""
    return (PYTHON,) if group == "rule" else (*SUFFIXES, *((TABLE,) if group == "market" else ()))


def choices_of(group: str, files: Iterable[str]) -> dict[str, Any]:
    """The key of a configuration that several files of `OF_OWN` make together.

    ConfigurationError for one that is gone, and for two of one name.
    """
    found: dict[str, Any] = {}
    for file in files:
        content = read_group(group, file)[OF_OWN[group]]
        if twice := found.keys() & content.keys():
            remedy = "leave one out, or give its file another name"
            raise ConfigurationError(f"{group}={file}: a second {group} {min(twice)}; {remedy}")
        found |= content
    return found


def own_file(group: str, given: str, beside: Path | None = None) -> Path | None:
    """The file of the user's that a value of a group stands for; None where it is the name of a ready one, or of none.

    `beside`: the folder that a path is relative to, if not the current one. ConfigurationError for a path to no such file.
    """
    if group not in FOLDERS:
        return None
    if not is_path(given):
        return _own.get().get((group, given))
    where = f"{group}={given}"
    try:
        file = find_file((beside or Path()) / Path(given).expanduser())
        is_file, is_folder = file.is_file(), file.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, a home that is not known, a null
        raise ConfigurationError(f"{where}: it cannot be read ({getattr(error, 'strerror', None) or error})") from None
    if is_folder:
        raise ConfigurationError(f"{where}: a folder; give the file in it")
    if not is_file:
        raise ConfigurationError(f"{where}: no such file{_remedy(group, given, file)}")
    if file.suffix.lower() not in suffixes_of(group):
        raise ConfigurationError(f"{where}: a file that ends in {' or '.join(suffixes_of(group))} is needed")
    return file


def asked(group: str, given: str, file: Path) -> str:
    """What a message on a file begins with: the word that was given, and the file where that is a name."""
    return f"{group}={given}" if is_path(given) else f"{group}={given} ({file.as_posix()})"


def _remedy(group: str, given: str, file: Path) -> str:
    """What was probably meant by a path to no file: a suffix, a name, a neighbour of nearly that name."""
    for suffix in suffixes_of(group):
        if file.with_name(f"{file.name}{suffix}").is_file():
            return f"; there is {given}{suffix}"
    if file.stem in group_names(group):
        return f"; by its name it is {group}={file.stem}"
    try:
        return meant(file.name, [path.name for path in file.parent.iterdir()])
    except OSError:
        return ""


def read_own(group: str, file: Path, where: str) -> dict[str, Any]:
    """The content of a file of the user's. ConfigurationError, beginning with `where`, for one that does not fit its group.

    A policy is named after its file unless it has a name; a market has the numbers of its preset where it has none of its own;
    a hypothesis is known by the name of its file unless it has an `id`.
    """
    if group == "market" and file.suffix.lower() == TABLE:
        return read_market(file, where)
    if group in OF_OWN:
        return _read_addition(group, file, where)
    content = read_mapping(file, where)
    if not content:
        raise ConfigurationError(f"{where}: the file is empty")
    if group == "market" and "places" in content:
        return read_market(file, where)
    if group in ("hypothesis", "sweep", "sensitivity"):
        return _read_question(group, content, file, where)
    if list(content) == [group] and isinstance(content[group], dict):
        raise ConfigurationError(f"{where}: leave the line {group}: out, and begin with what is below it")
    if "defaults" in content:
        raise ConfigurationError(f"{where}: defaults: a {group} has none; leave them out")
    if group == "market":
        preset = content.get("preset", "herault")
        if preset in ready_names(group):
            content = _ready_file(group, preset) | {"preset": preset} | content
    if group == "policy":
        content = {"name": file.stem} | content
        if content["name"] == "none" and content.get("levers"):
            raise ConfigurationError(f"{where}: name: none is that of no policy at all; give this one another")
    _check(group, content, where)
    return content


def _read_question(group: str, content: dict[str, Any], file: Path, where: str) -> dict[str, Any]:
    part = content.get(group)
    if not isinstance(part, dict):
        raise ConfigurationError(f"{where}: it must have a part named {group}, as the files in configs/{group} have")
    if group == "hypothesis":
        content[group] = part = {"id": file.stem} | part
        if part["id"] in ready_names(group):
            raise ConfigurationError(f"{where}: id: {part['id']} is a ready hypothesis; give this one another")
    return content


def _read_addition(group: str, file: Path, where: str) -> dict[str, Any]:
    """An outcome or a rule of the user's as a part of the configuration, under the name of its file, with its Python as text."""
    if group == "rule":
        content = {"source": read_python(file, where)}
    else:
        content = read_mapping(file, where)
        if isinstance(named := content.get("function"), str) and "source" not in content:
            script, colon, function = named.rpartition(":")
            if not colon:
                example = f"{named.removesuffix('.py')}.py:share"
                raise ConfigurationError(f"{where}: function: {named}: give file and name, such as {example}")
            path = file.parent / Path(script).expanduser()
            content = content | {"function": function, "source": read_python(path, f"{where}: function: {named}")}
    content = {OF_OWN[group]: {file.stem: content}}
    validate_as(Parameters, content, f"{where}: ")
    return content


def _check(group: str, content: dict[str, Any], where: str) -> None:
    """ConfigurationError for a file of a part of the model that does not hold by itself."""
    model = Parameters if group == "structure" else Parameters.model_fields[group].annotation
    if group == "policy":
        content = with_possible_dates(content, f"{where}: ")
    validate_as(model, content, f"{where}: ")


@contextlib.contextmanager
def searching(folder: Path, named: str, may_be_empty: bool = False) -> Iterator[None]:
    """Files in the folders of a study (policy/ or policies/, market/ or markets/, ...) are known by their names meanwhile.

    ConfigurationError, beginning with `named`, for a folder that is not there, or has none of those unless it `may_be_empty`; for
    a file whose name is ready, odd or taken.
    """
    found = _files_of(folder, named, may_be_empty)
    before = _own.set(MappingProxyType(found))
    try:
        yield
    finally:
        _own.reset(before)


@contextlib.contextmanager
def known_by_name(group: str, given: Iterable[str]) -> Iterator[list[str]]:
    """Values of a group as names, files that were given by path being known by theirs meanwhile."""
    names, found = [], dict(_own.get())
    for value in given:
        file = own_file(group, value)
        if file is None or not is_path(value):
            names.append(value)
            continue
        _take(found, group, file, str(file))
        names.append(file.stem)
    before = _own.set(MappingProxyType(found))
    try:
        yield names
    finally:
        _own.reset(before)


def word_of(group: str, name: str) -> str:
    """The value by which a name of a group is known everywhere: the path of a file of the user's, or the name of a ready one."""
    file = _own.get().get((group, name))
    return name if file is None else shown_path(file)


def shown_path(file: Path) -> str:
    """A path as a result may keep it: never an absolute one. Outside the current folder, that is the name of the file alone."""
    if not file.is_absolute():
        return file.as_posix()
    with contextlib.suppress(ValueError):
        return file.relative_to(Path.cwd()).as_posix()
    return file.name


def _files_of(folder: Path, named: str, may_be_empty: bool) -> dict[tuple[str, str], Path]:
    if not folder.is_dir():
        raise ConfigurationError(f"{named}: {'a file; give the folder it is in' if folder.exists() else 'no such folder'}")
    found: dict[tuple[str, str], Path] = {}
    inside = [(group, folder / name) for group, plural in FOLDERS.items() for name in dict.fromkeys((group, plural))]
    there = [(group, path) for group, path in inside if path.is_dir()]
    if not (there or may_be_empty):
        raise ConfigurationError(f"{named}: it has none of the folders {', '.join(f'{group}/' for group in FOLDERS)}")
    for group, path in there:
        for file in sorted(path.iterdir()):
            if file.suffix.lower() in suffixes_of(group) and file.suffix.lower() != TABLE and file.name[0] not in "._":
                _take(found, group, file, file.as_posix())
    return found


def _take(found: dict[tuple[str, str], Path], group: str, file: Path, where: str) -> None:
    """Add a file to those known by name."""
    name = file.stem
    if not _NAME.fullmatch(name):
        raise ConfigurationError(f"{where}: known by its name, a file needs one of letters, digits, _ and - alone; rename it")
    if name in ready_names(group):
        raise ConfigurationError(f"{where}: {name} is the name of a ready {group}; rename the file")
    other = found.setdefault((group, name), file)
    if other != file:
        raise ConfigurationError(f"{where}: {other.as_posix()} has the same name; rename one of the two")
