"""Long runs against closed forms: Little's law, Erlang's loss formula, Poisson counts, thinning under a campaign.

Each closed form holds for the law of a world; what is asserted is that it lies within four standard errors of what worlds show
(false alarm below one in 10,000), and that as small an error as a day of a stay, or a bed, would be seen. Seeds are fixed.
"""

import functools
import math

import numpy as np
import pytest
from scipy import stats

from sim.configuration import compose
from sim.simulation import Simulation
from sim.state.records import OTHER_WORK, OUTSIDE
from tests.worlds import compiled_only, ran, with_lever

pytestmark = compiled_only
ERRORS = 4.0
BEDS, STAY, CUSTODY, PRISON, SIGMA = 9, 12.0, 3, 15.0, 0.5
PER_100K = 2.3  # the places of the market have 230,000 inhabitants
AT_RISK, BOSS_ENTRY, PROVIDER_ENTRY = 1000.0, 3.0, 2.0  # a year: per 100,000 inhabitants, and per Boss and Provider at the start
BOSSES, PROVIDERS = 60, 200
STREAM = {  # many are arrested, recognised, jailed and replaced every day
    "burn_in": 0,
    "policy.start_day": 30,
    "market.bosses": BOSSES,
    "market.prostitutes": 300,
    "market.providers": PROVIDERS,
    "market.clients": 1000,
    "market.searches_per_day": 100.0,
    "careers.boss_entry": BOSS_ENTRY,
    "careers.provider_entry": PROVIDER_ENTRY,
    "entry.at_risk_per_100k": AT_RISK,
    "entry.recruit_chance": 1.0,
    "entry.meeting_rate": 1.0,
    "enforcement.inspector_days_per_100k": 3.0,
    "enforcement.yield_factor": 1.0,
    "enforcement.response_chance": 0.2,
    "enforcement.boss_present": 0.6,
    "enforcement.provider_arrested": 0.6,
    "enforcement.recognised_adult": 0.2,
    "enforcement.recognised_minor": 0.2,
    "justice.custody_days": CUSTODY,
    "justice.prison_days_boss": PRISON,
    "justice.prison_days_provider": PRISON,
    "justice.prison_sigma": SIGMA,
    "outreach.street_hours": 0.0,  # beds are asked for by those whom police recognise, and by nobody else
    "outreach.personal_hours": 0.0,
    "outreach.mass_hours": 0.0,
    "care.accept": 1.0,
    "care.beds_near": 0.0,
    "care.beds_distant": BEDS / PER_100K,
    "care.stay_days": STAY,
    "care.runaway_near": 0.0,
    "care.runaway_distant": 0.0,
    "care.found_near": 0.0,
    "care.found_distant": 0.0,
}
SEEDS, DAYS, FIRST = 24, 1300, 200


def world(seed, settings, **changed):
    """A world of the `class` market that has not begun."""
    settings = settings | {key.replace("__", "."): value for key, value in changed.items()}
    return Simulation(compose("class", overrides=settings | {"seed": seed}))


@functools.cache
def stream():
    """Long worlds at their end."""
    runs = [world(seed, STREAM, days=DAYS) for seed in range(SEEDS)]
    for run in runs:
        run.run()
    return runs


def counts(measure, runs):
    """A measure of the ledger, float64[worlds, days]."""
    return np.array([run.world.ledger[measure] for run in runs], float)


def error_of(values):
    """Standard error of a mean over worlds."""
    return np.std(values, ddof=1) / math.sqrt(len(values))


# --- Little's law


def assert_stock_is_arrivals_times_stay(stock, arrivals, stay, seen_after):
    """Over each world's window, days spent against arrivals times the mean stay; an error of half a day each would be seen.

    `seen_after`: days from an arrival to the first census that counts it.
    """
    spent = stock[:, FIRST:].sum(axis=1)
    come = arrivals[:, FIRST - seen_after : arrivals.shape[1] - seen_after].sum(axis=1)
    apart = spent - stay * come
    error = ERRORS * error_of(apart)
    assert error < 0.5 * come.mean(), f"{come.mean():.0f} arrivals a world are too few"
    assert abs(apart.mean()) < error, f"{spent.sum() / come.sum():.3f} days each, not {stay:.3f}"


@pytest.mark.slow
def test_persons_in_care_are_placements_times_the_stay():
    """Little's law where beds are scarce: who gets none spends no time."""
    runs = stream()
    assert_stock_is_arrivals_times_stay(counts("in_care_distant", runs), counts("placed_distant", runs), STAY, 1)


