"""Settings of the live classroom: links, presets, costs, worlds, and what a broken link gets."""

import json
import threading
import urllib.parse

import numpy as np
import pytest
import yaml

from experiments.classroom.live.controls import assumptions, lever_ids, levers
from experiments.classroom.live.exports import as_notebook, as_yaml
from experiments.classroom.live.refusal import said
from experiments.classroom.live.setting import Setting, cost_a_year, preset, read_setting
from experiments.classroom.live.twins import Answers, differences_of, run_pair, scene_of
from experiments.classroom.scene import MEASURE_NAMES, record_world
from experiments.execution.chunks import world_seed
from sim.configuration import ConfigurationError, compose, group_names
from sim.levers import LEVER_KINDS
from sim.simulation import Simulation

CRACKDOWN = preset(Setting(), "venue_crackdown")
MANY = Setting(
    levers=(("client_fines", 10.0), ("street_patrol", 50.0)), place="Coast", structures=("replacement", "short_careers"),
    demand=1.25, bonding=0.5, calendar="flat", seed=12)  # fmt: skip


def back(setting):
    """What a link of a setting restores."""
    return read_setting(dict(urllib.parse.parse_qsl(setting.query())), setting.market)


@pytest.mark.parametrize("setting", [Setting(), CRACKDOWN, MANY])
def test_a_link_restores_its_setting(setting):
    assert back(setting) == setting


@pytest.mark.parametrize("policy", group_names("policy"))
def test_every_ready_policy_is_a_setting_that_runs(policy):
    setting = preset(Setting(), policy)
    assert back(setting) == setting
    named, ours = compose("class", policy).policy.levers, setting.parameters(1)[1].policy.levers
    assert {name: (one.intensity, one.territory, one.kind) for name, one in named.items()} == {
        name: (one.intensity, one.territory, one.kind) for name, one in ours.items()
    }


def test_every_stop_of_every_control_can_be_run():
    for several in levers().values():
        for control in several:
            for stop in control.stops[1:]:
                back(Setting(levers=((control.id, stop),)))
    for control in assumptions():
        assert control.unit and control.source and control.meaning
        for stop in control.stops:
            back(Setting(**{control.id: stop}))


def test_levers_have_unit_source_and_sentence():
    assert lever_ids() == LEVER_KINDS.keys() - {"planted_aversion"}
    assert all(one.unit and one.source and one.meaning for several in levers().values() for one in several)


def test_worlds_are_those_of_their_configuration():
    untreated, treated, _ = run_pair(MANY, 12)
    for rows, parameters in zip((untreated, treated), MANY.parameters(12), strict=True):
        assert rows.tolist() == record_world(Simulation(parameters), 152).tolist()
    assert treated[:, :28].tolist() == untreated[:, :28].tolist() and (treated != untreated).any()


def test_without_a_policy_nothing_differs():
    scene = scene_of(Setting(seed=3))
    assert scene["worlds"][0] == scene["worlds"][1] and scene["seed"] == 3


def test_differences_are_those_of_the_pairs():
    found = differences_of(CRACKDOWN)
    untreated, treated, _ = run_pair(CRACKDOWN, world_seed(1, 7))
    daily = (treated - untreated)[0, 28:]
    assert found["weeks"][4] == 180 and set(found["difference"]) == set(MEASURE_NAMES)
    assert np.allclose(found["difference"]["persons"][7][4:], daily.reshape(-1, 7).mean(axis=1), atol=1e-4)


def test_cost_is_that_which_the_world_books():
    cost, more = cost_a_year(CRACKDOWN)
    world = Simulation(CRACKDOWN.parameters(1)[1])
    world.run()
    assert cost * 364 / 365 == pytest.approx(world.world.public_cost.sum() / 100, rel=1e-6) and not more
    assert cost_a_year(Setting(levers=(("arrest_bosses", 0.5),)))[1]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({"venue_inspectoin": "1"}, "did you mean venue_inspection"),
        ({"planted_aversion": "1"}, "nothing is called so"),
        ({"client_fines": "many"}, "client_fines=many: a number"),
        ({"client_fines": "nan"}, "a number"),
        ({"client_fines": "-1"}, "a number from 0"),
        ({"training": "2"}, "training=2: a number from 0 to 1"),
        ({"seed": "0"}, "seed=0: a number from 1"),
        ({"place": "../etc/passwd"}, "place=../etc/passwd: unknown"),
        ({"kind": "street"}, "kind=street: unknown"),
        ({"structure": "nonesuch"}, "structure=nonesuch: unknown"),
        ({"structure": "./mine.yaml"}, "structure=./mine.yaml: unknown"),
        ({"calendar": "x" * 3000}, "longer than"),
    ],
)
def test_a_broken_link_gets_one_line(query, answer):
    with pytest.raises(ConfigurationError, match=".") as caught:
        read_setting(query)
    assert answer in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 500
    assert said(caught.value, "en") == str(caught.value) and said(caught.value, "fr").startswith("lien\u00a0: ")


def test_the_file_of_a_setting_makes_its_policy(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(as_yaml(CRACKDOWN, "http://127.0.0.1:8080/?seed=1"))
    assert compose("class", str(path)).policy.levers == CRACKDOWN.parameters(1)[1].policy.levers
    assert yaml.safe_load(as_yaml(Setting(), ""))["levers"] == {}


@pytest.mark.slow
def test_the_notebook_of_a_setting_runs(tmp_path, monkeypatch):
    import matplotlib

    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    cells = json.loads(as_notebook(MANY, "http://127.0.0.1:8080/"))["cells"]
    found: dict = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "cell", "exec"), found)
    for name, parameters in zip(("without", "treated"), MANY.parameters(12), strict=True):
        straight = Simulation(parameters)
        straight.run()
        assert found[name].simulation.ledger_sha256() == straight.ledger_sha256()


def test_answers_are_made_once_for_many_who_ask():
    made = []
    answers = Answers(lambda setting: made.append(setting) or len(made), most=2)
    threads = [threading.Thread(target=answers.get, args=(CRACKDOWN,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [CRACKDOWN]
    answers.get(MANY), answers.get(Setting())
    assert len(answers) == 2 and answers.get(CRACKDOWN) == 4


def test_an_answer_that_failed_is_asked_for_again():
    def fail(setting):
        raise ConfigurationError("no")

    answers = Answers(fail)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="no"):
            answers.get(CRACKDOWN)
    assert len(answers) == 0
