"""Where Hydra is active already, in a notebook or another application: composing works, and theirs is as it was."""

import logging
import subprocess
import sys

import hydra
import pytest
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.version import VersionBase

from experiments.configuration.composition import compose
from sim.configuration import ConfigurationError
from tests.worlds import ROOT


@pytest.fixture
def theirs(tmp_path):
    """Another application's configuration, composed with an older version's rules."""
    (tmp_path / "own.yaml").write_text("defaults: [base, _self_]\nx: 1\n")
    (tmp_path / "own_sweep.yaml").write_text("sweep: {replicates: 2}\n")
    store = ConfigStore.instance()
    for name, node, group in (("base", {"y": 2}, None), ("model", {"mine": True}, None), ("small", {"z": 3}, "sweep")):
        store.store(name=name, node=node, group=group)
    with hydra.initialize_config_dir(str(tmp_path), version_base="1.2"):
        yield tmp_path
    store.repo.pop("sweep")
    store.repo.pop("model.yaml")


@pytest.mark.parametrize("wrong", [None, "labour.bonding=x", "sweep.arms=${x}", "labour.nope=1"])
def test_theirs_is_as_it_was(wrong, theirs):
    state = GlobalHydra.instance()
    before = state.hydra, HydraConfig.instance().cfg, VersionBase.instance().version_base, logging.getLogger("hydra").level
    store = ConfigStore.instance()
    names = {name: set(part) if isinstance(part, dict) else None for name, part in store.repo.items()}
    words = [f"sweep={theirs / 'own_sweep.yaml'}", "market=class", *([wrong] if wrong else [])]
    if wrong in (None, "labour.bonding=x"):
        assert compose("sweep", words)["sweep"]["replicates"] == 2
    else:
        with pytest.raises(ConfigurationError):
            compose("sweep", words)
    after = state.hydra, HydraConfig.instance().cfg, VersionBase.instance().version_base, logging.getLogger("hydra").level
    assert GlobalHydra.instance() is state and all(one is other for one, other in zip(before, after, strict=True))
    assert ConfigStore.instance() is store
    assert {name: set(part) if isinstance(part, dict) else None for name, part in store.repo.items()} == names
    assert hydra.compose("own", ["x=5"]) == {"x": 5, "y": 2} and store.load("model.yaml").node == {"mine": True}
    assert compose("config", ["market=class"])["market"]["preset"] == "class"


@pytest.mark.slow
def test_inside_an_application_of_hydra_main(tmp_path):
    code = (
        "import hydra\n"
        "from hydra.core.hydra_config import HydraConfig\n"
        "from hydra.core.config_store import ConfigStore\n"
        "ConfigStore.instance().store(name='app', node={'x': 1})\n"
        "@hydra.main(config_path=None, config_name='app', version_base='1.3')\n"
        "def app(config):\n"
        "    from experiments.cli import main\n"
        "    from experiments.configuration.composition import compose\n"
        "    assert compose('config', ['market=class'])['market']['preset'] == 'class'\n"
        "    assert main(['run', 'market=class', '--cfg', 'job']) == 0\n"
        "    assert main(['run', 'market=class', 'seed=1,x', '--multirun']) == 2\n"
        "    assert HydraConfig.get().job.config_name == 'app' and config.x == 1\n"
        "    print('as it was')\n"
        "app()\n"
    )
    (tmp_path / "app.py").write_text(code)
    import os

    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "app.py", "hydra.run.dir=.", "hydra.output_subdir=null"]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.endswith("as it was\n"), done.stderr
