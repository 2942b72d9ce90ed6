"""The Mesa face: views read and write records, cost nothing until asked, and change nothing by themselves."""

import mesa
import numpy as np
import pytest

import sim.initialisation.population
from sim.configuration import ConfigurationError
from sim.market import Boss, Client, Market, OutreachTeam, PoliceUnit, Prostitute, Provider, Shelter
from sim.mesa.agents import BOSS_STATUSES, PROSTITUTE_STATUSES, ROLES, PlanView
from sim.parameters import TASKS, VENUE_KINDS
from sim.state.records import BETWEEN, IN_PLAN, LEFT, OUT, VACANT

SETTINGS = {"market": "class", "overrides": {"days": 60, "burn_in": 0, "market.clients": 300}}


def market_of(seed=1, days=0, **settings) -> Market:
    made = Market(**(SETTINGS | {"seed": seed} | settings))
    made.run(days)
    return made


@pytest.fixture(scope="module")
def lived():
    """A market of 40 days, for tests that only read."""
    return market_of(days=40)


# --- views ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_views_equal_records(lived, role):
    table = getattr(lived.world, role.table)
    for view in list(lived.agents_by_type[role])[:20]:
        record = table[view.row]
        assert view.unique_id == int(record["uid"]) and isinstance(view.unique_id, int)
        for name in set(table.dtype.names) - {"uid", "plan"}:
            attribute = f"{name}_code" if hasattr(role, f"{name}_code") else name
            np.testing.assert_array_equal(getattr(view, attribute), record[name])


def test_codes_read_as_words(lived):
    for boss in lived.agents_by_type[Boss]:
        assert boss.status == BOSS_STATUSES[boss.status_code]
        assert boss.sex in ("female", "male")
    for person in lived.agents_by_type[Prostitute]:
        assert person.status == PROSTITUTE_STATUSES[person.status_code]


def test_writing_a_view_writes_the_record():
    market = market_of(days=5)
    boss = market.agents_by_type[Boss][0]
    boss.cash += 500
    boss.contact[3] = 2
    boss.pay_level = 0.25
    record = market.world.bosses[boss.row]
    assert (record.cash, record.contact[3], record.pay_level) == (boss.cash, 2, np.float32(0.25))
    record.cash = 7
    assert boss.cash == 7
    boss.status = "outside"
    assert record.status == BOSS_STATUSES.index("outside")
    boss.status = 0
    assert boss.status == "free"


def test_writing_nonsense_is_refused():
    boss = market_of(days=1).agents_by_type[Boss][0]
    with pytest.raises(ValueError, match="cash=0.5: give a whole number"):
        boss.cash = 0.5
    with pytest.raises(ValueError, match="status='runing': unknown; valid: free, running"):
        boss.status = "runing"
    with pytest.raises(ValueError, match="status=9"):
        boss.status = 9
    with pytest.raises(AttributeError):
        boss.unique_id = 5
    with pytest.raises(AttributeError):
        _ = boss.cahs
    with pytest.raises(TypeError, match="cannot be removed"):
        boss.remove()


def test_views_survive_the_growth_of_tables(monkeypatch):
    monkeypatch.setattr(sim.initialisation.population, "_at_risk_who_arrive", lambda parameters, populations: 0)
    many_arrivals = {"entry.at_risk_per_100k": 400.0, "entry.at_risk_days": 20.0}
    market = market_of(overrides={"days": 100, "burn_in": 0, "market.clients": 300} | many_arrivals)
    person = market.agents_by_type[Prostitute][0]
    uid, rows = person.unique_id, market.world.prostitutes.size
    market.run(100)
    assert market.world.prostitutes.size > rows
    assert person.unique_id == uid
    person.trust = 0.5
    assert market.world.prostitutes[person.row].trust == 0.5


def test_no_views_until_asked_and_one_for_each_uid():
    market = market_of(days=10)
    assert not any(market._views.values())
    bosses = list(market.agents_by_type[Boss])
    assert len(market._views[Boss]) == len(bosses) and not market._views[Client]
    boss = bosses[0]
    assert market.agent(boss.unique_id) is boss
    assert market.agents_by_type[Boss][0] is boss
    with pytest.raises(KeyError, match="no agent has the uid 5"):
        market.agent(5)


