"""Field view: known answers on hand-built ledgers, and thinning that is exact, repeatable and coupled."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest

from sim.configuration import ConfigurationError, compose
from sim.measures.field_view import SERIES, Recording, field_view, recording_gap, thin
from sim.simulation import Simulation
from sim.state.ledger import CELL_DAY, DAY, DAY_MEASURES
from sim.state.records import BOSS, COUNTS
from tests.worlds import compiled_only

ALL = ("cases", "victims", "fines", "ads", "outreach", "care")
EVERYTHING, NOTHING = Recording(**dict.fromkeys(ALL, 1.0)), Recording(**dict.fromkeys(ALL, 0.0))


def ledger_of(days=400, seed=1, start=dt.date(2021, 1, 4), **columns):
    """A run with a ledger made by hand; a column is a number a day, or a list of them."""
    overrides = {"days": days, "burn_in": 0, "seed": seed, "start": start}
    world = SimpleNamespace(
        ledger=np.zeros(days, DAY).view(np.recarray),
        cells=np.zeros((days, 12), CELL_DAY),
        bosses=np.zeros(5, BOSS),
        counts=np.zeros(1, COUNTS),
    )
    for name, values in columns.items():
        world.ledger[name] = values
    return SimpleNamespace(parameters=compose("class", overrides=overrides), world=world, day=days)


def busy(days=400, seed=1):
    """A run in which everything happens, a different number of times each day."""
    run = ledger_of(days, seed)
    for place, name in enumerate(DAY_MEASURES):
        run.world.ledger[name] = (np.arange(days) + place) % 7
    run.world.ledger["minors_recognised"] = np.minimum(run.world.ledger["minors_recognised"], run.world.ledger["recognised"])
    run.world.ledger["exposed"] += run.world.ledger["recognised"]
    return run


def column(view, series, name="recorded"):
    return view.loc[view["series"] == series, name].tolist()


def test_known_answers_by_calendar_year():
    run = ledger_of(
        plans_broken_up=2, recognised=5, minors_recognised=3, exposed=9, plans_launched=4, plans_running=10,
        in_plan=6, held_between=2, held_outside=1, minors_in_plan=3, minors_held_between=1, independent=2,
        placed_near=1, placed_distant=2, asked_for_bed=5, personal_messages=7, mass_messages=30,
    )  # fmt: skip
    run.world.cells["person_days"][:, ::4] = [1, 0, 1]  # of six in a Plan, two are in the street
    run.world.cells["person_days"][:, 1] = 4
    view = field_view(run, EVERYTHING)
    assert [str(period.date()) for period in view["period"].unique()] == ["2021-01-01", "2022-01-01"]
    days = 362, 38  # from 4 January to the end of 2021, and the rest
    assert column(view, "cases", "days") == list(days) and column(view, "cases", "complete") == [False, False]
    assert column(view, "cases") == [2 * d for d in days]
    assert column(view, "minor_victims") == [3 * d for d in days]
    assert column(view, "adult_victims") == [2 * d for d in days]
    assert column(view, "victims") == [5 * d for d in days]
    assert column(view, "persons_met") == [9 * d for d in days]
    assert column(view, "placed") == [3 * d for d in days]
    assert column(view, "messages") == [37 * d for d in days]
    assert column(view, "cases", "behind") == [6 + 4 * d for d in days]  # six ran before the day's launches
    assert column(view, "victims", "behind") == [9 * d for d in days]
    assert column(view, "minor_victims", "behind") == [4 * d for d in days]
    assert column(view, "adult_victims", "behind") == [5 * d for d in days]
    assert column(view, "street_contacts", "behind") == [2 * d for d in days]
    assert column(view, "messages", "behind") == [6 * d for d in days]  # four housed, two independent
    assert column(view, "placed", "behind") == [5 * d for d in days]


def test_periods_are_those_of_the_calendar():
    run = ledger_of(days=420, start=dt.date(2021, 12, 20), plans_broken_up=1)
    months = field_view(run, EVERYTHING, by="month")
    assert column(months, "cases")[:4] == [12, 31, 28, 31]
    assert column(months, "cases", "complete") == [False, *[True] * 13, False]
    assert [str(d.date()) for d in months["period"].unique()[[0, 1, 12, 13]]] == [
        "2021-12-01", "2022-01-01", "2022-12-01", "2023-01-01",
    ]  # fmt: skip
    years = field_view(run, EVERYTHING)
    assert column(years, "cases") == [12, 365, 43] and column(years, "cases", "complete") == [False, True, False]


@pytest.mark.parametrize("by", ["year", "month"])
def test_certain_recording_is_the_truth_and_none_is_nothing(by):
    run = busy()
    full, empty = field_view(run, EVERYTHING, by), field_view(run, NOTHING, by)
    assert full["recorded"].tolist() == full["true"].tolist()
    assert full["true"].sum() > 0 and (full.groupby("series")["true"].sum() > 0).all()
    assert empty["recorded"].tolist() == [0] * len(empty)
    assert empty["true"].tolist() == full["true"].tolist(), "what happened does not depend on the files"


def test_years_are_sums_of_months_and_the_gap_is_of_the_whole():
    run, recording = busy(), Recording(cases=0.4, victims=0.7)
    years, months, gap = (
        table.groupby("series", sort=False)[["recorded", "true"]].sum()
        for table in (field_view(run, recording), field_view(run, recording, by="month"), recording_gap(run, recording))
    )
    assert years.equals(months) and years.equals(gap)


def test_the_gap_is_a_ratio_and_undefined_where_nothing_happened():
    run = ledger_of(plans_broken_up=5, plans_launched=10, plans_running=10)
    gap = recording_gap(run, EVERYTHING).set_index("series")
    assert gap.loc["cases", "recorded_share"] == 1.0
    assert gap.loc["cases", "recorded_per_1000_behind"] == 500.0
    assert np.isnan(gap.loc["victims", "recorded_share"]) and np.isnan(gap.loc["victims", "recorded_per_1000_behind"])
    assert gap["recorded_by"].unique().tolist() == ["police", "outreach services", "care services"]


@compiled_only
@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_thinning_has_the_mean_and_spread_of_a_binomial(chance):
    counts = np.full(20_000, 6)
    recorded = thin(counts, chance, seed=3, first_day=0, who=1)
    events, variance = counts.sum(), 6 * chance * (1 - chance)
    assert abs(recorded.sum() - events * chance) < 4 * np.sqrt(events * chance * (1 - chance))
    # the variance of a sample variance is about 2 / n times its square, a little more for a binomial
    assert abs(recorded.var() - variance) < 4 * variance * np.sqrt(2.2 / counts.size)
    assert abs(np.corrcoef(recorded[1:], recorded[:-1])[0, 1]) < 4 / np.sqrt(counts.size)


def test_thinning_is_coupled():
    """Twin worlds share the luck of the events they share: more events or a higher chance never lower what is on file."""
    counts = np.arange(300) % 11
    base = thin(counts, 0.4, seed=5, first_day=10, who=7)
    assert (thin(counts + 2, 0.4, 5, 10, 7) >= base).all() and (thin(counts, 0.6, 5, 10, 7) >= base).all()
    assert (base <= counts).all() and 0 < base.sum() < counts.sum()
    assert (thin(counts[100:], 0.4, 5, 110, 7) == base[100:]).all(), "a day's luck is its own, wherever the window begins"
    assert (counts == np.arange(300) % 11).all()


def test_a_view_is_the_same_each_time_and_another_with_another_seed():
    recording = Recording(cases=0.5, outreach=0.5)
    one, again, other = (field_view(busy(seed=seed), recording, by="month") for seed in (1, 1, 2))
    assert one.equals(again)
    assert one["recorded"].tolist() != other["recorded"].tolist() and one["true"].tolist() == other["true"].tolist()


def test_series_have_luck_of_their_own():
    assert len({series.code for series in SERIES}) == len(SERIES) == len({series.name for series in SERIES})
    run = ledger_of(plans_broken_up=4, bosses_arrested=4)
    view = field_view(run, Recording(cases=0.5), by="month")
    assert column(view, "cases", "true") == column(view, "bosses_arrested", "true")
    assert column(view, "cases") != column(view, "bosses_arrested")


def test_parts_never_exceed_the_whole():
    view = field_view(busy(), Recording(victims=0.5), by="month")
    minors, victims, met = (np.array(column(view, name)) for name in ("minor_victims", "victims", "persons_met"))
    assert (minors <= victims).all() and (victims <= met).all() and minors.sum() > 0


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: field_view(busy(), by="week"), "field view by='week': unknown; valid: year, month"),
        (lambda: field_view(busy(), by=None), "field view by=None: unknown; valid: year, month"),
        (lambda: field_view(busy(), {"cases": 0.3}), "give a Recording"),
        (lambda: field_view(busy(), first=400), "no field view over days 400 to 400"),
        (lambda: recording_gap(busy(), last=401), "no field view over days 0 to 401: 400 days have been run"),
        (lambda: Recording(cases=1.5), "Recording(cases=1.5): give a chance from 0 to 1"),
        (lambda: Recording(victims=float("nan")), "Recording(victims=nan)"),
        (lambda: Recording(care="all"), "Recording(care='all')"),
        (lambda: Recording(ads=True), "Recording(ads=True)"),
    ],
)
def test_mistakes_get_one_clear_line(call, message):
    with pytest.raises(ConfigurationError) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_real_run_and_its_file(tmp_path):
    import pandas as pd

    run = Simulation(compose("class", overrides={"seed": 2, "days": 120, "burn_in": 20}))
    run.run()
    view = field_view(run, EVERYTHING, by="month")
    ledger = run.world.ledger[20:120]
    assert sum(column(view, "cases")) == ledger["plans_broken_up"].sum()
    assert sum(column(view, "persons_met")) == ledger["exposed"].sum()
    assert sum(column(view, "victims", "behind")) == sum(
        ledger[name].sum() for name in ("in_plan", "held_between", "held_outside")
    )
    view.to_parquet(tmp_path / "view.parquet")
    assert pd.read_parquet(tmp_path / "view.parquet")["recorded"].tolist() == view["recorded"].tolist()
    assert not {"territory", "kind", "place"} & set(view.columns), "what is found where is never shown"
