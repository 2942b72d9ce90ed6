"""Worlds of the user's own places: a preset's to the bit where the table is its own, conservation, twins, what tables move."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.configuration import compose, validate
from sim.engine.compiled import INTERPRETED
from sim.initialisation.environment import check_world
from sim.initialisation.own_places import sites_of
from sim.policy import committed_cost_eur
from tests.corners import look_at
from tests.own_places import MARKET, SCHOOL, TABLE, as_tables, written
from tests.worlds import ALL_LEVERS, BUSY, ROOT, TINY, cells, examples, ran, table, tiny, with_lever, with_levers

NAMES = ("Aalst", "Brügge", "Ciney", "Diest", "Eupen", "Furnes")


@st.composite
def markets(draw):
    """A configuration of a few generated places, on a plane or a globe, with or without stocks, weights and holidays."""
    on_plane, weighted, zoned = (draw(st.booleans()) for _ in range(3))
    spots = draw(st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=1, max_size=6, unique=True))
    found = []
    for name, (east, north) in zip(NAMES, spots, strict=False):
        position = {"longitude": east / 40, "latitude": 50 + north / 60}
        if on_plane:
            position = {"x_km": 2.0 * east, "y_km": 2.0 * north}
        stock = draw(st.one_of(st.just(()), st.tuples(*[st.sampled_from((None, 1, 7, 300))] * 4)))
        found.append({
            "name": name, "population": draw(st.integers(1, 300_000)), **position, "venues": stock,
            "jurisdiction": draw(st.sampled_from(("East", "West"))), "zone": draw(st.sampled_from("AB")) if zoned else "",
            "demand_weight": draw(st.sampled_from((0.5, 1.0, 40.0))) if weighted else None})  # fmt: skip
    school = [{"zone": one, "first": "2021-02-01", "last": "2021-09-05"} for one in "AB"] if zoned else []
    public = ["2021-02-02"] * draw(st.booleans())
    market = {"preset": "own.csv", "places": found, "public_holidays": public, "school_holidays": school}
    base = compose("class", overrides=TINY | BUSY | {"seed": draw(st.integers(0, 2**53 - 1))}).model_dump(mode="json")
    return validate(base | {"market": base["market"] | market})


@pytest.mark.parametrize("preset", ["class", "herault"])
def test_a_preset_given_as_a_table_is_that_preset_to_the_bit(tmp_path, preset):
    path = as_tables(tmp_path, preset)
    ready, own = compose(preset).market, compose(path).market
    for name in set(type(ready).model_fields) - {"preset", "places", "public_holidays", "school_holidays"}:
        assert getattr(own, name) == getattr(ready, name), name
    assert ran(tiny(path)).ledger_sha256() == ran(tiny(preset)).ledger_sha256()
    levers = {"venue_inspection": {"intensity": 5.0, "territory": sites_of(ready)[1].name, "kind": "hotel"}}
    assert ran(with_levers(tiny(path), levers)).ledger_sha256() == ran(with_levers(tiny(preset), levers)).ledger_sha256()


@given(parameters=markets())
@examples(15)
def test_worlds_of_generated_places_conserve_money_and_persons(parameters):
    check_world(parameters)
    run = ran(parameters)
    look_at(run)
    assert run.world.territories["demand_weight"].sum() == pytest.approx(1.0)
    assert run.world.units.size == len({place.jurisdiction for place in run.places})
    assert run.world.units["population"].sum() == run.world.territories["population"].sum()
    np.testing.assert_allclose(np.diag(run.world.distance), 0.0)
    assert (run.world.near[:, 0] == np.arange(len(run.places))).all(), "each place is nearest to itself"


@given(parameters=markets(), start=st.integers(1, 60))
@examples(10)
def test_twins_are_identical_until_the_policy_starts(parameters, start):
    last = parameters.market.places[-1].name
    parameters = parameters.model_copy(update={"policy": parameters.policy.model_copy(update={"start_day": start})})
    untreated = ran(parameters)
    treated = ran(with_lever(parameters, "venue_inspection", intensity=20.0, territory=last, kind="hotel"))
    assert (table(untreated, start) == table(treated, start)).all() and (cells(untreated, start) == cells(treated, start)).all()
    assert treated.world.public_cost[:start].sum() == 0 < treated.world.public_cost[start:].sum()
    absent = ran(with_lever(parameters, "venue_inspection", intensity=0.0, territory=last))
    assert absent.ledger_sha256() == untreated.ledger_sha256()


def test_a_fork_equals_a_run_from_the_start(tmp_path):
    parameters = tiny(written(tmp_path, MARKET + "school_holidays: ./school.csv\n", school=SCHOOL), **BUSY)
    treated = with_levers(parameters, ALL_LEVERS)
    untreated = ran(parameters, 30)
    fork = untreated.fork(treated)
    fork.run(60)
    assert fork.ledger_sha256() == ran(treated).ledger_sha256()


def test_every_column_moves_what_it_is_about(tmp_path):
    def of(text, market=MARKET):
        return ran(tiny(written(tmp_path, market, text, school=SCHOOL), **BUSY)).world

    usual = of(TABLE)
    stocks = of("name,population,x_km,y_km,jurisdiction,venues_hotel,demand_weight\n"
                "Centre,150000,0,0,Inland,0,1\nNorth,50000,5.5,28,Inland,,8\nCoast,30000,31,-11,Coast,90,1\n")  # fmt: skip
    hotels = stocks.cells["person_days"].sum(axis=0)[1::4]
    assert stocks.territories["venues"][:, 1].tolist() == [0, usual.territories["venues"][1, 1], 90]
    assert hotels[0] == 0 and (INTERPRETED or hotels[2] > 0), "no Plan in a hotel where there is none"
    homes = np.bincount(stocks.clients["territory"], minlength=3) / len(stocks.clients)
    assert abs(homes[1] - 0.8) < 0.15 and stocks.territories["demand_weight"].tolist() == [0.1, 0.8, 0.1]
    young = stocks.prostitutes[: stocks.counts[0].prostitutes]
    assert (young["territory"] == 0).sum() > 0, "persons at risk follow inhabitants"
    zones = of(TABLE, MARKET + "school_holidays: ./school.csv\n")
    assert zones.territories["zone"].tolist() == [0, 0, 1] and zones.demand.shape[0] == 2
    assert (zones.demand[0] != zones.demand[1]).any()
    assert usual.demand.shape[0] == 2 and (usual.demand[0] == usual.demand[1]).all()
    one_unit = of(TABLE.replace("Coast,West", "Inland,West"))
    assert (len(usual.units), len(one_unit.units)) == (2, 1)


def test_places_on_both_sides_of_the_date_line_are_near_and_on_one_map(tmp_path):
    path = written(tmp_path, None, "name,population,longitude,latitude\nA,90000,179.9,-17\nB,90000,-179.9,-17\n")
    world = ran(tiny(path), 5).world
    assert 20 < world.distance[0, 1] < 23 and 20 < np.ptp(world.territories["x_km"]) < 23


def test_the_cost_of_a_policy_is_that_of_its_places(tmp_path):
    from sim.initialisation.environment import records_and_capacities

    path = written(tmp_path)
    costs = []
    for name in ("Centre", "North"):
        parameters = with_lever(tiny(path), "street_patrol", intensity=1.0, territory=name)
        records, scale = records_and_capacities(parameters)
        costs.append(committed_cost_eur(records, scale, parameters.market.platforms, parameters.days))
    assert costs[0] > costs[1] > 0.0, "North has a third of Centre's inhabitants"


def test_the_worked_example_runs():
    pytest.importorskip("holidays")
    example = ROOT / "docs" / "examples" / "belgium" / "belgium.yaml"
    parameters = compose(str(example), overrides={"start": "2023-01-02"})
    assert len(sites_of(parameters.market)) == 11 and sum(one.population for one in parameters.market.places) == 11_763_650
    check_world(parameters)
    small = {name: TINY[name] for name in TINY if name.startswith("market.")}
    run = ran(compose(str(example), overrides=small | {"start": "2023-01-02", "days": 60, "burn_in": 0}))
    look_at(run)
    assert run.world.demand.shape[0] == 2 and (run.world.demand[0] != run.world.demand[1]).any()