def test_views_follow_their_relations(lived):
    running = [boss for boss in lived.agents_by_type[Boss] if boss.plan]
    assert running and all(boss.status == "running" for boss in running)
    for boss in running:
        plan, record = boss.plan, lived.world.plans[boss.row]
        assert isinstance(plan, PlanView) and plan.is_running and plan.boss is boss
        assert plan.kind == VENUE_KINDS[record.kind] and plan.n_persons == record.n_persons
        assert plan.territory == lived.places[record.territory].name
        assert plan.start <= lived.day - 1 < plan.end
        assert len(plan.slots) == record.n_slots and all(task in TASKS for task, _ in plan.slots)
        for provider in plan.providers:
            assert provider.status == "engaged" and plan.uid in [served.uid for served in provider.plans]
        for person in boss.persons:
            assert boss in person.bosses and person.status_code in (IN_PLAN, BETWEEN)
        assert [provider.row for provider in boss.contacts] == boss.contact[: boss.n_contacts].tolist()
        assert boss.where == lived.places[boss.territory].name
    vacant = sum(holder is None for boss in running for _, holder in boss.plan.slots)
    used = lived.world.plans[[boss.row for boss in running]]
    in_use = np.arange(used["slot_holder"].shape[1]) < used["n_slots"][:, None]
    assert vacant == ((used["slot_holder"] == VACANT) & in_use).sum()


def test_services_and_police_show_what_they_do():
    plenty = {"street_hours": 20.0, "reception_hours": 50.0, "accompany_places": 200.0, "accompany_chance": 0.8}
    overrides = {f"outreach.{name}": value for name, value in plenty.items()}
    overrides |= {"care.beds_near": 20.0, "care.beds_distant": 2.0, "planning.co_boss_chance": 0.5, "market.clients": 300}
    market = market_of(overrides={"days": 60, "burn_in": 0} | overrides)
    accompanied = housed = waiting = together = 0
    while market.day < 60:
        market.run(5)
        persons = market.agents_by_type[Prostitute]
        for team in market.agents_by_type[OutreachTeam]:
            assert team.accompanied_persons == [person for person in persons if person.team == team.row and person.accompanied]
            assert len(team.accompanied_persons) == team.accompanied
            assert all(person.outreach_team is team and person.channel != "none" for person in team.accompanied_persons)
            assert all(person.answer_day >= 0 and not person.accompanied for person in team.waiting_persons)
            accompanied, waiting = accompanied + team.accompanied, waiting + len(team.waiting_persons)
        for shelter in market.agents_by_type[Shelter]:
            assert len(shelter.persons) == shelter.taken
            assert all(person.shelter is shelter and person.status == "in_care" for person in shelter.persons)
            housed += shelter.taken
        files = [unit.open_files for unit in market.agents_by_type[PoliceUnit]]
        in_market = market.agents_by_type[Boss]
        assert files == [sum(boss.file_since >= 0 and boss.file_unit == unit for boss in in_market) for unit in range(2)]
        partners = [boss.plan.co_boss for boss in in_market if boss.plan and boss.plan.co_boss]
        assert {boss for boss in in_market if boss.status == "partner"} == set(partners)
        together += len(partners)
    assert accompanied and housed and waiting and together
    assert [team.where for team in market.agents_by_type[OutreachTeam]] == ["Inland", "Coast"]
    assert [shelter.where for shelter in market.agents_by_type[Shelter]] == ["Inland", "Coast", "distant"]
    assert [shelter.pos for shelter in market.agents_by_type[Shelter]] == [None] * 3
    assert {person.outreach_team for person in persons} > {None} and None in {person.shelter for person in persons}


def test_a_plan_can_only_be_read_and_ends():
    market = market_of(days=40)
    boss = next(boss for boss in market.agents_by_type[Boss] if boss.plan)
    plan = boss.plan
    with pytest.raises(AttributeError, match="only be read"):
        plan.price = 1
    before = market.ledger_sha256()
    plan.record.price = 1  # a copy
    assert market.world.plans[boss.row].price != 1 and market.ledger_sha256() == before
    market.world.plans[boss.row].uid += np.uint64(1)  # as if he had launched another
    assert not plan.is_running
    with pytest.raises(LookupError, match="is over"):
        _ = plan.price


def test_labels_speak_of_persons_exploited(lived):
    person = lived.agents_by_type[Prostitute][0]
    assert Prostitute.label == "person exploited (legal role: Prostitute)"
    assert repr(person) == f"<person exploited (legal role: Prostitute) {person.unique_id}>"
    assert list(lived.agents_by_type[PoliceUnit])[0].where == "Inland"


# --- sets of agents ------------------------------------------------------------------------------


