"""Write docs/levers.md: lever, mechanism, expected sign, measured effect. `python docs/write_levers.py`, some minutes.

Twin worlds of the Hérault preset at default parameters, both cores; the same seeds give the same table.
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from experiments.questions.lever_effects import mean_of, treated, untreated
from sim.levers import LEVER_KINDS, UP
from sim.state.ledger import EXPLOITATION

MARKET, PAIRS, START, DAYS = "herault", 60, 365, 365
HEADER = f"""# Levers

Written by `docs/write_levers.py` from `sim/levers.py`.

Definition, expected effects and measured effects of each lever: {PAIRS} pairs of twin worlds of the `{MARKET}` preset
at default parameters (rows that needed another world to show a mechanism name it), day {START} to {START + DAYS - 1},
seeds 1 to {PAIRS}. Effects are mean differences per day between treated and untreated twin with 95 % intervals over
seeds (simulation error at fixed parameters). The intensity is chosen to show the mechanism, not to be realistic; cost
is the committed cost. "Exploitation person-days" are those in a Plan and held for at most a week after one. A lever may
work in its mechanism and leave the headline unchanged: that is a finding, not a fault. A test checks every sign on the `class`
preset with four standard errors, and that intensity zero changes nothing to the last bit.

Unit costs are assumptions throughout: the sources give none. E-numbers are rows of [evidence.md](evidence.md).

"""
COLUMNS = (
    "lever", "intensity one means", "unit cost, EUR", "mechanism", "intensity", "cost per day, EUR",
    "expected and measured, per day", "exploitation person-days per day",
)  # fmt: skip


def measure(seed: int) -> dict[str, dict[str, float]]:
    """Differences per day of every claimed measure, of exploitation person-days and of cost, for one seed and all levers."""
    found, worlds = {}, {}
    for lever, kind in LEVER_KINDS.items():
        claim = kind.claim
        world = tuple(sorted(claim.world.items()))
        if world not in worlds:
            worlds[world] = untreated(MARKET, seed, START, DAYS, claim.world)
        morning, without = worlds[world]
        pulled = treated(morning, lever, DAYS)
        change = {name: mean_of(pulled, name, START) - mean_of(without, name, START) for name in claim.moves}
        change["harm"] = sum(mean_of(pulled, name, START) - mean_of(without, name, START) for name in EXPLOITATION["in_spell"])
        change["cost"] = float(pulled.world.public_cost[START:].sum()) / 100.0 / DAYS
        found[lever] = change
    return found


def interval(values: list[float]) -> str:
    """Mean and 95 % interval as text."""
    from scipy import stats

    mean = float(np.mean(values))
    half = float(stats.t.ppf(0.975, len(values) - 1)) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    digits = 1 if abs(mean) + half >= 10 else 3
    return f"{mean:+.{digits}f} ({mean - half:+.{digits}f} to {mean + half:+.{digits}f})"


def levers_page(rows: list[dict[str, dict[str, float]]]) -> str:
    """The page as text, from the differences of each seed."""
    lines = []
    for lever, kind in LEVER_KINDS.items():
        claim = kind.claim
        moved = "<br>".join(
            f"{name.replace('_', ' ')} {'up' if sign == UP else 'down'}: {interval([row[lever][name] for row in rows])}"
            for name, sign in claim.moves.items()
        )
        cost = np.mean([row[lever]["cost"] for row in rows])
        lines.append(
            f"| {lever} | {kind.unit} | {_unit_cost(kind)} ({kind.source}) "
            f"| {claim.mechanism}{_with(claim)} "
            f"| {claim.intensity:g} | {cost:,.0f} | {moved} | {interval([row[lever]['harm'] for row in rows])} |"
        )
    head = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    return HEADER + "\n".join(head + lines) + "\n"


def _unit_cost(kind) -> str:
    return f"{kind.unit_cost_eur:g} per {kind.cost_unit}" if kind.unit_cost_eur else "none"


def _with(claim) -> str:
    """Parameters of the world that differ from the default so that the effect shows."""
    if not claim.world:
        return ""
    return "<br>*in a world with* " + ", ".join(f"`{key}={value:g}`" for key, value in claim.world.items())


def main() -> None:
    """The command."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(measure, range(1, PAIRS + 1)))
    (Path(__file__).parent / "levers.md").write_text(levers_page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
