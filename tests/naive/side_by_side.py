"""A world with plain phases beside the model's own, day by day."""

from __future__ import annotations

from collections.abc import Callable

from sim.parameters import Parameters
from sim.simulation import Simulation
from sim.state.records import COUNTS
from sim.state.world import World
from tests.worlds import agenda

LISTS = {  # what a list of the day holds beyond its end, or between two phases, has no meaning
    "agenda_head", "agenda_next", "agenda_count", "agenda_client", "row_queue", "queue_keys", "channels", "scratch",
    "key_copy", "byte_starts", "boss_queue", "lowest_hashes", "lowest_rows", "choice_value", "choice_low", "choice_hash",
    "best_key", "running", "offers", "booked_client", "booked_place", "files", "applicants", "reach", "reach_start", "sight_rate",
    "sight_place", "sight_step", "sight_dimness", "pool", "pool_step", "risk", "sight_start",
}  # fmt: skip
COUNTERS = ("queued", "free_chunk", "in_sight", "files")  # of such lists


def state_of(world: World) -> dict[str, bytes]:
    """All that is handed on from day to day, and the day's lists of who runs, who is idle and who is at risk."""
    state = {name: table.tobytes() for name, table in world.tables().items() if name not in LISTS}
    counts, pool = world.counts[0], world.pool_start[-1]
    ends = {"running": counts.running, "pool": pool, "pool_step": pool, "risk": world.risk_start[-1]}
    for name, end in (ends | {"offers": counts.running, "booked_client": counts.booked, "booked_place": counts.booked}).items():
        state[name] = getattr(world, name)[:end].tobytes()
    state["counts"] = bytes(str([counts[name] for name in COUNTS.names if name not in COUNTERS]), "ascii")
    state["agenda"] = bytes(str(agenda(world)), "ascii")
    return state


def first_day_apart(parameters: Parameters, days: int, **plain: Callable) -> tuple[int, list[str]] | None:
    """The first day on whose evening a world with some plain phases differs from the model's, and in what; or None."""
    model, other = Simulation(parameters, record_events=True), Simulation(parameters, record_events=True)
    for name, phase in plain.items():
        other.replace_phase(name, phase)
    for day in range(days):
        model.run(1)
        other.run(1)
        states = state_of(model.world), state_of(other.world)
        apart = [name for name in states[0] if states[0][name] != states[1][name]]
        if apart:
            return day, apart
    assert model.ledger_sha256() == other.ledger_sha256()
    return None
