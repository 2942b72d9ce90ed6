"""`plansim explorable`: the same worlds as anywhere else, packed without loss, on one small page; and what mistakes get."""

import json
import re

import numpy as np
import pytest

from experiments.classroom.explorable.grid import run_worlds, unpack
from experiments.classroom.explorable.packing import is_by_week, layout, read_segment, segment
from experiments.classroom.explorable.page import as_json
from experiments.classroom.explorable.results import difference, effects_of, worlds_of
from experiments.classroom.scene import record_world, rows_of
from experiments.commands.explorable import plan_of, with_contents
from experiments.configuration.composition import compose
from sim.parameters import Parameters
from sim.simulation import Simulation
from tests.sweep_worlds import say

SMALL = [
    "policies=[venue_crackdown,training]", "intensities=[0.5,2]", "structures=[default,report_led_police]", "n_seeds=2",
    "days=76", "burn_in=20", "policy.start_day=48", "engine=serial",
]  # fmt: skip


def planned(*words):
    """The plan of these words."""
    return plan_of(with_contents(compose("explorable", [*SMALL, *words])))


def test_worlds_are_those_of_their_configuration():
    plan = planned()
    task = plan.chunks[3].tasks[0]  # the second structure, second seed
    row = run_worlds(task)
    shape = (len(rows_of(3)), 56)
    untreated = unpack(row["untreated"], shape)
    changes = unpack(row["changes"], (2, 2, *shape))
    for place, tree in enumerate(task.trees):
        straight = record_world(Simulation(Parameters.model_validate_json(tree).model_copy(update={"seed": task.seed})), 20)
        found = untreated if place == 0 else untreated + changes[divmod(place - 1, 2)]
        assert found.tolist() == straight.tolist()
    assert np.abs(changes).any(axis=(2, 3)).all() and not changes[..., :28].any()


def test_intensities_multiply_those_of_the_file():
    plan = planned()
    worlds = plan.worlds["default"]
    assert [one.policy.levers["venue_inspection"].intensity for one in worlds[1:3]] == [20.0, 80.0]
    assert not worlds[0].policy.levers and plan.number_of_worlds == 2 * 2 * 5


@pytest.mark.parametrize("running", [True, False])
def test_segments_lose_nothing_but_the_days_of_a_week(running):
    worlds = np.random.default_rng(3).integers(-300, 3000, (4, len(rows_of(3)), 14))
    read = read_segment(segment(worlds, 3, running), 4, 3, 14, running)
    by_week = np.array([is_by_week(row) for row in rows_of(3)])
    assert read[:, ~by_week].tolist() == worlds[:, ~by_week].tolist()
    means = worlds.reshape(4, -1, 2, 7).mean(axis=3)
    assert np.allclose(read[:, by_week], np.repeat(means, 7, axis=2)[:, by_week])


def test_a_number_without_room_is_refused():
    with pytest.raises(OverflowError, match="no room"):
        segment(np.full((1, len(rows_of(3)), 7), 40_000), 3, running=False)


def test_layout_names_every_row_once():
    said = layout(3, 56)
    assert sorted(map(tuple, said["daily"] + said["weekly"]), key=str) == sorted(rows_of(3), key=str)


def test_effects_are_means_over_the_seeds():
    plan = planned()
    worlds = worlds_of(plan, [run_worlds(chunk.tasks[0]) for chunk in plan.chunks])
    effects = {(e["structure"], e["policy"], e["times"], e["measure"]): e for e in effects_of(plan, worlds)}
    assert len(effects) == 2 * 2 * 2 * 9
    daily = worlds["default"][1][:, 0, 1, 0, 28:]
    values = daily.mean(axis=1)  # fewer than 26 weeks: all of them
    one = effects["default", "venue_crackdown", 2.0, "persons"]
    assert one["estimate"] == pytest.approx(values.mean()) and one["fell"] == int((values < 0).sum())
    assert difference(np.ones((2, 10), int), is_total=True).tolist() == [10.0, 10.0]


def test_a_page_is_made_and_made_again_from_what_is_stored(tmp_path, capsys):
    status, out, err = say(capsys, "explorable", *SMALL, "--quiet", "--output", str(tmp_path))
    assert status == 0, err
    folder = next((tmp_path / "explorable").iterdir())
    page = (folder / "explorable.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?https?:""", page), "the page asks another host"
    grid = json.loads(re.search(r'<script type="application/json" id="grid">(.*?)</script>', page, re.S)[1])
    assert [one["name"] for one in grid["policies"]] == ["venue_crackdown", "training"]
    assert grid["seeds"] == [1, 2] and grid["days"] == 56 and grid["weeks"] == 8
    texts = dict(re.findall(r'id="(data-[^"]+)">([^<]*)</script>', page))
    assert len(texts) == 2 * 3
    plan = planned()
    untreated = read_segment(texts["data-default-untreated"], 2, 3, 56, running=True)
    first = unpack(run_worlds(plan.chunks[0].tasks[0])["untreated"], (len(rows_of(3)), 56))
    assert untreated[0, 0].tolist() == first[0].tolist()
    before = (folder / "summary.json").read_text()
    assert say(capsys, "explorable", *SMALL, "--again", "--quiet", "--output", str(tmp_path))[0] == 0
    assert (folder / "summary.json").read_text() == before
    status, out, err = say(capsys, "rerun", str(folder), "3")
    assert status == 0 and "equal" in out, out + err


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("policies=[nonesuch]", "policy=nonesuch: unknown"),
        ("policies=[none]", "none has no lever"),
        ("policies=[training,training]", "training is given twice"),
        ("policies=training", "a list"),
        ("intensities=[2,1]", "rising numbers"),
        ("intensities=[0,1]", "above zero"),
        ("intensities=[3]", "training at 3 times its intensity under default"),
        ("structures=[nonesuch]", "structure=nonesuch: unknown"),
        ("n_seeds=1", "n_seeds=1: a whole number from 2"),
        ("days=80", "whole weeks"),
        ("policy=training", "an explorable takes policies="),
        ("lessons=./nowhere", "no such folder"),
        ("nseeds=4", "unknown key"),
    ],
)
def test_mistakes_get_one_line(word, answer, tmp_path, capsys):
    words = [one for one in SMALL if one.partition("=")[0] != word.partition("=")[0]]
    status, out, err = say(capsys, "explorable", *words, word, "--output", str(tmp_path))
    assert status == 2 and answer in err and len(err.strip().splitlines()) == 1, err


def test_texts_cannot_leave_their_script():
    assert "</script" not in as_json({"meaning": "</script><b>"}) and json.loads(as_json(["<&>"])) == ["<&>"]