def test_totals_equal_the_counts(lived):
    counts, world = lived.world.counts[0], lived.world
    sets = lived.agents_by_type
    assert len(sets[Client]) == counts.clients == 300
    assert len(sets[Boss]) == (world.bosses["status"][: counts.bosses] != LEFT).sum()
    assert len(sets[Provider]) == (world.providers["status"][: counts.providers] != LEFT).sum()
    assert len(sets[Prostitute]) == (world.prostitutes["status"][: counts.prostitutes] != OUT).sum()
    assert len(sets[PoliceUnit]) == len(sets[OutreachTeam]) == world.units.size
    assert len(sets[Shelter]) == world.units.size + 1
    assert len(lived.agents) == sum(len(group) for group in sets.values())
    assert set(sets) == set(ROLES) == set(lived.agent_types)
    with pytest.raises(KeyError, match="str is not a class of agents here; valid: Boss, Provider"):
        sets[str]


def test_arrivals_appear_and_leavers_disappear():
    market = market_of()
    earlier = market.agents_by_type[Prostitute]
    known = set(earlier.get("unique_id"))
    market.run(60)
    now = set(market.agents_by_type[Prostitute].get("unique_id"))
    ledger = market.ledger()
    assert len(now - known) == pytest.approx(ledger["arrivals_at_risk"].sum(), abs=10) and now - known
    gone = [person for person in earlier if not person.present]
    assert gone and all(person.status == "out" for person in gone)
    assert not {person.unique_id for person in gone} & now


# --- time ----------------------------------------------------------------------------------------


def test_steps_equal_runs_bit_for_bit():
    stepped, ran, by_mesa = market_of(), market_of(), market_of()
    for _ in range(60):
        stepped.step()
    ran.run(25)
    ran.run()
    by_mesa.run_model()
    assert stepped.ledger_sha256() == ran.ledger_sha256() == by_mesa.ledger_sha256()
    assert stepped.steps == ran.steps == by_mesa.steps == ran.day == 60
    assert not ran.running
    assert market_of(seed=2, days=60).ledger_sha256() != ran.ledger_sha256()


def test_beyond_the_horizon_is_a_clear_error():
    market = market_of(days=60)
    with pytest.raises(ConfigurationError, match=r"day 61 lies beyond the horizon of 60 days; .*'days': 61"):
        market.step()
    with pytest.raises(ConfigurationError, match="beyond the horizon"):
        market.run(1)
    with pytest.raises(ConfigurationError, match="cannot run backwards"):
        market.run(-1)
    assert market.steps == market.day == 60
    market.run()
    assert str(market.date) == "2021-03-05"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"seed": None}, "seed=None: no world without a seed; give batch_run a seed for each world"),
        ({"seed": 3, "rng": 4}, "seed=3, rng=4: two names for one thing"),
        ({"rng": np.random.default_rng(1)}, "give a whole number from 0"),
        ({"seed": 1.5}, "seed=1.5: give a whole number"),
        ({"seed": -4}, "seed=-4"),
        ({"seed": True}, "seed=True"),
        ({"overrides": {"seed": 3}}, r"give the seed as Market\(seed="),
        ({"overrides": ["days=3"]}, "give numbers by name"),
        ({"overrides": {"labour.bondin": 1}}, "did you mean bonding"),
        ({"market": "herot"}, "did you mean herault"),
        ({"agent_classes": [Boss]}, "give subclasses by role"),
        ({"agent_classes": {Boss: Client}}, "Client must be a subclass of Boss"),
        ({"agent_classes": {mesa.Agent: Boss}}, "Agent is not a role; valid: Boss, Provider"),
    ],
)
def test_misuse_is_a_clear_error(settings, says):
    with pytest.raises(ConfigurationError, match=says) as caught:
        Market(**(SETTINGS | settings))
    assert "\n" not in str(caught.value)


def test_mesa_randomness_is_not_the_models():
    market = market_of(seed=np.int64(1))
    for _ in range(60):
        market.random.random()
        market.rng.random()
        market.agents_by_type[Boss].shuffle_do("step")
        market.step()
    assert market.ledger_sha256() == market_of(days=60).ledger_sha256()


# --- extending -----------------------------------------------------------------------------------


def test_a_phase_that_does_nothing_changes_nothing():
    compiled, phased = market_of(days=60), market_of()
    seen = []
    phased.insert_phase("look", lambda day, seed, world, params: seen.append(day), after="flow")
    phased.run()
    assert phased.ledger_sha256() == compiled.ledger_sha256()
    assert seen == list(range(60)) and phased.steps == 60


def test_phases_are_put_where_they_are_wanted():
    market = market_of()
    market.insert_phase("one", lambda *a: None, before="census")
    market.insert_phase("two", lambda *a: None, after="one")
    market.replace_phase("learning", lambda *a: None)
    names = [name for name, _ in market.simulation.phases]
    assert names.index("one") + 1 == names.index("two") == names.index("census") - 1
    for wrong in ({}, {"before": "census", "after": "census"}):
        with pytest.raises(ConfigurationError, match="either before= or after=, one of calendar"):
            market.insert_phase("three", print, **wrong)
    with pytest.raises(ConfigurationError, match="has one of this name"):
        market.insert_phase("one", print, after="flow")
    with pytest.raises(ConfigurationError, match="no phase named 'flo'; valid: calendar"):
        market.insert_phase("four", print, after="flo")


