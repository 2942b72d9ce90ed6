"""The event table: Plans and vacancy spells, one row per event, off by default."""

from __future__ import annotations

from sim.engine.compiled import rule


@rule
def note_event(day, code, cell, value, uid, other_uid, world):
    """Append an event if events are recorded and there is room (Python empties the table in time)."""
    counts = world.counts[0]
    if counts.record_events == 0 or counts.events >= world.events.size:
        return
    event = world.events[counts.events]
    event.day = day
    event.code = code
    event.cell = cell
    event.value = value
    event.uid = uid
    event.other_uid = other_uid
    counts.events += 1
