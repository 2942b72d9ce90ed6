"""What may happen to the Providers of a world: their identities are reshuffled, the spells of their vacancies counted.

Rows are places in the market: a Boss's contacts, a file's evidence and a Plan's slots name a row. A reshuffling
changes who stands in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.engine.chance import mix
from sim.state.records import LEFT, PLAN_ENDED, SLOT_FILLED, SLOT_VACANT, WATCH

WHO = (
    "uid", "birth_day", "since", "sex", "unqualified", "convictions", "cash", "days_worked", "plans_served",
    "housing_insecurity", "reservation",
)  # fmt: skip
"""What belongs to the person. All else stays with the row: skills, home and status, which are equal within a class, the
tasks held, ends of custody, and everybody who names the row (contacts, colleagues, files, slots)."""

_SALT = np.uint64(0x6A09E667F3BCC909)  # a stream apart from those of `sim.engine.chance`: only this module draws from it
_STATUSES = 16
_hash = getattr(mix, "py_func", mix)  # the rule as plain NumPy, over whole arrays

SPELL_GROUPS = ("logistics", "watch")


def reshuffle_identities(day: int, seed: int, world) -> None:
    """Deal the persons of each class of Providers again among the rows of that class.

    A class is skills x home territory x status; those who have left are nobody's. The deal is the order of a hash
    of (seed, day, uid), so it is the same whatever the order of rows, and no other draw is touched.
    """
    providers = world.providers[: world.counts[0].providers]
    rows = np.flatnonzero(providers["status"] != LEFT)
    who = providers[rows]
    classes = (who["skills"].astype(np.int64) * world.territories.size + who["home"]) * _STATUSES + who["status"]
    places = rows[np.lexsort((rows, classes))]
    dealt = rows[np.lexsort((deal_words(day, seed, who["uid"]), classes))]
    for name in WHO:
        providers[name][places] = providers[name][dealt]


def deal_words(day: int, seed: int, uids: np.ndarray) -> np.ndarray:
    """uint64[n]: the words by whose order persons are dealt on a day."""
    key = _hash(np.array([seed], np.uint64) ^ _SALT)
    return _hash(_hash(key + np.uint64(day)) ^ uids)


def reshuffle_daily() -> Callable:
    """A phase that deals identities again each morning, for `Simulation.insert_phase`."""

    def deal_identities(day, seed, world, params) -> None:
        reshuffle_identities(int(day), int(seed), world)

    return deal_identities


def vacancy_spells(events: np.ndarray, window: tuple[int, int]) -> dict[str, float]:
    """Spells that began in a window [first, last), per day of it, for logistics tasks and for watch apart.

    `opened`, `filled`, `filled_days` (their lengths, summed), `vacant_days` (lengths of all that have ended, filled
    or not). Of several empty watches of a Plan, the one that was empty first is filled first. A spell that lasts
    beyond the last event is in `opened` only.
    """
    first, last = window
    counts = dict.fromkeys((f"{group}_{what}" for group in SPELL_GROUPS for what in _WHAT), 0.0)
    relevant = events[(events["day"] >= first) & np.isin(events["code"], (SLOT_VACANT, SLOT_FILLED, PLAN_ENDED))]
    waiting: dict[tuple[int, int], list[int]] = {}
    columns = (relevant[name].tolist() for name in ("day", "code", "value", "uid"))
    for day, code, task, boss in zip(*columns, strict=True):
        if code == SLOT_VACANT:
            waiting.setdefault((boss, task), []).append(day)
            if day < last:
                counts[f"{_group(task)}_opened"] += 1.0
        elif code == SLOT_FILLED:
            since = waiting.get((boss, task))
            if since:  # else it began before the window
                _end_spell(counts, _group(task), since.pop(0), day, last, filled=True)
        else:
            for one in range(WATCH + 1):
                for since_day in waiting.pop((boss, one), ()):
                    _end_spell(counts, _group(one), since_day, day, last, filled=False)
    return {name: value / (last - first) for name, value in counts.items()}


_WHAT = ("opened", "filled", "filled_days", "vacant_days")


def _group(task: int) -> str:
    return "watch" if task == WATCH else "logistics"


def _end_spell(counts: dict[str, float], group: str, since: int, day: int, last: int, filled: bool) -> None:
    if since >= last:
        return
    counts[f"{group}_vacant_days"] += day - since
    if filled:
        counts[f"{group}_filled"] += 1.0
        counts[f"{group}_filled_days"] += day - since


class BossesServed:
    """Which Providers worked for which Bosses, by looking at the slots at the end of each day."""

    def __init__(self):
        self._seen: list[np.ndarray] = []

    def look(self, world) -> None:
        """Note who holds a slot of whom tonight."""
        plans = world.plans[: world.counts[0].bosses]
        bosses = np.flatnonzero(plans["open"] == 1)
        holders = plans["slot_holder"][bosses].astype(np.int64)
        used = np.arange(holders.shape[1]) < plans["n_slots"][bosses][:, None]
        place, slot = np.nonzero(used & (holders >= 0))
        self._seen.append(np.unique(bosses[place] << 32 | holders[place, slot]))

    def count(self) -> tuple[np.ndarray, np.ndarray]:
        """int[Providers seen], distinct Bosses each served; int[Bosses seen], distinct Providers each had."""
        both = np.unique(np.concatenate(self._seen)) if self._seen else np.zeros(0, np.int64)
        served = np.unique(both & 0xFFFFFFFF, return_counts=True)[1]
        had = np.unique(both >> 32, return_counts=True)[1]
        return served, had
