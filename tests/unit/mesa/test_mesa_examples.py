"""The examples for Mesa's own tools run as they stand: the batch runner agrees with a sweep, the page can be opened."""

import importlib.util
import re

import pytest

from experiments import api
from tests.worlds import ROOT, TINY, compiled_only

EXAMPLES = ROOT / "docs" / "examples"
SIZES = {name: number for name, number in TINY.items() if name.startswith("market.")}


def example(name):
    """The module of an example."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@compiled_only
@pytest.mark.filterwarnings("ignore::DeprecationWarning:mesa")
def test_the_batch_runner_and_a_sweep_agree_to_the_bit_on_the_same_seeds(tmp_path):
    batch = example("mesa_batch_run")
    settings = {
        "days": batch.DAYS, "burn_in": batch.BURN_IN, "policy.start_day": batch.START, "engine": "serial", "sweep.replicates": 2,
        "sweep.factors.labour.bonding.values": [0.0, 1.0], "sweep.arms": ["none", "outreach_street"],
        "sweep.contrasts": "none", "sweep.outcomes": ["person_days_in_spell"],
    }  # fmt: skip
    swept = api.sweep(market="class", overrides=settings | SIZES, output=tmp_path).frame()
    seeds = sorted({int(seed) for seed in swept["seed"]})
    rows = batch.run_batch(seeds=seeds, sizes=SIZES)
    assert len(rows) == len(swept) == 8
    key = ["policy", "bonding", "seed"]
    ours = swept.rename(columns={"arm": "policy", "labour.bonding": "bonding"}).set_index(key)["person_days_in_spell"]
    theirs = rows.set_index(key)["exploited"]
    assert theirs.nunique() > 2
    assert theirs.sort_index().to_dict() == ours.sort_index().to_dict()


@compiled_only
def test_the_example_of_the_batch_runner_prints_effects(capsys, monkeypatch):
    batch = example("mesa_batch_run")
    monkeypatch.setattr(batch, "SEEDS", [1, 2])
    batch.main()
    said = capsys.readouterr().out
    assert said.startswith("8 worlds\n") and len(re.findall(r"^bonding \d: [+-]\d+\.\d\d persons exploited", said, re.M)) == 2
    assert re.search(r"encounters a week: \d+\.\d on average, \d+ at most", said)


def test_the_page_is_rendered_and_each_browser_has_a_world_of_its_own():
    solara, ipywidgets = pytest.importorskip("solara"), pytest.importorskip("ipywidgets")
    page = example("mesa_solara")
    made = []

    class Noted(page.WatchedMarket):
        def __init__(self, **settings):
            super().__init__(**settings)
            made.append(self)

    page.WatchedMarket = Noted
    boxes = [solara.render(page.Page(), handle_error=False)[1] for _ in range(2)]
    try:
        assert len(made) == 2 and made[0] is not made[1] and made[0].simulation is not made[1].simulation
        pictures = [bytes(one.widget.value) for one in boxes[0].find(ipywidgets.Image)]
        assert len(pictures) == 2 and all(len(picture) > 1000 for picture in pictures), "places and series"
        made[0].step()
        assert (made[0].day, made[1].day) == (1, 0)
        assert page.persons_by_place(made[0]).sum() == made[0].datacollector.model_vars["persons in a Plan"][-1]
    finally:
        for box in boxes:
            box.close()
