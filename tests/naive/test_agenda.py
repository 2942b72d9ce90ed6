"""The clients' agenda: due days against walking day by day, and thinning against its closed form."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.engine import chance_plain as plain
from sim.engine import draws
from sim.engine.agenda import next_search_day
from sim.engine.chance import U64, day_key, substream_of, uniform
from sim.engine.compiled import phase
from sim.rules.demand.appointments import accepts_to_search
from sim.state.records import CLIENT
from tests.worlds import agenda, changes, compiled_only, examples, ran, tiny

FALSE_ALARM = 1e-6


@phase
def due_days(clients, zone, day, seed, world, out):
    """The next search day of each client of a table."""
    for row in range(clients.size):
        out[row] = next_search_day(clients[row], zone, day, seed, world)


@phase
def days_of_search(clients, first, last, accept, seed, world, params, out):
    """Searches of clients who walk through their due days; with `accept`, only those that take place."""
    for row in range(clients.size):
        client = clients[row]
        zone = world.territories[client.territory].zone
        day = next_search_day(client, zone, first - 1, seed, world)
        while day < last:
            u = uniform(substream_of(day_key(seed, draws.SEARCH_ACCEPT, day), client.uid), 0)
            if not accept or accepts_to_search(client, u, day, world, params):
                out[day] += 1
            day = next_search_day(client, zone, day, seed, world)


def walk_to_search_day(client, day, seed, world):
    """Day after day, add the hazard until it exceeds the client's draw; the day after the horizon if never."""
    horizon = len(world.agenda_head) - 1
    if client["rate"] <= 0:
        return horizon + 1
    zone = world.territories[client["territory"]]["zone"]
    patience = -math.log(plain.uniform(plain.substream_of(seed, draws.SEARCH_DAY, day, client["uid"]), 0))
    hazard = 0.0
    for later in range(day + 1, horizon + 1):
        hazard += float(client["rate"]) * world.demand[zone, later]
        if hazard >= patience:
            return later
    return horizon + 1


def made_up_clients(rates, world):
    """Clients of given rates, all in the first territory."""
    clients = np.zeros(len(rates), CLIENT)
    clients["rate"] = rates
    clients["uid"] = [plain.scramble(row + 1) for row in range(len(rates))]
    return clients


@given(
    rates=st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 0.05), st.floats(0.05, 20.0)), min_size=1, max_size=60),
    day=st.integers(-1, 88),
    seed=st.integers(0, 2**53 - 1),
)
@examples(40)
def test_due_days_are_those_of_a_day_by_day_walk(rates, day, seed):
    run = ran(tiny(), 0)
    clients = made_up_clients(rates, run.world)
    out = np.empty(len(rates), np.int64)
    due_days(clients, run.world.territories[0]["zone"], day, U64(seed), run.world, out)
    assert out.tolist() == [walk_to_search_day(client, day, seed, run.world) for client in clients]


@given(changed=changes(policy=False), days=st.integers(0, 60))
@examples(15)
def test_each_client_stands_in_the_agenda_on_his_days(changed, days):
    """Once for the search he is due, once more on another day if he tries again, never beyond the horizon."""
    run = ran(tiny(**changed), days)
    listed = agenda(run.world)
    clients = run.world.clients[: run.world.counts[0].clients]
    for day, rows in listed.items():
        expected = np.flatnonzero((clients["next_day"] == day) | (clients["retry_day"] == day))
        assert rows == (expected.tolist() if day >= days else []), day
    assert (clients["next_day"] >= days).all()


def test_no_chunk_of_the_agenda_is_lost():
    run = ran(tiny(demand__retry_chance=1.0), 80)
    free, chunk = set(), int(run.world.counts[0].free_chunk)
    while chunk >= 0:
        assert chunk not in free
        free.add(chunk)
        chunk = int(run.world.agenda_next[chunk])
    used = []
    for head in run.world.agenda_head:
        while head >= 0:
            used.append(int(head))
            head = int(run.world.agenda_next[head])
    assert len(used) == len(set(used)) and not free & set(used)
    assert len(used) + len(free) == run.world.agenda_next.size


@compiled_only
@pytest.mark.parametrize("accept, risk", [(False, 0.0), (True, 0.0), (True, 0.7), (True, 3.0)])
@pytest.mark.parametrize("rate", [0.02, 0.5])
def test_searches_follow_the_closed_form(rate, accept, risk):
    """Chance of a search on day d is 1 - exp(-rate m[d] c exp(-kappa risk[d])) for everybody, whatever came before.

    A campaign leaves c of the searches; one's own risk fades from the day on which it arose. Chi-square
    over 80 days with 30,000 clients; false alarm one in a million over the family of eight.
    """
    clients_number, days = 30_000, 80
    run = ran(tiny(demand__fear_kappa=1.3, learning__fear_decay=0.02), 0)
    run.world.territories["campaign"] = campaign = 0.9 if accept else 1.0
    clients = made_up_clients([rate] * clients_number, run.world)
    clients["perceived_risk"] = risk
    counts = np.zeros(days, np.int64)
    days_of_search(clients, 0, days, accept, U64(7), run.world, run.params[0], counts)
    hazard = float(np.float32(rate)) * run.world.demand[run.world.territories[0]["zone"], :days]
    fading = float(np.float32(risk)) * np.exp(-0.02 * np.arange(days))
    expected = -np.expm1(-hazard * campaign * np.exp(-1.3 * fading))
    z = (counts - clients_number * expected) / np.sqrt(clients_number * expected * (1 - expected))
    assert stats.chi2.sf((z**2).sum(), days) > FALSE_ALARM / 8
