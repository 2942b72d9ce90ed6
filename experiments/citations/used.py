"""Which references a result used, from its manifest: parameters that are on, levers pulled, patterns compared, methods, data."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from experiments.calibration.plan import fitted_patterns
from experiments.citations.bibliography import NO_DOCUMENT, PARAMETERS, bibliography, key_of_name, named_in
from experiments.configuration.drawn import DRAWN
from experiments.validation.growth import SERIES
from experiments.validation.patterns import Pattern, read_patterns, row_of
from sim.configuration import group_names, parameter_table, read_group
from sim.evidence import cited, evidence
from sim.own_rules import known_levers

OFF = (0, "", "none", None, (), [], {})  # False is 0
PLACES = ("seed", "days", "start", "burn_in", "budget")  # of a run; no source is asked of them
WHOLE_GROUPS = ("market", "policy")
INVENTED = "class"  # the preset whose places and sizes are of no country
SECTIONS = ("model", "documents", "literature", "methods", "data")


@dataclasses.dataclass
class Uses:
    """What a result used.

    Attributes
    ----------
    references
        By section (of `SECTIONS`), keys of the bibliography, each with what it was used for.
    assumed
        Keys of the parameters in use whose size no source gives.
    own
        Keys of the parameters that the configuration sets, of which their sources say nothing.
    """

    references: dict[str, dict[str, list[str]]]
    assumed: list[str]
    own: list[str]


def uses_of(manifest: Mapping[str, Any]) -> Uses:
    """What the result of a manifest used."""
    tree, command = manifest["configuration"], manifest["command"]
    values = _values_by_key(tree)
    presets = {str(value) for value in values.get("market.preset", ())}
    found: dict[str, dict[str, list[str]]] = {section: {} for section in SECTIONS}
    rows: dict[str, list[str]] = defaultdict(list)
    assumed, own = [], []
    for row in parameter_table():
        key, source = row["key"], row["source"] or ""
        given = values.get(key, [])
        if key in PLACES or not any(_is_on(value, row["default"], source) for value in given):
            continue
        kept = _keeps_its_source(row, given, presets)
        if not kept and key.partition(".")[0] not in WHOLE_GROUPS:
            own.append(key)
        if "assumption" in source:
            assumed.append(key)
        if kept or "assumption" in source:  # a direction holds whatever the size
            _note_text(source, key, rows, found)
    for lever in sorted(_levers_of(tree, command, presets)):
        kind = known_levers()[lever]
        _note_text(f"{kind.source} {kind.meaning} {kind.claim.mechanism}", f"lever {lever}", rows, found)
    for hypothesis in _parts_with(tree, "estimand"):
        _note_text(" ".join(hypothesis.get("source", [])), f"hypothesis {hypothesis['id']}", rows, found)
    for name, why in _patterns_of(command, tree, presets):
        rows[name].append(why)
    for number, users in sorted(rows.items()):
        for key in evidence()[number].sources:
            if key != NO_DOCUMENT:
                found["documents"].setdefault(key, []).append(f"{number} ({', '.join(dict.fromkeys(users))})")
    _note_tokens(_tokens_of(command, tree, presets), found)
    return Uses(found, assumed, own)


def _note_text(text: str, user: str, rows: dict[str, list[str]], found: dict[str, dict[str, list[str]]]) -> None:
    """Note the rows of evidence and the references that a source names."""
    for number in cited(text):
        rows[number].append(user)
    for name in named_in(text):
        if key := key_of_name(name):
            found["literature"].setdefault(key, []).append(user)


def _tokens_of(command: str, tree: Mapping[str, Any], presets: set[str]) -> set[str]:
    """What a result is, in the words of `usedfor`."""
    tokens = {"model", "data", f"command:{command}", *(f"data:{preset}" for preset in presets)}
    tokens |= {f"asks:{one['estimand']}" for one in _parts_with(tree, "estimand")}
    tokens |= {f"design:{one['design']}" for one in _parts_with(tree, "design") if isinstance(one["design"], str)}
    return tokens | ({"command:calibrate"} if _rests_on_draws(tree) else set())


def _note_tokens(tokens: set[str], found: dict[str, dict[str, list[str]]]) -> None:
    sections = {"model": "model", "data": "data", "command": "methods", "design": "methods", "asks": "methods"}
    for reference in bibliography().values():
        for token in reference.used_for:
            if token in tokens and token != PARAMETERS:
                kind, _, what = token.partition(":")
                found[sections[kind]].setdefault(reference.key, []).append(what or kind)


def _rests_on_draws(tree: Mapping[str, Any]) -> bool:
    return DRAWN in tree


def _is_on(value: Any, default: Any, source: str) -> bool:
    """Whether a parameter acts at a value: zero is off, unless it is the fact that the source states."""
    if value not in OFF:
        return True
    return isinstance(value, int | float) and value == default and bool(cited(source)) and "assumption" not in source


def _keeps_its_source(row: Mapping[str, Any], given: list[Any], presets: set[str]) -> bool:
    """Whether one of the values is that of the source: the default, or the size of a preset of a real place."""
    if row["key"].startswith("market."):
        return bool(presets - {INVENTED})
    default = row["default"]
    return any(value == default or str(value) == str(default) for value in given)


def _patterns_of(command: str, tree: Mapping[str, Any], presets: set[str]) -> Iterator[tuple[str, str]]:
    """Rows of evidence that worlds were compared with or fitted to, each with why."""
    if command == "growth":
        yield from ((name, "compared") for name in SERIES)
    fitted = set().union(*map(_fitted, presets)) if command == "calibrate" or _rests_on_draws(tree) else ()
    for name, pattern in read_patterns().patterns.items():
        if command == "validate" and pattern.market in ("", *presets):
            why = "compared, held out" if evidence()[row_of(name)].held_out else "compared"
            yield from ((number, why) for number in _rows_of(name, pattern))
        if name in fitted:
            yield from ((number, "fitted") for number in _rows_of(name, pattern))


def _fitted(preset: str) -> set[str]:
    return set().union(*fitted_patterns(preset))


def _rows_of(name: str, pattern: Pattern) -> tuple[str, ...]:
    return (row_of(name), *pattern.rows)


# --- what a configuration holds


def _values_by_key(tree: Any) -> dict[str, list[Any]]:
    """All values of each parameter in a configuration: of its worlds, and of arms, controls, factors and structures."""
    known = {row["key"] for row in parameter_table()}
    groups = {key.partition(".")[0] for key in known if "." in key}
    found: dict[str, list[Any]] = defaultdict(list)

    def note(key: str, value: Any) -> None:
        if key in known:
            for one in _single_values(value):
                found[key].append(one)
        elif isinstance(value, Mapping):
            for name, part in value.items():
                note(f"{key}.{name}", part)

    for part in _parts(tree):
        for name, value in part.items():
            if name in known or name in groups or name.partition(".")[0] in groups:
                note(name, value)
    for name in _structures_of(tree):
        for group, value in read_group("structure", name).items():
            note(group, value)
    return found


def _single_values(value: Any) -> list[Any]:
    """A value, or those of a factor: its list, or its ends."""
    if isinstance(value, Mapping):
        return [*value.get("values", []), *(value[end] for end in ("low", "high") if end in value)]
    return [tuple(value) if isinstance(value, list) and not value else value]


def _parts(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a configuration, also those inside others; draws of a posterior are none."""
    if isinstance(tree, Mapping):
        yield tree
        for name, value in tree.items():
            if name != DRAWN:
                yield from _parts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _parts(value)


def _parts_with(tree: Any, key: str) -> list[Mapping[str, Any]]:
    return [part for part in _parts(tree) if key in part]


def _structures_of(tree: Any) -> set[str]:
    """Structures that a configuration names."""
    known = set(group_names("structure"))
    named = (name for part in _parts_with(tree, "structures") for name in part["structures"])
    return {name for name in named if isinstance(name, str) and name in known}


def _levers_of(tree: Any, command: str, presets: set[str]) -> set[str]:
    """Levers that some world of the result has pulled."""
    found: set[str] = set()
    for part in _parts(tree):
        levers = part.get("levers", {})
        if isinstance(levers, Mapping):
            found |= {
                name for name, lever in levers.items() if not isinstance(lever, Mapping) or lever.get("intensity", 1.0) != 0.0
            }
        elif isinstance(levers, list):
            found |= set(levers)
        for arm in part.get("arms", ()):
            if isinstance(arm, str) and isinstance(part["arms"], list) and arm in group_names("policy"):
                found |= set(read_group("policy", arm).get("levers", {}))
    if command == "validate":
        shown = [one for one in read_patterns().patterns.values() if one.market in ("", *presets)]
        found |= {lever for one in shown for lever in one.levers}
    return found & set(known_levers())
