"""Sweeps against a bare loop over the same worlds: `python -m benchmarks.throughput [--quick]`.

Runs a second on two processes at `class` size, one year each: (1) a bare loop, configurations made
beforehand, nothing measured or kept; (2) a sweep, with everything from configuration to stored and checked
rows; (3) the same under Ray, where it is installed. All over the ranges of seven parameters, which make worlds of
very different cost; (4) a sweep of nothing but seeds, at the defaults. The ways take turns, workers are warm, time
is wall-clock time, so the ratios are what a busy machine leaves of the figures.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.measure import take_turns
from experiments.configuration.composition import compose
from experiments.execution.chunks import Chunk
from experiments.execution.engine import open_engine_from, run_chunks
from experiments.store.store import Store
from experiments.sweeps.plan import SweepPlan, plan_sweep
from experiments.sweeps.runs import parameters_of, run_sweep_chunk
from sim.simulation import Simulation, be_compiled

RESULTS = Path(__file__).resolve().parent / "results"
WORKERS = 2


def run_bare(chunk: Chunk) -> float:
    """Seconds of a bare loop over the worlds of some chunks, configurations apart."""
    worlds = []
    for tasks in chunk.tasks:
        for task in tasks:
            _, _, replicate, arm, point = task.rows[0]
            worlds.append(parameters_of(task.shared, arm, point, replicate).model_copy(update={"seed": task.seed}))
    Simulation(worlds[0]).run(1)
    start = time.perf_counter()
    for parameters in worlds:
        Simulation(parameters).run()
    return time.perf_counter() - start


def bare_runs_a_second(plan, engine) -> float:
    """Half of the chunks in each process; the slower one counts."""
    halves = [Chunk(half, tuple(chunk.tasks for chunk in plan.chunks[half::WORKERS])) for half in range(WORKERS)]
    seconds = []
    run_chunks(engine, run_bare, halves, lambda _, taken: seconds.append(taken))
    return plan.runs / max(seconds)


def sweep_runs_a_second(plan, engine) -> float:
    """The sweep from its first chunk to its last stored row."""
    with tempfile.TemporaryDirectory() as folder:
        with Store.open(Path(folder) / "rows", {"command": "benchmark"}) as store:
            start = time.perf_counter()
            report = run_chunks(
                engine, run_sweep_chunk, plan.chunks, lambda chunk, columns: store.write_chunk(chunk.id, plan.table(columns))
            )
            taken = time.perf_counter() - start
    assert report.done == len(plan.chunks) and not report.failed
    return plan.runs / taken


def plans(runs: int) -> tuple[SweepPlan, SweepPlan]:
    """So many points over the ranges of the ready sweep's parameters, and so many seeds at the defaults."""
    tree = compose("sweep", ["sweep=ten_thousand", f"sweep.rows={runs}"])
    seeds = {"design": "grid", "factors": {"labour.bonding": {"values": [0.0]}}, "replicates": runs}
    return plan_sweep(tree), plan_sweep(tree | {"sweep": seeds})


def measure(runs: int, turns: int) -> dict:
    """Runs a second of each way, and the ratios of ways of the same turn."""
    be_compiled()
    plan, seeds = plans(runs)
    ways = {
        "bare loop": lambda engines: bare_runs_a_second(plan, engines["local"]),
        "sweep, local": lambda engines: sweep_runs_a_second(plan, engines["local"]),
        "sweep of seeds, local": lambda engines: sweep_runs_a_second(seeds, engines["local"]),
    }
    found = _take_turns(ways, ["local"], plan, turns)
    ratios = {"sweep to bare loop": _ratio(found, "sweep, local", "bare loop")}
    if importlib.util.find_spec("ray"):  # apart: a cluster that waits costs time too
        ways = {
            "sweep, local beside a cluster": ways["sweep, local"],
            "sweep, Ray": lambda engines: sweep_runs_a_second(plan, engines["ray"]),
        }
        found |= _take_turns(ways, ["local", "ray"], plan, turns)
        ratios["Ray to local"] = _ratio(found, "sweep, Ray", "sweep, local beside a cluster")
    return {
        "runs": plan.runs, "chunks": len(plan.chunks), "turns": turns,
        "runs_a_second": {name: _spread(values) for name, values in found.items()},
        "ratios": {name: _spread(values) for name, values in ratios.items()},
    }  # fmt: skip


def _take_turns(ways: dict, names: list[str], plan: SweepPlan, turns: int) -> dict[str, list[float]]:
    """Runs a second of each way in each turn, with engines whose workers have started and read the compiled rules."""
    engines = {name: open_engine_from({"name": name, "workers": WORKERS}, ("experiments.sweeps.plan",)) for name in names}
    try:
        for engine in engines.values():
            run_chunks(engine, run_sweep_chunk, [Chunk(n, plan.chunks[0].tasks[:4]) for n in range(2 * WORKERS)], lambda *_: None)
        return take_turns({name: lambda _, way=way: way(engines) for name, way in ways.items()}, turns)
    finally:
        for engine in engines.values():
            engine.close()


def _ratio(found: dict[str, list[float]], one: str, other: str) -> list[float]:
    return [a / b for a, b in zip(found[one], found[other], strict=True)]


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smoke test: few runs, one turn")
    asked = parser.parse_args()
    found = measure(*((64, 1) if asked.quick else (1600, 3)))
    for name, spread in (found["runs_a_second"] | found["ratios"]).items():
        print(f"{name:<32}{spread['median']:>9.2f}   {spread['lowest']:.2f} to {spread['highest']:.2f}")
    print(f"{found['runs']} runs of a year at class size in {found['chunks']} chunks")
    if not asked.quick:
        (RESULTS / "throughput.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