@pytest.mark.slow
def test_a_stay_is_the_shorter_of_its_length_and_the_time_until_running_away():
    """Little's law near by: both are geometric, and the shorter of two geometric times is geometric."""
    rate = 0.05
    near_by = {"care.beds_near": 100.0, "care.beds_distant": 0.0, "care.runaway_near": rate}
    runs = [world(seed, STREAM | near_by, days=700) for seed in range(16)]
    for run in runs:
        run.run()
    stay = 1.0 / (1.0 - (1.0 - 1.0 / STAY) * math.exp(-rate))
    assert stay < 0.75 * STAY and counts("no_bed", runs).sum() == 0
    assert_stock_is_arrivals_times_stay(counts("in_care_near", runs), counts("placed_near", runs), stay, 1)


def mean_prison_days():
    """A lognormal length is cut to whole days and begins on the morrow: 1 + E[floor(L)] = 1 + P(L >= 1) + P(L >= 2) + ..."""
    lengths = np.arange(1, 2000)
    return 1.0 + stats.lognorm.sf(lengths, SIGMA, scale=PRISON * math.exp(-0.5 * SIGMA * SIGMA)).sum()


@pytest.mark.slow
@pytest.mark.parametrize("role", ["bosses", "providers"])
def test_those_in_prison_are_the_jailed_times_the_term(role):
    """Little's law; in whole days a term is half a day longer than its parameter says."""
    assert mean_prison_days() == pytest.approx(PRISON + 0.5, abs=0.01)
    held, jailed = counts(f"{role}_prison", stream()), counts(f"{role}_jailed", stream())
    assert_stock_is_arrivals_times_stay(held, jailed, mean_prison_days(), 1)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["bosses", "providers"])
def test_those_in_custody_are_the_arrests_of_the_days_before(role):
    """Custody has a fixed length: Little's law holds on every single day."""
    arrests, held = counts(f"{role}_arrested", stream()), counts(f"{role}_custody", stream())
    assert arrests.sum() > 20_000
    for days in (CUSTODY - 1, CUSTODY, CUSTODY + 1):
        last = sum(arrests[:, CUSTODY + 1 - back : DAYS - back] for back in range(1, days + 1))
        assert (held[:, CUSTODY + 1 :] == last).all() == (days == CUSTODY)


QUIET = STREAM | {  # nobody comes, is arrested, or leaves: what has begun goes on to its end
    "enforcement.inspector_days_per_100k": 0.0,
    "enforcement.response_chance": 0.0,
    "careers.boss_entry": 0.0,
    "careers.provider_entry": 0.0,
    "careers.boss_leave_rate": 0.0,
    "careers.boss_leave_idle": 0.0,
    "careers.provider_leave_rate": 0.0,
    "careers.promotion_rate": 0.0,
    "planning.other_work_utility": 0.0,
    "planning.other_work_days": 6.0,
    "planning.outside_utility": 0.0,
    "planning.outside_days": 9.0,
    "labour.other_work_days": 7.0,
}
AWAY = {  # table, status, stock in the ledger, mean days, days from the beginning to the first census
    "Bosses in other work": ("bosses", OTHER_WORK, "bosses_other_work", 6.0, 0),
    "Bosses outside": ("bosses", OUTSIDE, "bosses_outside", 9.0, 0),
    "Providers in other work": ("providers", OTHER_WORK, "providers_other_work", 7.0, 1),
}


@functools.cache
def quiet():
    """Worlds gone through evening by evening, and the spells that began on each of their days, float64[worlds, days]."""
    runs = [world(seed, QUIET, days=900) for seed in range(12)]
    begun = {who: np.zeros((len(runs), 900)) for who in AWAY}
    for row, run in enumerate(runs):
        before = {}
        for day in range(900):
            run.run(1)
            for who, (table, status, *_) in AWAY.items():
                agents = getattr(run.world, table)[: run.world.counts[0][table]]
                ends = np.where(agents["status"] == status, agents["back_day"], -1)  # who goes again at once has another end
                begun[who][row, day] = ((ends >= 0) & (ends != before.get(who, -1))).sum()
                before[who] = ends
    return runs, begun


@pytest.mark.slow
@pytest.mark.parametrize("who", AWAY)
def test_those_away_are_the_beginnings_times_the_mean_time(who):
    """Little's law, with beginnings counted from the statuses of agents, evening by evening."""
    runs, begun = quiet()
    _, _, stock, mean, seen_after = AWAY[who]
    assert_stock_is_arrivals_times_stay(counts(stock, runs), begun[who], mean, seen_after)


