"""A market as a file: its tables as plain arrays, which no program can hide in.

The file is NumPy's `.npz`: a header as JSON (format, code, parameters, state of Mesa's two generators) and the tables. It is read
without `pickle`, so a file from elsewhere cannot run anything. What it cannot hold, such as a phase of one's own, is refused.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from sim.configuration import ConfigurationError, validate
from sim.day import PHASES
from sim.engine.compiled import SOURCE_DIGEST
from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state.params import RULES
from sim.state.records import EVENT
from sim.state.world import FIELDS

FORMAT = "plansim market 1"
_HEADER, _PARAMS, _EVENTS = "header", "params", "events_before"
_KINDS = {name: np.dtype(kind) for name, kind, _ in FIELDS} | {_PARAMS: RULES, _EVENTS: np.dtype(EVENT)}


def write_snapshot(simulation: Simulation, path: str | os.PathLike, extra: dict[str, Any] | None = None) -> Path:
    """Write a simulation as of today into a file, whole or not at all; `extra` is kept with it. Returns the path.

    ConfigurationError within a day, for phases of one's own, and where the file cannot be written.
    """
    path = Path(path)
    if simulation.phases != list(PHASES):
        own = ", ".join(name for name, phase in simulation.phases if (name, phase) not in PHASES)
        raise ConfigurationError(f"save: the phase {own} is Python code, which a file of tables cannot hold; pickle the market")
    _refuse_python(simulation.parameters, "save: ")
    state = simulation.__getstate__()
    header = {"format": FORMAT, "code": SOURCE_DIGEST, "extra": extra or {}}
    header |= {"parameters": simulation.parameters.model_dump(mode="json")}
    arrays = simulation.world.tables() | {_PARAMS: simulation.params, _EVENTS: _joined(state["_event_batches"])}
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(draft, "wb") as file:
            plain = {name: array.view(np.uint8) if array.dtype.names else array for name, array in arrays.items()}
            np.savez_compressed(file, **{_HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8)}, **plain)
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigurationError(f"save: {path} cannot be written: {error.strerror or error}") from None
    return path


def read_snapshot(path: str | os.PathLike) -> tuple[Simulation, dict[str, Any]]:
    """The simulation in a file, and what was kept with it. ConfigurationError in one line if it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(bytes(file[_HEADER]))
            arrays = {name: file[name] for name in file.files if name != _HEADER}
    except OSError as error:
        raise ConfigurationError(f"load: {path} cannot be read: {error.strerror or 'not a market written by save'}") from None
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise ConfigurationError(f"load: {path} is damaged, or not a market written by save; run it again") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT or header.get("code") != SOURCE_DIGEST:
        raise ConfigurationError(f"load: {path} was written by another version of the model; run it again from its seed")
    parameters = validate(header["parameters"])
    _refuse_python(parameters, f"load: {path}: ")
    simulation = Simulation(parameters)
    try:
        whole = {name: np.ascontiguousarray(arrays[name]).view(kind) for name, kind in _KINDS.items()}
        simulation.restore({name: whole[name] for name, _, _ in FIELDS}, whole[_PARAMS], whole[_EVENTS])
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(f"load: {path} lacks a table, or has one of another shape; run it again from its seed") from None
    return simulation, header["extra"]


def _refuse_python(parameters: Parameters, where: str) -> None:
    """ConfigurationError for a configuration with Python in it: a file of tables must not run anything."""
    own = [*parameters.own_rules, *(name for name, outcome in parameters.own_outcomes.items() if outcome.source is not None)]
    if own:
        raise ConfigurationError(f"{where}the configuration has Python of its own ({', '.join(own)}); pickle the market instead")


def _joined(batches: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, EVENT), *batches])
