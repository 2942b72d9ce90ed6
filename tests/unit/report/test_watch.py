"""A world watched in a terminal: what is shown, and that nothing of it changes."""

import io

import numpy as np
import pytest
from rich.console import Console

from experiments.cli import main
from experiments.report import watch
from sim.configuration import compose
from sim.simulation import Simulation

SMALL = {"days": 200, "burn_in": 20, "policy.start_day": 60, "market.clients": 300}


def shown(world, twin, width=110):
    """The screen as text."""
    console = Console(file=io.StringIO(), width=width)
    console.print(watch.screen(world, twin, width))
    return console.file.getvalue()


def test_a_watched_world_is_that_unwatched(monkeypatch):
    monkeypatch.setattr(watch.time, "sleep", lambda seconds: None)
    parameters = compose("class", "venue_crackdown", SMALL)
    console = Console(file=io.StringIO(), width=110, force_terminal=True)
    watched, alone = (Simulation(parameters, record_events=True) for _ in range(2))
    watch.watch(watched, 1.0, console)
    alone.run()
    assert watched.ledger_sha256() == alone.ledger_sha256() and np.array_equal(watched.events(), alone.events())
    assert "day 200 of 200" in console.file.getvalue()


def test_twins_do_not_differ_before_the_policy_and_do_after():
    parameters = compose("class", "venue_crackdown", SMALL)
    world, twin = Simulation(parameters), Simulation(compose("class", overrides=SMALL))
    for one in (world, twin):
        one.run(60)
    before = [line.split() for line in shown(world, twin).splitlines()]
    differences = [line[-3] for line in before if line[-2:] == ["a", "day"]]
    assert differences == ["+0.0"] * 5 or differences == ["-0.0"] * 5
    assert "begins on day 60" in shown(world, twin)
    for one in (world, twin):
        one.run(100)
    text = shown(world, twin)
    assert "has begun on day 60" in text and "twin without it" in text and "Largest" not in text
    cost = world.world.public_cost[:160].sum() / 100.0
    assert f"{cost:,.0f}" in text
    counted = watch.mean_of(world, ("encounters",))
    assert counted == world.world.ledger["encounters"][132:160].mean() and f"{counted:,.1f}" in text


@pytest.mark.parametrize("width", [60, 100, 200])
@pytest.mark.parametrize("market", ["class", "idf"])
def test_it_fits_the_terminal_and_names_few_places_only(market, width):
    size = {"market.searches_per_day": 300.0, "market.clients": 2000}
    world = Simulation(compose(market, overrides=size | {"days": 30, "burn_in": 0}))
    world.run(1)
    lines = shown(world, None, width).splitlines()
    assert max(map(len, lines)) <= width and "this world" in "\n".join(lines)
    assert any(world.places[0].name in line for line in lines)


@pytest.mark.parametrize(("words", "said"), [(["--watch"], "terminal"), (["--watch", "0"], "from 1 to 3600")])
def test_what_cannot_be_watched_is_said_in_a_line(words, said, capsys):
    assert main(["run", "market=class", *words]) == 2
    told = capsys.readouterr().err
    assert said in told and len(told.splitlines()) == 1
