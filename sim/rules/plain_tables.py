"""The tables of a world for people to read and write: records whose fields are Python numbers."""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import phase
from sim.state.records import KINDS
from sim.state.world import FIELDS, World


class PlainRecord(np.void):
    """A record whose fields read as int and float: whole numbers without bounds, every fraction with 64 bits."""

    def __getattr__(self, name):
        try:
            value = self[name]
        except ValueError:
            raise AttributeError(f"no field {name!r}; there are: {', '.join(self.dtype.names)}") from None
        return value if isinstance(value, np.ndarray) else value.item()

    def __setattr__(self, name, value):
        self[name] = value


def in_plain_numbers(world, params):
    """The same tables with plain records, and the numbers of the rules: the start of every plain phase.

    Values are written to the world itself, which compiled rules accept in this form too.
    """
    readable = object.__new__(World)
    readable.__dict__.update(vars(world))
    for name, kind, _ in FIELDS:
        if kind in RECORDS:
            readable.__dict__[name] = getattr(world, name).view(RECORDS[kind])
    return readable, np.array([params]).view(np.dtype((PlainRecord, params.dtype)))[0]


RECORDS = {kind: np.dtype((PlainRecord, kind)) for _, kind, _ in FIELDS if isinstance(kind, np.dtype) and kind.names}


def callable_from_python(rule):
    """Make a rule that is already plain callable from plain forms: compiled once, kept on disk."""
    return phase(getattr(rule, "py_func", rule))


def note_event(day, code, cell, value, uid, other_uid, world):
    """Append an event if events are recorded and there is room."""
    counts = world.counts[0]
    if counts.record_events and counts.events < len(world.events):
        world.events[counts.events] = (day, code, cell, value, uid, other_uid)
        counts.events += 1


def added(lever, z, world):
    """Units of capacity added by a lever in a territory today."""
    return float(world.lever_intensity[lever, z * KINDS] * world.lever_capacity[lever, z * KINDS])