def test_persons_at_risk_are_poisson_where_nobody_is_recruited():
    """A queue with as many servers as one likes: their number is Poisson, with the mean arrivals x time.

    Over k days it has the correlation rho^k. Squared errors over n days: of the mean m, m (1 + rho) / (1 - rho) / n; of
    variance over mean, (2 (1 + rho^2) / (1 - rho^2) + (1 + rho) / (1 - rho) / m) / n.
    """
    passes, detected, days = 3.0, 0.1, 4000
    alone = {
        "market.bosses": 1,
        "market.prostitutes": 0,
        "market.providers": 0,
        "market.clients": 1,
        "market.searches_per_day": 0.0,
        "careers.boss_entry": 0.0,
        "careers.provider_entry": 0.0,
        "entry.recruit_chance": 0.0,
        "entry.recruiter_boost": 0.0,
        "entry.peer_boost": 0.0,
        "entry.at_risk_days": passes,
        "entry.detection_rate": detected,
    }
    run = world(1, STREAM | alone, days=days)
    run.run()
    ledger = run.world.ledger[100:]
    assert ledger["recruited"].sum() == ledger["returned_to_risk"].sum() == 0
    stays = math.exp(-1.0 / passes - detected)
    number, n = ledger["at_risk"], days - 100
    mean = AT_RISK * PER_100K / 365.0 / (1.0 - stays)
    persistence = (1.0 + stays) / (1.0 - stays)
    assert abs(number.mean() - mean) < ERRORS * math.sqrt(mean * persistence / n)
    error = math.sqrt((2.0 * (1.0 + stays**2) / (1.0 - stays**2) + persistence / mean) / n)
    assert abs(((number - mean) ** 2).mean() / mean - 1.0) < ERRORS * error < 0.25
    lagged = np.corrcoef(number[:-1], number[1:])[0, 1]
    assert lagged == pytest.approx(stays, abs=ERRORS * math.sqrt((1.0 - stays**2) / n))


# --- Erlang's loss formula


def erlang_b(places, load):
    """Share of Poisson requests that find all places taken, by the recursion of the formula."""
    lost = 1.0
    for place in range(1, places + 1):
        lost = load * lost / (place + load * lost)
    return lost


def share_lost(places, stay, law):
    """The same where requests come once a day, so many at once as `law` says, after those of the day have left.

    `law`: chance of 0, 1, ... requests a day; stays are geometric. By the stationary law of a Markov chain.
    """
    number = np.arange(len(law))
    after, lost = np.zeros((places + 1, places + 1)), np.zeros(places + 1)
    for taken in range(places + 1):
        stay_on = stats.binom.pmf(np.arange(taken + 1), taken, 1.0 - 1.0 / stay)
        wanted = np.convolve(stay_on, law)
        after[taken, :places] = np.pad(wanted, (0, places))[:places]
        after[taken, places] = 1.0 - after[taken, :places].sum()
        lost[taken] = sum(stay_on[left] * (law * np.maximum(0, left + number - places)).sum() for left in range(taken + 1))
    rest = np.vstack([after.T - np.eye(places + 1), np.ones(places + 1)])
    stationary = np.linalg.lstsq(rest, np.append(np.zeros(places + 1), 1.0), rcond=None)[0]
    return float(stationary @ lost / (law @ number))


def test_the_loss_by_days_tends_to_erlangs_formula():
    """As days get short. The formula itself gives the loads of the published tables for a loss of one in a hundred."""
    for places, load in ((1, 0.0101), (5, 1.361), (10, 4.461), (20, 12.03)):
        assert erlang_b(places, load) == pytest.approx(0.01, abs=1e-5)
    for load in (3.0, 7.5, 12.0):
        few = stats.poisson.pmf(np.arange(8), load / 1000.0)
        assert share_lost(BEDS, 1000.0, few) == pytest.approx(erlang_b(BEDS, load), abs=5e-4)


@functools.cache
def requests():
    """Share of requests without a bed, its standard error, requests a day, and the law of requests a day."""
    runs = stream()
    asked, refused = counts("asked_for_bed", runs)[:, FIRST:], counts("no_bed", runs)[:, FIRST:]
    assert (counts("beds_distant", runs) == BEDS).all() and counts("beds_near", runs).sum() == 0
    share = refused.sum() / asked.sum()
    error = error_of(refused.sum(axis=1) - share * asked.sum(axis=1)) / asked.sum(axis=1).mean()
    law = np.bincount(asked.astype(int).ravel())
    return share, error, asked.mean(), law / law.sum()


