"""What is timed and how: seconds of processor time, repetitions that take turns, medians.

Turns (A B A B) and ratios make the figures hold on a machine that is busy with other work; processor
time leaves out the waiting. Only the start of the command is wall-clock time, because a user waits for it.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata

from benchmarks.core import CORE
from sim.configuration import compose
from sim.levers import LEVER_KINDS
from sim.parameters import Parameters

YEAR = 365
SEARCH_FACTORS = (0.5, 1.0, 2.0, 4.0, 8.0)
CLIENT_FACTORS = (1, 2, 4)

# On Linux the peak is read from /proc: getrusage would begin with that of the process that started this one.
_WORKER = """
import resource, sys
import numpy, numba
def peak():
    try:
        with open("/proc/self/status") as lines:
            return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
from sim.configuration import compose
from sim.simulation import Simulation
run = Simulation(compose("{market}", overrides={{"days": {days}, "burn_in": 0}}))
run.run()
print(before, peak(), int("mesa" in sys.modules))
"""
_FIRST_DAY = """
from sim.configuration import compose
from sim.simulation import Simulation
Simulation(compose("{market}")).run(1)
"""


def take_turns(ways: dict[str, Callable[[int], float]], repetitions: int) -> dict[str, list[float]]:
    """Call each way once a turn, in order; a way gets the number of the turn and returns what it measured."""
    measured = {name: [] for name in ways}
    for turn in range(repetitions):
        for name, way in ways.items():
            measured[name].append(way(turn))
    return measured


def summary_of(seconds: list[float]) -> dict:
    """Median, lowest, highest, number."""
    return {
        "median": statistics.median(seconds),
        "lowest": min(seconds),
        "highest": max(seconds),
        "repetitions": len(seconds),
    }


def configuration(market: str, days: int, seed: int, core: bool = False, **sizes) -> Parameters:
    """A configuration without burn-in, of the complete market or its core; `sizes` are keys of the market group."""
    keys = (CORE if core else {}) | {f"market.{name}": value for name, value in sizes.items()}
    return compose(market, overrides={"days": days, "burn_in": 0, "seed": seed} | keys)


def run_product(market: str, days: int, seed: int, worlds: int = 1, core: bool = False, **sizes) -> float:
    """Seconds of processor time per simulated year, founding apart; a mean over worlds run one after the other."""
    from sim.simulation import Simulation

    runs = [Simulation(configuration(market, days, seed + k, core, **sizes)) for k in range(worlds)]
    start = time.process_time()
    for run in runs:
        run.run(days)
    return (time.process_time() - start) / worlds * YEAR / days


def everything_on(market: str, days: int, seed: int) -> Parameters:
    """The complete market with every lever pulled from the first day, at moderate strength."""
    levers = {f"policy.levers.{name}.intensity": min(1.0, 0.1 * kind.largest) for name, kind in LEVER_KINDS.items()}
    keys = {"days": days, "burn_in": 0, "seed": seed, "policy.start_day": 0}
    return compose(market, overrides=keys | levers)


def run_everything(market: str, days: int, seed: int) -> float:
    """Seconds of processor time per simulated year with every lever on, founding apart."""
    from sim.simulation import Simulation

    run = Simulation(everything_on(market, days, seed))
    start = time.process_time()
    run.run(days)
    return (time.process_time() - start) * YEAR / days


def complete(days: int, repetitions: int) -> dict:
    """The Hérault: its core, the complete market, and the complete market with every lever on, taking turns."""
    ways = {
        "core": lambda turn: run_product("herault", days, 1 + 10 * turn, 3, core=True),
        "complete": lambda turn: run_product("herault", days, 1 + 10 * turn, 3),
        "every lever on": lambda turn: run_everything("herault", days, 1 + 10 * turn),
    }
    return {name: summary_of(seconds) for name, seconds in take_turns(ways, repetitions).items()}


def presets(days: dict[str, int], repetitions: int) -> list[dict]:
    """Cost of a year of each complete preset, with its number of agents and searches, smallest first."""
    rows = []
    for market, length in days.items():
        size = compose(market).market
        seconds = [run_product(market, length, 1 + turn) for turn in range(repetitions)]
        rows.append(
            {
                "market": market,
                "agents": size.bosses + size.prostitutes + size.providers + size.clients,
                "searches_per_day": size.searches_per_day,
                "days": length,
                "seconds_a_year": summary_of(seconds),
            }
        )
    return rows


def where_time_goes(market: str, days: int) -> dict[str, float]:
    """Share of processor time of each phase, over the later half of the days."""
    from sim.simulation import Simulation

    run = Simulation(configuration(market, days, 1))
    run.run(days // 2)
    seconds = run.time_phases()
    total = sum(seconds.values())
    return {name: part / total for name, part in seconds.items()}


def run_textbook(market: str, days: int, seed: int) -> float:
    """The same for the textbook version: the same configuration, days and kind of start, founding apart."""
    from benchmarks.textbook_mesa import TextbookMarket

    run = TextbookMarket(configuration(market, days, seed, core=True))
    start = time.process_time()
    run.run(days)
    return (time.process_time() - start) * YEAR / days


def build_product(market: str, seed: int) -> float:
    """Seconds of processor time to found a world."""
    from sim.simulation import Simulation

    parameters = configuration(market, YEAR, seed)
    start = time.process_time()
    Simulation(parameters)
    return time.process_time() - start


def versus(days: dict[str, int], repetitions: int) -> dict:
    """The core of the product and the textbook, taking turns, over the same days from the founding on."""
    result = {}
    for market, length in days.items():
        worlds = 10 if market == "class" else 3
        ways = {
            "product": lambda turn, m=market, d=length, w=worlds: run_product(m, d, 1 + 10 * turn, w, True),
            "textbook": lambda turn, m=market, d=length: run_textbook(m, d, 1 + 10 * turn),
        }
        measured = take_turns(ways, repetitions)
        pairs = zip(measured["textbook"], measured["product"], strict=True)
        result[market] = {
            "days": length,
            "product_seconds_a_year": summary_of(measured["product"]),
            "textbook_seconds_a_year": summary_of(measured["textbook"]),
            "ratio": summary_of([slow / fast for slow, fast in pairs]),
        }
    return result


def build_times(markets: tuple[str, ...], repetitions: int) -> dict:
    """Seconds to found a world, by preset."""
    ways = {market: lambda turn, m=market: build_product(m, 1 + turn) for market in markets}
    return {market: summary_of(seconds) for market, seconds in take_turns(ways, repetitions).items()}


def curves(days: int, repetitions: int) -> dict:
    """Cost of a year at the size of `herault` against searches (clients fixed) and clients (searches fixed)."""
    base = compose("herault").market
    sizes = {("searches", f): {"searches_per_day": base.searches_per_day * f} for f in SEARCH_FACTORS}
    sizes |= {("clients", f): {"clients": base.clients * f} for f in CLIENT_FACTORS}
    ways = {
        point: lambda turn, size=size: run_product("herault", days, 1 + 10 * turn, 3, **size) for point, size in sizes.items()
    }
    measured = take_turns(ways, repetitions)
    result = {}
    for axis, size in (("searches", base.searches_per_day), ("clients", base.clients)):
        points = [(factor, seconds) for (name, factor), seconds in measured.items() if name == axis]
        reference = statistics.median(next(seconds for factor, seconds in points if factor == 1))
        result[axis] = [
            {
                "factor": factor,
                "size": size * factor,
                "seconds_a_year": summary_of(seconds),
                "ratio_to_base": statistics.median(seconds) / reference,
            }
            for factor, seconds in points
        ]
    return result


def _in_fresh_interpreter(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def worker_memory(market: str, days: int) -> dict:
    """Peak resident memory of a process that runs a world and nothing else, in MB (10**6 bytes).

    `libraries` is the peak once NumPy and Numba are loaded: what any worker pays before a world exists.
    """
    before, peak, with_mesa = map(int, _in_fresh_interpreter(_WORKER.format(market=market, days=days)).split())
    return {
        "market": market,
        "days": days,
        "peak_mb": peak / 1e6,
        "libraries_mb": before / 1e6,
        "mesa": bool(with_mesa),
    }


def start_seconds(market: str, repetitions: int) -> dict:
    """Wall-clock seconds from starting an interpreter to the end of the first simulated day; code compiled before."""
    code = _FIRST_DAY.format(market=market)
    _in_fresh_interpreter(code)  # compiles where that has not been done yet
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        _in_fresh_interpreter(code)
        seconds.append(time.perf_counter() - start)
    return summary_of(seconds)


def machine() -> dict:
    """Processor, cores, memory, versions; no name of a host or a user."""
    processor = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            processor = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass  # not Linux: the architecture alone
    memory_gb = None
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory_gb = round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9)
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gb": memory_gb,
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in ("numpy", "numba", "mesa")},
    }
