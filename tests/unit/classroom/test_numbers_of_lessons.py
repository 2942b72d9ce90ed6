"""The numbers in a lesson are those of its worlds: on a page made beforehand, and in the live classroom."""

import asyncio

import numpy as np
import pytest

from experiments.classroom.explorable.grid import run_worlds
from experiments.classroom.explorable.lessons_shown import as_shown, lessons_for, values_for
from experiments.classroom.explorable.results import effects_of, worlds_of
from experiments.classroom.live.service import Service, effect_over_seeds
from experiments.classroom.live.setting import Setting, preset
from experiments.classroom.live.twins import differences_of, run_pair
from experiments.commands.explorable import plan_of, with_contents
from experiments.configuration.composition import compose
from experiments.execution.chunks import world_seed
from experiments.statistics.intervals import mean_interval

WORDS = ["policies=[venue_crackdown]", "intensities=[1]", "structures=[default,replacement]", "n_seeds=2", "days=208"]


@pytest.fixture(scope="module")
def plan():
    return plan_of(with_contents(compose("explorable", WORDS)))


def test_a_page_shows_the_lessons_that_its_grid_can(plan):
    shown = lessons_for(plan, None)
    assert {lesson.name for lesson in shown["en"]} == {lesson.name for lesson in shown["fr"]} < set(names_of_all())
    for lesson in shown["en"]:
        assert lesson.front.setting.policy == "venue_crackdown"


def test_the_usual_page_shows_every_lesson():
    shown = lessons_for(plan_of(with_contents(compose("explorable", []))), None)
    assert [[lesson.name for lesson in shown[language]] for language in ("en", "fr")] == [names_of_all()] * 2


def names_of_all():
    """Names of the lessons that are shipped."""
    return [lesson.name for lesson in Service().lessons["en"]]


def test_numbers_of_a_page_are_its_effects(plan):
    effects = effects_of(plan, worlds_of(plan, [run_worlds(chunk.tasks[0]) for chunk in plan.chunks]))
    by_run = {(e["policy"], e["times"], e["structure"], e["measure"]): e for e in effects}
    lessons = lessons_for(plan, None)
    assert lessons["en"]
    for lesson in lessons["en"]:
        values = values_for(lesson, by_run)
        run = lesson.front.setting
        one = by_run[run.policy, run.intensity, run.structure, run.measure]
        assert (values["effect"], values["low"], values["high"]) == (one["estimate"], one["low"], one["high"])
        assert values["seeds"] == 2
    shown = as_shown(lessons, effects)
    assert not [part for one in shown["en"] + shown["fr"] for part in one["parts"] if "{{" in part["html"]]


def test_live_numbers_are_those_of_the_pairs():
    service = Service()
    setting = preset(Setting(), "venue_crackdown")
    found = asyncio.run(service.effect(setting, "arrests"))
    sums = [total_of(setting, place) for place in range(20)]
    interval = mean_interval(np.array(sums, float))
    assert found["estimate"] == pytest.approx(interval.estimate) and found["low"] == pytest.approx(interval.low)
    assert found["seeds"] == 20 and found["fell"] == sum(one < 0 for one in sums)
    by_week = np.array(differences_of(setting)["difference"]["persons"])
    assert effect_over_seeds(differences_of(setting), "persons").tolist() == by_week[:, -26:].mean(axis=1).tolist()


def total_of(setting, place):
    """By how many more arrests there are with the policy, in the pair of a seed."""
    untreated, treated, _ = run_pair(setting, world_seed(1, place))
    return int((treated - untreated)[5, 28:].sum())


@pytest.mark.slow
def test_live_lessons_have_all_their_numbers():
    service = Service()
    for language in ("en", "fr"):
        for lesson in service.lessons_in(language):
            shown = asyncio.run(service.lesson(lesson))
            assert not [part for part in shown["parts"] if "{{" in part["html"] or "run it to see" in part["html"]]