@pytest.mark.slow
def test_requests_without_a_bed_are_lost_as_by_erlang():
    """Two things move the share off the formula, both by little.

    Upwards, by .003 to .03: persons recognised in one Plan ask together, and of a batch only as many get a bed as are free.
    Downwards, by less than .03: a bed left in the morning is there for the requests of the same day's end.
    """
    share, error, a_day, law = requests()
    formula = erlang_b(BEDS, a_day * STAY)
    one_by_one = stats.poisson.pmf(np.arange(40), a_day)
    together = share_lost(BEDS, STAY, law) - share_lost(BEDS, STAY, one_by_one)
    assert 0.003 < together < 0.03
    assert 0.0 < formula - share_lost(BEDS, STAY, one_by_one) < 0.03
    assert formula - 0.03 - ERRORS * error < share < formula + 0.03 + ERRORS * error


@pytest.mark.slow
def test_requests_without_a_bed_are_lost_as_by_a_queue_that_takes_batches():
    """With the observed law of requests a day, to within four standard errors; a bed more or fewer would be told apart."""
    share, error, _, law = requests()
    assert abs(share - share_lost(BEDS, STAY, law)) < ERRORS * error
    for beds in (BEDS - 1, BEDS + 1):
        assert abs(share - share_lost(beds, STAY, law)) > ERRORS * error


# --- Poisson counts

ARRIVALS = {  # a day
    "arrivals_at_risk": AT_RISK * PER_100K / 365.0,
    "bosses_entered": BOSS_ENTRY * BOSSES / 365.0,
    "providers_entered": PROVIDER_ENTRY * PROVIDERS / 365.0,
}


def index_of_dispersion(number, mean):
    """Variance over mean of counts whose mean is known, and its standard error if they are Poisson."""
    return ((number - mean) ** 2).mean() / mean, math.sqrt((2.0 + 1.0 / mean) / number.size)


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 50])
@pytest.mark.parametrize("measure", ARRIVALS)
def test_arrivals_are_poisson(measure, days):
    """Their mean is that of the parameters and their variance as large, by the day and by spans of fifty days."""
    number = counts(measure, stream()).reshape(-1, days).sum(axis=1)
    mean = ARRIVALS[measure] * days
    assert abs(number.mean() - mean) < ERRORS * math.sqrt(mean / number.size)
    index, error = index_of_dispersion(number, mean)
    assert abs(index - 1.0) < ERRORS * error < 0.25


@pytest.mark.slow
def test_persons_recognised_come_in_batches():
    """The negative control: a Plan's team is found together, and the index says so."""
    number = counts("recognised", stream())[:, FIRST:]
    index, error = index_of_dispersion(number, number.mean())
    assert index > 1.0 + ERRORS * error


def chances_of_a_search(run):
    """1 - exp(-rate x multiplier) of each client on each day, float64[days, clients]."""
    clients = run.world.clients[: run.world.counts[0].clients]
    zones = run.world.territories["zone"][clients["territory"]]
    return -np.expm1(-run.world.demand[zones, : run.days].T * clients["rate"].astype(float))


@pytest.mark.slow
def test_searches_due_vary_as_independent_clients_do():
    """A day's number is a sum over clients, each due once at most: its variance is the sum of p (1 - p), below Poisson."""
    squares, variance, mean = 0.0, 0.0, 0.0
    for run in stream()[:8]:
        chance = chances_of_a_search(run)
        expected = chance.sum(axis=1)
        squares += ((run.world.ledger["searches_due"] - expected) ** 2).sum()
        variance, mean = variance + (chance * (1.0 - chance)).sum(), mean + expected.sum()
    error = math.sqrt(2.0 / (8 * DAYS))
    assert abs(squares / variance - 1.0) < ERRORS * error
    assert squares / mean < 1.0 - ERRORS * error


# --- thinning under a campaign

CLIENTS, START, HORIZON, PAIRS = 1000, 5, 45, 300
SEARCHING = {  # no fear, no second try, no course; all clients at one rate, so that worlds of all seeds are alike
    "days": HORIZON,
    "burn_in": 0,
    "policy.start_day": START,
    "market.bosses": 1,
    "market.prostitutes": 0,
    "market.providers": 0,
    "market.clients": CLIENTS,
    "market.searches_per_day": 10.0,
    "demand.rate_sigma": 0.0,
    "demand.fear_kappa": 0.0,
    "demand.retry_chance": 0.0,
    "enforcement.courses_per_100k": 0.0,
    "enforcement.inspector_days_per_100k": 0.0,
}


