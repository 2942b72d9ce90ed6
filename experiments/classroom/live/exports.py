"""What a reader takes along: the setting as a file for the command line, and a notebook that makes the screen again."""

from __future__ import annotations

import json
from typing import Any

from experiments.classroom.live.setting import BEGIN, WEEKS, Setting
from sim import __version__


def as_yaml(setting: Setting, link: str) -> str:
    """The policy as a file of the command line, with the command that runs these worlds above it."""
    words = [f"market={setting.market}", "policy=./policy.yaml"]
    words += [f"{key}={_word(value)}" for key, value in setting.overrides().items()]
    lines = [
        f"# plansim {__version__}; the screen: {link}",
        f"# plansim run {' '.join(words)}",
        "name: from_the_classroom",
        "levers:",
    ]
    treated = setting.parameters(setting.seed)[1].policy
    for name, lever in sorted(treated.levers.items()):
        given = {key: value for key, value in lever.model_dump(mode="json").items() if value is not None}
        lines.append(f"  {name}: {json.dumps(given)}")
    return "\n".join(lines if treated.levers else [*lines[:-1], "levers: {}"]) + "\n"


def _word(value: Any) -> str:
    return json.dumps(value) if isinstance(value, list | dict) else str(value)


def as_notebook(setting: Setting, link: str) -> str:
    """A notebook that runs both worlds and draws what the screen shows, as JSON."""
    levers = setting.pulled()
    overrides = {key: value for key, value in setting.overrides().items() if key != "seed"}
    cells = [
        ("markdown", f"# Twin worlds\n\nMade with plansim {__version__}; the screen: <{link}>. One pair is an anecdote."),
        ("code", f"""\
from sim.market import Market

overrides = {overrides!r}
levers = {levers!r}
without = Market(market={setting.market!r}, seed={setting.seed}, overrides=overrides)
treated = Market(market={setting.market!r}, seed={setting.seed}, overrides=overrides | levers)
without.run()
treated.run()"""),
        ("code", """\
import matplotlib.pyplot as plt
import numpy as np

def persons(market):
    ledger = market.world.ledger
    daily = ledger["in_plan"] + ledger["held_between_briefly"] + ledger["held_outside_briefly"]
    return np.convolve(daily, np.ones(7) / 7, mode="valid")

for name, market in {"without the policy": without, "with it": treated}.items():
    plt.plot(np.arange(6, market.days), persons(market), label=name)
plt.axvline(BEGIN, color="grey", linestyle="--")
plt.xlabel("day")
plt.ylabel("persons exploited a day, mean of 7 days")
plt.legend()""".replace("BEGIN", str(BEGIN))),
        ("markdown", "## The finding: the difference over many seeds"),
        ("code", f"""\
from experiments.classroom.live.setting import read_setting
from experiments.classroom.live.twins import differences_of

setting = read_setting({dict(_pairs(setting))!r}, {setting.market!r})
difference = np.array(differences_of(setting)["difference"]["persons"])  # by seed, then by week
plt.plot(np.arange(difference.shape[1]), difference.mean(axis=0))
plt.axhline(0, color="black", linewidth=0.8)
plt.xlabel("week shown, {WEEKS} of them under the policy")
plt.ylabel("difference in persons exploited a day, mean of 20 seeds")"""),
    ]  # fmt: skip
    return json.dumps({"cells": [_cell(*cell) for cell in cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1)


def _pairs(setting: Setting) -> list[tuple[str, str]]:
    import urllib.parse

    return urllib.parse.parse_qsl(setting.query())


def _cell(kind: str, text: str) -> dict[str, Any]:
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True), **more}
