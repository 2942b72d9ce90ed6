"""Amounts in cents."""

from __future__ import annotations

from sim.engine.compiled import rule


@rule
def cents(euros):
    """An amount in EUR as whole cents (nearest, never negative)."""
    return int(euros * 100.0 + 0.5)


@rule
def pay_of_task(task_is_watch, boss, params):
    """Cents per day a Boss pays for a task: set by the Boss; watch is paid more (E07, E08, E62)."""
    if task_is_watch:
        return cents(params.labour_watch_pay)
    return cents(params.labour_pay_low + (params.labour_pay_high - params.labour_pay_low) * boss.pay_level)