def campaign(kept, **changed):
    """The configuration without a campaign, and under one so intense that it leaves this share of the searches."""
    changed = {key.replace("__", "."): value for key, value in changed.items()}
    untreated = compose("class", overrides=SEARCHING | {"demand.campaign_effect": 1.0 - kept} | changed)
    return untreated, with_lever(untreated, "demand_campaign", intensity=50.0)


def searches(parameters, seeds):
    """Searches after the start, float64[seeds, days]."""
    runs = [ran(parameters.model_copy(update={"seed": seed})) for seed in seeds]
    return counts("searches", runs)[:, START:]


@functools.cache
def untreated_searches():
    return searches(campaign(0.5)[0], range(PAIRS))


def test_searches_of_clients_who_seldom_search_are_poisson():
    """Each is due with chance p = .01: the variance is 1 - p of the mean, on single days and over the whole time."""
    chance = chances_of_a_search(Simulation(campaign(0.5)[0]))[START:].mean(axis=1)
    for number, p in ((untreated_searches(), chance), (untreated_searches().sum(axis=1), chance.sum())):
        index = ((number - CLIENTS * p) ** 2 / (CLIENTS * p)).mean()
        error = math.sqrt((2.0 + 1.0 / (CLIENTS * np.mean(p))) / number.size)
        assert abs(index - (1.0 - np.mean(chance))) < ERRORS * error < 0.4


@pytest.mark.slow
@pytest.mark.parametrize("kept", [0.5, 0.8])
def test_twins_under_a_campaign_differ_by_what_it_took(kept):
    """N searches less their thinning to a share c have the variance (1 - c) N; less those of an independent world, (1 + c) N.

    So twins gain by (1 + c) / (1 - c), on single days as over the whole time. The squared standard error of the logarithm of a
    sample variance is (2 + excess kurtosis) / n; a difference of Poisson numbers has the excess kurtosis 1 / variance.
    """
    treated = campaign(kept)[1]
    without, under, apart = untreated_searches(), searches(treated, range(PAIRS)), searches(treated, range(PAIRS, 2 * PAIRS))
    for sum_up in (lambda days: days, lambda days: days.sum(axis=1, keepdims=True)):
        number = sum_up(without).mean()
        twins, strangers = (np.var(sum_up(without - other), axis=0, ddof=1).mean() for other in (under, apart))
        n = sum_up(without).size
        error = math.sqrt((2.0 + 1.0 / twins) / n + (2.0 + 1.0 / strangers) / n)
        assert abs(math.log(strangers / twins) - math.log((1.0 + kept) / (1.0 - kept))) < ERRORS * error < 0.5
        for found, share in ((twins, 1.0 - kept), (strangers, 1.0 + kept)):
            error = math.sqrt((2.0 + 1.0 / found) / n)
            assert abs(math.log(found / (share * number))) < ERRORS * error + 0.01  # the chance of a search, which is not nought


def searchers(parameters):
    """The clients who search on each day, a list of sets of rows."""
    run, listed = Simulation(parameters), []

    def note(day, seed, world, params):
        rows = world.row_queue[: world.ledger[day]["searches"]]
        listed.append(set(rows.tolist()))

    run.insert_phase("searchers", note, after="administration")
    run.run()
    return run, listed


def test_a_campaign_thins_searches_client_by_client():
    """Whoever searches under a campaign does so without it; of those who did, each goes on with the chance of the closed form.

    Due at r m, and at r m c under the campaign: (1 - exp(-r m c)) / (1 - exp(-r m)), above c for those who search often.
    """
    kept = 0.5
    untreated, treated = campaign(kept, market__searches_per_day=400.0, demand__rate_sigma=1.0)
    run, without = searchers(untreated)
    _, under = searchers(treated)
    assert without[:START] == under[:START] and all(rows for rows in without)
    assert [len(rows) for rows in without] == run.world.ledger["searches_due"].tolist()
    chance = chances_of_a_search(run)
    stays = -np.expm1(kept * np.log1p(-chance)) / chance
    rates = run.world.clients["rate"]
    by_rate = np.digitize(rates, np.quantile(rates, (0.5, 0.8)))
    did, went_on, expected, variance = np.zeros((4, 3))
    for day in range(START, HORIZON):
        assert under[day] < without[day]
        for row in without[day]:
            group, p = by_rate[row], stays[day, row]
            did[group] += 1
            went_on[group] += row in under[day]
            expected[group] += p
            variance[group] += p * (1.0 - p)
    assert (np.abs(went_on - expected) < ERRORS * np.sqrt(variance)).all()
    assert went_on[2] > kept * did[2] + ERRORS * math.sqrt(variance[2]), "a plain share of the searches is not the law"
