"""A cluster of two nodes gives the rows that one process gives, also while a node is removed from it."""

import importlib.util
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: the extra cluster"),
]
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # workers are given the path and find the jobs by it
import lab_jobs  # noqa: E402
import world_jobs  # noqa: E402

from experiments.execution.chunks import Chunk  # noqa: E402
from experiments.execution.engine import LocalEngine, SerialEngine, run_chunks  # noqa: E402
from experiments.execution.ray_engine import RayEngine, _keep_signal_handler  # noqa: E402
from sim.simulation import be_compiled  # noqa: E402

WORLDS = 24


class TwoNodes:
    """A Ray cluster of two nodes with one core each, on this machine."""

    def __init__(self):
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        from ray.cluster_utils import Cluster

        with _keep_signal_handler():  # a node takes SIGTERM for itself, and later tests find it so
            self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
            self.address = self.cluster.address
            self.second = self.cluster.add_node(num_cpus=1)

    def be_complete(self):
        """Two nodes again, whatever a test did."""
        if self.second is None:
            with _keep_signal_handler():
                self.second = self.cluster.add_node(num_cpus=1)

    def remove_second(self):
        """End a node with all its processes, without warning."""
        node, self.second = self.second, None
        self.cluster.remove_node(node, allow_graceful=False)


@pytest.fixture(scope="module")
def whole_cluster():
    nodes = TwoNodes()
    yield nodes
    nodes.cluster.shutdown()


@pytest.fixture
def nodes(whole_cluster):
    whole_cluster.be_complete()
    return whole_cluster


def rows_of(engine, chunks, function=world_jobs.run_worlds, when_done=lambda done: None):
    """The rows of a plan sorted by id; every chunk must have been done, once."""
    rows, ids = [], []

    def keep(chunk, found):
        ids.append(chunk.id)
        rows.extend(found)
        when_done(len(ids))

    report = run_chunks(engine, function, chunks, keep)
    assert report.failed == () and report.done == len(chunks)
    assert len(ids) == len(set(ids)) == len(chunks)
    return sorted(rows, key=lambda row: row["id"])


@pytest.fixture(scope="module")
def expected():
    be_compiled()
    rows = rows_of(SerialEngine(), world_jobs.plan_worlds(WORLDS))
    assert len({row["ledger"] for row in rows}) == WORLDS
    return rows


@pytest.mark.full
def test_engine_workers_and_order_do_not_matter(nodes, expected):
    chunks = world_jobs.plan_worlds(WORLDS)
    with LocalEngine(2) as local:
        assert rows_of(local, chunks) == expected
    for workers, chunk_size in ((1, 2), (2, 5)):
        chunks = world_jobs.plan_worlds(WORLDS, chunk_size)
        random.Random(workers).shuffle(chunks)
        with RayEngine(nodes.address, workers) as engine:
            assert engine.workers == workers
            assert rows_of(engine, chunks) == expected


def test_both_nodes_work_and_no_more_chunks_run_than_there_are_workers(nodes, tmp_path):
    chunks = [Chunk(id, (str(tmp_path),)) for id in range(12)]
    with RayEngine(nodes.address) as engine:
        assert engine.workers == 2
        run_chunks(engine, lab_jobs.linger, chunks, print)
    assert len({path.name.split("-")[2] for path in tmp_path.iterdir()}) == 2
    with RayEngine(nodes.address, 9) as engine:
        assert engine.workers == 2  # as many as the cluster has cores
    with RayEngine("auto", 1) as engine:
        start = time.monotonic()
        run_chunks(engine, lab_jobs.linger, chunks[:4], print)
        assert time.monotonic() - start > 4 * 0.15


@pytest.mark.full
def test_a_removed_node_costs_nothing(nodes, expected):
    chunks = world_jobs.plan_worlds(WORLDS)
    removing = []

    def remove(done):
        if done == 3:
            removing.append(threading.Thread(target=nodes.remove_second))
            removing[0].start()

    start = time.monotonic()
    with RayEngine(nodes.address) as engine:
        assert rows_of(engine, chunks, world_jobs.run_worlds_slowly, remove) == expected
    removing[0].join()
    assert time.monotonic() - start < 60


def test_a_death_is_noticed_within_ten_seconds(nodes, tmp_path):
    with RayEngine(nodes.address) as engine:
        futures = [engine.submit(lab_jobs.hang, Chunk(id, (str(tmp_path),))) for id in range(2)]
        while len(list(tmp_path.iterdir())) < 2:
            time.sleep(0.05)
        nodes.remove_second()
        start = time.monotonic()
        while not any(future.done() for future in futures) and time.monotonic() - start < 20:
            time.sleep(0.05)
        assert time.monotonic() - start < 10


def sweep(folder, *words):
    """The summary of a small sweep from the command line."""
    words = ["sweep", "sweep=smoke", *words, "--output", str(folder), "--json"]
    command = [sys.executable, "-m", "experiments.cli", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.full
def test_a_sweep_on_the_cluster_has_the_rows_of_a_local_one(nodes, tmp_path):
    local = sweep(tmp_path / "local", "engine=local", "engine.workers=2")
    cluster = sweep(tmp_path / "cluster", "engine=ray", f"engine.address={nodes.address}")
    own = sweep(tmp_path / "own", "engine=ray", "engine.workers=2")
    assert cluster["rows_sha256"] == own["rows_sha256"] == local["rows_sha256"]
