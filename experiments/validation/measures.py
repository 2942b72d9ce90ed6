"""Measures of a world that patterns are about, each a ratio of sums.

Over several worlds a measure is the ratio of its summed parts, never a mean of ratios.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from sim.measures.composition import composition
from sim.measures.formulas import DAYS_A_YEAR, Window
from sim.parameters import VENUE_KINDS
from sim.parameters.constants import ADULT_AGE
from sim.state.records import BETWEEN, IN_PLAN

if TYPE_CHECKING:
    from sim.simulation import Simulation

STREET, HOTEL, FLAT, CLIENT_HOME = range(len(VENUE_KINDS))
MONDAY_TO_THURSDAY, FRIDAY_SATURDAY = (0, 1, 2, 3), (4, 5)
EDGE_DAYS = 3  # at either end of a month
YEAR = 365.0  # days, of counts per year
Parts = tuple[float, float]


class Sums:
    """What the measures are made of: sums over days first..last-1 of one world, and its state on the last day run."""

    def __init__(self, run: Simulation, first: int, last: int):
        self.run, self.first, self.last = run, first, last
        self.window = Window(run, first, last)
        cells = run.world.cells[first:last]
        by_cell = {name: cells[name].sum(axis=0).reshape(-1, len(VENUE_KINDS)) for name in ("person_days", "encounters")}
        self.by_kind = by_cell["person_days"].sum(axis=0).astype(float)
        self.by_place = by_cell["person_days"].sum(axis=1).astype(float)
        self.encounters_by_kind = by_cell["encounters"].sum(axis=0).astype(float)
        self.largest = max(range(len(run.places)), key=lambda place: run.places[place].population)
        self.inhabitants = float(run.world.territories["population"].sum())

    def per_year(self, count: float) -> Parts:
        """A count per year."""
        return YEAR * count, self.window.days

    def per_year_and_100k(self, count: float) -> Parts:
        """A count per year and 100,000 inhabitants."""
        return 1e5 * YEAR * count, self.window.days * self.inhabitants

    def years(self, role: str) -> Parts:
        """Mean age of those of a role in the market."""
        days, persons = {
            "boss": (self.window.boss_age_days, self.window.bosses_present),
            "provider": (self.window.provider_age_days, self.window.providers_present),
            "person": (self.window.person_age_days, self.window.persons_present),
        }[role]
        return days / DAYS_A_YEAR, persons

    def ages_of_minors(self) -> Parts:
        """Mean age of the minors exploited on the last day."""
        people = self.run.world.prostitutes[: self.run.world.counts[0].prostitutes]
        held = np.isin(people["status"], (IN_PLAN, BETWEEN))
        ages = (self.run.day - people["birth_day"][held]) / DAYS_A_YEAR
        return float(ages[ages < ADULT_AGE].sum()), float((ages < ADULT_AGE).sum())

    def housed(self, kind: int) -> Parts:
        """Share of a venue kind in the activity that is not on the street."""
        return self.by_kind[kind], self.by_kind[HOTEL] + self.by_kind[FLAT] + self.by_kind[CLIENT_HOME]

    def on_days(self, chosen: np.ndarray) -> float:
        """Encounters per day on some days, bool[days]; NaN if there was none of them."""
        encounters = self.run.world.ledger["encounters"][self.first : self.last]
        return float(encounters[chosen].mean()) if chosen.any() else math.nan

    def on_weekdays(self, weekdays: tuple[int, ...]) -> float:
        """Encounters per day on some days of the week, 0 a Monday."""
        return self.on_days(np.isin((self.run.parameters.start.weekday() + np.arange(self.first, self.last)) % 7, weekdays))

    def month_edges(self) -> Parts:
        """Encounters per day on the first and last days of months, and on the others."""
        start = np.datetime64(self.run.parameters.start, "D")
        dates = start + np.arange(self.first, self.last)
        months = dates.astype("datetime64[M]")
        since = (dates - months.astype("datetime64[D]")).astype(int)
        until = ((months + 1).astype("datetime64[D]") - dates).astype(int)
        edge = (since < EDGE_DAYS) | (until <= EDGE_DAYS)
        return self.on_days(edge), self.on_days(~edge)

    def share_of(self, role: str, what: str) -> Parts:
        """Number of a role on the last day with a property, and number of the role."""
        found = composition(self.run)[role]
        return (found[what] or 0.0) * found["number"], found["number"]

    def convicted(self) -> Parts:
        """Bosses and Providers with a prior conviction, and all of them, on the last day."""
        bosses, providers = (self.share_of(role, "with_prior_conviction") for role in ("bosses", "providers"))
        return bosses[0] + providers[0], bosses[1] + providers[1]

    def growth(self, count: Callable[[Window], float]) -> Parts:
        """A count in the last year over that in the year before; the halves of the window if it is shorter."""
        year = min(int(YEAR), self.window.days // 2)
        before, last = (Window(self.run, self.last - k * year, self.last - (k - 1) * year) for k in (2, 1))
        return float(count(last)), float(count(before))


Measure = tuple[str, str, Callable[[Sums], Parts]]


def plans_found(window: Window) -> int:
    """Plans found by police themselves or by a report."""
    return window.found_by_visit + window.found_by_patrol + window.found_online + window.found_by_report


MEASURES: dict[str, Measure] = {
    "age_of_bosses": ("mean age of Bosses", "years", lambda w: w.years("boss")),
    "age_of_providers": ("mean age of Providers", "years", lambda w: w.years("provider")),
    "age_of_persons": ("mean age of persons", "years", lambda w: w.years("person")),
    "housed_in_hotels": ("hotels in housed activity", "share of person-days", lambda w: w.housed(HOTEL)),
    "housed_in_flats": ("flats in housed activity", "share of person-days", lambda w: w.housed(FLAT)),
    "housed_at_clients": ("clients' homes in housed", "share of person-days", lambda w: w.housed(CLIENT_HOME)),
    "on_the_street": ("the street in all activity", "share of person-days", lambda w: (w.by_kind[STREET], w.by_kind.sum())),
    "weekend_rise": (
        "rise of encounters at weekends",
        "Friday, Saturday over Monday to Thursday",
        lambda w: (w.on_weekdays(FRIDAY_SATURDAY), w.on_weekdays(MONDAY_TO_THURSDAY)),
    ),
    "persons_lent": ("persons lent", "persons/year", lambda w: w.per_year(w.window.persons_lent)),
    "outside_largest_place": (
        "outside the largest place",
        "share of person-days",
        lambda w: (w.by_place.sum() - w.by_place[w.largest], w.by_place.sum()),
    ),
    "plan_duration": ("mean length of a Plan", "days", lambda w: (w.window.plan_days_ended, w.window.plans_ended)),
    "plan_team": ("persons in a Plan", "persons", lambda w: (w.window.team_launched, w.window.plans_launched)),
    "person_days_in_plan": ("person-days in Plans", "person-days/day", lambda w: (w.window.in_plan, w.window.days)),
    "month_edge_rise": ("rise of encounters at edges of months", "first and last 3 days over others", lambda w: w.month_edges()),
    "age_of_minors": ("mean age of minors exploited", "years", lambda w: w.ages_of_minors()),
    "prior_conviction": ("with a prior conviction", "share", lambda w: w.convicted()),
    "recruited_by_acquaintance": (
        "recruited by family or friends",
        "share",
        lambda w: w.share_of("persons_exploited", "recruited_by_family_or_friends"),
    ),
    "off_the_street": (
        "encounters not in the street",
        "share",
        lambda w: (w.encounters_by_kind.sum() - w.encounters_by_kind[STREET], w.encounters_by_kind.sum()),
    ),
    "on_the_street_per_day": ("activity in the street", "person-days/day", lambda w: (w.by_kind[STREET], w.window.days)),
    "persons_present": ("persons in the market", "persons", lambda w: (w.window.persons_present, w.window.days)),
    "vacancies_filled": ("Providers replaced", "per year", lambda w: w.per_year(w.window.vacancies_filled)),
    "income_of_bosses": (
        "gains of a Boss",
        "EUR/day with a Plan",
        lambda w: (w.window.bosses_income / 100.0, w.window.boss_days_engaged),
    ),
    "turnover": ("turnover", "EUR/person-year exploited", lambda w: (YEAR * w.window.payments / 100.0, w.window.exploited)),
    "persons_per_100k": (
        "persons exploited",
        "persons/100,000 inhabitants",
        lambda w: (1e5 * w.window.exploited, w.window.days * w.inhabitants),
    ),
    "minors_per_100k": (
        "minors exploited",
        "persons/100,000 inhabitants",
        lambda w: (1e5 * w.window.minors_exploited, w.window.days * w.inhabitants),
    ),
    "victims_recognised": (
        "victims recognised",
        "per person-year exploited",
        lambda w: (YEAR * w.window.recognised, w.window.exploited),
    ),
    "minors_recognised": (
        "minors recognised",
        "per person-year of minors exploited",
        lambda w: (YEAR * w.window.minors_recognised, w.window.minors_exploited),
    ),
    "minors_per_case": ("minors recognised", "per Plan found", lambda w: (w.window.minors_recognised, plans_found(w.window))),
    "suspects": (
        "suspects",
        "per victim recognised",
        lambda w: (w.window.bosses_arrested + w.window.providers_arrested, w.window.recognised),
    ),
    "networks_dismantled": (
        "networks dismantled",
        "per victim recognised",
        lambda w: (w.window.cases_completed, w.window.recognised),
    ),
    "found_by_report": (
        "Plans found by a report",
        "per Plan found by police themselves",
        lambda w: (w.window.found_by_report, plans_found(w.window) - w.window.found_by_report),
    ),
    "clients_fined": ("clients fined", "fines/100,000 inhabitants/year", lambda w: w.per_year_and_100k(w.window.fines)),
    "ads_identified": ("ads identified", "ads/year", lambda w: w.per_year(w.window.ads_identified)),
    "answers_to_ads": (
        "contacts established",
        "per ad identified",
        lambda w: (w.window.answers_personal + w.window.answers_mass, w.window.ads_identified),
    ),
    "accompanied_online": (
        "accompaniments begun",
        "per contact established online",
        lambda w: (
            w.window.accompaniments_personal + w.window.accompaniments_mass,
            w.window.answers_personal + w.window.answers_mass,
        ),
    ),
    "mass_answers": ("answers to mass messages", "per message", lambda w: (w.window.answers_mass, w.window.mass_messages)),
    "met_in_the_street": ("persons met in the street", "contacts/year", lambda w: w.per_year(w.window.street_contacts)),
    "contacts_broken_by_moves": (
        "contacts broken by moves",
        "contacts/year",
        lambda w: w.per_year(w.window.contacts_broken_by_moves),
    ),
    "contacts_lost_by_closure": (
        "contacts lost by a closure",
        "contacts/year",
        lambda w: w.per_year(w.window.contacts_lost_by_closure),
    ),
    "searches_to_street": (
        "searches turned to the street",
        "searches/day",
        lambda w: (w.window.searches_to_street, w.window.days),
    ),
    "growth_of_cases": ("growth of cases", "a year over the year before", lambda w: w.growth(plans_found)),
    "growth_of_minors": (
        "growth of minors recognised",
        "a year over the year before",
        lambda w: w.growth(lambda window: window.minors_recognised),
    ),
}
"""What a measure is, its unit, and its numerator and denominator in one world."""

PERSON_DAYS_IN_PLAN = "person_days_in_plan"


def parts_of(run: Simulation, names: Iterable[str], first: int, last: int) -> dict[str, Parts]:
    """Numerator and denominator of some measures in a world that was run, over days first..last-1."""
    sums = Sums(run, first, last)
    return {name: tuple(map(float, MEASURES[name][2](sums))) for name in dict.fromkeys(names)}


def ratio_of_sums(parts: Iterable[Parts]) -> float | None:
    """A measure over several worlds; None where it is undefined."""
    above, below = (math.fsum(part) for part in zip(*parts, strict=True))
    return float(above / below) if math.isfinite(above) and math.isfinite(below) and below > 0.0 else None


def measure_worlds(worlds: Iterable[Simulation], names: Iterable[str]) -> dict[str, float | None]:
    """Measures over worlds that have run to their horizon, from the end of burn-in; None where one is undefined.

    Raises ValueError for no world.
    """
    found = [parts_of(run, names, run.parameters.burn_in, run.day) for run in worlds]
    if not found:
        raise ValueError("no world to measure")
    return {name: ratio_of_sums([parts[name] for parts in found]) for name in found[0]}
