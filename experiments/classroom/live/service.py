"""What the pages share: worlds run beside the event loop, answers kept, words, lessons, classes."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from experiments.classroom.follow import plain as follow_plain
from experiments.classroom.lessons.files import Lesson, all_choices, all_lessons, built_in, lesson_json
from experiments.classroom.lessons.front import Run
from experiments.classroom.live.classes import Classes
from experiments.classroom.live.setting import BEGIN, Setting, preset
from experiments.classroom.live.twins import Answers, differences_of, scene_of
from experiments.classroom.scene import LAST_WEEKS, MEASURES, TOTAL
from experiments.classroom.translation import messages, translator
from experiments.statistics.intervals import mean_interval, to_json

SHOWN_FIRST = "venue_crackdown"  # where a link says nothing


class Service:
    """One for all pages. `market`: of all worlds; `lessons`: a folder of the teacher's, or those that are shipped."""

    def __init__(self, market: str = "class", lessons: Path | None = None):
        self.market = market
        self.classes = Classes()
        self._scenes, self._differences = Answers(scene_of), Answers(differences_of)
        self._quick = ThreadPoolExecutor(2, "twins")
        self._slow = ThreadPoolExecutor(1, "seeds")
        self.lessons, faults = all_lessons(built_in() if lessons is None else lessons, all_choices())
        if faults:
            raise faults[0]

    async def be_ready(self) -> None:
        """Run what is shown first, and compile what glass boxes need, while nobody waits for it yet."""
        await self.scene(preset(Setting(self.market), SHOWN_FIRST))
        await self._beside(self._slow, follow_plain.be_ready)

    def close(self) -> None:
        """Leave what is still to be run."""
        for pool in (self._quick, self._slow):
            pool.shutdown(wait=False, cancel_futures=True)

    async def scene(self, setting: Setting) -> dict[str, Any]:
        """The scene of a setting. ConfigurationError for one that cannot be run."""
        return await self._beside(self._quick, self._scenes.get, setting)

    async def differences(self, setting: Setting) -> dict[str, Any]:
        """Differences over many seeds, by week."""
        return await self._beside(self._slow, self._differences.get, setting)

    async def told(self, ask: Callable, setting: Setting, treated: bool, *given: Any, **options: Any) -> Any:
        """What `experiments.classroom.follow` says of a world of a setting."""
        parameters = setting.parameters(setting.seed)[int(treated)]
        return await self._beside(self._quick, functools.partial(ask, parameters, *given, **options))

    @staticmethod
    async def _beside(pool: ThreadPoolExecutor, function: Callable, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, function, *given)

    async def effect(self, setting: Setting, measure: str) -> dict[str, float | None]:
        """Mean difference over the seeds with its interval, and in how many it fell."""
        values = effect_over_seeds(await self.differences(setting), measure)
        return to_json(mean_interval(values)) | {"fell": int((values < 0).sum()), "seeds": len(values)}

    async def lesson(self, lesson: Lesson) -> dict[str, Any]:
        """A lesson as a page has it, with the numbers of its runs."""
        values: dict[str, Any] = {}
        for suffix, run in (("", lesson.front.setting), ("2", lesson.front.compare)):
            if run is not None:
                found = await self.effect(self.setting_of(run), run.measure)
                values |= {f"effect{suffix}": found["estimate"], f"low{suffix}": found["low"], f"high{suffix}": found["high"]}
                values |= {} if suffix else {"share_seeds": found["fell"], "seeds": found["seeds"]}
        return lesson_json(lesson, values)

    def setting_of(self, run: Run) -> Setting:
        """The setting of a run of a lesson."""
        usual = preset(Setting(self.market, seed=run.seed), run.policy)
        structures = () if run.structure == "default" else (run.structure,)
        pulled = tuple((name, intensity * run.intensity) for name, intensity in usual.levers)
        return Setting(self.market, pulled, usual.place, usual.kind, structures, seed=run.seed)

    def lessons_in(self, language: str) -> list[Lesson]:
        """The lessons of a language, or of the first that has any."""
        return self.lessons.get(language) or next(iter(self.lessons.values()))

    @staticmethod
    def translator(language: str) -> Callable[[str], str]:
        """What gives a text in a language."""
        return translator(language)

    @staticmethod
    def messages(language: str) -> dict[str, str]:
        """All texts of a language, for the browser."""
        return messages(language)


def effect_over_seeds(differences: dict[str, Any], measure: str) -> np.ndarray:
    """float64[seeds]: of a mean over the last 26 weeks; of a total the sum since the policy began."""
    by_week = np.array(differences["difference"][measure])
    shown = next(one.shown for one in MEASURES if one.id == measure)
    if shown == TOTAL:
        return by_week[:, [day >= BEGIN for day in differences["weeks"]]].sum(axis=1)
    return by_week[:, -LAST_WEEKS:].mean(axis=1)

