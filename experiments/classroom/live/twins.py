"""Twin worlds for a setting: one pair to look at, and the differences of many pairs beside it."""

from __future__ import annotations

import collections
import threading
from typing import Any

import numpy as np

from experiments.classroom.live.setting import BEGIN, Setting
from experiments.classroom.scene import DAYS_BEFORE, MEASURE_NAMES, record_futures, setting_of, shown_world, weekly
from experiments.execution.chunks import world_seed
from sim.simulation import Simulation

PAIRS = 20  # of the band
KEPT = 64  # settings whose answers are kept
FIRST = BEGIN - DAYS_BEFORE


def run_pair(setting: Setting, seed: int) -> tuple[np.ndarray, np.ndarray, Simulation]:
    """Counts of the worlds without the policy and with it, int64[rows, days] each, and the first of the two."""
    bare, treated = setting.parameters(seed)
    untreated, futures, world = record_futures(bare, [treated] if setting.levers else [], FIRST, BEGIN)
    return untreated, futures[0] if futures else untreated, world


def scene_of(setting: Setting) -> dict[str, Any]:
    """The scene of one pair, without the differences of others."""
    untreated, treated, world = run_pair(setting, setting.seed)
    territories = len(world.places)
    return setting_of(world, FIRST, BEGIN) | {
        "seed": setting.seed,
        "worlds": [shown_world(untreated, territories), shown_world(treated, territories)],
        "seeds": {"weeks": [], "difference": {}},
    }


def differences_of(setting: Setting) -> dict[str, Any]:
    """Differences by week over pairs on seeds of their own: what a scene has under `seeds`."""
    found, weeks = [], []
    for place in range(PAIRS):
        untreated, treated, _ = run_pair(setting, world_seed(setting.seed, place))
        weeks, difference = weekly(treated - untreated, FIRST, BEGIN)
        found.append(difference)
    together = np.array(found)
    return {
        "weeks": weeks,
        "difference": {name: together[:, row].round(4).tolist() for row, name in enumerate(MEASURE_NAMES)},
    }


class Answers:
    """Answers by setting, made once; the oldest go first. Threads that ask for the same wait for one of them."""

    def __init__(self, make, most: int = KEPT):
        self._make, self._most = make, most
        self._kept: collections.OrderedDict[Setting, Any] = collections.OrderedDict()
        self._turns: dict[Setting, threading.Lock] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, setting: Setting) -> Any:
        """The answer for a setting. ConfigurationError as its worlds raise it."""
        with self._lock:
            if setting in self._kept:
                self._kept.move_to_end(setting)
                return self._kept[setting]
            turn = self._turns.setdefault(setting, threading.Lock())
        with turn:
            if setting in self._kept:
                return self._kept[setting]
            try:
                answer = self._make(setting)
            finally:
                self._turns.pop(setting, None)
            with self._lock:
                self._kept[setting] = answer
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            return answer