def test_an_overridden_step_that_does_nothing_changes_nothing():
    calls = {role: [] for role in ROLES}

    def silent(role):
        return type(f"Silent{role.__name__}", (role,), {"step": lambda self: calls[role].append(self)})

    market = market_of(agent_classes={role: silent(role) for role in ROLES}, days=3)
    assert market.ledger_sha256() == market_of(days=3).ledger_sha256()
    names = [name for name, _ in market.simulation.phases]
    assert names == [
        "calendar", "planning", "Boss steps", "census", "administration", "Client steps", "flow", "Provider steps",
        "Prostitute steps", "enforcement", "PoliceUnit steps", "justice", "outreach", "OutreachTeam steps", "care",
        "Shelter steps", "careers", "learning",
    ]  # fmt: skip
    assert len(calls[Client]) == 3 * 300
    day_one = calls[Client][:300]
    assert [client.unique_id for client in day_one] == sorted(client.unique_id for client in day_one)
    assert all(type(view).__name__ == "SilentBoss" for view in market.agents_by_type[Boss])


def test_an_overridden_step_adds_to_the_rules():
    class Retiring(Boss):
        def __init__(self, model, row):
            super().__init__(model, row)
            self.days_seen = 0

        def step(self):
            self.days_seen += 1
            if self.days_seen == 5 and self.status == "free":
                self.status = "left"

    market, usual = market_of(agent_classes={Boss: Retiring}, days=20), market_of(days=20)
    assert len(market.agents_by_type[Boss]) < len(usual.agents_by_type[Boss])
    assert market.ledger()["bosses_gone"].iloc[-1] > usual.ledger()["bosses_gone"].iloc[-1]
    assert max(boss.days_seen for boss in market.agents_by_type[Retiring]) == 20


def test_a_market_of_ones_own_is_stepped_by_run():
    class Watched(Market):
        def step(self):
            super().step()
            self.seen = [*getattr(self, "seen", []), self.steps]

    market = Watched(**SETTINGS)
    market.run(7)
    assert market.seen == [1, 2, 3, 4, 5, 6, 7] and market.steps == market.day == 7
    assert market.ledger_sha256() == market_of(days=7).ledger_sha256()


def test_a_data_collector_works():
    market = market_of(agent_classes={Boss: type("MyBoss", (Boss,), {})})
    collector = mesa.DataCollector(
        model_reporters={"running": lambda m: int(m.ledger()["plans_running"].iloc[-1]), "day": "day"},
        agent_reporters={"where": "where"},
        agenttype_reporters={Boss: {"cash": "cash"}, Provider: {"status": "status"}},
    )
    for _ in range(3):
        market.step()
        collector.collect(market)
    assert collector.get_model_vars_dataframe()["day"].tolist() == [1, 2, 3]
    everybody = collector.get_agent_vars_dataframe()
    assert everybody["where"].notna().all() and len(everybody.loc[3]) == len(market.agents)
    cash = collector.get_agenttype_vars_dataframe(Boss)["cash"]
    assert cash.loc[3].sum() == market.agents_by_type[Boss].agg("cash", sum)
    assert len(collector.get_agenttype_vars_dataframe(Provider).loc[3]) == len(market.agents_by_type[Provider])


def test_ledger_by_day_and_by_cell(lived):
    assert len(lived.ledger()) == 40
    assert len(lived.ledger(by="cell")) == 40 * 3 * 4
    with pytest.raises(ConfigurationError, match="by='week': unknown; valid: day, cell"):
        lived.ledger(by="week")


def test_a_list_of_places_is_the_callers_own():
    market = Market(market="class", overrides={"days": 5, "burn_in": 0})
    market.places.clear()
    assert len(market.places) == 3


def test_the_time_of_each_phase_is_asked_as_days_are_run():
    market = market_of()
    seconds = market.time_phases(2)
    assert list(seconds) == [name for name, _ in market.simulation.phases] and market.day == market.steps == 2 and market.running
    for wrong, says in ((-1, "cannot run backwards"), (10_000, "beyond the horizon"), (0.5, "days=0.5: give a whole number")):
        with pytest.raises(ConfigurationError, match=says):
            market.time_phases(wrong)
    market.time_phases()
    assert market.day == market.steps == market.days and not market.running
